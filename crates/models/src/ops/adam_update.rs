use candle_core::{Result, Tensor, Var};
use rayon::prelude::*;

use super::OpError;
use super::args::Arg;
use super::in_place::in_place;
use super::kernels::vectorized;

const OP: &str = "adam_update";

/// The constants of Adam; `Default` is Keras's.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AdamConfig {
    /// Decay of the first moment, in `[0, 1)`: 0.9.
    pub beta_1: f64,
    /// Decay of the second moment, in `[0, 1)`: 0.999.
    pub beta_2: f64,
    /// Added to the root of the *uncorrected* second moment, as Keras has it: 1e-7.
    pub epsilon: f64,
    /// Share of itself, times the learning rate, that a parameter loses before every step: 0. Above it, this is `AdamW`.
    #[serde(default)]
    pub weight_decay: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

/// The running moments of one parameter's gradient: the optimizer's state, the caller's to keep and save.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamMoments {
    /// The first moment of every element, in the order of the parameter's elements.
    pub first: Vec<f32>,
    /// The second moment.
    pub second: Vec<f32>,
}

impl AdamMoments {
    /// The moments before the first step: zeros, for a parameter of this many elements.
    pub fn zeros(n_elements: usize) -> Self {
        Self { first: vec![0.0; n_elements], second: vec![0.0; n_elements] }
    }
}

/// One step of Adam on one parameter, in place and in one walk over memory:
///
/// ```text
/// p -= learning_rate weight_decay p
/// m += (g - m) (1 - beta_1)
/// v += (g² - v) (1 - beta_2)
/// p -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) * m / (sqrt(v) + epsilon)
/// ```
///
/// `step` counts from 1.
///
/// # Errors
///
/// When the gradient or the moments have another shape than the parameter, `step` is 0, or a tensor does not hold
/// `f32` on the CPU.
///
/// # References
///
/// Kingma and Ba (2015), arXiv:1412.6980, end of section 2; `keras.optimizers.Adam`. With a weight decay Loshchilov and
/// Hutter (2019), arXiv:1711.05101; `keras.optimizers.AdamW`.
pub fn adam_update(
    parameter: &Var,
    gradient: &Tensor,
    moments: &mut AdamMoments,
    step: u64,
    learning_rate: f64,
    config: &AdamConfig,
) -> Result<()> {
    let parameter = Arg { op: OP, name: "parameter", tensor: parameter };
    let gradient = Arg { op: OP, name: "gradient", tensor: gradient };
    gradient.has_shape(parameter.tensor.dims())?;
    if step == 0 {
        return Err(OpError::Parameter { op: OP, parameter: "step", interval: "[1, inf)", value: 0.0 }.into());
    }
    if !learning_rate.is_finite() {
        let interval = "(-inf, inf)";
        return Err(OpError::Parameter {
            op: OP,
            parameter: "learning_rate",
            interval,
            value: learning_rate,
        }
        .into());
    }
    for (argument, moment) in [("first moment", &moments.first), ("second moment", &moments.second)] {
        if moment.len() != parameter.tensor.elem_count() {
            let (expected, actual) = (vec![parameter.tensor.elem_count()], vec![moment.len()]);
            return Err(OpError::Shape { op: OP, argument, expected, actual }.into());
        }
    }
    let step = step as f64;
    let corrected =
        learning_rate * (1.0 - config.beta_2.powf(step)).sqrt() / (1.0 - config.beta_1.powf(step));
    parameter.float()?;
    let gradient = gradient.float()?;
    let constants = Constants {
        gain_1: (1.0 - config.beta_1) as f32,
        gain_2: (1.0 - config.beta_2) as f32,
        rate: corrected as f32,
        epsilon: config.epsilon as f32,
        keep: (1.0 - config.weight_decay * learning_rate) as f32,
    };
    let AdamMoments { first, second } = moments;
    in_place(OP, parameter.tensor, &gradient, |p, g| {
        let pieces = p.par_chunks_mut(PIECE).zip(g.par_chunks(PIECE));
        let moments = first.par_chunks_mut(PIECE).zip(second.par_chunks_mut(PIECE));
        pieces.zip(moments).for_each(|((p, g), (m, v))| update_piece(constants, p, g, m, v));
    })
}

#[derive(Clone, Copy)]
struct Constants {
    gain_1: f32,
    gain_2: f32,
    rate: f32,
    epsilon: f32,
    /// What the decay leaves of a parameter.
    keep: f32,
}

/// Elements in a task.
const PIECE: usize = 1 << 15;

vectorized! {
    fn update_piece<'a>(constants: Constants, p: &'a mut [f32], g: &'a [f32], m: &'a mut [f32], v: &'a mut [f32]) {
        let Constants { gain_1, gain_2, rate, epsilon, keep } = constants;
        for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *m += (g - *m) * gain_1;
            *v += (g * g - *v) * gain_2;
            *p = *p * keep - rate * *m / (v.sqrt() + epsilon);
        }
    }
}
