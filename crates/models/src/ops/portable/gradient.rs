//! Gradients that are written out, on candle's tape.
//!
//! candle's custom operations compute their forward pass on raw storage, for which each device would need code of its own.
//! Here the result is computed by tensor operations first; the custom operation then only hands over a copy of its storage,
//! and brings the gradient with it.

use std::sync::{Mutex, PoisonError};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp3, Layout, MetalStorage, Result, Shape, Storage, Tensor, bail,
};

/// Puts `y`, computed from `x`, on candle's tape with this gradient: of `x`, from that of `y`.
pub(super) fn with_gradient(
    x: &Tensor,
    y: Tensor,
    backward: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<Tensor> {
    if !x.track_op() {
        return Ok(y);
    }
    x.apply_op1(Known { y: Mutex::new(Some(y)), backward })
}

/// The backward pass of an operation on three tensors.
pub(super) trait Backward3: Send + Sync + 'static {
    /// The gradients of the arguments from the result and its gradient; that of an argument that nothing tracks may be left
    /// out.
    fn backward(&self, arguments: [&Tensor; 3], y: &Tensor, grad: &Tensor) -> Result<[Option<Tensor>; 3]>;
}

/// Puts `y`, computed from three tensors, on candle's tape with this backward pass.
pub(super) fn with_gradients([a, b, c]: [&Tensor; 3], y: Tensor, backward: impl Backward3) -> Result<Tensor> {
    if ![a, b, c].iter().any(|argument| argument.track_op()) {
        return Ok(y);
    }
    a.apply_op3(b, c, Known { y: Mutex::new(Some(y)), backward })
}

/// An operation whose result is known before the tape asks for it.
struct Known<B> {
    /// Taken by the forward pass, which happens once: the tape holds the copy.
    y: Mutex<Option<Tensor>>,
    backward: B,
}

const NAME: &str = "with_gradient";

impl<B> Known<B> {
    /// The storage of the result as one device has it, and its shape.
    fn take<S: BackendStorage>(&self, storage: fn(&Storage) -> Option<&S>) -> Result<(S, Shape)> {
        let y = self.y.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(y) = y else { bail!("internal error: the result of an operation was taken twice") };
        let y = y.contiguous()?;
        let (guard, layout) = y.storage_and_layout();
        let Some(found) = storage(&guard).filter(|_| layout.start_offset() == 0) else {
            bail!("internal error: the result of an operation is not where its arguments are")
        };
        Ok((found.try_clone(layout)?, layout.shape().clone()))
    }

    fn cpu(&self) -> Result<(CpuStorage, Shape)> {
        self.take(|storage| if let Storage::Cpu(found) = storage { Some(found) } else { None })
    }

    fn cuda(&self) -> Result<(CudaStorage, Shape)> {
        self.take(|storage| if let Storage::Cuda(found) = storage { Some(found) } else { None })
    }

    fn metal(&self) -> Result<(MetalStorage, Shape)> {
        self.take(|storage| if let Storage::Metal(found) = storage { Some(found) } else { None })
    }
}

impl<B: Fn(&Tensor) -> Result<Tensor>> CustomOp1 for Known<B> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        self.cuda()
    }

    fn metal_fwd(&self, _: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        self.metal()
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        if x.track_op() { (self.backward)(grad).map(Some) } else { Ok(None) }
    }
}

impl<B: Backward3> CustomOp3 for Known<B> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.cuda()
    }

    fn metal_fwd(
        &self,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
        _: &MetalStorage,
        _: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        self.metal()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        c: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [d_a, d_b, d_c] = self.backward.backward([a, b, c], y, grad)?;
        Ok((d_a, d_b, d_c))
    }
}
