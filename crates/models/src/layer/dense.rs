//! Fully connected layer.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::problem::{l2_factor, positive};
use super::{ForwardRecord, Init, LayerOps, LayerProblem, WeightSpec};
use crate::ops::{self, Activation, Affine, Memory};

/// A fully connected layer, `y = activation(x W + b)`; Keras's `Dense`.
///
/// # Shapes
/// `[n_inputs]` to `[units]`; weights `kernel` `[n_inputs, units]` (Glorot-uniform) and `bias` `[units]` (zeros).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// Number of outputs, at least 1. More units fit more and overfit sooner; 64 to 512 suit these networks.
    pub units: usize,
    /// Function applied to the sum, in the same pass. [`Activation::Linear`] unless set; [`Activation::Relu`] suits hidden layers.
    pub activation: Activation,
    /// Factor of the penalty `l2 * sum(kernel^2)` in the training loss. 0 (none) unless set; raise it, from 1e-4, when
    /// the training loss falls and the validation loss does not.
    pub l2: f64,
}

impl Dense {
    /// A linear layer without penalty.
    pub fn new(units: usize) -> Self {
        Self { units, activation: Activation::Linear, l2: 0.0 }
    }

    /// The same layer with `max(0, x)` after the sum.
    #[must_use]
    pub fn relu(self) -> Self {
        Self { activation: Activation::Relu, ..self }
    }

    /// The same layer with an L2 penalty on the kernel.
    #[must_use]
    pub fn l2(self, factor: f64) -> Self {
        Self { l2: factor, ..self }
    }
}

impl Dense {
    /// The weights as the operation takes them.
    fn affine<'a>(&self, weights: &'a [Tensor]) -> Affine<'a> {
        Affine { kernel: &weights[0], bias: &weights[1], activation: self.activation }
    }
}

impl LayerOps for Dense {
    fn base_name(&self) -> &'static str {
        "dense"
    }

    fn class_name(&self) -> &'static str {
        "Dense"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        positive(&[("units", self.units)])?;
        l2_factor(self.l2)?;
        if input.len() != 1 {
            return Err(LayerProblem::Rank { expected: 1, shape: input.to_vec() });
        }
        Ok(vec![self.units])
    }

    fn weights(&self, input: &[usize]) -> Vec<WeightSpec> {
        let kernel = WeightSpec::kernel(vec![input[0], self.units], input[0], self.units);
        vec![kernel, WeightSpec::vector("bias", self.units, Init::Zeros)]
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        ops::dense_with(x, self.affine(weights), memory)
    }

    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        ops::record_dense(x, self.affine(weights), memory).map(ForwardRecord::from)
    }
}
