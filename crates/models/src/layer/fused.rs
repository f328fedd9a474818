//! Neighboring layers that one operation computes.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

use super::{BatchNorm, Conv2d, Dropout, ForwardRecord, LayerOps, LayerSpec, MaxPool2d};
use crate::ops::{self, Memory};

/// Two neighboring layers in one pass over memory, with the bits of one after the other. A network decides once, when
/// it is built, which of its layers are fused.
#[derive(Clone, Debug)]
pub(crate) enum Fused {
    /// A convolution whose whole output is never held in memory.
    ConvPool(Conv2d, MaxPool2d),
    /// A normalization that drops values as it writes them.
    NormDropout(BatchNorm, Dropout),
}

impl Fused {
    /// The fusion of two neighbors, where there is one.
    pub(crate) fn new(first: &LayerSpec, second: &LayerSpec) -> Option<Self> {
        match (first, second) {
            (LayerSpec::Conv2d(conv), LayerSpec::MaxPool2d(pool)) if ops::can_fuse_max_pool(pool.window) => {
                Some(Self::ConvPool(conv.clone(), pool.clone()))
            }
            (LayerSpec::BatchNorm(norm), LayerSpec::Dropout(dropout)) => {
                Some(Self::NormDropout(*norm, *dropout))
            }
            _ => None,
        }
    }

    /// Both forward passes at inference. The weights are the first layer's; the second has none.
    pub(crate) fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        match self {
            Self::ConvPool(conv, pool) => {
                ops::conv2d_max_pool2d_with(x, conv.affine(weights), pool.pool(), memory)
            }
            Self::NormDropout(norm, _) => norm.infer(x, weights, memory),
        }
    }

    /// Both forward passes in training, without candle's tape. `dropout` is the second layer's generator.
    pub(crate) fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        mut dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        match self {
            Self::ConvPool(conv, pool) => {
                ops::record_conv2d_max_pool2d(x, conv.affine(weights), pool.pool(), memory)
                    .map(ForwardRecord::from)
            }
            Self::NormDropout(norm, layer) => {
                let dropout = dropout.as_mut().map(|rng| (layer.rate, rng));
                norm.recorded(x, weights, dropout, memory)
            }
        }
    }
}
