use super::columns::column_sums;
use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// `output[i] = sum_n input[n] matrix[n, i]`.
pub(crate) struct MatrixKernel<'a, T> {
    /// `[n_in, n_out]`.
    pub(crate) matrix: &'a [T],
    pub(crate) input: &'a [Lanes<T>],
    pub(crate) output: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for MatrixKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        column_sums::<T, A, 1>(arch, &self.input.iter(), self.matrix, self.output);
    }
}

/// The sum of a block's values in each frame.
pub(crate) struct SumKernel<'a, T> {
    pub(crate) block: &'a [Lanes<T>],
    pub(crate) sum: &'a mut Lanes<T>,
}

impl<T: Copy> Kernel<T> for SumKernel<'_, T> {
    /// Sums of sixteen values at a time are added, so that rounding errors do not grow with the length.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let mut total = arch.constant(0.0);
        for values in self.block.chunks(16) {
            let mut sums = [arch.constant(0.0); 4];
            let (fours, rest) = values.as_chunks::<4>();
            for four in fours {
                for i in 0..4 {
                    sums[i] = arch.add(sums[i], arch.load(&four[i]));
                }
            }
            for (i, value) in rest.iter().enumerate() {
                sums[i] = arch.add(sums[i], arch.load(value));
            }
            total = arch.add(total, arch.add(arch.add(sums[0], sums[1]), arch.add(sums[2], sums[3])));
        }
        arch.store(total, self.sum);
    }
}
