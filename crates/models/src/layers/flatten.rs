//! All axes but the batch become one.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{LayerKind, LayerProblem};

/// All axes but the batch become one, the last running fastest; Keras's `Flatten`.
///
/// # Shapes
/// `[a, b, ..]` to `[a * b * ..]`; no weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten {}

impl Flatten {
    /// There is nothing to choose.
    pub fn new() -> Self {
        Self {}
    }
}

impl LayerKind for Flatten {
    fn base_name(&self) -> &'static str {
        "flatten"
    }

    fn class_name(&self) -> &'static str {
        "Flatten"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        Ok(vec![input.iter().product()])
    }

    fn infer(&self, x: &Tensor, _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        x.flatten_from(1)
    }
}
