use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// Number of terms that are summed or multiplied separately: rounding errors do not grow with the length, and the product of
/// as many mantissas stays between 2^-8 and 2^8.
const TERMS: usize = 16;

/// The sums of a block's values, clamped to `amin..=most`, and of their logarithms to base 10.
pub(crate) struct FlatnessKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    /// Positive and normal.
    pub(crate) amin: T,
    /// The largest finite number.
    pub(crate) most: T,
    pub(crate) sum: &'a mut Lanes<T>,
    pub(crate) log_sum: &'a mut Lanes<T>,
}

impl<T: Copy> Kernel<T> for FlatnessKernel<'_, T> {
    /// The logarithm of a product is the sum of the logarithms: mantissas are multiplied, exponents added, and only one
    /// logarithm is taken of sixteen values.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let (amin, most) = (arch.splat(self.amin), arch.splat(self.most));
        let (zero, one) = (arch.constant(0.0), arch.constant(1.0));
        let octave = arch.constant(std::f64::consts::LOG10_2);
        let (mut total, mut total_log) = (zero, zero);
        for values in self.block.chunks(TERMS) {
            let (mut sum, mut product, mut exponent) = (zero, one, zero);
            for value in values {
                let value = arch.max(arch.min(arch.load(value), most), amin);
                let split = arch.split(value);
                sum = arch.add(sum, value);
                product = arch.mul(product, split.mantissa);
                exponent = arch.add(exponent, split.exponent);
            }
            total = arch.add(total, sum);
            total_log = arch.add(total_log, arch.mul_add(exponent, octave, arch.log10(product)));
        }
        arch.store(total, self.sum);
        arch.store(total_log, self.log_sum);
    }
}
