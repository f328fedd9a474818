use std::fmt;
use std::iter::Sum;
use std::ops::{AddAssign, MulAssign};

use realfft::FftNum;

use crate::block::Dispatch;

/// The type of samples and features: `f32` or `f64`. Sealed.
///
/// Tables (windows, filter banks, twiddle factors) are computed in `f64` and rounded once.
#[allow(private_bounds, reason = "the private bound seals the trait; no user has to name it")]
pub trait Float:
    FftNum + PartialOrd + AddAssign + MulAssign + Sum + Default + fmt::Display + Dispatch
{
    /// The largest finite number.
    const MAX: Self;
    /// The smallest positive number of full precision.
    const MIN_POSITIVE: Self;

    /// Rounds a double-precision number to this type.
    fn of(x: f64) -> Self;
    /// Converts to double precision, without loss.
    fn to_f64(self) -> f64;
    /// Returns whether the number is neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;
    /// Logarithm to base 10.
    #[must_use]
    fn log10(self) -> Self;
    /// The larger of two numbers; the other one where one is NaN.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of two numbers; the other one where one is NaN.
    #[must_use]
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
