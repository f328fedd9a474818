use candle_core::{DType, DeviceLocation};

/// What an operation found wrong with its arguments.
///
/// It travels inside [`candle_core::Error`], since candle's custom operations can give no other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The number of axes is not the one the operation works on.
    #[error("{op}: {argument} must have {expected} axes, its shape is {actual:?}")]
    Rank {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The number of axes it must have.
        expected: usize,
        /// The shape it has.
        actual: Vec<usize>,
    },
    /// The shape does not fit the other arguments.
    #[error("{op}: {argument} must have shape {expected:?}, it has {actual:?}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The shape that the other arguments ask for.
        expected: Vec<usize>,
        /// The shape it has.
        actual: Vec<usize>,
    },
    /// An axis of length 0 where the operation needs at least one element.
    #[error("{op}: {argument} is empty, its shape is {actual:?}")]
    Empty {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The shape it has.
        actual: Vec<usize>,
    },
    /// The numbers have another type.
    #[error("{op}: {argument} must hold {expected:?}, it holds {actual:?}")]
    Type {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// The type the operation works on.
        expected: DType,
        /// The type it has.
        actual: DType,
    },
    /// The tensor lies on a device other than the CPU.
    #[error("{op}: {argument} lies on {actual:?}; only the CPU is supported")]
    Device {
        /// The operation.
        op: &'static str,
        /// The name of the argument.
        argument: &'static str,
        /// Where it lies.
        actual: DeviceLocation,
    },
    /// The kernel is larger than the image it should slide over.
    #[error("{op}: a kernel of {kernel:?} does not fit in an image of {image:?}")]
    KernelTooLarge {
        /// The operation.
        op: &'static str,
        /// Height and width of the kernel.
        kernel: (usize, usize),
        /// Height and width of the image.
        image: (usize, usize),
    },
    /// A pooling window or stride with a side of 0, or a window of more cells than can be numbered.
    #[error("{op}: window {window:?} with stride {stride:?} is not possible: sides must be 1 to {limit}")]
    Window {
        /// The operation.
        op: &'static str,
        /// Height and width of the window.
        window: (usize, usize),
        /// Vertical and horizontal stride.
        stride: (usize, usize),
        /// The largest side.
        limit: usize,
    },
    /// A class label beyond the number of logits.
    #[error("{op}: label {label} of row {row} is not below the {n_classes} classes")]
    Label {
        /// The operation.
        op: &'static str,
        /// The row of the batch.
        row: usize,
        /// Its label.
        label: u32,
        /// The number of classes.
        n_classes: usize,
    },
    /// A number outside the interval in which the operation is defined.
    #[error("{op}: {parameter} must be in {interval}, it is {value}")]
    Parameter {
        /// The operation.
        op: &'static str,
        /// The name of the parameter.
        parameter: &'static str,
        /// The interval, in words.
        interval: &'static str,
        /// Its value.
        value: f64,
    },
}

impl From<OpError> for candle_core::Error {
    fn from(error: OpError) -> Self {
        Self::wrap(error)
    }
}
