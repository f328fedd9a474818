//! A stack of layers with its weights.

mod builder;
mod dropout_rng;
mod forward;
mod init;
mod summary;
mod tape;
mod weights;

use std::ops::Range;

use candle_core::{Device, Var};

pub use builder::SequentialBuilder;
pub use dropout_rng::DropoutRng;
pub use forward::{MovingStatistics, TrainingPass};
pub use summary::{Summary, grouped};
pub use weights::Weights;

use crate::{LayerSpec, Result};

/// A network whose layers follow each other; Keras's `Sequential`.
///
/// It gives logits: the softmax belongs to the loss while training and to
/// [`predict_proba`](crate::Classifier::predict_proba) after it. Layers bear Keras's names (`conv2d`, `conv2d_1`,
/// `dense`, ...). A forward pass takes `&self` and changes nothing, so that several threads may share a network.
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
    device: Device,
}

/// A layer in its place: named, with the shapes it was found to have.
#[derive(Debug)]
pub struct Layer {
    name: String,
    spec: LayerSpec,
    input_shape: Vec<usize>,
    output_shape: Vec<usize>,
    weights: Vec<Weight>,
}

/// A named tensor of a layer.
#[derive(Debug)]
pub struct Weight {
    name: String,
    var: Var,
    trainable: bool,
    penalized: bool,
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

    /// Place of the layer of this name.
    pub fn position(&self, layer: &str) -> Option<usize> {
        self.layers.iter().position(|candidate| candidate.name == layer)
    }

    /// Where the weights are and the arithmetic is done.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// All weights, layer by layer, in each first the trainable ones.
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
        Summary::of(self)
    }

    /// A second network with the same weights in memory of their own.
    ///
    /// # Errors
    /// When the device cannot copy ([`Error::Candle`](crate::Error::Candle)).
    pub fn try_clone(&self) -> Result<Self> {
        let mut builder = Self::builder(self.input_shape.clone()).device(&self.device);
        for layer in &self.layers {
            builder = builder.layer(layer.spec.clone());
        }
        let mut copy = builder.build()?;
        copy.set_weights(&self.snapshot()?)?;
        Ok(copy)
    }

    pub(crate) fn range(&self) -> Range<usize> {
        0..self.layers.len()
    }
}

impl Layer {
    /// Keras's name: the kind of layer and, from the second on, its number (`dense`, `dense_1`).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the layer was configured.
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

    /// Whether an optimizer changes it; a batch normalisation's moving statistics are not trained.
    pub fn is_trainable(&self) -> bool {
        self.trainable
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.var.elem_count()
    }

    /// Whether it holds no value; no layer makes such a weight.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
