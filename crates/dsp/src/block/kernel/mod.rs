//! The computations on blocks, each written once over [`Arch`](super::arch::Arch).

mod columns;
mod dct;
mod decibel;
mod filters;
mod flatness;
mod matrix;
mod mel;
mod moments;
mod order;
mod spectrum;

pub(crate) use dct::DctKernel;
pub(crate) use decibel::{ClipKernel, DecibelKernel, SqrtKernel};
pub(crate) use filters::{FiltersKernel, MagnitudeKernel, Pass};
pub(crate) use flatness::FlatnessKernel;
pub(crate) use matrix::{MatrixKernel, SumKernel};
pub(crate) use mel::{Band, MelKernel};
pub(crate) use moments::{MaximumKernel, PeaksKernel, SpreadKernel};
pub(crate) use order::{ExtremesKernel, MedianKernel};
pub(crate) use spectrum::{Bins, Plan, SpectrumKernel};
