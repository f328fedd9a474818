use candle_core::{Result, Tensor, Var};
use rayon::prelude::*;

use super::OpError;
use super::args::Arg;
use super::in_place::in_place;
use super::kernels::vectorized;

const OP: &str = "sgd_update";

/// What a step of gradient descent keeps of the steps before.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Momentum {
    /// Nothing.
    #[default]
    Off,
    /// A share of the last step, in `[0, 1)`: `v = momentum v - learning_rate g`, `p += v`.
    Classic(f64),
    /// The same, looked ahead (Nesterov 1983): `p += momentum v - learning_rate g` with the new `v`.
    Nesterov(f64),
}

impl Momentum {
    /// The share of the last step.
    pub fn share(self) -> f64 {
        match self {
            Self::Off => 0.0,
            Self::Classic(share) | Self::Nesterov(share) => share,
        }
    }
}

/// One step of stochastic gradient descent on one parameter, in place: `v = momentum v - learning_rate g`, then
/// `p += v`, or with Nesterov's momentum `p += momentum v - learning_rate g`.
///
/// `velocity` is the optimizer's state, zeros before the first step, as long as the parameter.
///
/// # Errors
///
/// When the gradient or the velocity has another shape than the parameter, the momentum is not in `[0, 1)`, the learning
/// rate is not finite, or a tensor does not hold `f32` on the CPU.
///
/// # References
///
/// Sutskever et al. (2013), *On the importance of initialization and momentum in deep learning*; `keras.optimizers.SGD`.
pub fn sgd_update(
    parameter: &Var,
    gradient: &Tensor,
    velocity: &mut [f32],
    learning_rate: f64,
    momentum: Momentum,
) -> Result<()> {
    let parameter = Arg { op: OP, name: "parameter", tensor: parameter };
    let gradient = Arg { op: OP, name: "gradient", tensor: gradient };
    gradient.has_shape(parameter.tensor.dims())?;
    let bounds = [
        ("momentum", "[0, 1)", momentum.share(), (0.0..1.0).contains(&momentum.share())),
        ("learning_rate", "(-inf, inf)", learning_rate, learning_rate.is_finite()),
    ];
    for (parameter, interval, value, is_inside) in bounds {
        if !is_inside {
            return Err(OpError::Parameter { op: OP, parameter, interval, value }.into());
        }
    }
    if velocity.len() != parameter.tensor.elem_count() {
        let (expected, actual) = (vec![parameter.tensor.elem_count()], vec![velocity.len()]);
        return Err(OpError::Shape { op: OP, argument: "velocity", expected, actual }.into());
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
    })
}

#[derive(Clone, Copy)]
struct Constants {
    rate: f32,
    share: f32,
    looks_ahead: bool,
}

/// Elements in a task.
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
