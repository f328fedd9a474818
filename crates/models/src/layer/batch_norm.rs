//! Normalization over the batch.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::problem::positive;
use super::{ForwardRecord, Init, LayerOps, LayerProblem, TrainOutput, WeightSpec};
use crate::ops::{self, BatchNormParameters, Memory};

/// Normalization over the batch and all axes but the last; Keras's `BatchNormalization`.
///
/// `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`. In training, mean and (biased) variance are those of the
/// batch. At inference they are moving averages: `moving = momentum * moving + (1 - momentum) * batch`.
///
/// # Shapes
/// `[.., channels]` to the same shape. Weights, each `[channels]`: `gamma` (initially ones), `beta` (zeros), and
/// `moving_mean` (zeros) and `moving_variance` (ones), which are not trained.
///
/// # References
/// Ioffe and Szegedy (2015), *Batch Normalization*, arXiv:1502.03167.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchNorm {
    /// Number added to the variance, above 0. 1e-3 as in Keras; it rarely needs a change.
    pub epsilon: f64,
    /// Share of the moving statistics that a step keeps, 0 to 1. 0.99 as in Keras; lower it, to 0.9, for training runs
    /// of fewer than a few hundred steps.
    pub momentum: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        Self { epsilon: 1e-3, momentum: 0.99 }
    }
}

impl BatchNorm {
    /// A normalization with Keras's values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The normalized batch, with the moving statistics after it.
    pub(super) fn trained(&self, out: ops::BatchNormOutput, weights: &[Tensor]) -> ops::Result<TrainOutput> {
        let moving = vec![self.moved(&weights[2], &out.mean)?, self.moved(&weights[3], &out.variance)?];
        Ok(TrainOutput { y: out.y, moving })
    }

    /// Normalization, with dropout where it follows, without candle's tape.
    pub(super) fn recorded(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        dropout: Option<(f64, &mut ChaCha8Rng)>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        let (out, recorded) = ops::record_batch_norm(x, &self.parameters(weights), dropout, memory)?;
        let TrainOutput { y, moving } = self.trained(out, weights)?;
        Ok(ForwardRecord { y, moving, back: recorded.backward })
    }

    /// The parameters as the operation takes them.
    fn parameters<'a>(&self, weights: &'a [Tensor]) -> BatchNormParameters<'a> {
        BatchNormParameters { gamma: &weights[0], beta: &weights[1], epsilon: self.epsilon }
    }

    fn moved(&self, moving: &Tensor, batch: &Tensor) -> candle_core::Result<Tensor> {
        moving.affine(self.momentum, 0.0)? + batch.detach().affine(1.0 - self.momentum, 0.0)?
    }
}

impl LayerOps for BatchNorm {
    fn base_name(&self) -> &'static str {
        "batch_normalization"
    }

    fn class_name(&self) -> &'static str {
        "BatchNormalization"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        let problem = |field, range, value| Err(LayerProblem::OutOfRange { field, range, value });
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return problem("epsilon", "finite and above 0", self.epsilon);
        }
        if !(0.0..=1.0).contains(&self.momentum) {
            return problem("momentum", "between 0 and 1", self.momentum);
        }
        positive(&[("the number of channels", input.last().copied().unwrap_or(0))])?;
        Ok(input.to_vec())
    }

    fn weights(&self, input: &[usize]) -> Vec<WeightSpec> {
        let channels = input[input.len() - 1];
        vec![
            WeightSpec::vector("gamma", channels, Init::Ones),
            WeightSpec::vector("beta", channels, Init::Zeros),
            WeightSpec::vector("moving_mean", channels, Init::Zeros).fixed(),
            WeightSpec::vector("moving_variance", channels, Init::Ones).fixed(),
        ]
    }

    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        let statistics = [&weights[2], &weights[3]];
        ops::batch_norm_inference_with(x, &self.parameters(weights), statistics, memory)
    }

    fn train(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<TrainOutput> {
        self.trained(ops::batch_norm_train_with(x, &self.parameters(weights), memory)?, weights)
    }

    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        self.recorded(x, weights, None, memory)
    }
}
