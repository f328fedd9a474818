use super::column::{Z, store};
use crate::block::arch::Arch;
use crate::block::{ComplexLanes, Lanes};

/// What is kept of the bins of eight frames: their powers, or their complex values.
///
/// A choice at run time, because the transforms around it are large, and would be compiled twice.
pub(crate) enum Bins<'a, T> {
    Powers(&'a mut [Lanes<T>]),
    Complex(&'a mut [ComplexLanes<T>]),
}

impl<T> Bins<'_, T> {
    /// The first `n` bins, so that the compiler knows how many there are.
    #[inline(always)]
    pub(super) fn first(&mut self, n: usize) -> Bins<'_, T> {
        match self {
            Self::Powers(powers) => Bins::Powers(&mut powers[..n]),
            Self::Complex(values) => Bins::Complex(&mut values[..n]),
        }
    }

    #[inline(always)]
    pub(super) fn set<A: Arch<T>>(&mut self, arch: A, bin: usize, z: Z<A::V>) {
        match self {
            Self::Powers(powers) => {
                arch.store(arch.mul_add(z.re, z.re, arch.mul(z.im, z.im)), &mut powers[bin]);
            }
            Self::Complex(values) => store(arch, z, &mut values[bin]),
        }
    }
}
