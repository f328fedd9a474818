use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};
use rayon::prelude::*;

use super::args::{Arg, slice, tensor, with_slice};
use super::{Activation, Memory, Result, portable};

const OP: &str = "relu";

/// The fewest elements in one task.
const PIECE: usize = 1 << 14;

/// The rectifier `max(x, 0)` of every element. Its gradient at 0 is 0, as in TensorFlow.
///
/// # Errors
/// [`OpError::Type`](super::OpError::Type) or [`OpError::Device`](super::OpError::Device) if `x` does not hold `f32` on
/// the CPU.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    relu_with(x, &Memory::none())
}

/// [`relu`] in the form of a memory.
pub(super) fn relu_with(x: &Tensor, memory: &Memory) -> Result<Tensor> {
    let x = Arg { op: OP, name: "x", tensor: x }.float()?;
    Ok(if memory.is_portable(&x) { portable::relu::relu(&x)? } else { x.apply_op1(Relu)? })
}

struct Relu;

impl CustomOp1 for Relu {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let x = slice::<f32>(x, layout)?;
        let y: Vec<f32> = x.par_iter().with_min_len(PIECE).map(|&x| if x < 0.0 { 0.0 } else { x }).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        if !x.track_op() {
            return Ok(None);
        }
        let backward =
            |y: &[f32], grad: &[f32]| Activation::Relu.backward(y, grad, &Memory::none()).into_vec();
        with_slice(y, |y| with_slice(grad, |grad| tensor(backward(y, grad), x.dims()).map(Some)))
    }
}
