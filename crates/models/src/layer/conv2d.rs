//! Two-dimensional convolution.

use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::problem::{image, l2_factor, positive};
use super::{ForwardRecord, Init, LayerOps, LayerProblem, WeightSpec};
use crate::ops::{self, Activation, Affine, Memory};

/// A two-dimensional convolution without padding, stride 1; Keras's `Conv2D(..., padding="valid")`.
///
/// `y[i, j, o] = activation(b[o] + sum over u, v, c of x[i + u, j + v, c] * W[u, v, c, o])`
///
/// # Shapes
/// `[height, width, channels]` to `[height - kh + 1, width - kw + 1, filters]`; weights `kernel`
/// `[kh, kw, channels, filters]` (Glorot-uniform) and `bias` `[filters]` (zeros).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conv2d {
    /// Number of output channels, at least 1; 32 to 256 suit these networks. Time grows in proportion.
    pub filters: usize,
    /// Height and width of the kernel, in cells; `[3, 3]` is a good start. It must fit into the input.
    pub kernel: [usize; 2],
    /// Function applied to the sum, in the same pass. [`Activation::Linear`] unless set.
    pub activation: Activation,
    /// Factor of the penalty `l2 * sum(kernel^2)` in the training loss. 0 (none) unless set; the reference experiment's
    /// convolutions have 1e-4.
    pub l2: f64,
}

impl Conv2d {
    /// A linear convolution without penalty.
    pub fn new(filters: usize, kernel: [usize; 2]) -> Self {
        Self { filters, kernel, activation: Activation::Linear, l2: 0.0 }
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

impl Conv2d {
    /// The weights as the operation takes them.
    pub(super) fn affine<'a>(&self, weights: &'a [Tensor]) -> Affine<'a> {
        Affine { kernel: &weights[0], bias: &weights[1], activation: self.activation }
    }
}

impl LayerOps for Conv2d {
    fn base_name(&self) -> &'static str {
        "conv2d"
    }

    fn class_name(&self) -> &'static str {
        "Conv2D"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        let [kh, kw] = self.kernel;
        positive(&[("filters", self.filters), ("kernel height", kh), ("kernel width", kw)])?;
        l2_factor(self.l2)?;
        let [height, width, _] = image(input)?;
        if kh > height || kw > width {
            return Err(LayerProblem::KernelTooLarge { kernel: self.kernel, height, width });
        }
        Ok(vec![height - kh + 1, width - kw + 1, self.filters])
    }

    fn weights(&self, input: &[usize]) -> Vec<WeightSpec> {
        let ([kh, kw], channels) = (self.kernel, input[2]);
        let shape = vec![kh, kw, channels, self.filters];
        let kernel = WeightSpec::kernel(shape, kh * kw * channels, kh * kw * self.filters);
        vec![kernel, WeightSpec::vector("bias", self.filters, Init::Zeros)]
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn infer(&self, x: &Tensor, weights: &[Tensor], memory: &Memory) -> ops::Result<Tensor> {
        ops::conv2d_with(x, self.affine(weights), memory)
    }

    fn record(
        &self,
        x: &Tensor,
        weights: &[Tensor],
        _dropout: Option<ChaCha8Rng>,
        memory: &Memory,
    ) -> ops::Result<ForwardRecord> {
        ops::record_conv2d(x, self.affine(weights), memory).map(ForwardRecord::from)
    }
}
