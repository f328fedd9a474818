//! From a list of layers to a network whose shapes fit.

use std::collections::BTreeMap;

use candle_core::Device;

use super::{Layer, Sequential, Weight, init};
use crate::{Error, LayerSpec, Result};

/// Collects the layers of a [`Sequential`]; nothing is checked before [`build`](Self::build).
#[derive(Clone, Debug)]
pub struct SequentialBuilder {
    input_shape: Vec<usize>,
    layers: Vec<LayerSpec>,
    seed: u64,
    device: Device,
}

impl SequentialBuilder {
    pub(super) fn new(input_shape: Vec<usize>) -> Self {
        Self { input_shape, layers: Vec::new(), seed: 0, device: Device::Cpu }
    }

    /// Adds a layer after the others.
    pub fn layer(mut self, layer: impl Into<LayerSpec>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Adds several layers.
    pub fn layers(mut self, layers: impl IntoIterator<Item = LayerSpec>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// Seed of the initial weights, 0 unless given. Each layer draws from the stream `"init/<layer>"`.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Where to compute; the CPU unless given.
    pub fn device(self, device: &Device) -> Self {
        Self { device: device.clone(), ..self }
    }

    /// Infers all shapes and makes the weights.
    ///
    /// # Errors
    /// [`Error::Device`] for anything but the CPU, [`Error::NoLayers`], [`Error::EmptyInput`] for an input shape
    /// without values, and [`Error::Layer`] naming the layer that cannot stand where it was put.
    pub fn build(self) -> Result<Sequential> {
        if !self.device.is_cpu() {
            return Err(Error::Device { device: format!("{:?}", self.device.location()) });
        }
        if self.layers.is_empty() {
            return Err(Error::NoLayers);
        }
        if self.input_shape.is_empty() || self.input_shape.contains(&0) {
            return Err(Error::EmptyInput { shape: self.input_shape });
        }
        let mut counts = BTreeMap::new();
        let mut layers: Vec<Layer> = Vec::with_capacity(self.layers.len());
        for spec in self.layers {
            let name = numbered(spec.kind().base_name(), &mut counts);
            let input_shape = layers.last().map_or(&self.input_shape, |layer| &layer.output_shape).clone();
            layers.push(place(name, spec, input_shape, self.seed, &self.device)?);
        }
        Ok(Sequential { input_shape: self.input_shape, layers, device: self.device })
    }
}

fn place(
    name: String,
    spec: LayerSpec,
    input_shape: Vec<usize>,
    seed: u64,
    device: &Device,
) -> Result<Layer> {
    let output_shape = match spec.kind().output_shape(&input_shape) {
        Ok(shape) => shape,
        Err(problem) => return Err(Error::Layer { layer: name, problem }),
    };
    let specs = spec.kind().weights(&input_shape);
    let mut weights = Vec::with_capacity(specs.len());
    for (var, weight) in init::vars(&name, &specs, seed, device)?.into_iter().zip(specs) {
        let name = format!("{name}/{}", weight.name);
        weights.push(Weight { name, var, trainable: weight.trainable, penalized: weight.penalized });
    }
    Ok(Layer { name, spec, input_shape, output_shape, weights })
}

/// Keras's names: the first layer of a kind bears its bare name, the others `_1`, `_2`, ...
fn numbered(base: &'static str, counts: &mut BTreeMap<&'static str, usize>) -> String {
    let count = counts.entry(base).or_insert(0);
    *count += 1;
    if *count == 1 { base.to_owned() } else { format!("{base}_{}", *count - 1) }
}
