use candle_core::{Tensor, Var};
use rayon::prelude::*;

use super::args::Arg;
use super::in_place::in_place;
use super::kernels::vectorized;
use super::{Form, OpError, Result, Slot, portable};

const OP: &str = "adam_update";

/// The constants of Adam. The default is Keras's.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// Decay of the first moment, the running mean of the gradient, in `[0, 1)`. Higher values smooth over more steps
    /// (about `1 / (1 - beta_1)`) and react later. Default 0.9.
    pub beta_1: f64,
    /// Decay of the second moment, the running mean of the squared gradient, in `[0, 1)`. Lower it, to 0.99 for
    /// instance, if the size of the gradients changes quickly. Default 0.999.
    pub beta_2: f64,
    /// Added to the root of the *uncorrected* second moment, as in Keras. Raise it, up to 1e-3, if weights with tiny
    /// gradients move too far. Default 1e-7.
    pub epsilon: f64,
    /// Share of itself, times the learning rate, that a parameter loses in every step; above 0 this is `AdamW`. Raise
    /// it against overfitting; Keras's `AdamW` has 0.004. Default 0.
    pub weight_decay: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, weight_decay: 0.0 }
    }
}

/// The running moments of one parameter's gradient: the state of the optimizer, which the caller keeps and saves.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamMoments {
    /// The first moment of every element, in the order of the parameter's elements.
    pub first: Vec<f32>,
    /// The second moment of every element.
    pub second: Vec<f32>,
}

impl AdamMoments {
    /// The moments before the first step: zeros, for a parameter of this many elements.
    pub fn zeros(n_elements: usize) -> Self {
        Self { first: vec![0.0; n_elements], second: vec![0.0; n_elements] }
    }
}

/// The settings of one step of Adam, which all parameters share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// The number of the step, counted from 1.
    pub number: u64,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// The constants.
    pub config: AdamConfig,
}

/// Updates one parameter by one step of Adam, in place and in one pass over memory:
///
/// ```text
/// p -= learning_rate weight_decay p
/// m += (g - m) (1 - beta_1)
/// v += (g² - v) (1 - beta_2)
/// p -= learning_rate sqrt(1 - beta_2^step) / (1 - beta_1^step) * m / (sqrt(v) + epsilon)
/// ```
///
/// # Errors
/// [`OpError::Shape`] if the gradient or the moments have another shape than the parameter, [`OpError::Parameter`] if the
/// number of the step is 0 or the learning rate is not finite, [`OpError::Type`] or [`OpError::Device`] if a tensor does
/// not hold `f32` or is not on the device of the first.
///
/// # References
/// Kingma and Ba (2015), arXiv:1412.6980, end of section 2; `keras.optimizers.Adam`. With a weight decay Loshchilov and
/// Hutter (2019), arXiv:1711.05101; `keras.optimizers.AdamW`.
pub fn adam_update(
    parameter: &Var,
    gradient: &Tensor,
    moments: &mut AdamMoments,
    step: &AdamStep,
) -> Result<()> {
    adam_update_with(parameter, gradient, moments, step, Form::Own)
}

/// [`adam_update`] in a form.
pub(super) fn adam_update_with(
    parameter: &Var,
    gradient: &Tensor,
    moments: &mut AdamMoments,
    step: &AdamStep,
    form: Form,
) -> Result<()> {
    let mut slots =
        [&mut moments.first, &mut moments.second].map(|moment| Slot::Host(std::mem::take(moment)));
    let outcome = adam_step(parameter, gradient, &mut slots, step, form);
    let [first, second] = slots;
    *moments = AdamMoments { first: first.to_vec()?, second: second.to_vec()? };
    outcome
}

/// [`adam_update`] of moments that stay beside the parameter.
pub(crate) fn adam_step(
    parameter: &Var,
    gradient: &Tensor,
    [first, second]: &mut [Slot; 2],
    step: &AdamStep,
    form: Form,
) -> Result<()> {
    step.check()?;
    let args = Arg::named(OP, [("parameter", parameter.as_tensor()), ("gradient", gradient)]);
    args[1].check_shape(parameter.dims())?;
    for (argument, moment) in [("first moment", &*first), ("second moment", &*second)] {
        if moment.len() != parameter.elem_count() {
            let (expected, actual) = (vec![parameter.elem_count()], vec![moment.len()]);
            return Err(OpError::Shape { op: OP, argument, expected, actual });
        }
    }
    let ([_, gradient], constants) = (Arg::floats(args)?, step.constants());
    if form.on(parameter.device()) == Form::Portable {
        let moments = [first.beside(parameter)?, second.beside(parameter)?];
        let [m, v] = portable::adam::update(parameter, &gradient, moments.each_ref(), constants)?;
        (*first, *second) = (Slot::Device(m), Slot::Device(v));
        return Ok(());
    }
    let (first, second) = (first.host()?, second.host()?);
    in_place(OP, parameter.as_tensor(), &gradient, |p, g| {
        let pieces = p.par_chunks_mut(PIECE).zip(g.par_chunks(PIECE));
        let moments = first.par_chunks_mut(PIECE).zip(second.par_chunks_mut(PIECE));
        pieces.zip(moments).for_each(|((p, g), (m, v))| update_piece(constants, p, g, m, v));
    })?;
    Ok(())
}

impl AdamStep {
    fn check(&self) -> Result<()> {
        let error =
            |parameter, interval, value| Err(OpError::Parameter { op: OP, parameter, interval, value });
        if self.number == 0 {
            return error("step", "[1, inf)", 0.0);
        }
        if !self.learning_rate.is_finite() {
            return error("learning_rate", "(-inf, inf)", self.learning_rate);
        }
        Ok(())
    }

    fn constants(&self) -> Constants {
        let Self { number, learning_rate, config } = *self;
        let step = number as f64;
        let corrected =
            learning_rate * (1.0 - config.beta_2.powf(step)).sqrt() / (1.0 - config.beta_1.powf(step));
        Constants {
            gain_1: (1.0 - config.beta_1) as f32,
            gain_2: (1.0 - config.beta_2) as f32,
            rate: corrected as f32,
            epsilon: config.epsilon as f32,
            keep: (1.0 - config.weight_decay * learning_rate) as f32,
        }
    }
}

/// The factors of one step.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    pub(super) gain_1: f32,
    pub(super) gain_2: f32,
    /// The learning rate with the bias correction.
    pub(super) rate: f32,
    pub(super) epsilon: f32,
    /// The share of a parameter that the weight decay leaves.
    pub(super) keep: f32,
}

/// Elements in one task.
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
