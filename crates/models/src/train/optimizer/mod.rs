//! Optimizers: the rules that update weights by their gradients.

mod adam;
mod candle;
mod forward;
mod sgd;
mod state;

use std::fmt::Debug;

use candle_core::{Tensor, Var};

pub use adam::{Adam, AdamW};
pub use candle::CandleOptimizer;
pub use sgd::Sgd;
pub use state::OptimizerState;

use crate::{Error, Result, StepProblem};

/// Updates weights by their gradients, one step at a time.
///
/// The weights of a network always come in the same order, so that an optimizer can keep one vector of state per weight.
/// To use an optimizer on the variables of a network in plain candle, bind it with [`CandleOptimizer`].
///
/// ```
/// use candle_core::{Tensor, Var};
/// use cepstrum_models::{Optimizer, OptimizerState, Result};
///
/// /// Descent by the sign of the gradient.
/// #[derive(Debug)]
/// struct SignDescent {
///     learning_rate: f64,
/// }
///
/// impl Optimizer for SignDescent {
///     fn learning_rate(&self) -> f64 {
///         self.learning_rate
///     }
///
///     fn set_learning_rate(&mut self, learning_rate: f64) {
///         self.learning_rate = learning_rate;
///     }
///
///     fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()> {
///         for (weight, gradient) in weights.iter().zip(gradients) {
///             weight.set(&(weight.as_tensor() - (gradient.sign()? * self.learning_rate)?)?)?;
///         }
///         Ok(())
///     }
///
///     fn state(&self) -> Result<OptimizerState> {
///         Ok(OptimizerState::new("sign_descent", self.learning_rate))
///     }
///
///     fn restore(&mut self, state: OptimizerState) -> Result<()> {
///         state.check("sign_descent", &[])?;
///         self.learning_rate = state.learning_rate;
///         Ok(())
///     }
/// }
/// ```
pub trait Optimizer: Debug + Send {
    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the steps to come.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// Takes one step; `gradients[i]` belongs to `weights[i]`.
    ///
    /// # Errors
    /// [`Error::Step`] unless there is one gradient per weight, of the weight's shape, and the weights are those of the
    /// steps before.
    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()>;

    /// Returns whether a tensor of `gradients` may be read after [`step`](Self::step) has returned, by the optimizer
    /// itself or by anything it was handed to.
    ///
    /// When this is `false`, the trainer reuses the memory of the gradients, and any tensor that still shares it is left
    /// empty. The default, `true`, is always safe; override it in an optimizer that keeps no gradients to make
    /// steps faster.
    fn keeps_gradients(&self) -> bool {
        true
    }

    /// Returns everything that the next steps depend on, on the host.
    ///
    /// # Errors
    /// [`Error::Candle`] when a device does not hand out what it holds.
    fn state(&self) -> Result<OptimizerState>;

    /// Continues from a saved state.
    ///
    /// # Errors
    /// [`Error::State`] when another kind of optimizer saved it, or the same kind with other settings, or when parts are
    /// missing or surplus.
    fn restore(&mut self, state: OptimizerState) -> Result<()>;
}

/// Checks a step before it changes anything. `sizes` are the lengths of the vectors that the optimizer keeps, one per
/// weight of the steps before.
fn check_step(
    weights: &[&Var],
    gradients: &[Tensor],
    sizes: impl ExactSizeIterator<Item = usize>,
) -> Result<()> {
    step_problem(weights, gradients, sizes).map_or(Ok(()), |problem| Err(Error::Step { problem }))
}

fn step_problem(
    weights: &[&Var],
    gradients: &[Tensor],
    sizes: impl ExactSizeIterator<Item = usize>,
) -> Option<StepProblem> {
    if weights.len() != gradients.len() {
        return Some(StepProblem::GradientCount { expected: weights.len(), actual: gradients.len() });
    }
    if weights.len() != sizes.len() {
        return Some(StepProblem::WeightCount { expected: sizes.len(), actual: weights.len() });
    }
    for (at, ((weight, gradient), expected)) in weights.iter().zip(gradients).zip(sizes).enumerate() {
        if weight.dims() != gradient.dims() {
            let (expected, actual) = (weight.dims().to_vec(), gradient.dims().to_vec());
            return Some(StepProblem::GradientShape { weight: at, expected, actual });
        }
        if weight.elem_count() != expected {
            let actual = weight.elem_count();
            return Some(StepProblem::WeightSize { weight: at, expected, actual });
        }
    }
    None
}
