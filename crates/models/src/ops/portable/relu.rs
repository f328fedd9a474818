//! The rectifier.

use candle_core::{Result, Tensor};

use super::gradient::with_gradient;
use crate::ops::Activation;

/// `max(x, 0)` with gradient 0 at 0; candle's own has 1 there, and turns NaN into 0.
pub(in super::super) fn relu(x: &Tensor) -> Result<Tensor> {
    let y = rectified(&x.detach())?;
    let kept = y.clone();
    with_gradient(x, y, move |grad| masked(grad, &kept))
}

/// The activation of these sums; the gradient is the caller's business.
pub(super) fn activated(sums: Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Linear => Ok(sums),
        Activation::Relu => rectified(&sums),
    }
}

/// The gradient with respect to the sums, from the result `y` of the activation and the gradient with respect to it.
pub(super) fn activation_gradient(activation: Activation, y: &Tensor, grad: &Tensor) -> Result<Tensor> {
    match activation {
        Activation::Linear => Ok(grad.clone()),
        Activation::Relu => masked(grad, y),
    }
}

fn rectified(x: &Tensor) -> Result<Tensor> {
    let zeros = x.zeros_like()?;
    x.lt(&zeros)?.where_cond(&zeros, x)
}

/// The gradient where `y` is above 0.
fn masked(grad: &Tensor, y: &Tensor) -> Result<Tensor> {
    let zeros = grad.zeros_like()?;
    y.gt(&zeros)?.where_cond(grad, &zeros)
}
