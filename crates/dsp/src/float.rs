use std::iter::Sum;
use std::ops::{AddAssign, MulAssign};

use realfft::FftNum;

use crate::simd::{Portable, wide};
use crate::task::Task;

/// Keeps [`Float`] to the two types, and compiles the kernels once for each, in this crate.
pub(crate) trait Sealed: Sized {
    /// Whether this CPU has wide vectors for the type.
    fn has_wide() -> bool;

    /// Runs a kernel with the best instructions of this CPU.
    fn run(task: Task<'_, Self>);
}

impl Sealed for f32 {
    fn has_wide() -> bool {
        wide().is_some()
    }

    fn run(task: Task<'_, Self>) {
        match wide() {
            Some(wide) => wide.run(task),
            None => task.run_without_fft(Portable),
        }
    }
}

impl Sealed for f64 {
    fn has_wide() -> bool {
        false
    }

    fn run(task: Task<'_, Self>) {
        task.run_without_fft(Portable);
    }
}

/// The number type of samples and features: `f32` or `f64`. Sealed.
///
/// Tables (windows, filter banks, transforms' factors) are computed in `f64` and rounded once.
#[allow(private_bounds, reason = "the trait is sealed: nobody else has to name the bound")]
pub trait Float:
    FftNum + PartialOrd + AddAssign + MulAssign + Sum + Default + std::fmt::Display + Sealed
{
    /// The largest finite number.
    const MAX: Self;
    /// The smallest positive number of full precision.
    const MIN_POSITIVE: Self;

    /// Rounds to this type.
    fn of(x: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// Whether the number is neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Logarithm to base 10.
    fn log10(self) -> Self;
    /// The larger of two numbers; the other one where one is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller of two numbers; the other one where one is NaN.
    fn min(self, other: Self) -> Self;
}

macro_rules! impl_float {
    ($t:ty) => {
        impl Float for $t {
            const MAX: Self = <$t>::MAX;
            const MIN_POSITIVE: Self = <$t>::MIN_POSITIVE;

            fn of(x: f64) -> Self {
                x as Self
            }
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn is_finite(self) -> bool {
                <$t>::is_finite(self)
            }
            fn sqrt(self) -> Self {
                <$t>::sqrt(self)
            }
            fn log10(self) -> Self {
                <$t>::log10(self)
            }
            fn max(self, other: Self) -> Self {
                <$t>::max(self, other)
            }
            fn min(self, other: Self) -> Self {
                <$t>::min(self, other)
            }
        }
    };
}

impl_float!(f32);
impl_float!(f64);
