//! Stochastic gradient descent, as Keras computes it.

use candle_core::{Tensor, Var};

use super::{Optimizer, OptimizerState, check_step};
use crate::Result;
use crate::ops::{Form, Momentum, Slot, sgd_step};

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
    velocities: Vec<Slot>,
    form: Form,
}

impl Sgd {
    /// Creates descent without momentum. 0.01 is Keras's default learning rate;
    /// [`Trainer::fit`](crate::Trainer::fit) checks that it is positive and finite.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, momentum: Momentum::Off, step: 0, velocities: Vec::new(), form: Form::Own }
    }

    /// Sets the momentum; its share must be in `0.0..1.0`, and 0.9 is a common choice.
    #[must_use]
    pub fn momentum(self, momentum: Momentum) -> Self {
        Self { momentum, ..self }
    }

    /// Lets the step on the CPU be that of all other devices; hidden, and public for the tests of this crate.
    #[doc(hidden)]
    #[must_use]
    pub fn tensor_operations(self) -> Self {
        Self { form: Form::Portable, ..self }
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
            let zeros = weights.iter().map(|weight| Slot::zeros(weight, self.form));
            self.velocities = zeros.collect::<candle_core::Result<_>>()?;
        }
        check_step(weights, gradients, self.velocities.iter().map(Slot::len))?;
        self.step += 1;
        for ((weight, gradient), velocity) in weights.iter().zip(gradients).zip(&mut self.velocities) {
            sgd_step(weight, gradient, velocity, self.learning_rate, self.momentum, self.form)?;
        }
        Ok(())
    }

    fn keeps_gradients(&self) -> bool {
        false
    }

    fn state(&self) -> Result<OptimizerState> {
        let velocities = self.velocities.iter().map(Slot::to_vec).collect::<candle_core::Result<_>>()?;
        Ok(OptimizerState {
            kind: KIND.to_owned(),
            step: self.step,
            learning_rate: self.learning_rate,
            constants: self.constants().map(|(name, value)| (name.to_owned(), value)).into(),
            slots: vec![("velocity".to_owned(), velocities)],
        })
    }

    fn restore(&mut self, state: OptimizerState) -> Result<()> {
        state.check(KIND, &self.constants())?;
        let (step, learning_rate) = (state.step, state.learning_rate);
        let [velocities] = state.into_slots(["velocity"])?;
        self.velocities = velocities.into_iter().map(Slot::Host).collect();
        (self.step, self.learning_rate) = (step, learning_rate);
        Ok(())
    }
}
