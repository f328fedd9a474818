//! Sparse complex filters, and magnitudes.

use super::spectrum::{Z, load, store};
use crate::block::arch::{Arch, Kernel};
use crate::block::{ComplexLanes, Lanes};

/// A bin that a filter lets pass, and its weight: real and imaginary part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pass<T> {
    pub(crate) bin: usize,
    pub(crate) weight: [T; 2],
}

/// `output[i] = sum_k weight[i, k] spectra[k]` over the bins that filter `i` lets pass.
pub(crate) struct FiltersKernel<'a, T> {
    /// Of all filters, one after the other.
    pub(crate) passes: &'a [Pass<T>],
    /// End of each filter's bins in `passes`.
    pub(crate) ends: &'a [usize],
    pub(crate) spectra: &'a [ComplexLanes<T>],
    pub(crate) output: &'a mut [ComplexLanes<T>],
}

impl<T: Copy> Kernel<T> for FiltersKernel<'_, T> {
    /// Two sums per filter, to break the chain of dependent additions.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let mut first = 0;
        for (y, &end) in self.output.iter_mut().zip(self.ends) {
            let zero = arch.constant(0.0);
            let mut sums = [Z { re: zero, im: zero }; 2];
            let (pairs, rest) = self.passes[first..end].as_chunks::<2>();
            for pair in pairs {
                for (sum, pass) in sums.iter_mut().zip(pair) {
                    *sum = add_product(arch, *sum, pass.weight, load(arch, &self.spectra[pass.bin]));
                }
            }
            for pass in rest {
                sums[0] = add_product(arch, sums[0], pass.weight, load(arch, &self.spectra[pass.bin]));
            }
            let [a, b] = sums;
            store(arch, Z { re: arch.add(a.re, b.re), im: arch.add(a.im, b.im) }, y);
            first = end;
        }
    }
}

/// `sum + weight z`.
#[inline(always)]
fn add_product<T: Copy, A: Arch<T>>(arch: A, sum: Z<A::V>, [re, im]: [T; 2], z: Z<A::V>) -> Z<A::V> {
    let (re, im) = (arch.splat(re), arch.splat(im));
    Z {
        re: arch.neg_mul_add(im, z.im, arch.mul_add(re, z.re, sum.re)),
        im: arch.mul_add(im, z.re, arch.mul_add(re, z.im, sum.im)),
    }
}

/// `|z|` of complex values.
pub(crate) struct MagnitudeKernel<'a, T> {
    pub(crate) input: &'a [ComplexLanes<T>],
    pub(crate) output: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for MagnitudeKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        for (x, y) in self.input.iter().zip(self.output) {
            let z = load(arch, x);
            arch.store(arch.sqrt(arch.mul_add(z.re, z.re, arch.mul(z.im, z.im))), y);
        }
    }
}
