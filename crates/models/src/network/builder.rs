//! From a list of layers to a network whose shapes fit.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use candle_core::{Device, Var};
use candle_nn::VarBuilder;

use super::{Layer, SeededInit, Sequential, Weight, init};
use crate::layer::fused::Fused;
use crate::layer::{ModuleVariable, WeightSpec};
use crate::ops::Form;
use crate::{Error, LayerSpec, Result};

/// A builder of a [`Sequential`]; nothing is checked before [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
pub struct SequentialBuilder {
    input_shape: Vec<usize>,
    layers: Vec<LayerSpec>,
    seed: u64,
    /// The CPU, or the device of the weights, unless set.
    device: Option<Device>,
    form: Form,
}

impl SequentialBuilder {
    pub(super) fn new(input_shape: Vec<usize>) -> Self {
        Self { input_shape, layers: Vec::new(), seed: 0, device: None, form: Form::Own }
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

    /// Sets the seed of the initial weights; 0 unless given. Each layer draws from the stream `"init/<layer>"`.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the device that holds the weights and does the arithmetic; the CPU, or the device of the weights that
    /// [`build_from`](Self::build_from) is given, unless set.
    pub fn device(self, device: &Device) -> Self {
        Self { device: Some(device.clone()), ..self }
    }

    /// Lets a network on the CPU compute as one on any other device does. Hidden, and public because the tests of this
    /// crate train such networks beside their twins on the own kernels.
    #[doc(hidden)]
    pub fn tensor_operations(self) -> Self {
        Self { form: Form::Portable, ..self }
    }

    /// Sets the form in which the network computes on the CPU.
    pub(super) fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// Infers all shapes and draws the initial weights from the seed.
    ///
    /// # Errors
    /// [`Error::NoLayers`], [`Error::EmptyInput`] for an input shape without
    /// values, and [`Error::Layer`] for a layer that does not fit its input.
    pub fn build(self) -> Result<Sequential> {
        let device = self.device.clone().unwrap_or(Device::Cpu);
        let weights = SeededInit::builder(self.seed, &device);
        self.build_from(&weights)
    }

    /// Infers all shapes and takes the weights from a candle builder, by their [names](super::Weight::name)
    /// (`dense_1/kernel`).
    ///
    /// With a builder over a [`VarMap`](candle_nn::VarMap) the weights are the map's variables; a missing one is created
    /// with candle's own generator, which has no seed on the CPU. With a builder over a file or over tensors a missing
    /// one is an error.
    ///
    /// # Errors
    /// As [`build`](Self::build), [`Error::Device`] for weights on another device than the one that was set, and
    /// [`Error::MissingWeight`] or [`Error::WeightShape`] when the builder's weights do not
    /// fit the network.
    ///
    /// ```
    /// use candle_core::{DType, Device};
    /// use candle_nn::VarBuilder;
    /// use cepstrum_models::{Dense, Sequential};
    ///
    /// let first = Sequential::builder([4]).layer(Dense::new(3)).seed(7).build()?;
    /// let shared = VarBuilder::from_varmap(&first.var_map(), DType::F32, &Device::Cpu);
    /// let second = Sequential::builder([4]).layer(Dense::new(3)).build_from(&shared)?;
    /// let kernel = |network: &Sequential| network.layers()[0].weights()[0].var().to_vec2::<f32>();
    /// assert_eq!(kernel(&first)?, kernel(&second)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_from(self, weights: &VarBuilder<'_>) -> Result<Sequential> {
        let device = self.device.unwrap_or_else(|| weights.device().clone());
        let form = self.form.on(&device);
        if self.layers.is_empty() {
            return Err(Error::NoLayers);
        }
        if self.input_shape.is_empty() || self.input_shape.contains(&0) {
            return Err(Error::EmptyInput { shape: self.input_shape });
        }
        let mut counts = BTreeMap::new();
        let mut layers: Vec<Layer> = Vec::with_capacity(self.layers.len());
        for spec in self.layers {
            let name = numbered(spec.ops().base_name(), &mut counts);
            let input_shape = layers.last().map_or(&self.input_shape, |layer| &layer.output_shape).clone();
            let layer = place(name, spec, input_shape, (self.seed, form), weights)?;
            layer.check_device(&device)?;
            layers.push(layer);
        }
        let neighbors = layers.windows(2).map(|pair| Fused::new(&pair[0].spec, &pair[1].spec));
        let fusions = neighbors.chain([None]).collect();
        Ok(Sequential { input_shape: self.input_shape, layers, fusions, device, form })
    }
}

/// Builds one layer with its weights. The seed is that of its dropout.
pub(super) fn place(
    name: String,
    spec: LayerSpec,
    input_shape: Vec<usize>,
    (seed, form): (u64, Form),
    builder: &VarBuilder<'_>,
) -> Result<Layer> {
    let output_shape = match spec.ops().output_shape(&input_shape) {
        Ok(shape) => shape,
        Err(problem) => return Err(Error::Layer { layer: name, problem }),
    };
    let weights = if let LayerSpec::CandleModule(module) = &spec {
        let weight = |variable: &ModuleVariable| Weight {
            name: format!("{name}/{}", variable.name),
            var: variable.var.clone(),
            trainable: variable.trainable,
            penalized: false,
        };
        module.weights().iter().map(weight).collect()
    } else {
        let specs = spec.ops().weights(&input_shape);
        specs.iter().map(|weight| variable(&name, weight, builder)).collect::<Result<_>>()?
    };
    let dropout = (seed, AtomicU64::new(0));
    Ok(Layer { name, spec, input_shape, output_shape, weights, dropout, form })
}

impl Layer {
    /// Fails on a weight that is not on this device.
    fn check_device(&self, device: &Device) -> Result<()> {
        let elsewhere = self.weights.iter().find(|weight| !weight.var.device().same_device(device));
        elsewhere.map_or(Ok(()), |weight| {
            let (expected, actual) = (device.location(), weight.var.device().location());
            Err(Error::Device { weight: weight.name.clone(), expected, actual })
        })
    }
}

/// Takes one weight from the builder.
fn variable(layer: &str, spec: &WeightSpec, builder: &VarBuilder<'_>) -> Result<Weight> {
    let name = format!("{layer}/{}", spec.name);
    let tensor = builder.get_with_hints(spec.shape.as_slice(), &name, init::hint(spec.init));
    let tensor = tensor.map_err(|error| weight_error(&name, spec, error))?;
    let var = Var::from_tensor(&tensor)?;
    Ok(Weight { name, var, trainable: spec.trainable, penalized: spec.penalized })
}

/// Names the weight that a builder does not have, or has in another shape.
fn weight_error(name: &str, spec: &WeightSpec, error: candle_core::Error) -> Error {
    use candle_core::Error as Candle;
    match error {
        Candle::WithBacktrace { inner, .. } => weight_error(name, spec, *inner),
        Candle::CannotFindTensor { .. } => Error::MissingWeight { weight: name.to_owned() },
        Candle::UnexpectedShape { got, .. } => Error::WeightShape {
            weight: name.to_owned(),
            expected: spec.shape.clone(),
            actual: got.dims().to_vec(),
        },
        other => other.into(),
    }
}

/// Keras's names: the first layer of a kind has its bare name, the others have `_1`, `_2`, ... appended.
fn numbered(base: &'static str, counts: &mut BTreeMap<&'static str, usize>) -> String {
    let count = counts.entry(base).or_insert(0);
    *count += 1;
    if *count == 1 { base.to_owned() } else { format!("{base}_{}", *count - 1) }
}
