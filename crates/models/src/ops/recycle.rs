//! Memory of tensors that nobody reads any more, for the next results.

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Storage, Tensor};

use super::kernels::give_back;

/// Takes the numbers of a tensor away from it; every tensor on the same memory is empty afterwards.
///
/// Only for what an operation of this crate made and nobody else has seen. Tensors on candle's tape are left alone.
pub(crate) fn recycle(tensor: &Tensor) {
    if !tensor.track_op() {
        // A tensor that cannot be changed in place keeps its memory.
        let _ = tensor.inplace_op1(&Recycle);
    }
}

/// Whether two tensors lie on the same memory.
pub(crate) fn shares_memory(a: &Tensor, b: &Tensor) -> bool {
    let start = |tensor: &Tensor| match &*tensor.storage_and_layout().0 {
        Storage::Cpu(CpuStorage::F32(numbers)) => Some(numbers.as_ptr()),
        _ => None,
    };
    start(a) == start(b)
}

struct Recycle;

impl InplaceOp1 for Recycle {
    fn name(&self) -> &'static str {
        "recycle"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> Result<()> {
        if let CpuStorage::F32(numbers) = storage {
            give_back(std::mem::take(numbers));
        }
        Ok(())
    }
}
