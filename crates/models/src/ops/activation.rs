use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::args::{Arg, slice, tensor, with_slice};
use super::kernels::Scratch;

/// What a layer does to its sums, in the same pass that computes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Nothing.
    #[default]
    Linear,
    /// `max(x, 0)`, with gradient 0 at 0.
    Relu,
}

impl Activation {
    /// The gradient of the sums, from that of the result `y`.
    pub(super) fn backward(self, y: &[f32], grad: &[f32]) -> Scratch {
        let mut d_sums = Scratch::new(grad.len());
        d_sums.copy_from_slice(grad);
        if self == Self::Relu {
            let rectify = |(d_sum, &y): (&mut f32, &f32)| *d_sum = if y > 0.0 { *d_sum } else { 0.0 };
            d_sums.par_iter_mut().zip(y).with_min_len(PIECE).for_each(rectify);
        }
        d_sums
    }
}

/// The rectifier `max(x, 0)` of every element; its gradient at 0 is 0, as TensorFlow has it.
///
/// # Errors
///
/// When `x` does not hold `f32` on the CPU.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    Arg { op: "relu", name: "x", tensor: x }.float()?.apply_op1(Relu)
}

/// The probabilities `exp(x) / sum(exp(x))` along the last axis, with the row's maximum taken off first.
///
/// # Shapes
///
/// `x` `[.., n_classes]`, the result the same.
///
/// # Errors
///
/// When `x` does not hold `f32` on the CPU or has no axis or no element.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let x = Arg { op: "softmax", name: "x", tensor: x };
    x.is_not_empty()?;
    let x = x.float()?;
    let largest = x.max_keepdim(candle_core::D::Minus1)?.detach();
    let exponentials = x.broadcast_sub(&largest)?.exp()?;
    exponentials.broadcast_div(&exponentials.sum_keepdim(candle_core::D::Minus1)?)
}

/// Elements a task works on: a constant, so that pieces do not depend on the number of threads.
const PIECE: usize = 1 << 14;

struct Relu;

impl CustomOp1 for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice::<f32>(x, layout)?;
        let y: Vec<f32> = x.par_iter().with_min_len(PIECE).map(|&x| if x < 0.0 { 0.0 } else { x }).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        with_slice::<f32, _>(y, |y| {
            with_slice(grad, |grad| tensor(Activation::Relu.backward(y, grad).into_vec(), x.dims()).map(Some))
        })
    }
}
