//! Neighbouring layers that one operation computes.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

use super::{BatchNorm, Conv2d, Dropout, ForwardRecord, LayerOps, LayerSpec, MaxPool2d, TrainOutput};
use crate::ops;

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
    pub(crate) fn infer(&self, x: &Tensor, weights: &[Tensor]) -> candle_core::Result<Tensor> {
        match self {
            Self::ConvPool(conv, pool) => {
                let (window, stride) = (pool.window.into(), pool.stride.into());
                ops::conv2d_max_pool2d(x, &weights[0], &weights[1], conv.activation, window, stride)
            }
            Self::NormDropout(norm, _) => norm.infer(x, weights),
        }
    }

    /// Both forward passes while training; `noise` is the second layer's.
    pub(crate) fn train(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        noise: Option<ChaCha8Rng>,
    ) -> candle_core::Result<TrainOutput> {
        match (self, noise) {
            (Self::ConvPool(..), _) => Ok(TrainOutput { y: self.infer(x, weights)?, moving: Vec::new() }),
            (Self::NormDropout(norm, _), None) => norm.train(x, weights, None),
            (Self::NormDropout(norm, dropout), Some(mut rng)) => {
                let (epsilon, rate) = (norm.epsilon, dropout.rate);
                let out =
                    ops::batch_norm_dropout_train(x, &weights[0], &weights[1], epsilon, rate, &mut rng)?;
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
    ) -> candle_core::Result<Option<ForwardRecord>> {
        match self {
            Self::ConvPool(conv, pool) => {
                let sides = (pool.window.into(), pool.stride.into());
                let recorded =
                    ops::record_conv2d_max_pool2d(x, &weights[0], &weights[1], conv.activation, sides)?;
                Ok(recorded.map(ForwardRecord::from))
            }
            Self::NormDropout(norm, dropout) => {
                let dropout = noise.as_mut().map(|rng| (dropout.rate, rng));
                norm.recorded(x, weights, dropout).map(Some)
            }
        }
    }
}
