use candle_core::{Tensor, Var};
use rayon::prelude::*;

use super::args::Arg;
use super::in_place::in_place;
use super::kernels::vectorized;
use super::{Form, OpError, Result, Slot, portable};

const OP: &str = "sgd_update";

/// The momentum of gradient descent: how much of the last step the next one repeats.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Momentum {
    /// No momentum.
    #[default]
    Off,
    /// A share of the last step, in `[0, 1)`: `v = momentum v - learning_rate g`, `p += v`. 0.9 is a good start.
    Classic(f64),
    /// Nesterov's momentum (1983), which looks one step ahead: `p += momentum v - learning_rate g` with the new `v`.
    Nesterov(f64),
}

impl Momentum {
    /// The share of the last step; 0 without momentum.
    pub fn share(self) -> f64 {
        match self {
            Self::Off => 0.0,
            Self::Classic(share) | Self::Nesterov(share) => share,
        }
    }
}

/// Updates one parameter by one step of stochastic gradient descent, in place: `v = momentum v - learning_rate g`, then
/// `p += v`, or with Nesterov's momentum `p += momentum v - learning_rate g`.
///
/// `velocity` is the state of the optimizer: as long as the parameter, and zeros before the first step.
///
/// # Errors
/// [`OpError::Shape`] if the gradient or the velocity has another shape than the parameter, [`OpError::Parameter`] if the
/// momentum is not in `[0, 1)` or the learning rate is not finite, [`OpError::Type`] or [`OpError::Device`] if a tensor
/// does not hold `f32` or is not on the device of the first.
///
/// # References
/// Sutskever et al. (2013), *On the importance of initialization and momentum in deep learning*; `keras.optimizers.SGD`.
pub fn sgd_update(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &mut [f32],
    learning_rate: f64,
    momentum: Momentum,
) -> Result<()> {
    sgd_update_with(parameter, gradient, velocity, learning_rate, momentum, Form::Own)
}

/// [`sgd_update`] in a form.
pub(super) fn sgd_update_with(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &mut [f32],
    learning_rate: f64,
    momentum: Momentum,
    form: Form,
) -> Result<()> {
    let mut slot = Slot::Host(velocity.to_vec());
    sgd_step(parameter, gradient, &mut slot, learning_rate, momentum, form)?;
    velocity.copy_from_slice(&slot.to_vec()?);
    Ok(())
}

/// [`sgd_update`] of a velocity that stays beside the parameter.
pub(crate) fn sgd_step(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &mut Slot,
    learning_rate: f64,
    momentum: Momentum,
    form: Form,
) -> Result<()> {
    let args = Arg::named(OP, [("parameter", parameter.as_tensor()), ("gradient", gradient)]);
    args[1].check_shape(parameter.dims())?;
    let bounds = [
        ("momentum", "[0, 1)", momentum.share(), (0.0..1.0).contains(&momentum.share())),
        ("learning_rate", "(-inf, inf)", learning_rate, learning_rate.is_finite()),
    ];
    for (parameter, interval, value, is_inside) in bounds {
        if !is_inside {
            return Err(OpError::Parameter { op: OP, parameter, interval, value });
        }
    }
    if velocity.len() != parameter.elem_count() {
        let (expected, actual) = (vec![parameter.elem_count()], vec![velocity.len()]);
        return Err(OpError::Shape { op: OP, argument: "velocity", expected, actual });
    }
    let [_, gradient] = Arg::floats(args)?;
    let constants = Constants {
        rate: learning_rate as f32,
        share: momentum.share() as f32,
        looks_ahead: matches!(momentum, Momentum::Nesterov(_)),
    };
    if form.on(parameter.device()) == Form::Portable {
        let moved = portable::sgd::update(parameter, &gradient, &velocity.beside(parameter)?, constants)?;
        *velocity = Slot::Device(moved);
        return Ok(());
    }
    let velocity = velocity.host()?;
    in_place(OP, parameter.as_tensor(), &gradient, |p, g| {
        let pieces = p.par_chunks_mut(PIECE).zip(g.par_chunks(PIECE)).zip(velocity.par_chunks_mut(PIECE));
        pieces.for_each(|((p, g), v)| update_piece(constants, p, g, v));
    })?;
    Ok(())
}

/// The factors of one step.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    pub(super) rate: f32,
    pub(super) share: f32,
    /// True for Nesterov's momentum.
    pub(super) looks_ahead: bool,
}

/// Elements in one task.
const PIECE: usize = 1 << 15;

vectorized! {
    fn update_piece<'a>(constants: Constants, p: &'a mut [f32], g: &'a [f32], v: &'a mut [f32]) {
        let Constants { rate, share, looks_ahead } = constants;
        for ((p, &g), v) in p.iter_mut().zip(g).zip(v) {
            let step = rate * g;
            *v = share * *v - step;
            *p += if looks_ahead { share * *v - step } else { *v };
        }
    }
}
