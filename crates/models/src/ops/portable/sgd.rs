//! The step of gradient descent.

use candle_core::{Result, Tensor, Var};

use crate::ops::sgd_update::Constants;

/// Updates one parameter and returns its new velocity.
pub(in super::super) fn update(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &Tensor,
    constants: Constants,
) -> Result<Tensor> {
    let Constants { rate, share, looks_ahead } = constants;
    let step = gradient.detach().affine(rate.into(), 0.0)?;
    let velocity = (velocity.affine(share.into(), 0.0)? - &step)?;
    let change = if looks_ahead { (velocity.affine(share.into(), 0.0)? - step)? } else { velocity.clone() };
    parameter.set(&(parameter.as_detached_tensor() + change)?)?;
    Ok(velocity)
}
