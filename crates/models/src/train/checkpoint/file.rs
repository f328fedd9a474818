//! Checkpoints as safetensors files.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Progress, Run};
use crate::model::file::{
    Container, Values, check_version, put_standardizer, take_standardizer, tensors, weights,
};
use crate::{CallbackState, Classifier, Error, ModelMetadata, OptimizerState, Result, StateProblem};

/// Key of the metadata entry and name of the format.
const KIND: &str = "cepstrum-checkpoint";
const VERSION: u32 = 1;

/// What the file says beside its tensors.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    run: Run,
    progress: Progress,
    optimizer: OptimizerDescription,
    callbacks: Vec<CallbackDescription>,
}

/// An optimizer without the values of its slots.
#[derive(Serialize, Deserialize)]
struct OptimizerDescription {
    kind: String,
    step: u64,
    learning_rate: f64,
    constants: Vec<(String, f64)>,
    /// Name and number of vectors of every slot.
    slots: Vec<(String, usize)>,
}

/// A callback's state without its weights.
#[derive(Serialize, Deserialize)]
struct CallbackDescription {
    kind: String,
    values: serde_json::Value,
    has_weights: bool,
}

/// Writes a checkpoint, whole or not at all.
pub(crate) fn save(
    path: &Path,
    run: &Run,
    progress: Progress,
    model: &Classifier,
    optimizer: OptimizerState,
    callbacks: Vec<CallbackState>,
) -> Result<()> {
    let mut values = BTreeMap::new();
    put(&mut values, "model/", tensors(&model.network().snapshot()?)?);
    if let Some(standardizer) = model.standardizer() {
        put_standardizer(&mut values, standardizer);
    }
    let slots = optimizer.slots.iter().map(|(name, vectors)| (name.clone(), vectors.len())).collect();
    for (name, vectors) in optimizer.slots {
        for (at, vector) in vectors.into_iter().enumerate() {
            values.insert(format!("optimizer/{name}/{at}"), Values::owned(vector));
        }
    }
    let mut described = Vec::with_capacity(callbacks.len());
    for (at, CallbackState { kind, values: numbers, weights }) in callbacks.into_iter().enumerate() {
        let has_weights = weights.is_some();
        if let Some(weights) = weights {
            put(&mut values, &format!("callback/{at}/"), tensors(&weights)?);
        }
        described.push(CallbackDescription { kind, values: numbers, has_weights });
    }
    let OptimizerState { kind, step, learning_rate, constants, .. } = optimizer;
    let description = Description {
        version: VERSION,
        run: run.clone(),
        progress,
        optimizer: OptimizerDescription { kind, step, learning_rate, constants, slots },
        callbacks: described,
    };
    Container { description: serde_json::to_string(&description)?, tensors: values }.write(path, KIND)
}

/// Reads a checkpoint.
pub(super) fn load(path: &Path) -> Result<Checkpoint> {
    let read = || parse(Container::read(path, KIND)?);
    read().map_err(|error: Error| error.in_file(path))
}

fn parse(container: Container) -> Result<Checkpoint> {
    let Container { description, tensors: mut values } = container;
    check_version(&description, VERSION)?;
    let Description { run, progress, optimizer, callbacks, .. } = serde_json::from_str(&description)?;
    let context = ModelMetadata {
        classes: run.classes.clone(),
        config: run.features.clone(),
        standardizer: take_standardizer(&mut values)?,
    };
    let model = weights(take(&mut values, "model/"), &Device::Cpu)?;
    let optimizer = take_optimizer(&mut values, optimizer)?;
    let mut states = Vec::with_capacity(callbacks.len());
    for (at, CallbackDescription { kind, values: numbers, has_weights }) in callbacks.into_iter().enumerate()
    {
        let taken = take(&mut values, &format!("callback/{at}/"));
        let weights = has_weights.then(|| weights(taken, &Device::Cpu)).transpose()?;
        states.push(CallbackState { kind, values: numbers, weights });
    }
    Ok(Checkpoint { run, progress, context, weights: model, optimizer, callbacks: states })
}

fn take_optimizer(
    values: &mut BTreeMap<String, Values>,
    description: OptimizerDescription,
) -> Result<OptimizerState> {
    let OptimizerDescription { kind, step, learning_rate, constants, slots } = description;
    let mut filled = Vec::with_capacity(slots.len());
    for (name, count) in slots {
        let vector = |at: usize| {
            let values = values.remove(&format!("optimizer/{name}/{at}"));
            let problem = StateProblem::Missing { what: "values of a slot" };
            values.map(|it| it.values).ok_or(Error::State { what: "the optimizer", problem })
        };
        let vectors = (0..count).map(vector).collect::<Result<_>>()?;
        filled.push((name, vectors));
    }
    Ok(OptimizerState { kind, step, learning_rate, constants, slots: filled })
}

fn put(into: &mut BTreeMap<String, Values>, prefix: &str, tensors: BTreeMap<String, Values>) {
    into.extend(tensors.into_iter().map(|(name, values)| (format!("{prefix}{name}"), values)));
}

fn take(from: &mut BTreeMap<String, Values>, prefix: &str) -> BTreeMap<String, Values> {
    let names: Vec<String> = from.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
    names
        .into_iter()
        .filter_map(|name| Some((name[prefix.len()..].to_owned(), from.remove(&name)?)))
        .collect()
}
