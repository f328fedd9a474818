//! The vector operations that kernels are written over, and the choice of instructions at run time.
//!
//! A [`Kernel`] is written once over [`Arch`], the operations on one vector of [`LANES`] values, and runs either with
//! AVX2 and FMA or AVX-512 (`x86` chooses; through [`pulp`], whose tokens make the intrinsics safe) or as plain loops
//! ([`Portable`]).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_double;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod log10;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use log10::Split;
pub(crate) use portable::Portable;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::Wide;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Wide;

use super::{LANES, Lanes};

/// Added to the bits of a double-precision number it raises the exponent by 1,024, so that differences of exponents are not
/// negative.
const EXPONENT_BIAS: i64 = 1024 << 52;
/// A number whose last bit counts ones: a small integer in its last bits is added to it.
const TWO_52: f64 = (1_u64 << 52) as f64;

/// Operations on one vector of [`LANES`] values. A value of an implementing type is the proof that the CPU supports
/// them.
pub(crate) trait Arch<T>: Copy {
    /// A vector in registers.
    type V: Copy;

    fn load(self, x: &Lanes<T>) -> Self::V;
    fn store(self, v: Self::V, x: &mut Lanes<T>);
    fn splat(self, x: T) -> Self::V;
    /// `x`, rounded to `T`, in all lanes.
    fn constant(self, x: f64) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a b + c`.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c - a b`.
    fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger value; `b` where `a` is NaN.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller value; `b` where `a` is NaN.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// `x` where `a < b`, `y` elsewhere.
    fn if_less(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// Mantissa and exponent of positive normal numbers.
    fn split(self, a: Self::V) -> Split<Self::V>;
    /// Logarithm to base 10 of positive normal numbers.
    fn log10(self, a: Self::V) -> Self::V;
    /// Eight samples of eight frames, each frame times the window, transposed: vector `n` holds sample `n` of all frames.
    fn tile(self, frames: [&[T; LANES]; LANES], window: &[T; LANES]) -> [Self::V; LANES];
}

/// A computation that can run with any vector instructions.
pub(crate) trait Kernel<T> {
    /// Does the work. Must be `#[inline(always)]`, so that it is compiled for the instructions of its caller.
    fn run<A: Arch<T>>(self, arch: A);
}
