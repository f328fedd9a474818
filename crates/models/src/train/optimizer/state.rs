//! The saved state of an optimizer.

use crate::{Error, Result, StateProblem};

const WHAT: &str = "the optimizer";

/// The state of an optimizer, in the form a checkpoint stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Name of the kind of optimizer (`"adam"`).
    pub kind: String,
    /// Number of steps taken.
    pub step: u64,
    /// Learning rate of the next step.
    pub learning_rate: f64,
    /// Settings that define the optimizer (`"beta_1"`); one that restores the state must have the same.
    pub constants: Vec<(String, f64)>,
    /// Named slots of values, such as the first moments: one vector per trainable weight, as long as the weight, in each.
    /// Slots may be empty before the first step.
    pub slots: Vec<(String, Vec<Vec<f32>>)>,
}

impl OptimizerState {
    /// Creates a state without constants and slots, before the first step.
    pub fn new(kind: &str, learning_rate: f64) -> Self {
        Self { kind: kind.to_owned(), step: 0, learning_rate, constants: Vec::new(), slots: Vec::new() }
    }

    /// Checks that an optimizer of this kind saved the state, with these constants.
    ///
    /// # Errors
    /// [`Error::State`] with [`StateProblem::Kind`], [`StateProblem::Missing`] or [`StateProblem::Constant`].
    pub fn check(&self, kind: &str, constants: &[(&'static str, f64)]) -> Result<()> {
        if self.kind != kind {
            return refuse(StateProblem::Kind { expected: kind.to_owned(), actual: self.kind.clone() });
        }
        for &(name, expected) in constants {
            let saved = self.constants.iter().find(|(saved, _)| saved == name);
            let Some(&(_, actual)) = saved else {
                return refuse(StateProblem::Missing { what: format!("constant `{name}`") });
            };
            if actual.to_bits() != expected.to_bits() {
                return refuse(StateProblem::Constant { name, expected, actual });
            }
        }
        Ok(())
    }

    /// Takes the values out of exactly these slots, which must agree in the number and the lengths of their vectors.
    ///
    /// # Errors
    /// [`Error::State`] with [`StateProblem::Missing`], [`StateProblem::Surplus`] or [`StateProblem::Count`].
    pub fn into_slots<const N: usize>(self, names: [&str; N]) -> Result<[Vec<Vec<f32>>; N]> {
        let mut rest = self.slots;
        let mut taken = [const { Vec::new() }; N];
        for (slot, name) in taken.iter_mut().zip(names) {
            let Some(at) = rest.iter().position(|(candidate, _)| candidate == name) else {
                return refuse(StateProblem::Missing { what: format!("slot `{name}`") });
            };
            *slot = rest.remove(at).1;
        }
        if let Some((name, _)) = rest.first() {
            return refuse(StateProblem::Surplus { what: format!("slot `{name}`") });
        }
        if let Some(first) = taken.first() {
            let sizes: Vec<usize> = first.iter().map(Vec::len).collect();
            for (slot, name) in taken.iter().zip(names) {
                check_slot(name, slot, &sizes)?;
            }
        }
        Ok(taken)
    }

    /// Checks that every slot has one vector per weight of these sizes. Empty slots pass before the first step.
    pub(crate) fn check_sizes(&self, sizes: impl Iterator<Item = usize>) -> Result<()> {
        let sizes: Vec<usize> = sizes.collect();
        let mut slots = self.slots.iter().filter(|(_, vectors)| self.step > 0 || !vectors.is_empty());
        slots.try_for_each(|(name, vectors)| check_slot(name, vectors, &sizes))
    }
}

fn check_slot(name: &str, vectors: &[Vec<f32>], sizes: &[usize]) -> Result<()> {
    if vectors.len() != sizes.len() {
        let what = format!("vectors in slot `{name}`");
        return refuse(StateProblem::Count { what, expected: sizes.len(), actual: vectors.len() });
    }
    for (at, (vector, &expected)) in vectors.iter().zip(sizes).enumerate() {
        if vector.len() != expected {
            let what = format!("values in vector {at} of slot `{name}`");
            return refuse(StateProblem::Count { what, expected, actual: vector.len() });
        }
    }
    Ok(())
}

fn refuse<T>(problem: StateProblem) -> Result<T> {
    Err(Error::State { what: WHAT, problem })
}
