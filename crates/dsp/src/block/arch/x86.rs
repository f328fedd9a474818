//! The choice between AVX2 and AVX-512.

use pulp::NullaryFnOnce;
use pulp::x86::{V3, V4};

use super::Kernel;
use super::avx2::Avx2;
use super::avx512::Avx512;

/// The proof that this CPU has wide vectors: AVX2 and FMA, or AVX-512 as well.
///
/// In single precision both take eight values per register. AVX-512 has twice as many registers of them, which the
/// transforms of eight values use, and the results have the same bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wide {
    Avx2(V3),
    Avx512(V4),
}

impl Wide {
    /// Asks the CPU; pulp caches the answer.
    pub(crate) fn detect() -> Option<Self> {
        V4::try_new().map(Self::Avx512).or_else(|| V3::try_new().map(Self::Avx2))
    }

    /// Runs a kernel in single precision, compiled for these instructions.
    pub(crate) fn run<K: Kernel<f32>>(self, kernel: K) {
        match self {
            Self::Avx2(v3) => v3.vectorize(Run { arch: Avx2(v3), kernel }),
            Self::Avx512(v4) => v4.vectorize(Run { arch: Avx2(*v4), kernel }),
        }
    }

    /// Runs a kernel in double precision, compiled for these instructions.
    pub(crate) fn run_double<K: Kernel<f64>>(self, kernel: K) {
        match self {
            Self::Avx2(v3) => v3.vectorize(RunDouble { arch: Avx2(v3), kernel }),
            Self::Avx512(v4) => v4.vectorize(RunDouble { arch: Avx512(v4), kernel }),
        }
    }
}

struct Run<K> {
    arch: Avx2,
    kernel: K,
}

impl<K: Kernel<f32>> NullaryFnOnce for Run<K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.kernel.run(self.arch);
    }
}

struct RunDouble<A, K> {
    arch: A,
    kernel: K,
}

impl<A: super::Arch<f64>, K: Kernel<f64>> NullaryFnOnce for RunDouble<A, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.kernel.run(self.arch);
    }
}
