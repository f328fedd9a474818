//! The arguments of operations: their checks, and their values as slices.

use candle_core::{CpuStorage, DType, Device, Layout, Storage, Tensor, WithDType};

use super::{Activation, OpError, Result};

/// The weights of a fully connected or a convolutional layer, and the activation applied to its sums.
#[derive(Clone, Copy)]
pub(crate) struct Affine<'a> {
    pub(crate) kernel: &'a Tensor,
    pub(crate) bias: &'a Tensor,
    pub(crate) activation: Activation,
}

impl<'a> Affine<'a> {
    /// The arguments of an operation on `x` with these weights.
    pub(super) fn args(self, op: &'static str, x: &'a Tensor) -> [Arg<'a>; 3] {
        Arg::named(op, [("x", x), ("kernel", self.kernel), ("bias", self.bias)])
    }
}

/// One argument of an operation, under the names that its errors use.
#[derive(Clone, Copy)]
pub(super) struct Arg<'a> {
    pub(super) op: &'static str,
    pub(super) name: &'static str,
    pub(super) tensor: &'a Tensor,
}

impl<'a> Arg<'a> {
    /// The named arguments of an operation.
    pub(super) fn named<const N: usize>(
        op: &'static str,
        tensors: [(&'static str, &'a Tensor); N],
    ) -> [Self; N] {
        tensors.map(|(name, tensor)| Self { op, name, tensor })
    }

    /// The tensors of some arguments, as by [`float`](Self::float); an error unless they are on one device.
    pub(super) fn floats<const N: usize>(args: [Self; N]) -> Result<[Tensor; N]> {
        for arg in &args[1..] {
            arg.check_device(args[0])?;
        }
        let tensors = args.iter().map(|arg| arg.float()).collect::<Result<Vec<_>>>()?;
        match <[Tensor; N]>::try_from(tensors) {
            Ok(tensors) => Ok(tensors),
            Err(tensors) => {
                let message = format!("internal error: {} tensors of {N} arguments", tensors.len());
                Err(candle_core::Error::Msg(message).into())
            }
        }
    }

    /// The tensor, made contiguous; an error unless it holds `f32`.
    pub(super) fn float(self) -> Result<Tensor> {
        self.of_type(DType::F32)
    }

    /// Fails unless the tensor is on the device of another argument.
    pub(super) fn check_device(self, other: Self) -> Result<()> {
        let Self { op, name: argument, tensor } = self;
        if tensor.device().same_device(other.tensor.device()) {
            return Ok(());
        }
        let (expected, actual) = (other.tensor.device().location(), tensor.device().location());
        Err(OpError::Device { op, argument, expected, actual })
    }

    /// The tensor, made contiguous; an error unless it holds this type.
    pub(super) fn of_type(self, expected: DType) -> Result<Tensor> {
        let Self { op, name: argument, tensor } = self;
        if tensor.dtype() != expected {
            return Err(OpError::Type { op, argument, expected, actual: tensor.dtype() });
        }
        Ok(tensor.contiguous()?)
    }

    /// The lengths of the `N` axes; an error unless there are as many.
    pub(super) fn axes<const N: usize>(self) -> Result<[usize; N]> {
        let Self { op, name: argument, tensor } = self;
        let error = |_| OpError::Rank { op, argument, expected: N, actual: tensor.dims().to_vec() };
        <[usize; N]>::try_from(tensor.dims()).map_err(error)
    }

    /// Fails unless the tensor has this shape.
    pub(super) fn check_shape(self, expected: &[usize]) -> Result<()> {
        if self.tensor.dims() == expected {
            return Ok(());
        }
        let Self { op, name: argument, tensor } = self;
        Err(OpError::Shape { op, argument, expected: expected.to_vec(), actual: tensor.dims().to_vec() })
    }

    /// Fails if the tensor has no element.
    pub(super) fn check_not_empty(self) -> Result<()> {
        if self.tensor.elem_count() > 0 {
            return Ok(());
        }
        let Self { op, name: argument, tensor } = self;
        Err(OpError::Empty { op, argument, actual: tensor.dims().to_vec() })
    }
}

/// The values under a contiguous layout, which [`Arg::of_type`] ensures.
pub(super) fn slice<'a, T: WithDType>(
    storage: &'a CpuStorage,
    layout: &Layout,
) -> candle_core::Result<&'a [T]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!(
            "internal error: the layout of an operation's argument is not contiguous: {layout:?}"
        )
    };
    Ok(&storage.as_slice::<T>()?[start..end])
}

/// Calls a function with the values of a tensor.
pub(super) fn with_slice<T: WithDType, R>(
    tensor: &Tensor,
    f: impl FnOnce(&[T]) -> candle_core::Result<R>,
) -> candle_core::Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(slice(storage, layout)?),
        _ => candle_core::bail!("internal error: a gradient is on {:?}", tensor.device().location()),
    }
}

/// A tensor on the CPU that takes over these values.
pub(super) fn tensor<T: WithDType>(values: Vec<T>, dims: &[usize]) -> candle_core::Result<Tensor> {
    Tensor::from_vec(values, dims, &Device::Cpu)
}
