//! The checkpoint file: safetensors with a JSON description.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Progress, Run};
use crate::model::container::{self, Container, Values};
use crate::model::file::{check_version, into_weights, put_standardizer, take_standardizer, weight_values};
use crate::{CallbackState, Error, ModelMetadata, OptimizerState, Result, StateProblem};

/// Key of the metadata entry and name of the format.
const KIND: &str = "cepstrum-checkpoint";
const VERSION: u32 = 1;

const MODEL: &str = "model/";
const OPTIMIZER: &str = "optimizer/";

/// The JSON description of a checkpoint file.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    run: Run,
    progress: Progress,
    optimizer: OptimizerDescription,
    callbacks: Vec<CallbackDescription>,
}

/// An optimizer's state without the values of its slots.
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

pub(super) fn load(path: &Path) -> Result<Checkpoint> {
    container::load(path, from_bytes)
}

pub(super) fn read_from(reader: impl Read) -> Result<Checkpoint> {
    from_bytes(&container::read_all(reader)?)
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<Checkpoint> {
    parse(Container::from_bytes(bytes, KIND)?)
}

pub(super) fn save(checkpoint: Checkpoint, path: &Path) -> Result<()> {
    lay_out(checkpoint)?.save(path, KIND)
}

pub(super) fn write_to(checkpoint: Checkpoint, writer: impl Write) -> Result<()> {
    lay_out(checkpoint)?.write_to(writer, KIND)
}

fn lay_out(checkpoint: Checkpoint) -> Result<Container> {
    let Checkpoint { run, progress, metadata, weights, optimizer, callbacks } = checkpoint;
    let mut tensors = BTreeMap::new();
    put(&mut tensors, MODEL, weight_values(&weights)?);
    if let Some(standardizer) = &metadata.standardizer {
        put_standardizer(&mut tensors, standardizer);
    }
    let optimizer = put_optimizer(&mut tensors, optimizer);
    let mut described = Vec::with_capacity(callbacks.len());
    for (at, CallbackState { kind, values, weights }) in callbacks.into_iter().enumerate() {
        let has_weights = weights.is_some();
        if let Some(weights) = weights {
            put(&mut tensors, &callback_prefix(at), weight_values(&weights)?);
        }
        described.push(CallbackDescription { kind, values, has_weights });
    }
    let description = Description { version: VERSION, run, progress, optimizer, callbacks: described };
    Ok(Container { description: serde_json::to_string(&description)?, tensors })
}

fn parse(container: Container) -> Result<Checkpoint> {
    let Container { description, mut tensors } = container;
    check_version(&description, VERSION)?;
    let Description { run, progress, optimizer, callbacks, .. } = serde_json::from_str(&description)?;
    let metadata = ModelMetadata {
        classes: run.classes.clone(),
        config: run.features.clone(),
        standardizer: take_standardizer(&mut tensors)?,
    };
    let weights = into_weights(take(&mut tensors, MODEL), &Device::Cpu)?;
    let optimizer = take_optimizer(&mut tensors, optimizer)?;
    let mut states = Vec::with_capacity(callbacks.len());
    for (at, CallbackDescription { kind, values, has_weights }) in callbacks.into_iter().enumerate() {
        let weights = if has_weights {
            Some(into_weights(take(&mut tensors, &callback_prefix(at)), &Device::Cpu)?)
        } else {
            None
        };
        states.push(CallbackState { kind, values, weights });
    }
    match tensors.into_keys().next() {
        Some(weight) => Err(Error::UnknownWeight { weight }),
        None => Ok(Checkpoint { run, progress, metadata, weights, optimizer, callbacks: states }),
    }
}

fn put_optimizer(tensors: &mut BTreeMap<String, Values>, state: OptimizerState) -> OptimizerDescription {
    let OptimizerState { kind, step, learning_rate, constants, slots } = state;
    let mut described = Vec::with_capacity(slots.len());
    for (name, vectors) in slots {
        described.push((name.clone(), vectors.len()));
        for (at, vector) in vectors.into_iter().enumerate() {
            tensors.insert(slot_key(&name, at), Values::owned(vector));
        }
    }
    OptimizerDescription { kind, step, learning_rate, constants, slots: described }
}

/// Takes the state of the optimizer out of a file's tensors: all vectors that its slots name, and no other.
fn take_optimizer(
    tensors: &mut BTreeMap<String, Values>,
    description: OptimizerDescription,
) -> Result<OptimizerState> {
    let OptimizerDescription { kind, step, learning_rate, constants, slots } = description;
    let refuse = |problem| Error::State { what: "the optimizer", problem };
    let mut filled = Vec::with_capacity(slots.len());
    for (name, count) in slots {
        let vectors = (0..count).map(|at| {
            let what = || format!("vector {at} in slot `{name}`");
            let found = tensors.remove(&slot_key(&name, at));
            found.map(|it| it.values).ok_or_else(|| refuse(StateProblem::Missing { what: what() }))
        });
        let vectors = vectors.collect::<Result<_>>()?;
        filled.push((name, vectors));
    }
    if let Some(surplus) = tensors.keys().find(|name| name.starts_with(OPTIMIZER)) {
        return Err(refuse(StateProblem::Surplus { what: format!("tensor `{surplus}`") }));
    }
    Ok(OptimizerState { kind, step, learning_rate, constants, slots: filled })
}

fn slot_key(slot: &str, at: usize) -> String {
    format!("{OPTIMIZER}{slot}/{at}")
}

fn callback_prefix(at: usize) -> String {
    format!("callback/{at}/")
}

fn put(into: &mut BTreeMap<String, Values>, prefix: &str, tensors: BTreeMap<String, Values>) {
    into.extend(tensors.into_iter().map(|(name, values)| (format!("{prefix}{name}"), values)));
}

/// Takes out the tensors under a prefix, which their names then lack.
fn take(from: &mut BTreeMap<String, Values>, prefix: &str) -> BTreeMap<String, Values> {
    let names: Vec<String> = from.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
    names
        .into_iter()
        .filter_map(|name| Some((name[prefix.len()..].to_owned(), from.remove(&name)?)))
        .collect()
}
