//! Batch normalization.

use candle_core::{Result, Tensor};

use super::gradient::{Backward3, with_gradients};
use super::rows::{mean_rows, sum_rows};
use crate::ops::BatchNormOutput;

/// The batch, normalized by its own statistics.
pub(in super::super) fn train([x, gamma, beta]: [&Tensor; 3], epsilon: f64) -> Result<BatchNormOutput> {
    let channels = gamma.elem_count();
    let rows = x.detach().reshape(((), channels))?;
    // The mean of what is left after a first mean has no rounding error of the size of the mean.
    let rough = mean_rows(&rows)?;
    let centered = rows.broadcast_sub(&rough)?;
    let rest = mean_rows(&centered)?;
    let mean = (&rough + &rest)?.flatten_all()?;
    let centered = centered.broadcast_sub(&rest)?;
    let variance = mean_rows(&centered.sqr()?)?;
    let inverse = variance.affine(1.0, epsilon)?.sqrt()?.recip()?;
    let normal = centered.broadcast_mul(&inverse)?;
    let y = normal.broadcast_mul(&gamma.detach())?.broadcast_add(&beta.detach())?.reshape(x.shape())?;
    let y = with_gradients([x, gamma, beta], y, BatchNorm { normal, inverse })?;
    Ok(BatchNormOutput { y, mean, variance: variance.flatten_all()? })
}

/// The batch, normalized by given statistics, which are constants.
pub(in super::super) fn inference(
    [x, gamma, beta]: [&Tensor; 3],
    [mean, variance]: [&Tensor; 2],
    epsilon: f64,
) -> Result<Tensor> {
    let gain = (gamma * variance.detach().affine(1.0, epsilon)?.sqrt()?.recip()?)?;
    let rows = x.reshape(((), gamma.elem_count()))?;
    let y = rows.broadcast_sub(&mean.detach())?.broadcast_mul(&gain)?.broadcast_add(beta)?;
    y.reshape(x.shape())
}

struct BatchNorm {
    /// `(x - mean) / sqrt(variance + epsilon)`, one row per element of every channel.
    normal: Tensor,
    /// `1 / sqrt(variance + epsilon)`, `[1, channels]`.
    inverse: Tensor,
}

impl Backward3 for BatchNorm {
    /// `d_x = gamma / sqrt(variance + epsilon) (g - mean(g) - normal mean(g normal))`.
    fn backward(
        &self,
        [x, gamma, beta]: [&Tensor; 3],
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<[Option<Tensor>; 3]> {
        let Self { normal, inverse } = self;
        let grad = grad.contiguous()?.reshape(normal.shape())?;
        let (sums, products) = (sum_rows(&grad)?, sum_rows(&(&grad * normal)?)?);
        let d_x = || {
            let share = 1.0 / grad.dim(0)? as f64;
            let along = normal.broadcast_mul(&products.affine(share, 0.0)?)?;
            let left = (grad.broadcast_sub(&sums.affine(share, 0.0)?)? - along)?;
            let gain = inverse.broadcast_mul(&gamma.detach())?;
            left.broadcast_mul(&gain)?.reshape(x.shape())
        };
        let d_x = x.track_op().then(d_x).transpose()?;
        Ok([d_x, Some(products.reshape(gamma.shape())?), Some(sums.reshape(beta.shape())?)])
    }
}
