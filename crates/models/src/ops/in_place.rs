//! Tensors whose numbers change where they lie.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};

use super::args::slice;

/// Gives a function the numbers of a tensor, to be changed, and those of another one.
pub(super) fn in_place(
    op: &'static str,
    tensor: &Tensor,
    by: &Tensor,
    f: impl FnMut(&mut [f32], &[f32]) + Send,
) -> Result<()> {
    tensor.inplace_op2(by, &InPlace { op, f: Mutex::new(f) })
}

struct InPlace<F> {
    op: &'static str,
    /// candle shares an operation, a change is made once.
    f: Mutex<F>,
}

impl<F: FnMut(&mut [f32], &[f32]) + Send> InplaceOp2 for InPlace<F> {
    fn name(&self) -> &'static str {
        self.op
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        layout: &Layout,
        by: &CpuStorage,
        by_layout: &Layout,
    ) -> Result<()> {
        let by = slice::<f32>(by, by_layout)?;
        let (Some((start, end)), CpuStorage::F32(numbers)) = (layout.contiguous_offsets(), storage) else {
            candle_core::bail!("{}: what is to change is not contiguous or holds no f32: {layout:?}", self.op)
        };
        let mut f = self.f.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut numbers[start..end], by);
        Ok(())
    }
}
