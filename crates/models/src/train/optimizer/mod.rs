//! How gradients change weights.

mod adam;
mod sgd;

use std::fmt::Debug;

use candle_core::{Tensor, Var};

pub use adam::Adam;
pub use sgd::Sgd;

use crate::{Error, Result, StateProblem};

/// Changes weights by their gradients, one step at a time.
///
/// The weights of a network always come in the same order, so that an optimizer can keep its state by place.
pub trait Optimizer: Debug {
    /// The rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the rate of the steps to come.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// One step: `gradients[i]` belongs to `weights[i]`.
    ///
    /// # Errors
    /// When a gradient has another shape than its weight, or the weights are others than in the last step.
    fn step(&mut self, weights: &[&Var], gradients: &[Tensor]) -> Result<()>;

    /// Everything that the next steps depend on.
    fn state(&self) -> OptimizerState;

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// [`Error::State`] when another optimizer saved it.
    fn restore(&mut self, state: OptimizerState) -> Result<()>;
}

/// The memory of an optimizer, as it is saved in a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Name of the optimizer (`"adam"`).
    pub kind: String,
    /// Steps taken.
    pub step: u64,
    /// Rate of the next step.
    pub learning_rate: f64,
    /// Settings that make it what it is (`"beta_1"`), which its taker must have as well.
    pub constants: Vec<(String, f64)>,
    /// Named values, one vector a weight; empty before the first step.
    pub slots: Vec<(String, Vec<Vec<f32>>)>,
}

impl OptimizerState {
    /// Fails unless an optimizer of this kind with these constants saved it.
    pub(crate) fn check(&self, kind: &'static str, constants: &[(&'static str, f64)]) -> Result<()> {
        const WHAT: &str = "the optimizer";
        if self.kind != kind {
            let problem = StateProblem::Kind { expected: kind.to_owned(), actual: self.kind.clone() };
            return Err(Error::State { what: WHAT, problem });
        }
        for &(name, expected) in constants {
            let saved = self.constants.iter().find(|(saved, _)| saved == name);
            let Some(&(_, actual)) = saved else {
                return Err(Error::State { what: WHAT, problem: StateProblem::Missing { what: name } });
            };
            if actual.to_bits() != expected.to_bits() {
                let problem = StateProblem::Constant { name, expected, actual };
                return Err(Error::State { what: WHAT, problem });
            }
        }
        Ok(())
    }

    /// Takes a slot out.
    pub(crate) fn take(&mut self, slot: &'static str) -> Result<Vec<Vec<f32>>> {
        match self.slots.iter().position(|(name, _)| name == slot) {
            Some(at) => Ok(self.slots.swap_remove(at).1),
            None => {
                Err(Error::State { what: "the optimizer", problem: StateProblem::Missing { what: slot } })
            }
        }
    }
}
