//! What a network is made of: one configuration struct a layer, in a file of its own.

mod autograd;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod flatten;
mod fused;
mod global_pool;
mod gru;
mod max_pool2d;
mod problem;

use candle_core::{Tensor, Var};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use autograd::AutogradTape;
pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub(crate) use fused::Fused;
pub use global_pool::GlobalAveragePool;
pub use gru::{Gru, GruOutput};
pub use max_pool2d::MaxPool2d;
pub use problem::LayerProblem;

use crate::ops::{self, Backward, Memory, Recorded};

/// One layer of a [`Sequential`](crate::Sequential), as it is written down in a model file.
///
/// ```
/// use cepstrum_models::{Dense, LayerSpec};
///
/// let spec = LayerSpec::from(Dense::new(64).relu().l2(1e-3));
/// assert!(matches!(spec, LayerSpec::Dense(Dense { units: 64, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerSpec {
    /// All axes but the batch become one.
    Flatten(Flatten),
    /// Fully connected.
    Dense(Dense),
    /// Two-dimensional convolution.
    Conv2d(Conv2d),
    /// Two-dimensional maximum.
    MaxPool2d(MaxPool2d),
    /// Normalisation over the batch.
    BatchNorm(BatchNorm),
    /// Random zeros while training.
    Dropout(Dropout),
    /// Gated recurrent unit.
    Gru(Gru),
    /// The mean of a whole image.
    GlobalAveragePool(GlobalAveragePool),
}

impl LayerSpec {
    /// The layer's behaviour, behind one interface.
    pub(crate) fn kind(&self) -> &dyn LayerOps {
        match self {
            Self::Flatten(layer) => layer,
            Self::Dense(layer) => layer,
            Self::Conv2d(layer) => layer,
            Self::MaxPool2d(layer) => layer,
            Self::BatchNorm(layer) => layer,
            Self::Dropout(layer) => layer,
            Self::Gru(layer) => layer,
            Self::GlobalAveragePool(layer) => layer,
        }
    }
}

macro_rules! into_spec {
    ($($layer:ident),*) => {
        $(impl From<$layer> for LayerSpec {
            fn from(layer: $layer) -> Self {
                Self::$layer(layer)
            }
        })*
    };
}
into_spec!(Flatten, Dense, Conv2d, MaxPool2d, BatchNorm, Dropout, Gru, GlobalAveragePool);

/// What the network asks of every layer. Shapes are without the batch axis.
pub(crate) trait LayerOps {
    /// Keras's name of the layer in small letters, from which the layer's own name is made (`dense_1`).
    fn base_name(&self) -> &'static str;

    /// Keras's name of the class, for the summary (`Dense`).
    fn class_name(&self) -> &'static str;

    /// Checks the layer's own values and the shape it gets; gives the shape it makes.
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem>;

    /// The weights it owns, trainable ones first, for an input that `output_shape` accepted.
    fn weights(&self, _input: &[usize]) -> Vec<WeightSpec> {
        Vec::new()
    }

    /// The L2 factor on the weights marked [`WeightSpec::penalized`], 0 for none.
    fn l2(&self) -> f64 {
        0.0
    }

    /// The forward pass at inference.
    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor>;

    /// The forward pass while training: pure, what has to be remembered is returned.
    fn train(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _noise: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        Ok(TrainOutput { y: self.infer(x, weights, memory)?, moving: Vec::new() })
    }

    /// The same without candle's tape; by it, in a graph of its own, unless the layer knows better.
    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        noise: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        let x = Var::from_tensor(x)?;
        let TrainOutput { y, moving } = self.train(x.as_tensor(), weights, noise, memory)?;
        let parameters = weights.iter().filter(|weight| weight.is_variable()).cloned().collect();
        Ok(ForwardRecord { y: y.detach(), moving, back: Box::new(AutogradTape { x, parameters, y }) })
    }
}

/// A training forward pass without candle's tape.
pub(crate) struct ForwardRecord {
    pub(crate) y: Tensor,
    /// As in [`TrainOutput`].
    pub(crate) moving: Vec<Tensor>,
    pub(crate) back: Box<dyn Backward>,
}

impl From<Recorded> for ForwardRecord {
    fn from(Recorded { y, backward }: Recorded) -> Self {
        Self { y, moving: Vec::new(), back: backward }
    }
}

/// The outcome of a training forward pass.
pub(crate) struct TrainOutput {
    pub(crate) y: Tensor,
    /// New values of the weights that are not trainable, in their order.
    pub(crate) moving: Vec<Tensor>,
}

/// A weight to be made: its name within the layer, its shape and how it starts.
#[derive(Clone, Debug)]
pub(crate) struct WeightSpec {
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) init: Init,
    pub(crate) trainable: bool,
    /// Whether the layer's L2 factor applies (kernels, not biases).
    pub(crate) penalized: bool,
}

impl WeightSpec {
    fn kernel(shape: Vec<usize>, fan_in: usize, fan_out: usize) -> Self {
        let init = Init::GlorotUniform { fan_in, fan_out };
        Self { name: "kernel", shape, init, trainable: true, penalized: true }
    }

    fn vector(name: &'static str, length: usize, init: Init) -> Self {
        Self { name, shape: vec![length], init, trainable: true, penalized: false }
    }

    fn fixed(self) -> Self {
        Self { trainable: false, ..self }
    }
}

/// How a weight starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Init {
    GlorotUniform {
        fan_in: usize,
        fan_out: usize,
    },
    /// Rows of this length, at most as many, orthogonal to each other and of length 1.
    Orthogonal {
        columns: usize,
    },
    Zeros,
    Ones,
}
