use candle_core::{DType, DeviceLocation};

/// A [`Result`](std::result::Result) of an operation.
pub type Result<T, E = OpError> = std::result::Result<T, E>;

/// The error of an operation: an argument that does not fit, or a failure of candle beneath it.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use cepstrum_models::ops::{Activation, OpError, dense};
///
/// let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu);
/// let error = dense(&zeros(&[2, 3])?, &zeros(&[4, 5])?, &zeros(&[5])?, Activation::Linear).unwrap_err();
/// assert!(matches!(error, OpError::Shape { argument: "kernel", .. }));
/// assert_eq!(error.to_string(), "dense: kernel must have shape [3, 5], got [4, 5]");
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The argument has another number of axes than the operation works on.
    #[error("{op}: {argument} must have {expected} axes, got shape {actual:?}")]
    Rank {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The number of axes that it must have.
        expected: usize,
        /// Its shape.
        actual: Vec<usize>,
    },
    /// The shape of the argument does not fit the other arguments.
    #[error("{op}: {argument} must have shape {expected:?}, got {actual:?}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The shape that the other arguments require.
        expected: Vec<usize>,
        /// Its shape.
        actual: Vec<usize>,
    },
    /// The argument has an axis of length 0, but the operation needs at least one element.
    #[error("{op}: {argument} is empty: its shape is {actual:?}")]
    Empty {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// Its shape.
        actual: Vec<usize>,
    },
    /// The elements of the argument have another type than the operation works on.
    #[error("{op}: {argument} must be of type {expected:?}, got {actual:?}")]
    Type {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The type that the operation works on.
        expected: DType,
        /// The type of its elements.
        actual: DType,
    },
    /// The argument is on another device than the first one.
    #[error("{op}: {argument} is on {actual:?}, but the first argument is on {expected:?}")]
    Device {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The device of the first argument.
        expected: DeviceLocation,
        /// Its device.
        actual: DeviceLocation,
    },
    /// The kernel of a convolution is larger than the image.
    #[error("{op}: a kernel of {kernel:?} does not fit into an image of {image:?}")]
    KernelTooLarge {
        /// The operation.
        op: &'static str,
        /// Height and width of the kernel.
        kernel: [usize; 2],
        /// Height and width of the image.
        image: [usize; 2],
    },
    /// A side or a stride of a pooling window is 0 or too large.
    #[error("{op}: window {window:?} and stride {stride:?} must have sides from 1 to {limit}")]
    Window {
        /// The operation.
        op: &'static str,
        /// Height and width of the window.
        window: [usize; 2],
        /// Vertical and horizontal stride.
        stride: [usize; 2],
        /// The largest side.
        limit: usize,
    },
    /// A class label is not below the number of classes.
    #[error("{op}: label {label} in row {row} is not below the {n_classes} classes")]
    Label {
        /// The operation.
        op: &'static str,
        /// The row of the batch.
        row: usize,
        /// The label in that row.
        label: u32,
        /// The number of classes, which is that of the logits in a row.
        n_classes: usize,
    },
    /// A parameter is outside the interval in which the operation is defined.
    #[error("{op}: {parameter} must be in {interval}, got {value}")]
    Parameter {
        /// The operation.
        op: &'static str,
        /// The name of the parameter.
        parameter: &'static str,
        /// The interval, in the notation `[closed, open)`.
        interval: &'static str,
        /// Its value.
        value: f64,
    },
    /// candle failed beneath the operation.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
}

/// For candle's own traits, whose functions can return no other error. All but [`OpError::Candle`] become
/// [`candle_core::Error::Wrapped`], which keeps the message alone.
impl From<OpError> for candle_core::Error {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Candle(error) => error,
            error => Self::wrap(error),
        }
    }
}
