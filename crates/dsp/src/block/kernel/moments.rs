//! Computations on spectra as distributions over frequency.

use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// Number of terms that are summed separately, so that rounding errors do not grow with the length.
const TERMS: usize = 16;

/// The second moment about a center, and the share of the values that is reached last.
pub(crate) struct SpreadKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    /// Position of each value, `[n]`.
    pub(crate) positions: &'a [T],
    pub(crate) center: &'a Lanes<T>,
    /// Sum of the first values at which a frame's share is reached.
    pub(crate) share: &'a Lanes<T>,
    /// `sum (position - center)^2 value`.
    pub(crate) spread: &'a mut Lanes<T>,
    /// Number of values before the sum reaches the share.
    pub(crate) before: &'a mut Lanes<T>,
}

impl<T: Copy> Kernel<T> for SpreadKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let (center, share) = (arch.load(self.center), arch.load(self.share));
        let (zero, one) = (arch.constant(0.0), arch.constant(1.0));
        let (mut total, mut spread, mut before) = (zero, zero, zero);
        for (values, positions) in self.block.chunks(TERMS).zip(self.positions.chunks(TERMS)) {
            let (mut sum, mut squares) = (zero, zero);
            for (value, &position) in values.iter().zip(positions) {
                let value = arch.load(value);
                let distance = arch.sub(arch.splat(position), center);
                squares = arch.mul_add(arch.mul(distance, distance), value, squares);
                sum = arch.add(sum, value);
                before = arch.add(before, arch.if_less(arch.add(total, sum), share, one, zero));
            }
            total = arch.add(total, sum);
            spread = arch.add(spread, squares);
        }
        arch.store(spread, self.spread);
        arch.store(before, self.before);
    }
}

/// The largest value of each frame.
pub(crate) struct MaximumKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    pub(crate) max: &'a mut Lanes<T>,
}

impl<T: Copy> Kernel<T> for MaximumKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let mut max = [arch.constant(f64::NEG_INFINITY); 4];
        let (fours, rest) = self.block.as_chunks::<4>();
        for four in fours {
            for i in 0..4 {
                max[i] = arch.max(arch.load(&four[i]), max[i]);
            }
        }
        for value in rest {
            max[0] = arch.max(arch.load(value), max[0]);
        }
        arch.store(arch.max(arch.max(max[0], max[1]), arch.max(max[2], max[3])), self.max);
    }
}

/// Marks of the local maxima above a frame's own level: 1 there, elsewhere 0. The first and the last value are none.
pub(crate) struct PeaksKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    pub(crate) level: &'a Lanes<T>,
    pub(crate) peaks: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for PeaksKernel<'_, T> {
    /// A peak exceeds its left neighbor and is not exceeded by the right one.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let Self { block, level, peaks } = self;
        let (zero, one, level) = (arch.constant(0.0), arch.constant(1.0), arch.load(level));
        for (neighbors, peak) in block.windows(3).zip(&mut peaks[1..]) {
            let (left, here, right) =
                (arch.load(&neighbors[0]), arch.load(&neighbors[1]), arch.load(&neighbors[2]));
            let rises = arch.if_less(arch.max(left, level), here, one, zero);
            arch.store(arch.if_less(here, right, zero, rises), peak);
        }
    }
}
