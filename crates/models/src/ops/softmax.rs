use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};

use super::args::{Arg, slice, tensor, with_slice};
use super::{Memory, Result, portable, rows};

const OP: &str = "softmax";

/// The probabilities `exp(x) / sum(exp(x))` along the last axis, finite for logits of any finite size.
///
/// # Shapes
/// `x` `[.., n_classes]` to the same.
///
/// # Errors
/// [`OpError::Empty`](super::OpError::Empty) if `x` has no element, [`OpError::Type`](super::OpError::Type) or
/// [`OpError::Device`](super::OpError::Device) if it does not hold `f32` or is not on the device of the first.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    softmax_with(x, &Memory::none())
}

/// [`softmax`] in the form of a memory.
pub(super) fn softmax_with(x: &Tensor, memory: &Memory) -> Result<Tensor> {
    let x = Arg { op: OP, name: "x", tensor: x };
    x.check_not_empty()?;
    if memory.is_portable(x.tensor) {
        return Ok(portable::softmax::softmax(&x.float()?)?);
    }
    let n_classes = x.tensor.dims().last().copied().unwrap_or(1);
    Ok(x.float()?.apply_op1(Softmax { n_classes })?)
}

struct Softmax {
    n_classes: usize,
}

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let rows = slice::<f32>(x, layout)?.chunks_exact(self.n_classes);
        let y = rows.flat_map(rows::softmax).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        with_slice::<f32, _>(y, |y| {
            with_slice::<f32, _>(grad, |grad| {
                let rows = y.chunks_exact(self.n_classes).zip(grad.chunks_exact(self.n_classes));
                tensor(rows.flat_map(|(y, grad)| backward(y, grad)).collect(), x.dims()).map(Some)
            })
        })
    }
}

/// The gradient of one row: `d_x = y (grad - sum(y grad))`.
fn backward(y: &[f32], grad: &[f32]) -> Vec<f32> {
    let product: f64 = y.iter().zip(grad).map(|(&y, &grad)| f64::from(y) * f64::from(grad)).sum();
    y.iter().zip(grad).map(|(&y, &grad)| (f64::from(y) * (f64::from(grad) - product)) as f32).collect()
}
