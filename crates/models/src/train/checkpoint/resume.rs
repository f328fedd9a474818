//! Whether a checkpoint belongs to a training.

use serde::Serialize;

use super::{Checkpoint, Run};
use crate::train::data::first_difference;
use crate::{Error, Result};

/// Fails unless the checkpoint is of this very training; only the number of epochs may differ.
pub(crate) fn check(checkpoint: &Checkpoint, run: &Run) -> Result<()> {
    let saved = &checkpoint.run;
    architecture(saved, run)?;
    let train = crate::TrainConfig { epochs: run.train.epochs, ..saved.train.clone() };
    same("classes", &saved.classes, &run.classes)?;
    same("features", &saved.features, &run.features)?;
    same("settings", &train, &run.train)?;
    same("training data", &saved.training, &run.training)?;
    same("validation data", &saved.validation, &run.validation)
}

fn architecture(saved: &Run, run: &Run) -> Result<()> {
    let differs = |what: &str, expected: &dyn std::fmt::Debug, actual: &dyn std::fmt::Debug| {
        let problem = format!("its {what} is {actual:?}, this network's is {expected:?}");
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

fn same<T: Serialize + PartialEq>(what: &str, saved: &T, here: &T) -> Result<()> {
    if saved == here {
        return Ok(());
    }
    let (saved, here) = (serde_json::to_value(saved)?, serde_json::to_value(here)?);
    let (field, actual, expected) = first_difference(&saved, &here).unwrap_or_default();
    let field = if field.is_empty() { what.to_owned() } else { format!("{what}: {field}") };
    Err(Error::OtherTraining { field, expected, actual })
}
