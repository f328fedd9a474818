//! Kernels on slices beneath the operations: matrix products, column statistics, element-wise sums, and their memory.
//!
//! | file | contents |
//! |---|---|
//! | `matmul` | whole products of dense matrices, shared out to threads |
//! | `product`, `transposed_product` | `a b` and `aᵀ b` on one thread, on rows that may lie anywhere |
//! | `column_extrema` | a product and the extrema of its columns, without the product in memory |
//! | `panels`, `tile` | the packed right-hand matrix, and the innermost loops on registers |
//! | `normalize`, `mask` | batch normalization and the dropout mask that it may be fused with |
//! | `activation`, `elementwise` | activations and sums of arrays |
//! | `memory` | buffers, pooled or not |
//! | `parallel`, `vectorized` | sharing out to threads, and code for the vectors found at run time |
//!
//! Every element of a product is a sum of chains of fused multiply-adds in the order of the inner index, cut at fixed
//! lengths. Its bits therefore depend neither on how a product is shared out (threads, tiles) nor on the width of the
//! machine's vectors (AVX2, AVX-512), only on whether the machine has fused multiply-adds at all.

#![allow(
    clippy::inline_always,
    reason = "a function is compiled for the vectors found at run time only where it is inlined"
)]

mod activation;
mod column_extrema;
pub(super) mod elementwise;
mod mask;
mod matmul;
mod memory;
pub(super) mod normalize;
mod panels;
mod parallel;
mod product;
mod tile;
mod transposed_product;
mod vectorized;

pub use activation::Activation;
pub(crate) use column_extrema::{ColumnExtrema, RowGroup};
pub(super) use mask::Mask;
pub(crate) use matmul::MatMul;
pub(super) use memory::Scratch;
pub(crate) use memory::{Form, Memory};
pub(crate) use panels::{Panels, Source};
pub(super) use parallel::for_each_piece;
pub(crate) use product::{Init, Offsets, Product};
pub(super) use transposed_product::{RowLayout, TransposedProduct};
pub(super) use vectorized::vectorized;
