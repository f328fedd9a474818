//! The state that an optimizer keeps for one weight, where the weight is.

use candle_core::{Result, Tensor, Var};

use super::Form;

/// One value of state per element of a weight: on the host beside a weight on the CPU, else on the weight's device.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// On the host, or not yet on the device.
    Host(Vec<f32>),
    /// In the shape of the weight.
    Device(Tensor),
}

impl Slot {
    /// Zeros for a weight.
    pub(crate) fn zeros(weight: &Var, form: Form) -> Result<Self> {
        match form.on(weight.device()) {
            Form::Own => Ok(Self::Host(vec![0.0; weight.elem_count()])),
            Form::Portable => {
                Tensor::zeros(weight.shape(), weight.dtype(), weight.device()).map(Self::Device)
            }
        }
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Host(values) => values.len(),
            Self::Device(tensor) => tensor.elem_count(),
        }
    }

    /// A copy of the values on the host.
    pub(crate) fn to_vec(&self) -> Result<Vec<f32>> {
        match self {
            Self::Host(values) => Ok(values.clone()),
            Self::Device(tensor) => tensor.flatten_all()?.to_vec1(),
        }
    }

    /// The values on the host, which they are moved to if they are elsewhere.
    pub(super) fn host(&mut self) -> Result<&mut [f32]> {
        if let Self::Device(_) = self {
            *self = Self::Host(self.to_vec()?);
        }
        match self {
            Self::Host(values) => Ok(values),
            Self::Device(_) => candle_core::bail!("internal error: a state was not moved to the host"),
        }
    }

    /// The values on the device of a weight and in its shape; they are uploaded after a state was restored.
    pub(super) fn beside(&self, weight: &Var) -> Result<Tensor> {
        match self {
            Self::Host(values) => Tensor::from_slice(values, weight.shape(), weight.device()),
            Self::Device(tensor) => tensor.reshape(weight.shape())?.to_device(weight.device()),
        }
    }
}
