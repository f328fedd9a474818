//! Softmax along the last axis.

use candle_core::{D, Result, Tensor};

/// The probabilities. The largest logit is subtracted as a constant, which changes neither result nor gradient.
pub(in super::super) fn softmax(x: &Tensor) -> Result<Tensor> {
    let exponentials = below_largest(x)?.exp()?;
    exponentials.broadcast_div(&exponentials.sum_keepdim(D::Minus1)?)
}

/// The logits minus the largest of their row.
pub(super) fn below_largest(x: &Tensor) -> Result<Tensor> {
    x.broadcast_sub(&x.detach().max_keepdim(D::Minus1)?)
}
