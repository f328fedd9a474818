use std::sync::{Arc, OnceLock};

use candle_core::{Shape, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::args::{Arg, tensor, with_slice};
use super::dropout::draw_mask;
use super::kernels::Mask;
use super::kernels::normalize::{Scale, Slopes, Statistics, gradient_sums, statistics};
use super::record::{Operation, Recorded, WithRespectTo, apply, record};
use super::{Memory, OpError, Result};

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
    let args = args("batch_norm_dropout_train", x, parameters)?;
    apply_with_output(args, BatchNorm::of_batch(args, parameters, draw_mask(rate, rng)?, &Memory::none()))
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
    apply_with_output(args, BatchNorm::of_batch(args, parameters, Mask::none(), memory))
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
    let given = Statistics { mean: mean.float()?.to_vec1()?, variance: variance.float()?.to_vec1()? };
    apply(BatchNorm::by(given, parameters, memory), Arg::floats(args)?)
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
    let op = BatchNorm::of_batch(args, parameters, mask, memory);
    let statistics = Arc::clone(&op.statistics);
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
    let statistics = Arc::clone(&op.statistics);
    output(apply(op, Arg::floats(args)?)?, &statistics)
}

fn output(y: Tensor, statistics: &OnceLock<Statistics>) -> Result<BatchNormOutput> {
    let Statistics { mean, variance } = statistics.get().cloned().unwrap_or_default();
    let dims = [mean.len()];
    Ok(BatchNormOutput { y, mean: tensor(mean, &dims)?, variance: tensor(variance, &dims)? })
}

struct BatchNorm {
    channels: usize,
    epsilon: f64,
    /// The statistics to normalize by: given, or those of the batch once it is known.
    statistics: Arc<OnceLock<Statistics>>,
    /// Whether `statistics` are those of the batch, so that gradients flow through them.
    depends_on_batch: bool,
    mask: Mask,
    memory: Memory,
}

impl BatchNorm {
    /// Normalizes by the batch's own statistics.
    fn of_batch(args: [Arg; 3], parameters: &BatchNormParameters, mask: Mask, memory: &Memory) -> Self {
        Self {
            channels: channels(args[0].tensor),
            epsilon: parameters.epsilon,
            statistics: Arc::default(),
            depends_on_batch: true,
            mask,
            memory: memory.clone(),
        }
    }

    /// Normalizes by these statistics.
    fn by(given: Statistics, parameters: &BatchNormParameters, memory: &Memory) -> Self {
        Self {
            channels: given.mean.len(),
            epsilon: parameters.epsilon,
            statistics: Arc::new(OnceLock::from(given)),
            depends_on_batch: false,
            mask: Mask::none(),
            memory: memory.clone(),
        }
    }

    /// `1 / sqrt(variance + epsilon)` of a channel.
    fn inverse(&self, variance: f32) -> f64 {
        1.0 / (f64::from(variance) + self.epsilon).sqrt()
    }

    /// The gradients of x (if asked for), gamma and beta.
    fn gradients(
        &self,
        x: &[f32],
        grad: &[f32],
        gamma: &[f32],
        wrt: WithRespectTo,
    ) -> (Option<Vec<f32>>, Vec<f32>, Vec<f32>) {
        let c = self.channels;
        let Statistics { mean, variance } = self.statistics.get_or_init(|| statistics(x, c));
        let inverse: Vec<f64> = variance.iter().map(|&variance| self.inverse(variance)).collect();
        // The sums of g and of g (x - mean), where g is the masked gradient.
        let (sums, products) = gradient_sums(x, grad, mean, self.mask);
        let d_gamma =
            products.iter().zip(&inverse).map(|(product, inverse)| (product * inverse) as f32).collect();
        let d_beta = sums.iter().map(|&sum| sum as f32).collect();
        if !wrt.has_input() {
            return (None, d_gamma, d_beta);
        }
        // d_x = gain g - constant - slope (x - mean); the last two come from the statistics, which move with x.
        let share = if self.depends_on_batch { c as f64 / x.len() as f64 } else { 0.0 };
        let gain: Vec<f64> =
            gamma.iter().zip(&inverse).map(|(&gamma, inverse)| f64::from(gamma) * inverse).collect();
        let narrow = |f: &dyn Fn(usize) -> f64| -> Vec<f32> { (0..c).map(|i| f(i) as f32).collect() };
        let constant = narrow(&|i| gain[i] * sums[i] * share);
        let slope = narrow(&|i| gain[i] * products[i] * inverse[i] * inverse[i] * share);
        let slopes = Slopes { center: mean, gain: narrow(&|i| gain[i]), constant, slope };
        let mut d_x = self.memory.acquire(x.len());
        slopes.apply(x, grad, self.mask, &mut d_x);
        (Some(d_x), d_gamma, d_beta)
    }
}

impl Operation for BatchNorm {
    const NAME: &'static str = "batch_norm";

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn output_shape(&self, x: &Shape) -> Shape {
        x.clone()
    }

    fn forward(&self, x: &[f32], gamma: &[f32], beta: &[f32]) -> Vec<f32> {
        let Statistics { mean, variance } = self.statistics.get_or_init(|| statistics(x, self.channels));
        let gamma = gamma.iter().zip(variance);
        let gain =
            gamma.map(|(&gamma, &variance)| (f64::from(gamma) * self.inverse(variance)) as f32).collect();
        let mut y = self.memory.acquire(x.len());
        Scale { center: mean, gain, shift: beta }.apply(x, self.mask, &mut y);
        y
    }

    fn backward(
        &self,
        [x, gamma, beta]: [&Tensor; 3],
        _: &Tensor,
        grad: &Tensor,
        wrt: WithRespectTo,
    ) -> candle_core::Result<[Option<Tensor>; 3]> {
        let gains = gamma.to_vec1::<f32>()?;
        let (d_x, d_gamma, d_beta) = with_slice::<f32, _>(x, |values| {
            with_slice::<f32, _>(grad, |grad| Ok(self.gradients(values, grad, &gains, wrt)))
        })?;
        Ok([
            d_x.map(|d_x| tensor(d_x, x.dims())).transpose()?,
            Some(tensor(d_gamma, gamma.dims())?),
            Some(tensor(d_beta, beta.dims())?),
        ])
    }
}
