//! The saved state of a callback.

use crate::{Error, Result, StateProblem, Weights};

/// The state of a callback, in the form a checkpoint stores it.
#[derive(Clone, Debug)]
pub struct CallbackState {
    /// Name of the kind of callback (`"early_stopping"`).
    pub kind: String,
    /// Any values. JSON has no infinity and no NaN: leave such a value out.
    pub values: serde_json::Value,
    /// The weights that the callback keeps, if any.
    pub weights: Option<Weights>,
}

impl CallbackState {
    /// Creates a state without weights.
    ///
    /// # Errors
    /// [`Error::Description`] when the values cannot be written as JSON.
    pub fn new(kind: &str, values: &impl serde::Serialize) -> Result<Self> {
        Ok(Self { kind: kind.to_owned(), values: serde_json::to_value(values)?, weights: None })
    }

    /// Parses the values, which this kind of callback must have saved.
    ///
    /// # Errors
    /// [`Error::State`] when another kind saved them, [`Error::Description`] when they have another form.
    pub fn values<T: serde::de::DeserializeOwned>(&self, kind: &str) -> Result<T> {
        if self.kind != kind {
            let problem = StateProblem::Kind { expected: kind.to_owned(), actual: self.kind.clone() };
            return Err(Error::State { what: "the callback", problem });
        }
        Ok(serde_json::from_value(self.values.clone())?)
    }
}
