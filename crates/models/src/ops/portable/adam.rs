//! The step of Adam.

use candle_core::{Result, Tensor, Var};

use crate::ops::adam_update::Constants;

/// Updates one parameter and returns its new moments.
pub(in super::super) fn update(
    parameter: &Var,
    gradient: &Tensor,
    [first, second]: [&Tensor; 2],
    constants: Constants,
) -> Result<[Tensor; 2]> {
    let Constants { gain_1, gain_2, rate, epsilon, keep } = constants;
    let gradient = gradient.detach();
    let first = (first + (&gradient - first)?.affine(gain_1.into(), 0.0)?)?;
    let second = (second + (gradient.sqr()? - second)?.affine(gain_2.into(), 0.0)?)?;
    let step = (first.affine(rate.into(), 0.0)? / second.sqrt()?.affine(1.0, epsilon.into())?)?;
    parameter.set(&(parameter.as_detached_tensor().affine(keep.into(), 0.0)? - step)?)?;
    Ok([first, second])
}
