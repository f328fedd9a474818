use candle_core::{Tensor, Var};
use rayon::prelude::*;

use super::args::Arg;
use super::in_place::in_place;
use super::kernels::vectorized;
use super::{OpError, Result};

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
/// does not hold `f32` on the CPU.
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
    let [parameter, gradient] =
        Arg::named(OP, [("parameter", parameter.as_tensor()), ("gradient", gradient)]);
    gradient.check_shape(parameter.tensor.dims())?;
    let bounds = [
        ("momentum", "[0, 1)", momentum.share(), (0.0..1.0).contains(&momentum.share())),
        ("learning_rate", "(-inf, inf)", learning_rate, learning_rate.is_finite()),
    ];
    for (parameter, interval, value, is_inside) in bounds {
        if !is_inside {
            return Err(OpError::Parameter { op: OP, parameter, interval, value });
        }
    }
    if velocity.len() != parameter.tensor.elem_count() {
        let (expected, actual) = (vec![parameter.tensor.elem_count()], vec![velocity.len()]);
        return Err(OpError::Shape { op: OP, argument: "velocity", expected, actual });
    }
    parameter.float()?;
    let gradient = gradient.float()?;
    let constants = Constants {
        rate: learning_rate as f32,
        share: momentum.share() as f32,
        looks_ahead: matches!(momentum, Momentum::Nesterov(_)),
    };
    in_place(OP, parameter.tensor, &gradient, |p, g| {
        let pieces = p.par_chunks_mut(PIECE).zip(g.par_chunks(PIECE)).zip(velocity.par_chunks_mut(PIECE));
        pieces.for_each(|((p, g), v)| update_piece(constants, p, g, v));
    })?;
    Ok(())
}

/// The factors of one step.
#[derive(Clone, Copy)]
struct Constants {
    rate: f32,
    share: f32,
    /// Whether the momentum is Nesterov's.
    looks_ahead: bool,
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
