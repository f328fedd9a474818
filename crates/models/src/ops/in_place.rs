//! Changes of tensors in place.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};

use super::args::slice;

/// Calls a function with the values of a tensor, which it changes, and with those of another tensor.
pub(super) fn in_place(
    op: &'static str,
    tensor: &Tensor,
    other: &Tensor,
    f: impl FnMut(&mut [f32], &[f32]) + Send,
) -> Result<()> {
    tensor.inplace_op2(other, &InPlace { op, f: Mutex::new(f) })
}

struct InPlace<F> {
    op: &'static str,
    /// Behind a lock because candle takes operations by shared reference; it is called once.
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
        other: &CpuStorage,
        other_layout: &Layout,
    ) -> Result<()> {
        let other = slice::<f32>(other, other_layout)?;
        let (Some((start, end)), CpuStorage::F32(values)) = (layout.contiguous_offsets(), storage) else {
            candle_core::bail!(
                "{}: the tensor to change must be contiguous and hold f32: {layout:?}",
                self.op
            )
        };
        let mut f = self.f.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut values[start..end], other);
        Ok(())
    }
}
