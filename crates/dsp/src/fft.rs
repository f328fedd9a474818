//! Plans of Fourier transforms.
//!
//! The planners of `rustfft` and `realfft` are generic, and a generic function is compiled anew in every crate that calls
//! it: two thousand functions, a minute of optimization. No method here is generic in what it plans, so that they are
//! compiled once per sample type, in this crate.

use std::sync::Arc;

use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

/// The plans for one sample type.
pub(crate) trait PlanFft: FftNum {
    /// Plans the transform of `n` real samples to their spectrum, `[n / 2 + 1]`.
    fn plan_real(n: usize) -> Arc<dyn RealToComplex<Self>>;

    /// Plans the transform of a spectrum `[n / 2 + 1]` to `n` real samples, `n` times as large.
    fn plan_real_inverse(n: usize) -> Arc<dyn ComplexToReal<Self>>;

    /// Plans the transform of `n` complex values.
    fn plan_complex(n: usize) -> Arc<dyn Fft<Self>>;

    /// Plans the inverse transform of `n` complex values, `n` times as large.
    fn plan_complex_inverse(n: usize) -> Arc<dyn Fft<Self>>;
}

macro_rules! impl_plan_fft {
    ($t:ty) => {
        impl PlanFft for $t {
            #[inline(never)]
            fn plan_real(n: usize) -> Arc<dyn RealToComplex<Self>> {
                RealFftPlanner::new().plan_fft_forward(n)
            }

            #[inline(never)]
            fn plan_real_inverse(n: usize) -> Arc<dyn ComplexToReal<Self>> {
                RealFftPlanner::new().plan_fft_inverse(n)
            }

            #[inline(never)]
            fn plan_complex(n: usize) -> Arc<dyn Fft<Self>> {
                FftPlanner::new().plan_fft_forward(n)
            }

            #[inline(never)]
            fn plan_complex_inverse(n: usize) -> Arc<dyn Fft<Self>> {
                FftPlanner::new().plan_fft_inverse(n)
            }
        }
    };
}

impl_plan_fft!(f32);
impl_plan_fft!(f64);
