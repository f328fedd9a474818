//! Neighbouring layers that one operation computes.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

use super::{BatchNorm, Conv2d, Dropout, ForwardRecord, LayerOps, LayerSpec, MaxPool2d, TrainOutput};
use crate::ops::{self, Memory};

/// Two layers in one pass over memory; the bits are those of one after the other.
pub(crate) enum Fused<'a> {
    /// A convolution whose whole output is never held.
    ConvPool(&'a Conv2d, &'a MaxPool2d),
    /// A normalisation that drops values as it writes them.
    NormDropout(&'a BatchNorm, &'a Dropout),
}

impl<'a> Fused<'a> {
    /// The pair that these layers make, if they make one.
    pub(crate) fn of(first: &'a LayerSpec, second: &'a LayerSpec) -> Option<Self> {
        match (first, second) {
            (LayerSpec::Conv2d(conv), LayerSpec::MaxPool2d(pool)) => Some(Self::ConvPool(conv, pool)),
            (LayerSpec::BatchNorm(norm), LayerSpec::Dropout(dropout)) => {
                Some(Self::NormDropout(norm, dropout))
            }
            _ => None,
        }
    }

    /// Both forward passes at inference; `weights` are the first layer's, the second has none.
    pub(crate) fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        match self {
            Self::ConvPool(conv, pool) => {
                ops::conv2d_max_pool2d_with(x, conv.affine(weights), pool.pool(), memory)
            }
            Self::NormDropout(norm, _) => norm.infer(x, weights, memory),
        }
    }

    /// Both forward passes while training; `noise` is the second layer's.
    pub(crate) fn train(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        noise: Option<ChaCha8Rng>,
    ) -> ops::Result<TrainOutput> {
        let memory = &Memory::none();
        match (self, noise) {
            (Self::ConvPool(..), _) => {
                Ok(TrainOutput { y: self.infer(x, weights, memory)?, moving: Vec::new() })
            }
            (Self::NormDropout(norm, _), None) => norm.train(x, weights, None, memory),
            (Self::NormDropout(norm, dropout), Some(mut rng)) => {
                let parameters = norm.parameters(weights);
                let out = ops::batch_norm_dropout_train(x, &parameters, dropout.rate, &mut rng)?;
                norm.trained(out, weights)
            }
        }
    }

    /// The same without candle's tape; `None` when the two cannot be computed in one pass after all.
    pub(crate) fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        mut noise: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<Option<ForwardRecord>> {
        match self {
            Self::ConvPool(conv, pool) => {
                let recorded = ops::record_conv2d_max_pool2d(x, conv.affine(weights), pool.pool(), memory)?;
                Ok(recorded.map(ForwardRecord::from))
            }
            Self::NormDropout(norm, dropout) => {
                let dropout = noise.as_mut().map(|rng| (dropout.rate, rng));
                norm.recorded(x, weights, dropout, memory).map(Some)
            }
        }
    }
}
