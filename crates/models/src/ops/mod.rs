//! Differentiable operations on NHWC tensors of `f32`, with the semantics of Keras.
//!
//! candle's own operations are wrong, missing or slow for training these networks: its max-pool gradient is scaled by
//! `1 / k²`, its rectifier has gradient 1 at 0, and its convolution gradient is a scalar loop. The ones here are custom
//! operations, through which candle's `backward` runs as through its own. Every operation
//!
//! - takes and returns [`candle_core::Tensor`]s on one device, and copies those that are not contiguous first;
//! - returns an [`OpError`] that names the argument for a second device, a wrong shape or a wrong type;
//! - saves the values that its gradient needs in the graph node of that one call, so that several forward passes may
//!   precede a backward pass and several threads may share the parameters;
//! - computes no gradient for an input that nothing tracks, such as the features that enter the first layer;
//! - on the CPU, runs on the current rayon pool and returns the same bits for any number of threads: work is cut into pieces whose
//!   size depends on the shapes alone, and partial sums are added in a fixed order.
//!
//! # Where to find what
//!
//! | | operations |
//! |---|---|
//! | layers | [`dense()`], [`conv2d`], [`max_pool2d()`], [`batch_norm_train`], [`batch_norm_inference`], [`dropout()`], [`gru()`] |
//! | two layers in one pass over memory | [`conv2d_max_pool2d`], [`batch_norm_dropout_train`] |
//! | activations | [`Activation`] (applied inside of layers), [`relu()`], [`softmax()`] |
//! | losses | [`softmax_cross_entropy`], [`soft_cross_entropy`], [`l2_penalty`] |
//! | steps of optimizers, in place | [`adam_update()`], [`sgd_update()`] |
//!
//! Each has a file of its own, which checks the arguments (`args`) and holds the formulas. Beneath them, `kernels` works
//! on slices alone: matrix products, column statistics, threads and vectors.
//!
//! # Two forms
//!
//! On the CPU, operations run on these kernels. On every other device they run in their portable form, out of candle's own
//! tensor operations (`portable`). The device of the first argument decides. The portable form runs on the CPU too, where
//! all tests of operations run once on each form: their results agree within rounding.
//!
//! # Two ways backward
//!
//! The public functions put an operation on candle's tape. Within this crate, `record_*` computes the same operation
//! and returns its backward pass as a value (`record`). The training step calls those one after the other, which saves
//! the additions and the memory of the tape; tests hold both ways to the same bits.
//!
//! # Memory
//!
//! Operations allocate from a `Memory` that is passed to them: a pool that belongs to one training run or one prediction,
//! or the allocator, which the public functions use. `recycle` hands the buffer of a tensor back to the pool.

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
mod portable;
mod record;
mod recycle;
mod relu;
pub(crate) mod rows;
mod sgd_update;
mod slot;
mod softmax;
#[doc(hidden)]
pub mod tensor_operations;

pub use adam_update::{AdamConfig, AdamMoments, AdamStep, adam_update};
pub use conv::{conv2d, conv2d_max_pool2d};
pub use dense::dense;
pub use dropout::dropout;
pub use error::{OpError, Result};
pub use gru::gru;
pub use kernels::Activation;
pub use loss::{l2_penalty, soft_cross_entropy, softmax_cross_entropy};
pub use max_pool2d::{Pool2d, max_pool2d};
pub use norm::{
    BatchNormOutput, BatchNormParameters, batch_norm_dropout_train, batch_norm_inference, batch_norm_train,
};
pub use relu::relu;
pub use sgd_update::{Momentum, sgd_update};
pub use softmax::softmax;

pub(crate) use adam_update::adam_step;
pub(crate) use args::Affine;
pub(crate) use conv::{
    can_fuse_max_pool, conv2d_max_pool2d_with, conv2d_with, record_conv2d, record_conv2d_max_pool2d,
};
pub(crate) use dense::{dense_with, record_dense};
pub(crate) use dropout::{dropout_with, record_dropout};
pub(crate) use gru::gru_with;
pub(crate) use kernels::{
    ColumnExtrema, Form, Init, MatMul, Memory, Offsets, Panels, Product, RowGroup, Source,
};
pub(crate) use loss::{
    add_l2_gradient, l2_penalty_with, soft_cross_entropy_with, softmax_cross_entropy_with, with_l2_gradient,
};
pub(crate) use max_pool2d::max_pool2d_with;
pub(crate) use norm::{batch_norm_inference_with, batch_norm_train_with, record_batch_norm};
pub(crate) use record::{Backward, Gradients, Recorded, WithRespectTo};
pub(crate) use recycle::{recycle, shares_memory};
pub(crate) use sgd_update::sgd_step;
pub(crate) use slot::Slot;
