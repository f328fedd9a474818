//! The memory of tensors that nobody reads anymore, taken for later results.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Storage, Tensor};

use super::Memory;

/// Releases the buffer of a tensor to `memory`; every tensor that shares the buffer is empty afterwards.
///
/// Only for a tensor that an operation of this crate made and that nobody else has seen. Tensors on candle's tape are
/// left alone, and those that candle's operations made, which may share their memory with others.
pub(crate) fn recycle(memory: &Memory, tensor: &Tensor) {
    if !tensor.track_op() && !memory.is_portable(tensor) {
        // A tensor that cannot be changed in place keeps its buffer.
        let _ = tensor.inplace_op1(&Recycle(memory));
    }
}

/// Returns true if two tensors share their buffer.
pub(crate) fn shares_memory(a: &Tensor, b: &Tensor) -> bool {
    let start = |tensor: &Tensor| match &*tensor.storage_and_layout().0 {
        Storage::Cpu(CpuStorage::F32(values)) => Some(values.as_ptr()),
        _ => None,
    };
    start(a) == start(b)
}

struct Recycle<'a>(&'a Memory);

impl InplaceOp1 for Recycle<'_> {
    fn name(&self) -> &'static str {
        "recycle"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> Result<()> {
        if let CpuStorage::F32(values) = storage {
            self.0.release(std::mem::take(values));
        }
        Ok(())
    }
}
