//! Stochastic gradient descent, as Keras computes it.

use candle_core::{Tensor, Var};

use super::{Optimizer, OptimizerState, check_step};
use crate::Result;
use crate::ops::{Momentum, sgd_update};

const KIND: &str = "sgd";

/// Stochastic gradient descent, without momentum unless asked for.
///
/// ```text
/// v = momentum * v - learning_rate * gradient
/// w += v
/// ```
///
/// # References
/// `keras.optimizers.SGD`.
#[derive(Clone, Debug)]
pub struct Sgd {
    learning_rate: f64,
    momentum: Momentum,
    step: u64,
    velocities: Vec<Vec<f32>>,
}

impl Sgd {
    /// Creates descent without momentum. 0.01 is Keras's default learning rate;
    /// [`Trainer::fit`](crate::Trainer::fit) checks that it is positive and finite.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, momentum: Momentum::Off, step: 0, velocities: Vec::new() }
    }

    /// Sets the momentum; its share must be in `0.0..1.0`, and 0.9 is a common choice.
    #[must_use]
    pub fn momentum(self, momentum: Momentum) -> Self {
        Self { momentum, ..self }
    }

    fn constants(&self) -> [(&'static str, f64); 2] {
        let is_nesterov = matches!(self.momentum, Momentum::Nesterov(_));
        [("momentum", self.momentum.share()), ("nesterov", f64::from(is_nesterov))]
    }
}

impl Optimizer for Sgd {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
        if self.step == 0 {
            self.velocities = weights.iter().map(|weight| vec![0.0; weight.elem_count()]).collect();
        }
        check_step(weights, gradients, self.velocities.iter().map(Vec::len))?;
        self.step += 1;
        for ((weight, gradient), velocity) in weights.iter().zip(gradients).zip(&mut self.velocities) {
            sgd_update(weight, gradient, velocity, self.learning_rate, self.momentum)?;
        }
        Ok(())
    }

    fn keeps_gradients(&self) -> bool {
        false
    }

    fn state(&self) -> OptimizerState {
        OptimizerState {
            kind: KIND.to_owned(),
            step: self.step,
            learning_rate: self.learning_rate,
            constants: self.constants().map(|(name, value)| (name.to_owned(), value)).into(),
            slots: vec![("velocity".to_owned(), self.velocities.clone())],
        }
    }

    fn restore(&mut self, state: OptimizerState) -> Result<()> {
        state.check(KIND, &self.constants())?;
        let (step, learning_rate) = (state.step, state.learning_rate);
        let [velocities] = state.into_slots(["velocity"])?;
        (self.velocities, self.step, self.learning_rate) = (velocities, step, learning_rate);
        Ok(())
    }
}
