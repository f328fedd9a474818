//! The checks between a checkpoint and the run that resumes from it.

use serde::Serialize;

use super::{Checkpoint, Run};
use crate::train::data::first_difference;
use crate::{Callback, CallbackState, Error, Result, StateProblem};

/// Checks that the checkpoint belongs to this very run; only the number of epochs may differ.
pub(crate) fn check(checkpoint: &Checkpoint, run: &Run) -> Result<()> {
    let saved = &checkpoint.run;
    check_architecture(saved, run)?;
    let train = crate::TrainConfig { epochs: run.train.epochs, ..saved.train.clone() };
    check_same("classes", &saved.classes, &run.classes)?;
    check_same("features", &saved.features, &run.features)?;
    check_same("settings", &train, &run.train)?;
    check_same("training data", &saved.training, &run.training)?;
    check_same("validation data", &saved.validation, &run.validation)
}

/// Restores the states of all callbacks that have one, in their order.
pub(crate) fn restore_callbacks(
    callbacks: &mut [Box<dyn Callback + '_>],
    states: Vec<CallbackState>,
) -> Result<()> {
    let mut stateful = Vec::with_capacity(callbacks.len());
    for callback in callbacks {
        if callback.state()?.is_some() {
            stateful.push(callback);
        }
    }
    let (expected, actual) = (stateful.len(), states.len());
    if expected != actual {
        let problem = StateProblem::Count { what: "callback states".to_owned(), expected, actual };
        return Err(Error::State { what: "the callbacks", problem });
    }
    stateful.into_iter().zip(states).try_for_each(|(callback, state)| callback.restore(state))
}

fn check_architecture(saved: &Run, run: &Run) -> Result<()> {
    let differs = |what: &str, expected: &dyn std::fmt::Debug, actual: &dyn std::fmt::Debug| {
        let problem = format!("its {what} is {actual:?}, expected {expected:?}");
        Err(Error::Architecture { problem })
    };
    if saved.input_shape != run.input_shape {
        return differs("input shape", &run.input_shape, &saved.input_shape);
    }
    if saved.layers.len() != run.layers.len() {
        return differs("number of layers", &run.layers.len(), &saved.layers.len());
    }
    match saved.layers.iter().zip(&run.layers).position(|(saved, layer)| saved != layer) {
        Some(at) => differs(&format!("layer {at}"), &run.layers[at], &saved.layers[at]),
        None => Ok(()),
    }
}

fn check_same<T: Serialize + PartialEq>(what: &str, saved: &T, here: &T) -> Result<()> {
    if saved == here {
        return Ok(());
    }
    let (saved, here) = (serde_json::to_value(saved)?, serde_json::to_value(here)?);
    let (field, actual, expected) = first_difference(&saved, &here).unwrap_or_default();
    let field = if field.is_empty() { what.to_owned() } else { format!("{what}.{field}") };
    Err(Error::OtherRun { field, expected, actual })
}
