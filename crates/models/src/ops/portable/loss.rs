//! Losses.

use candle_core::{D, Result, Tensor};

use super::gradient::with_gradient;
use super::softmax::below_largest;

/// The mean over the batch of `-sum over classes of target ln softmax(logits)`.
pub(in super::super) fn soft_cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let (targets, share) = (targets.detach(), 1.0 / logits.dim(0)? as f64);
    let below = below_largest(&logits.detach())?;
    let exponentials = below.exp()?;
    let sums = exponentials.sum_keepdim(D::Minus1)?;
    // A class without target has no term, however far its logit is below the others.
    let zeros = targets.zeros_like()?;
    let terms = (&targets * sums.log()?.broadcast_sub(&below)?)?;
    let terms = targets.ne(&zeros)?.where_cond(&terms, &zeros)?;
    let loss = terms.sum_all()?.affine(share, 0.0)?;
    let probabilities = exponentials.broadcast_div(&sums)?;
    with_gradient(logits, loss, move |grad| {
        let weights = targets.sum_keepdim(D::Minus1)?;
        let difference = (probabilities.broadcast_mul(&weights)? - &targets)?;
        difference.affine(share, 0.0)?.broadcast_mul(grad)
    })
}

/// Rows of 1 at the label and 0 elsewhere, on the device of `like`.
pub(in super::super) fn one_hot(labels: &[u32], n_classes: usize, like: &Tensor) -> Result<Tensor> {
    let mut targets = vec![0_f32; labels.len() * n_classes];
    for (row, &label) in targets.chunks_exact_mut(n_classes).zip(labels) {
        row[label as usize] = 1.0;
    }
    Tensor::from_vec(targets, (labels.len(), n_classes), like.device())
}

/// `factor sum(kernel²)`.
pub(in super::super) fn l2_penalty(kernel: &Tensor, factor: f64) -> Result<Tensor> {
    let constant = kernel.detach();
    let penalty = constant.sqr()?.sum_all()?.affine(factor, 0.0)?;
    with_gradient(kernel, penalty, move |grad| constant.affine(2.0 * factor, 0.0)?.broadcast_mul(grad))
}
