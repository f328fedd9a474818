//! Flattening of all axes but the batch.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ForwardRecord, LayerOps, LayerProblem};
use crate::ops::{self, Backward, Gradients, Memory, WithRespectTo};

/// Flattening of all axes but the batch, in row-major order; Keras's `Flatten`.
///
/// # Shapes
/// `[a, b, ..]` to `[a * b * ..]`; no weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten {}

impl Flatten {
    /// The layer; it has no settings.
    pub fn new() -> Self {
        Self {}
    }
}

/// The backward pass of a layer that changes at most the shape.
pub(super) struct Reshaped {
    shape: Vec<usize>,
}

impl Reshaped {
    /// A backward pass to the shape of `x`.
    pub(super) fn of(x: &Tensor) -> Self {
        Self { shape: x.dims().to_vec() }
    }
}

impl Backward for Reshaped {
    fn backward(&self, grad: &Tensor, wrt: WithRespectTo) -> candle_core::Result<Gradients> {
        let x = wrt.has_input().then(|| grad.reshape(self.shape.as_slice())).transpose()?;
        Ok(Gradients { x, parameters: Vec::new() })
    }
}

impl LayerOps for Flatten {
    fn base_name(&self) -> &'static str {
        "flatten"
    }

    fn class_name(&self) -> &'static str {
        "Flatten"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        Ok(vec![input.iter().product()])
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        Ok(x.flatten_from(1)?)
    }

    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        Ok(ForwardRecord {
            y: self.infer(x, weights, memory)?,
            moving: Vec::new(),
            back: Box::new(Reshaped::of(x)),
        })
    }
}
