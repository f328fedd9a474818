//! Optimizers behind a reference or a box.

use candle_core::{Tensor, Var};

use super::{Optimizer, OptimizerState};
use crate::Result;

macro_rules! forward {
    ($($pointer:ty),+) => {$(
        impl<O: Optimizer + ?Sized> Optimizer for $pointer {
            fn learning_rate(&self) -> f64 {
                (**self).learning_rate()
            }

            fn set_learning_rate(&mut self, learning_rate: f64) {
                (**self).set_learning_rate(learning_rate);
            }

            fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
                (**self).step(weights, gradients)
            }

            fn keeps_gradients(&self) -> bool {
                (**self).keeps_gradients()
            }

            fn state(&self) -> Result<OptimizerState> {
                (**self).state()
            }

            fn restore(&mut self, state: OptimizerState) -> Result<()> {
                (**self).restore(state)
            }
        }
    )+};
}

forward!(&mut O, Box<O>);
