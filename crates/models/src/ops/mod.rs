//! Differentiable operations of the networks, on NHWC tensors in `f32`, with the semantics of Keras.
//!
//! candle's own operations are wrong, missing or slow for training these networks (its max-pool gradient is scaled by
//! `1 / k²`, its rectifier has gradient 1 at 0, its convolution gradient is a scalar loop), so the ones here are custom
//! operations through which candle's `backward` works as usual. Every operation
//!
//! - takes and returns [`candle_core::Tensor`]s on the CPU, and gives an [`OpError`] for any other device, for a wrong
//!   shape or a wrong type (tensors that are not contiguous are copied first);
//! - keeps what its gradient needs in that one call's node of the graph, so that several forwards may precede a
//!   backward and several threads may share the parameters;
//! - computes no gradient for an input that nothing tracks, such as the features that enter the first layer;
//! - runs on the current rayon pool and gives the same bits for any number of threads: work is cut in pieces whose
//!   size depends on the shapes alone, and partial sums are added in one order.

mod activation;
mod adam_update;
mod args;
mod conv;
mod dense;
mod dropout;
mod error;
mod gru;
mod in_place;
mod kernels;
mod loss;
mod max_pool2d;
mod norm;
mod record;
mod recycle;
mod sgd_update;

pub use activation::{Activation, relu, softmax};
pub use adam_update::{AdamConfig, AdamMoments, adam_update};
pub use conv::{conv2d, conv2d_max_pool2d};
pub use dense::dense;
pub use dropout::dropout;
pub use error::OpError;
pub use gru::gru;
pub use loss::{l2_penalty, soft_cross_entropy, softmax_cross_entropy};
pub use max_pool2d::max_pool2d;
pub use norm::{BatchNormOutput, batch_norm_dropout_train, batch_norm_inference, batch_norm_train};
pub use sgd_update::{Momentum, sgd_update};

pub(crate) use conv::{can_fuse_max_pool, record_conv2d, record_conv2d_max_pool2d};
pub(crate) use dense::record_dense;
pub(crate) use dropout::record_dropout;
pub(crate) use kernels::release_memory;
pub(crate) use loss::add_l2_gradient;
pub(crate) use norm::record_batch_norm;
pub(crate) use record::{Backward, Gradients, Recorded};
pub(crate) use recycle::{recycle, shares_memory};
