//! Dropout.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::gradient::with_gradient;
use crate::ops::kernels::Mask;

/// The fewest elements in one task.
const PIECE: usize = 1 << 14;

/// The elements that the mask keeps, scaled. The mask is the CPU's, bit for bit: it is computed there and uploaded, one
/// byte per element.
pub(in super::super) fn dropout(x: &Tensor, mask: Mask) -> Result<Tensor> {
    let keeps: Vec<u8> = (0..x.elem_count())
        .into_par_iter()
        .with_min_len(PIECE)
        .map(|position| u8::from(mask.factor(position) > 0.0))
        .collect();
    let keeps = Tensor::from_vec(keeps, x.shape(), x.device())?;
    let scale = f64::from(mask.scale());
    let y = masked(&x.detach(), &keeps, scale)?;
    with_gradient(x, y, move |grad| masked(grad, &keeps, scale))
}

fn masked(x: &Tensor, keeps: &Tensor, scale: f64) -> Result<Tensor> {
    let scaled = x.affine(scale, 0.0)?;
    keeps.where_cond(&scaled, &scaled.zeros_like()?)
}
