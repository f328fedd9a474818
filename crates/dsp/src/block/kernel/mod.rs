//! The computations on blocks, each written once over [`Arch`](super::arch::Arch).

mod dct;
mod decibel;
mod mel;
mod power;

pub(crate) use dct::{DctKernel, MatrixKernel};
pub(crate) use decibel::{ClipKernel, DecibelKernel, SqrtKernel};
pub(crate) use mel::{Band, MelKernel};
pub(crate) use power::{Plan, PowerKernel};
