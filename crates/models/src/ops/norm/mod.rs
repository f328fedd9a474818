//! Batch normalization, alone or fused with the dropout behind it.

mod op;

use std::sync::{Arc, OnceLock};

use candle_core::Tensor;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use self::op::BatchNorm;
use super::args::{Arg, tensor};
use super::dropout::{draw_mask, dropout_with};
use super::kernels::Mask;
use super::kernels::normalize::Statistics;
use super::record::{Recorded, apply, record};
use super::{Memory, OpError, Result, portable};

/// The parameters of a batch normalization.
#[derive(Debug, Clone, Copy)]
pub struct BatchNormParameters<'a> {
    /// The scale of every channel, `[channels]`.
    pub gamma: &'a Tensor,
    /// The shift of every channel, `[channels]`.
    pub beta: &'a Tensor,
    /// Added to the variance, above 0: it bounds the gain of a channel that hardly varies. Keras has 1e-3.
    pub epsilon: f64,
}

/// A normalized batch, and the statistics that it was normalized by.
#[derive(Debug, Clone)]
pub struct BatchNormOutput {
    /// The batch, normalized, scaled and shifted, in the shape of the input.
    pub y: Tensor,
    /// Mean of every channel, `[channels]`; not differentiable.
    pub mean: Tensor,
    /// Biased variance (divided by the number of elements) of every channel, `[channels]`; not differentiable.
    pub variance: Tensor,
}

/// Normalizes every channel (last axis) by the batch's own mean and biased variance:
/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
///
/// The moving statistics are the caller's: `moving = momentum moving + (1 - momentum) batch`, where Keras's momentum is
/// 0.99.
///
/// # Shapes
/// `x` and `y` `[.., channels]`.
///
/// # Errors
/// [`OpError::Empty`] if `x` has no element, [`OpError::Shape`] if the shapes do not fit each other,
/// [`OpError::Parameter`] if `epsilon` is not above 0, [`OpError::Type`] or [`OpError::Device`] if a tensor does not hold
/// `f32` on the CPU.
///
/// # References
/// Ioffe and Szegedy (2015), arXiv:1502.03167; `keras.layers.BatchNormalization`.
pub fn batch_norm_train(x: &Tensor, parameters: &BatchNormParameters) -> Result<BatchNormOutput> {
    batch_norm_train_with(x, parameters, &Memory::none())
}

/// [`batch_norm_train`] followed by [`dropout`](super::dropout()), in one pass over memory.
///
/// # Errors
/// As those two.
pub fn batch_norm_dropout_train(
    x: &Tensor,
    parameters: &BatchNormParameters,
    rate: f64,
    rng: &mut impl Rng,
) -> Result<BatchNormOutput> {
    batch_norm_dropout_train_with(x, parameters, rate, rng, &Memory::none())
}

/// [`batch_norm_dropout_train`] with a memory to allocate from.
pub(super) fn batch_norm_dropout_train_with(
    x: &Tensor,
    parameters: &BatchNormParameters,
    rate: f64,
    rng: &mut impl Rng,
    memory: &Memory,
) -> Result<BatchNormOutput> {
    let args = args("batch_norm_dropout_train", x, parameters)?;
    if memory.is_portable(x) {
        let out = portable::batch_norm::train(Arg::floats(args)?.each_ref(), parameters.epsilon)?;
        return Ok(BatchNormOutput { y: dropout_with(&out.y, rate, rng, memory)?, ..out });
    }
    apply_with_output(args, BatchNorm::of_batch(x, parameters, draw_mask(rate, rng)?, memory))
}

/// Normalizes every channel (last axis) by statistics that were gathered before:
/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
///
/// # Shapes
/// `x` `[.., channels]` to the same; `mean` and `variance` `[channels]`. The statistics are constants: no gradient flows
/// to them.
///
/// # Errors
/// As [`batch_norm_train`].
pub fn batch_norm_inference(
    x: &Tensor,
    parameters: &BatchNormParameters,
    mean: &Tensor,
    variance: &Tensor,
) -> Result<Tensor> {
    batch_norm_inference_with(x, parameters, [mean, variance], &Memory::none())
}

/// [`batch_norm_train`] with a memory to allocate from.
pub(crate) fn batch_norm_train_with(
    x: &Tensor,
    parameters: &BatchNormParameters,
    memory: &Memory,
) -> Result<BatchNormOutput> {
    let args = args("batch_norm_train", x, parameters)?;
    if memory.is_portable(x) {
        return Ok(portable::batch_norm::train(Arg::floats(args)?.each_ref(), parameters.epsilon)?);
    }
    apply_with_output(args, BatchNorm::of_batch(x, parameters, Mask::none(), memory))
}

/// [`batch_norm_inference`] with a memory to allocate from, of `[mean, variance]`.
pub(crate) fn batch_norm_inference_with(
    x: &Tensor,
    parameters: &BatchNormParameters,
    [mean, variance]: [&Tensor; 2],
    memory: &Memory,
) -> Result<Tensor> {
    const OP: &str = "batch_norm_inference";
    let args = args(OP, x, parameters)?;
    let [mean, variance] = Arg::named(OP, [("mean", mean), ("variance", variance)]);
    let channels = channels(x);
    mean.check_shape(&[channels])?;
    variance.check_shape(&[channels])?;
    mean.check_device(args[0])?;
    variance.check_device(args[0])?;
    let (mean, variance) = (mean.float()?, variance.float()?);
    let arguments = Arg::floats(args)?;
    if memory.is_portable(x) {
        let epsilon = parameters.epsilon;
        return Ok(portable::batch_norm::inference(arguments.each_ref(), [&mean, &variance], epsilon)?);
    }
    let given = Statistics { mean: mean.to_vec1()?, variance: variance.to_vec1()? };
    apply(BatchNorm::with_statistics(given, parameters, memory), arguments)
}

/// [`batch_norm_train`], or with a dropout [`batch_norm_dropout_train`], recorded beside candle's tape. The result tensor
/// is part of both return values, which share its storage.
pub(crate) fn record_batch_norm(
    x: &Tensor,
    parameters: &BatchNormParameters,
    dropout: Option<(f64, &mut ChaCha8Rng)>,
    memory: &Memory,
) -> Result<(BatchNormOutput, Recorded)> {
    let args = args("batch_norm_train", x, parameters)?;
    let mask = match dropout {
        Some((rate, rng)) => draw_mask(rate, rng)?,
        None => Mask::none(),
    };
    let op = BatchNorm::of_batch(x, parameters, mask, memory);
    let statistics = Arc::clone(op.statistics());
    let recorded = record(op, Arg::floats(args)?)?;
    Ok((output(recorded.y.clone(), &statistics)?, recorded))
}

/// The arguments x, gamma and beta, once everything fits.
fn args<'a>(op: &'static str, x: &'a Tensor, parameters: &BatchNormParameters<'a>) -> Result<[Arg<'a>; 3]> {
    let BatchNormParameters { gamma, beta, epsilon } = *parameters;
    let args = Arg::named(op, [("x", x), ("gamma", gamma), ("beta", beta)]);
    let [x, gamma, beta] = args;
    x.check_not_empty()?;
    let channels = channels(x.tensor);
    gamma.check_shape(&[channels])?;
    beta.check_shape(&[channels])?;
    if epsilon > 0.0 {
        return Ok(args);
    }
    Err(OpError::Parameter { op, parameter: "epsilon", interval: "(0, inf)", value: epsilon })
}

fn channels(x: &Tensor) -> usize {
    x.dims().last().copied().unwrap_or(1)
}

fn apply_with_output(args: [Arg; 3], op: BatchNorm) -> Result<BatchNormOutput> {
    let statistics = Arc::clone(op.statistics());
    output(apply(op, Arg::floats(args)?)?, &statistics)
}

fn output(y: Tensor, statistics: &OnceLock<Statistics>) -> Result<BatchNormOutput> {
    let Statistics { mean, variance } = statistics.get().cloned().unwrap_or_default();
    let dims = [mean.len()];
    Ok(BatchNormOutput { y, mean: tensor(mean, &dims)?, variance: tensor(variance, &dims)? })
}
