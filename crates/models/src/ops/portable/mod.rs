//! The operations in candle's own tensor operations: what every device but the CPU runs.
//!
//! One file per operation, for arguments that the operation has checked before: of type `f32`, contiguous, of shapes that
//! fit, and on one device. Nothing here copies between that device and the host, dropout's mask aside. On the CPU the
//! results and gradients are those of the own kernels within rounding, which the tests of the operations show: they run
//! once on each.
//!
//! candle's tape differentiates what is small. Where its gradient would be wrong (ties of a maximum, the rectifier at 0) or
//! slow (it keeps, zeroes and adds more than a convolution or a normalization needs), the gradient is written out and put
//! on the tape by [`gradient`].

pub(super) mod adam;
pub(super) mod batch_norm;
pub(super) mod conv2d;
pub(super) mod dense;
pub(super) mod dropout;
mod gradient;
pub(super) mod gru;
pub(super) mod loss;
pub(super) mod max_pool2d;
pub(super) mod relu;
mod rows;
pub(super) mod sgd;
pub(super) mod softmax;
