//! The reasons a saved state cannot be restored and a step cannot be taken.

/// The reason a saved state cannot be restored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateProblem {
    /// Another kind of optimizer or callback saved it.
    #[error("it was saved by {actual}, not by {expected}")]
    Kind {
        /// Kind that restores it.
        expected: String,
        /// Kind that saved it.
        actual: String,
    },
    /// It was saved with another setting.
    #[error("it was saved with {name} = {actual}, not {expected}")]
    Constant {
        /// Name of the setting.
        name: &'static str,
        /// Value of the optimizer or callback that restores it.
        expected: f64,
        /// Value that was saved.
        actual: f64,
    },
    /// A part has too few or too many entries.
    #[error("it has {actual} {what}, expected {expected}")]
    Count {
        /// The entries that were counted, in the plural.
        what: String,
        /// Number that fits.
        expected: usize,
        /// Number that was saved.
        actual: usize,
    },
    /// A part is missing.
    #[error("it has no {what}")]
    Missing {
        /// The part.
        what: String,
    },
    /// A part that does not belong to the state.
    #[error("unexpected {what}")]
    Surplus {
        /// The part.
        what: String,
    },
}

/// The reason an optimizer cannot take a step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepProblem {
    /// Not one gradient per weight.
    #[error("{actual} gradients for {expected} weights")]
    GradientCount {
        /// Number of weights.
        expected: usize,
        /// Number of gradients.
        actual: usize,
    },
    /// A gradient has another shape than its weight.
    #[error("gradient {weight} has shape {actual:?}, its weight {expected:?}")]
    GradientShape {
        /// Index of the weight, from 0.
        weight: usize,
        /// Shape of the weight.
        expected: Vec<usize>,
        /// Shape of the gradient.
        actual: Vec<usize>,
    },
    /// Another number of weights than in the steps before.
    #[error("{actual} weights, {expected} in the steps before")]
    WeightCount {
        /// Number of weights in the steps before.
        expected: usize,
        /// Number of weights in this step.
        actual: usize,
    },
    /// A weight has another number of values than in the steps before.
    #[error("weight {weight} has {actual} values, {expected} in the steps before")]
    WeightSize {
        /// Index of the weight, from 0.
        weight: usize,
        /// Number of values in the steps before.
        expected: usize,
        /// Number of values in this step.
        actual: usize,
    },
}
