use super::columns::column_sums;
use crate::block::Lanes;
use crate::block::arch::{Arch, Kernel};

/// The cosine transform of a block `[n_in]` to `[n_out]`; the input is overwritten.
pub(crate) struct DctKernel<'a, T> {
    /// Coefficients 0, 2, 4 ... of the sums `x[n] + x[n_in - 1 - n]`, `[ceil(n_in / 2), ceil(n_out / 2)]`.
    pub(crate) even: &'a [T],
    /// Coefficients 1, 3, 5 ... of the differences `x[n] - x[n_in - 1 - n]`, `[floor(n_in / 2), floor(n_out / 2)]`.
    pub(crate) odd: &'a [T],
    pub(crate) input: &'a mut [Lanes<T>],
    pub(crate) output: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for DctKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let Self { even, odd, input, output } = self;
        let half = input.len() / 2;
        let (low, high) = input.split_at_mut(input.len() - half);
        for (a, b) in low.iter_mut().zip(high.iter_mut().rev()) {
            let (x, y) = (arch.load(a), arch.load(b));
            arch.store(arch.add(x, y), a);
            arch.store(arch.sub(x, y), b);
        }
        column_sums::<T, A, 2>(arch, &low.iter(), even, output);
        if output.len() > 1 {
            column_sums::<T, A, 2>(arch, &high.iter().rev(), odd, &mut output[1..]);
        }
    }
}
