//! A stack of layers with its weights.
//!
//! - [`builder`]: from a list of layers to a network whose shapes fit.
//! - [`forward`]: inference. [`tape`]: a training pass and its way back. Both walk over the same [steps](Step).
//! - [`module`]: the network and its layers as candle modules.
//! - [`init`]: seeded initial values, as a backend of candle's `VarBuilder`.

mod builder;
mod dropout_rng;
mod forward;
mod init;
mod module;
mod summary;
mod tape;
mod weights;

use std::ops::Range;
use std::sync::atomic::AtomicU64;

use candle_core::{Device, Var};

pub use builder::SequentialBuilder;
pub use dropout_rng::DropoutRng;
pub use init::SeededInit;
pub use module::Inference;
pub use summary::{Summary, grouped};
pub use tape::{MovingStatistics, Tape};
pub use weights::Weights;

use crate::layer::fused::Fused;
use crate::ops::{Form, Memory};
use crate::{Error, LayerSpec, Result};

/// A network whose layers follow each other; Keras's `Sequential`.
///
/// It returns logits: the softmax belongs to the loss in training, and to
/// [`predict_proba`](crate::Classifier::predict_proba) afterwards. Layers have Keras's names (`conv2d`, `conv2d_1`,
/// `dense`, ...). [`forward`](Self::forward) takes `&self` and changes nothing, so several threads may share a network.
///
/// It is a candle module: it implements [`candle_nn::ModuleT`], its [`inference`](Self::inference) view implements
/// [`candle_nn::Module`], and [`var_map`](Self::var_map) shares its weights.
///
/// # Shapes
/// Input `[n, ..input_shape]`, logits `[n, ..output_shape]`; images are `[n, height, width, channels]`.
///
/// ```
/// use cepstrum_models::{BatchNorm, Conv2d, Dense, Flatten, MaxPool2d, Sequential};
///
/// let network = Sequential::builder([130, 13, 1])
///     .layer(Conv2d::new(8, [3, 3]).relu())
///     .layer(MaxPool2d::new([2, 2]))
///     .layer(BatchNorm::new())
///     .layer(Flatten::new())
///     .layer(Dense::new(10))
///     .seed(7)
///     .build()?;
/// assert_eq!(network.layers()[0].output_shape(), [128, 11, 8]);
/// assert_eq!(network.n_parameters(), 3 * 3 * 8 + 8 + 4 * 8 + 64 * 6 * 8 * 10 + 10);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Debug)]
pub struct Sequential {
    input_shape: Vec<usize>,
    layers: Vec<Layer>,
    /// For each layer, its fusion with the next one, where there is one.
    fusions: Vec<Option<Fused>>,
    device: Device,
    form: Form,
}

/// A layer in its place: named, with its shapes and weights.
///
/// A layer is a candle module by itself: [`Layer::new`] builds one from a `VarBuilder`, for use in a network of the
/// caller's.
#[derive(Debug)]
pub struct Layer {
    name: String,
    spec: LayerSpec,
    input_shape: Vec<usize>,
    output_shape: Vec<usize>,
    weights: Vec<Weight>,
    /// Seed of the dropout that [`candle_nn::ModuleT::forward_t`] draws, and the number of its next pass.
    dropout: (u64, AtomicU64),
    form: Form,
}

/// A named tensor of a layer.
#[derive(Debug)]
pub struct Weight {
    name: String,
    var: Var,
    trainable: bool,
    penalized: bool,
}

/// One step of a walk over a network: a layer, or two that are fused.
#[derive(Clone, Copy)]
struct Step<'a> {
    /// Position of the layer that owns the weights.
    at: usize,
    layer: &'a Layer,
    /// The fusion with the next layer, and that layer.
    fused: Option<(&'a Fused, &'a Layer)>,
}

impl Sequential {
    /// Starts a network for inputs of this shape, the batch axis left out.
    pub fn builder(input_shape: impl Into<Vec<usize>>) -> SequentialBuilder {
        SequentialBuilder::new(input_shape.into())
    }

    /// Shape of one input.
    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// Shape of one output; `[n_classes]` for a classifier.
    pub fn output_shape(&self) -> &[usize] {
        self.layers.last().map_or(&self.input_shape, |layer| &layer.output_shape)
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Position of the layer of this name.
    pub fn position(&self, layer: &str) -> Option<usize> {
        self.layers.iter().position(|candidate| candidate.name == layer)
    }

    /// The device that holds the weights and does the arithmetic.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// All weights, layer by layer, in each the trainable ones first.
    pub fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.layers.iter().flat_map(|layer| &layer.weights)
    }

    /// The weights that an optimizer changes, in the order of [`weights`](Self::weights).
    pub fn trainable_weights(&self) -> impl Iterator<Item = &Weight> {
        self.weights().filter(|weight| weight.trainable)
    }

    /// Number of values in all weights.
    pub fn n_parameters(&self) -> usize {
        self.weights().map(Weight::len).sum()
    }

    /// Number of values that an optimizer changes.
    pub fn n_trainable_parameters(&self) -> usize {
        self.trainable_weights().map(Weight::len).sum()
    }

    /// The table of layers that Keras's `summary()` prints.
    ///
    /// ```
    /// use cepstrum_models::{Dense, Sequential};
    ///
    /// let network = Sequential::builder([4]).layer(Dense::new(3)).build()?;
    /// assert!(network.summary().to_string().contains("dense (Dense)"));
    /// # Ok::<(), cepstrum_models::Error>(())
    /// ```
    pub fn summary(&self) -> Summary {
        Summary::new(self)
    }

    /// A second network with the same weights in memory of its own.
    ///
    /// # Errors
    /// [`Error::SharedModule`] when a layer is a [`CandleModule`](crate::CandleModule); [`Error::Candle`] when the device
    /// cannot copy.
    pub fn try_clone(&self) -> Result<Self> {
        self.check_describable()?;
        let mut builder = Self::builder(self.input_shape.clone()).device(&self.device).form(self.form);
        for layer in &self.layers {
            builder = builder.layer(layer.spec.clone());
        }
        let mut copy = builder.build()?;
        copy.set_weights(&self.snapshot()?)?;
        Ok(copy)
    }

    /// Fails when a layer is code of the caller's, which neither a copy nor a file can hold.
    pub(crate) fn check_describable(&self) -> Result<()> {
        let module = self.layers.iter().find(|layer| matches!(layer.spec, LayerSpec::CandleModule(_)));
        module.map_or(Ok(()), |layer| Err(Error::SharedModule { layer: layer.name.clone() }))
    }

    /// The form in which the network computes.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn range(&self) -> Range<usize> {
        0..self.layers.len()
    }

    /// The steps of a walk over a range of layers. Layers whose fusion the range cuts stand alone.
    fn steps(&self, range: Range<usize>) -> impl Iterator<Item = Step<'_>> {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let layer = self.layers[..range.end].get(at)?;
            let next = self.layers[..range.end].get(at + 1);
            let step = Step { at, layer, fused: self.fusions[at].as_ref().zip(next) };
            at += if step.fused.is_some() { 2 } else { 1 };
            Some(step)
        })
    }
}

impl Layer {
    /// Keras's name: the kind of layer and, from the second on, its number (`dense`, `dense_1`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layer's configuration.
    pub fn spec(&self) -> &LayerSpec {
        &self.spec
    }

    /// Shape of one input.
    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// Shape of one output.
    pub fn output_shape(&self) -> &[usize] {
        &self.output_shape
    }

    /// The layer's weights, the trainable ones first.
    pub fn weights(&self) -> &[Weight] {
        &self.weights
    }

    /// Number of values in all weights of the layer.
    pub fn n_parameters(&self) -> usize {
        self.weights.iter().map(Weight::len).sum()
    }

    /// A handle without a pool, in the form of the layer.
    fn memory(&self) -> Memory {
        Memory::none().in_form(self.form)
    }

    /// The weights as constants, without gradients.
    fn constants(&self) -> Vec<candle_core::Tensor> {
        self.weights.iter().map(|weight| weight.var.as_detached_tensor()).collect()
    }

    /// The weights as training computes with them: a trainable one is the variable itself, so that it gets a gradient.
    fn in_graph(&self) -> Vec<candle_core::Tensor> {
        let tensor = |weight: &Weight| {
            if weight.trainable { weight.var.as_tensor().clone() } else { weight.var.as_detached_tensor() }
        };
        self.weights.iter().map(tensor).collect()
    }
}

impl Weight {
    /// The layer's name and the weight's (`dense_1/kernel`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values; changing them changes the network.
    pub fn var(&self) -> &Var {
        &self.var
    }

    /// Whether an optimizer changes it; a batch normalization's moving statistics are not trained.
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.var.elem_count()
    }

    /// Whether it holds no value; no layer creates such a weight.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
