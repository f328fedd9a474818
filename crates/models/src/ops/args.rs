//! Checks of arguments, and slices of the numbers in them.

use candle_core::{CpuStorage, DType, Device, Layout, Result, Storage, Tensor, WithDType};

use super::OpError;

/// One argument of an operation, by the names its errors use.
#[derive(Clone, Copy)]
pub(super) struct Arg<'a> {
    pub(super) op: &'static str,
    pub(super) name: &'static str,
    pub(super) tensor: &'a Tensor,
}

impl Arg<'_> {
    /// The tensor, contiguous, when it holds `f32` on the CPU.
    pub(super) fn float(self) -> Result<Tensor> {
        self.typed(DType::F32)
    }

    /// The tensor, contiguous, when it holds this type on the CPU.
    pub(super) fn typed(self, expected: DType) -> Result<Tensor> {
        let Self { op, name: argument, tensor } = self;
        if !tensor.device().is_cpu() {
            return Err(OpError::Device { op, argument, actual: tensor.device().location() }.into());
        }
        if tensor.dtype() != expected {
            return Err(OpError::Type { op, argument, expected, actual: tensor.dtype() }.into());
        }
        tensor.contiguous()
    }

    /// The axes, when there are `N` of them.
    pub(super) fn axes<const N: usize>(self) -> Result<[usize; N]> {
        <[usize; N]>::try_from(self.tensor.dims()).map_err(|_| {
            let Self { op, name: argument, tensor } = self;
            OpError::Rank { op, argument, expected: N, actual: tensor.dims().to_vec() }.into()
        })
    }

    /// An error unless the shape is this one.
    pub(super) fn has_shape(self, expected: &[usize]) -> Result<()> {
        if self.tensor.dims() == expected {
            return Ok(());
        }
        let Self { op, name: argument, tensor } = self;
        Err(OpError::Shape { op, argument, expected: expected.to_vec(), actual: tensor.dims().to_vec() }
            .into())
    }

    /// An error when there is no element.
    pub(super) fn is_not_empty(self) -> Result<()> {
        if self.tensor.elem_count() > 0 {
            return Ok(());
        }
        let Self { op, name: argument, tensor } = self;
        Err(OpError::Empty { op, argument, actual: tensor.dims().to_vec() }.into())
    }
}

/// The numbers under a layout that is contiguous, as [`Arg::typed`] makes it.
pub(super) fn slice<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!(
            "internal error: an operation was given a layout that is not contiguous: {layout:?}"
        )
    };
    Ok(&storage.as_slice::<T>()?[start..end])
}

/// Gives the numbers of a tensor to a function.
pub(super) fn with_slice<T: WithDType, R>(tensor: &Tensor, f: impl FnOnce(&[T]) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(slice(storage, layout)?),
        _ => candle_core::bail!("internal error: a gradient lies on {:?}", tensor.device().location()),
    }
}

/// A tensor on the CPU around these numbers.
pub(super) fn tensor<T: WithDType>(values: Vec<T>, dims: &[usize]) -> Result<Tensor> {
    Tensor::from_vec(values, dims, &Device::Cpu)
}
