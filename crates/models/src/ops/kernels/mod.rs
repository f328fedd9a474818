//! Matrix products on slices, for the operations to build on.
//!
//! Every element of a product is a sum of chains of fused multiply-adds in the order of the inner index, cut where
//! constants say. Its bits therefore depend neither on how a product is shared out (threads, tiles) nor on the width of the
//! machine's vectors (AVX2, AVX-512), only on whether the machine has fused multiply-adds at all.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the vectors found at run time"
)]

pub(super) mod elementwise;
mod memory;
pub(super) mod normalize;
mod outer;
mod panels;
mod parallel;
mod product;
mod tile;
mod vectorized;

pub(crate) use memory::release_memory;
pub(super) use memory::{Scratch, give_back, numbers, zeros};
pub(super) use outer::{RowLayout, TransposedProduct};
pub(super) use panels::{Panels, Source};
pub(super) use parallel::for_each_piece;
pub(super) use product::{Product, Start, multiply};
pub(super) use vectorized::vectorized;
