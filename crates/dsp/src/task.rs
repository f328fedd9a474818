use crate::Float;
use crate::block_fft::PowerKernel;
use crate::dct::DctKernel;
use crate::decibel::{DecibelKernel, FloorKernel, SqrtKernel};
use crate::mel::MelKernel;
use crate::simd::{Arch, Kernel};

/// All work on blocks of frames. One function that can do any of it is compiled for each set of instructions, here:
/// generic calls would compile every kernel again in every crate that uses it.
pub(crate) enum Task<'a, T> {
    Power(PowerKernel<'a, T>),
    Mel(MelKernel<'a, T>),
    Decibel(DecibelKernel<'a, T>),
    Floor(FloorKernel<'a, T>),
    Sqrt(SqrtKernel<'a, T>),
    Dct(DctKernel<'a, T>),
}

impl<T: Float> Task<'_, T> {
    /// Everything but spectra: without wide vectors there are no plans for eight at once, and that kernel is large.
    #[inline(always)]
    pub(crate) fn run_without_fft<A: Arch<T>>(self, arch: A) {
        match self {
            Self::Power(_) => {}
            Self::Mel(kernel) => kernel.run(arch),
            Self::Decibel(kernel) => kernel.run(arch),
            Self::Floor(kernel) => kernel.run(arch),
            Self::Sqrt(kernel) => kernel.run(arch),
            Self::Dct(kernel) => kernel.run(arch),
        }
    }
}

impl<T: Float> Kernel<T> for Task<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        match self {
            Self::Power(kernel) => kernel.run(arch),
            other => other.run_without_fft(arch),
        }
    }
}
