use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// `10 log10` of a block clamped to `amin..=most`, and the largest result of each frame.
pub(crate) struct DecibelKernel<'a, T> {
    pub(crate) block: &'a mut [Lanes<T>],
    /// Positive and normal.
    pub(crate) amin: T,
    /// The largest finite number.
    pub(crate) most: T,
    pub(crate) max: &'a mut Lanes<T>,
}

impl<T: Copy> Kernel<T> for DecibelKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let (ten, amin, most) = (arch.constant(10.0), arch.splat(self.amin), arch.splat(self.most));
        let mut max = arch.constant(f64::NEG_INFINITY);
        for x in self.block {
            let power = arch.max(arch.min(arch.load(x), most), amin);
            let db = arch.mul(ten, arch.log10(power));
            max = arch.max(db, max);
            arch.store(db, x);
        }
        arch.store(max, self.max);
    }
}

/// `max(x, floor) - reference` of a block.
pub(crate) struct ClipKernel<'a, T> {
    pub(crate) block: &'a mut [Lanes<T>],
    pub(crate) floor: &'a Lanes<T>,
    pub(crate) reference: &'a Lanes<T>,
}

impl<T: Copy> Kernel<T> for ClipKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let (floor, reference) = (arch.load(self.floor), arch.load(self.reference));
        for x in self.block {
            arch.store(arch.sub(arch.max(arch.load(x), floor), reference), x);
        }
    }
}

/// Square roots of a block.
pub(crate) struct SqrtKernel<'a, T> {
    pub(crate) block: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for SqrtKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        for x in self.block {
            arch.store(arch.sqrt(arch.load(x)), x);
        }
    }
}
