use std::sync::{Arc, OnceLock};

use candle_core::{Shape, Tensor};

use super::{BatchNormParameters, channels};
use crate::ops::Memory;
use crate::ops::args::{tensor, with_slice};
use crate::ops::kernels::Mask;
use crate::ops::kernels::normalize::{Scale, Slopes, Statistics, gradient_sums, statistics};
use crate::ops::record::{Operation, WithRespectTo};

/// A batch normalization as an operation on x, gamma and beta.
pub(super) struct BatchNorm {
    channels: usize,
    epsilon: f64,
    /// The statistics to normalize by: given, or those of the batch once it is known.
    statistics: Arc<OnceLock<Statistics>>,
    /// True if `statistics` are those of the batch, so that gradients flow through them.
    depends_on_batch: bool,
    mask: Mask,
    memory: Memory,
}

impl BatchNorm {
    /// Normalizes by the batch's own statistics.
    pub(super) fn of_batch(
        x: &Tensor,
        parameters: &BatchNormParameters,
        mask: Mask,
        memory: &Memory,
    ) -> Self {
        Self {
            channels: channels(x),
            epsilon: parameters.epsilon,
            statistics: Arc::default(),
            depends_on_batch: true,
            mask,
            memory: memory.clone(),
        }
    }

    /// Normalizes by these statistics.
    pub(super) fn with_statistics(
        given: Statistics,
        parameters: &BatchNormParameters,
        memory: &Memory,
    ) -> Self {
        Self {
            channels: given.mean.len(),
            epsilon: parameters.epsilon,
            statistics: Arc::new(OnceLock::from(given)),
            depends_on_batch: false,
            mask: Mask::none(),
            memory: memory.clone(),
        }
    }

    /// The statistics to normalize by, once the forward pass has set them.
    pub(super) fn statistics(&self) -> &Arc<OnceLock<Statistics>> {
        &self.statistics
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
