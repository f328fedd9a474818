use std::sync::{Arc, OnceLock};

use candle_core::{Result, Shape, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::OpError;
use super::args::{Arg, tensor, with_slice};
use super::dropout::Mask;
use super::kernels::normalize::{Scale, Slopes, Statistics, gradient_sums, statistics};
use super::record::{self, Operation, Recorded, record};

/// A normalised batch and the statistics it was normalised by.
#[derive(Debug, Clone)]
pub struct BatchNormOutput {
    /// The batch, normalised, scaled and shifted; the shape of the input.
    pub y: Tensor,
    /// Mean of every channel, `[channels]`; not differentiable.
    pub mean: Tensor,
    /// Biased variance (divided by the number of elements) of every channel, `[channels]`; not differentiable.
    pub variance: Tensor,
}

/// Normalises every channel (last axis) by the batch's own statistics:
/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, the variance biased.
///
/// The running statistics are the caller's: `running = momentum running + (1 - momentum) mean`, with Keras's momentum
/// 0.99 and the biased variance.
///
/// # Shapes
///
/// `x` `[.., channels]`, `gamma` and `beta` `[channels]`.
///
/// # Errors
///
/// When shapes do not fit each other, `x` is empty, `epsilon` is not positive, or a tensor does not hold `f32` on the
/// CPU.
///
/// # References
///
/// Ioffe and Szegedy (2015), arXiv:1502.03167; `keras.layers.BatchNormalization` (`epsilon` 1e-3).
pub fn batch_norm_train(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Result<BatchNormOutput> {
    const OP: &str = "batch_norm_train";
    let [x, gamma, beta] =
        [("x", x), ("gamma", gamma), ("beta", beta)].map(|(name, tensor)| Arg { op: OP, name, tensor });
    let channels = check(x, &[gamma, beta], epsilon)?;
    apply(x, gamma, beta, BatchNorm::new(channels, epsilon, None, Mask::none()))
}

/// [`batch_norm_train`] and then [`dropout`](super::dropout()), in one pass.
///
/// # Errors
///
/// As those two.
pub fn batch_norm_dropout_train(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
    rate: f64,
    rng: &mut impl Rng,
) -> Result<BatchNormOutput> {
    const OP: &str = "batch_norm_dropout_train";
    let [x, gamma, beta] =
        [("x", x), ("gamma", gamma), ("beta", beta)].map(|(name, tensor)| Arg { op: OP, name, tensor });
    let channels = check(x, &[gamma, beta], epsilon)?;
    apply(x, gamma, beta, BatchNorm::new(channels, epsilon, None, Mask::draw(rate, rng)?))
}

/// [`batch_norm_train`], or with a mask [`batch_norm_dropout_train`], without candle's tape; the result is twice there.
pub(crate) fn record_batch_norm(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: f64,
    dropout: Option<(f64, &mut ChaCha8Rng)>,
) -> Result<(BatchNormOutput, Recorded)> {
    const OP: &str = "batch_norm_train";
    let [x, gamma, beta] =
        [("x", x), ("gamma", gamma), ("beta", beta)].map(|(name, tensor)| Arg { op: OP, name, tensor });
    let channels = check(x, &[gamma, beta], epsilon)?;
    let mask = match dropout {
        Some((rate, rng)) => Mask::draw(rate, rng)?,
        None => Mask::none(),
    };
    let op = BatchNorm::new(channels, epsilon, None, mask);
    let statistics = Arc::clone(&op.statistics);
    let recorded = record(op, [x.float()?, gamma.float()?, beta.float()?])?;
    Ok((output(recorded.y.clone(), &statistics)?, recorded))
}

/// Normalises every channel (last axis) by statistics gathered earlier:
/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`.
///
/// # Shapes
///
/// `x` `[.., channels]`, the others `[channels]`. `mean` and `variance` are constants: no gradient flows to them.
///
/// # Errors
///
/// As [`batch_norm_train`].
pub fn batch_norm_inference(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: f64,
) -> Result<Tensor> {
    const OP: &str = "batch_norm_inference";
    let [x, gamma, beta, mean, variance] =
        [("x", x), ("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)]
            .map(|(name, tensor)| Arg { op: OP, name, tensor });
    let channels = check(x, &[gamma, beta, mean, variance], epsilon)?;
    let given = Statistics { mean: mean.float()?.to_vec1()?, variance: variance.float()?.to_vec1()? };
    Ok(apply(x, gamma, beta, BatchNorm::new(channels, epsilon, Some(given), Mask::none()))?.y)
}

/// The number of channels, when everything fits.
fn check(x: Arg, parameters: &[Arg], epsilon: f64) -> Result<usize> {
    x.is_not_empty()?;
    let &channels = x.tensor.dims().last().unwrap_or(&1);
    for parameter in parameters {
        parameter.has_shape(&[channels])?;
    }
    if epsilon > 0.0 {
        return Ok(channels);
    }
    Err(OpError::Parameter { op: x.op, parameter: "epsilon", interval: "(0, inf)", value: epsilon }.into())
}

fn apply(x: Arg, gamma: Arg, beta: Arg, op: BatchNorm) -> Result<BatchNormOutput> {
    let statistics = Arc::clone(&op.statistics);
    output(record::apply(op, [x.float()?, gamma.float()?, beta.float()?])?, &statistics)
}

fn output(y: Tensor, statistics: &OnceLock<Statistics>) -> Result<BatchNormOutput> {
    let Statistics { mean, variance } = statistics.get().cloned().unwrap_or_default();
    let dims = [mean.len()];
    Ok(BatchNormOutput { y, mean: tensor(mean, &dims)?, variance: tensor(variance, &dims)? })
}

struct BatchNorm {
    channels: usize,
    epsilon: f64,
    /// Whether `statistics` are those of the batch, so that gradients flow through them.
    is_of_batch: bool,
    statistics: Arc<OnceLock<Statistics>>,
    mask: Mask,
}

impl BatchNorm {
    fn new(channels: usize, epsilon: f64, given: Option<Statistics>, mask: Mask) -> Self {
        let is_of_batch = given.is_none();
        let statistics = Arc::new(given.map_or_else(OnceLock::new, OnceLock::from));
        Self { channels, epsilon, is_of_batch, statistics, mask }
    }

    /// `1 / sqrt(variance + epsilon)` of a channel.
    fn inverse(&self, variance: f32) -> f64 {
        1.0 / (f64::from(variance) + self.epsilon).sqrt()
    }

    /// The gradients of x (where asked), gamma and beta.
    fn gradients(
        &self,
        x: &[f32],
        grad: &[f32],
        gamma: &[f32],
        with_x: bool,
    ) -> (Option<Vec<f32>>, Vec<f32>, Vec<f32>) {
        let c = self.channels;
        let Statistics { mean, variance } = self.statistics.get_or_init(|| statistics(x, c));
        let inverse: Vec<f64> = variance.iter().map(|&variance| self.inverse(variance)).collect();
        // The sums of g and of g (x - mean), where g is the gradient behind the dropout.
        let (sums, products) = gradient_sums(x, grad, mean, self.mask);
        let d_gamma =
            products.iter().zip(&inverse).map(|(product, inverse)| (product * inverse) as f32).collect();
        let d_beta = sums.iter().map(|&sum| sum as f32).collect();
        if !with_x {
            return (None, d_gamma, d_beta);
        }
        // d_x = gain g - constant - slope (x - mean); the last two are there because the statistics move with x.
        let share = if self.is_of_batch { c as f64 / x.len() as f64 } else { 0.0 };
        let gain: Vec<f64> =
            gamma.iter().zip(&inverse).map(|(&gamma, inverse)| f64::from(gamma) * inverse).collect();
        let narrow = |f: &dyn Fn(usize) -> f64| -> Vec<f32> { (0..c).map(|i| f(i) as f32).collect() };
        let constant = narrow(&|i| gain[i] * sums[i] * share);
        let slope = narrow(&|i| gain[i] * products[i] * inverse[i] * inverse[i] * share);
        let slopes = Slopes { center: mean, gain: narrow(&|i| gain[i]), constant, slope };
        (Some(slopes.apply(x, grad, self.mask)), d_gamma, d_beta)
    }
}

impl Operation for BatchNorm {
    const NAME: &'static str = "batch_norm";

    fn shape(&self, x: &Shape) -> Shape {
        x.clone()
    }

    fn forward(&self, x: &[f32], gamma: &[f32], beta: &[f32]) -> Vec<f32> {
        let Statistics { mean, variance } = self.statistics.get_or_init(|| statistics(x, self.channels));
        let gamma = gamma.iter().zip(variance);
        let gain =
            gamma.map(|(&gamma, &variance)| (f64::from(gamma) * self.inverse(variance)) as f32).collect();
        Scale { center: mean, gain, shift: beta }.apply(x, self.mask)
    }

    fn reverse(
        &self,
        [x, gamma, beta]: [&Tensor; 3],
        _: &Tensor,
        grad: &Tensor,
        with_x: bool,
    ) -> Result<[Option<Tensor>; 3]> {
        let gains = gamma.to_vec1::<f32>()?;
        let (d_x, d_gamma, d_beta) = with_slice::<f32, _>(x, |values| {
            with_slice::<f32, _>(grad, |grad| Ok(self.gradients(values, grad, &gains, with_x)))
        })?;
        Ok([
            d_x.map(|d_x| tensor(d_x, x.dims())).transpose()?,
            Some(tensor(d_gamma, gamma.dims())?),
            Some(tensor(d_beta, beta.dims())?),
        ])
    }
}
