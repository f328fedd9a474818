//! The layers of a network: one configuration struct per layer, each in a file of its own with its shape rule, its
//! weights, and its way forward and back.
//!
//! - [`LayerSpec`]: any of them, as a model file holds it.
//! - [`LayerOps`]: the interface between a layer and the [network](crate::network).
//! - [`fused`]: pairs of neighbors that one operation computes.

mod autograd;
mod batch_norm;
mod candle_module;
mod conv2d;
mod dense;
mod dropout;
mod flatten;
pub(crate) mod fused;
mod global_pool;
mod gru;
mod max_pool2d;
mod nearest_neighbors;
mod problem;
mod time_statistics;
mod weight_spec;

use candle_core::{Tensor, Var};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use autograd::AutogradTape;
pub use batch_norm::BatchNorm;
pub use candle_module::CandleModule;
pub(crate) use candle_module::ModuleVariable;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use global_pool::GlobalAveragePool;
pub use gru::{Gru, GruOutput};
pub use max_pool2d::MaxPool2d;
pub use nearest_neighbors::NearestNeighbors;
pub use problem::LayerProblem;
pub use time_statistics::{Summarized, TimeStatistics};
pub(crate) use weight_spec::{Init, WeightSpec};

use crate::ops::{self, Backward, Memory, Recorded};

/// The configuration of one layer of a [`Sequential`](crate::Sequential), as a model file holds it.
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
    /// Flattening of all axes but the batch.
    Flatten(Flatten),
    /// Fully connected layer.
    Dense(Dense),
    /// Two-dimensional convolution.
    Conv2d(Conv2d),
    /// Two-dimensional maximum.
    MaxPool2d(MaxPool2d),
    /// Normalization over the batch.
    BatchNorm(BatchNorm),
    /// Random zeros in training.
    Dropout(Dropout),
    /// Gated recurrent unit.
    Gru(Gru),
    /// Mean over time and frequency.
    GlobalAveragePool(GlobalAveragePool),
    /// Mean and standard deviation over time.
    TimeStatistics(TimeStatistics),
    /// Vote of the nearest stored examples.
    NearestNeighbors(NearestNeighbors),
    /// A candle module of the caller's; it cannot be written to a file.
    #[serde(skip)]
    CandleModule(CandleModule),
}

impl LayerSpec {
    /// The layer behind the common interface.
    pub(crate) fn ops(&self) -> &dyn LayerOps {
        match self {
            Self::Flatten(layer) => layer,
            Self::Dense(layer) => layer,
            Self::Conv2d(layer) => layer,
            Self::MaxPool2d(layer) => layer,
            Self::BatchNorm(layer) => layer,
            Self::Dropout(layer) => layer,
            Self::Gru(layer) => layer,
            Self::GlobalAveragePool(layer) => layer,
            Self::TimeStatistics(layer) => layer,
            Self::NearestNeighbors(layer) => layer,
            Self::CandleModule(layer) => layer,
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
into_spec!(
    Flatten,
    Dense,
    Conv2d,
    MaxPool2d,
    BatchNorm,
    Dropout,
    Gru,
    GlobalAveragePool,
    TimeStatistics,
    NearestNeighbors,
    CandleModule
);

/// The interface between a layer and the network. Shapes are without the batch axis.
pub(crate) trait LayerOps {
    /// Keras's name of the layer in lowercase, from which the layer's own name is made (`dense_1`).
    fn base_name(&self) -> &'static str;

    /// Keras's name of the class, for the summary (`Dense`).
    fn class_name(&self) -> &'static str;

    /// Checks the configuration and the input shape, and returns the output shape.
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem>;

    /// The weights to create, trainable ones first, for an input shape that `output_shape` accepted.
    fn weights(&self, _input: &[usize]) -> Vec<WeightSpec> {
        Vec::new()
    }

    /// The L2 factor on the weights marked [`WeightSpec::penalized`]; 0 for none.
    fn l2(&self) -> f64 {
        0.0
    }

    /// The forward pass at inference.
    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor>;

    /// The forward pass in training on candle's tape. It is pure: new moving statistics are returned, not stored.
    fn train(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        Ok(TrainOutput { y: self.infer(x, weights, memory)?, moving: Vec::new() })
    }

    /// The forward pass in training with its own way back, without candle's tape. The default builds a tape of its own
    /// for the one layer.
    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        let x = Var::from_tensor(x)?;
        let TrainOutput { y, moving } = self.train(x.as_tensor(), weights, dropout, memory)?;
        let parameters = weights.iter().filter(|weight| weight.is_variable()).cloned().collect();
        Ok(ForwardRecord { y: y.detach(), moving, back: Box::new(AutogradTape { x, parameters, y }) })
    }
}

/// The result of a training forward pass without candle's tape.
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

/// The result of a training forward pass on candle's tape.
pub(crate) struct TrainOutput {
    pub(crate) y: Tensor,
    /// New values of the weights that are not trainable, in their order.
    pub(crate) moving: Vec<Tensor>,
}
