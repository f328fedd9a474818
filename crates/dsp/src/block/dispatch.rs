use std::fmt::Debug;
use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftDirection, FftPlanner};

use super::arch::{Arch, Kernel, Portable, Wide};
use super::kernel::{
    ClipKernel, DctKernel, DecibelKernel, ExtremesKernel, FiltersKernel, FlatnessKernel, MagnitudeKernel,
    MatrixKernel, MaximumKernel, MedianKernel, MelKernel, PeaksKernel, SpectrumKernel, SpreadKernel,
    SqrtKernel, SumKernel,
};

/// The choice of instructions for a sample type; seals [`Float`](crate::Float) to `f32` and `f64`.
///
/// None of the methods is generic: each kernel, and each transform of rustfft, is compiled here, once per type and instruction
/// set, not again in every crate that uses it.
pub(crate) trait Dispatch: Sized {
    /// The proof that this CPU transforms eight frames at once faster than one at a time.
    type Wide: Copy + Debug + Send + Sync;

    /// Asks the CPU.
    fn wide() -> Option<Self::Wide>;

    /// Computes spectra with wide vectors.
    fn spectra(wide: Self::Wide, kernel: SpectrumKernel<'_, Self>);

    /// Runs any other task with the best instructions of this CPU.
    fn run(task: Task<'_, Self>);

    /// Plans the transform of `n` real samples.
    fn real_to_complex(n: usize) -> Arc<dyn RealToComplex<Self>>;

    /// Plans the transform back to `n` real samples.
    fn complex_to_real(n: usize) -> Arc<dyn ComplexToReal<Self>>;

    /// Plans the transform of `n` complex samples.
    fn complex(n: usize, direction: FftDirection) -> Arc<dyn Fft<Self>>;
}

macro_rules! impl_dispatch {
    ($t:ty, $run:ident) => {
        impl Dispatch for $t {
            type Wide = Wide;

            fn wide() -> Option<Wide> {
                Wide::detect()
            }

            fn spectra(wide: Wide, kernel: SpectrumKernel<'_, $t>) {
                wide.$run(kernel);
            }

            fn run(task: Task<'_, $t>) {
                match Wide::detect() {
                    Some(wide) => wide.$run(task),
                    None => task.run(Portable),
                }
            }

            fn real_to_complex(n: usize) -> Arc<dyn RealToComplex<$t>> {
                RealFftPlanner::new().plan_fft_forward(n)
            }

            fn complex_to_real(n: usize) -> Arc<dyn ComplexToReal<$t>> {
                RealFftPlanner::new().plan_fft_inverse(n)
            }

            fn complex(n: usize, direction: FftDirection) -> Arc<dyn Fft<$t>> {
                FftPlanner::new().plan_fft(n, direction)
            }
        }
    };
}

impl_dispatch!(f32, run);
impl_dispatch!(f64, run_double);

/// Any computation on blocks except spectra, whose kernel is large and exists for wide vectors only.
pub(crate) enum Task<'a, T> {
    Mel(MelKernel<'a, T>),
    Decibel(DecibelKernel<'a, T>),
    Clip(ClipKernel<'a, T>),
    Sqrt(SqrtKernel<'a, T>),
    Dct(DctKernel<'a, T>),
    Matrix(MatrixKernel<'a, T>),
    Sum(SumKernel<'a, T>),
    Extremes(ExtremesKernel<'a, T>),
    Median(MedianKernel<'a, T>),
    Spread(SpreadKernel<'a, T>),
    Maximum(MaximumKernel<'a, T>),
    Peaks(PeaksKernel<'a, T>),
    Flatness(FlatnessKernel<'a, T>),
    Filters(FiltersKernel<'a, T>),
    Magnitude(MagnitudeKernel<'a, T>),
}

impl<T: Copy> Kernel<T> for Task<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        match self {
            Self::Mel(kernel) => kernel.run(arch),
            Self::Decibel(kernel) => kernel.run(arch),
            Self::Clip(kernel) => kernel.run(arch),
            Self::Sqrt(kernel) => kernel.run(arch),
            Self::Dct(kernel) => kernel.run(arch),
            Self::Matrix(kernel) => kernel.run(arch),
            Self::Sum(kernel) => kernel.run(arch),
            Self::Extremes(kernel) => kernel.run(arch),
            Self::Median(kernel) => kernel.run(arch),
            Self::Spread(kernel) => kernel.run(arch),
            Self::Maximum(kernel) => kernel.run(arch),
            Self::Peaks(kernel) => kernel.run(arch),
            Self::Flatness(kernel) => kernel.run(arch),
            Self::Filters(kernel) => kernel.run(arch),
            Self::Magnitude(kernel) => kernel.run(arch),
        }
    }
}
