//! The mean over time and frequency.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{LayerOps, LayerProblem};
use crate::ops::{self, Memory};

/// The mean over all axes but the last; Keras's `GlobalAveragePooling2D` and `GlobalAveragePooling1D`.
///
/// # Shapes
/// `[height, width, channels]` or `[steps, channels]` to `[channels]`; no weights.
///
/// # References
/// Lin, Chen and Yan (2014), *Network in network*, arXiv:1312.4400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalAveragePool {}

impl GlobalAveragePool {
    /// The layer; it has no settings.
    pub fn new() -> Self {
        Self {}
    }
}

impl LayerOps for GlobalAveragePool {
    fn base_name(&self) -> &'static str {
        "global_average_pooling2d"
    }

    fn class_name(&self) -> &'static str {
        "GlobalAveragePooling2D"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        match input {
            [.., _, channels] => Ok(vec![*channels]),
            _ => Err(LayerProblem::Rank { expected: 3, shape: input.to_vec() }),
        }
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        Ok(x.flatten(1, candle_core::D::Minus2)?.mean(1)?)
    }
}
