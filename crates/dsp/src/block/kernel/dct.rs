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
        weighted_sums::<_, _, 2>(arch, &low.iter(), even, output);
        if output.len() > 1 {
            weighted_sums::<_, _, 2>(arch, &high.iter().rev(), odd, &mut output[1..]);
        }
    }
}

/// The product of a block `[n_in]` and a matrix `[n_in, n_out]`.
pub(crate) struct MatrixKernel<'a, T> {
    pub(crate) matrix: &'a [T],
    pub(crate) input: &'a [Lanes<T>],
    pub(crate) output: &'a mut [Lanes<T>],
}

impl<T: Copy> Kernel<T> for MatrixKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        weighted_sums::<_, _, 1>(arch, &self.input.iter(), self.matrix, self.output);
    }
}

/// `output[STEP * i] = sum_n x[n] matrix[n, i]`, with up to eight sums in registers at a time.
#[inline(always)]
fn weighted_sums<'a, T: Copy + 'a, A: Arch<T>, const STEP: usize>(
    arch: A,
    x: &(impl ExactSizeIterator<Item = &'a Lanes<T>> + Clone),
    matrix: &[T],
    output: &mut [Lanes<T>],
) {
    let width = output.len().div_ceil(STEP);
    for first in (0..width).step_by(8) {
        let out = &mut output[STEP * first..];
        let sums = ColumnSums { arch, matrix, width, first };
        match width - first {
            1 => sums.write::<1, STEP>(x.clone(), out),
            2 => sums.write::<2, STEP>(x.clone(), out),
            3 => sums.write::<3, STEP>(x.clone(), out),
            4 => sums.write::<4, STEP>(x.clone(), out),
            5 => sums.write::<5, STEP>(x.clone(), out),
            6 => sums.write::<6, STEP>(x.clone(), out),
            7 => sums.write::<7, STEP>(x.clone(), out),
            _ => sums.write::<8, STEP>(x.clone(), out),
        }
    }
}

/// Weighted sums by the columns `first..` of a matrix of `width` columns.
#[derive(Clone, Copy)]
struct ColumnSums<'a, T, A> {
    arch: A,
    matrix: &'a [T],
    width: usize,
    first: usize,
}

impl<T: Copy, A: Arch<T>> ColumnSums<'_, T, A> {
    /// Number of terms that are summed separately, so that rounding errors do not grow with the length.
    const TERMS: usize = 16;

    #[inline(always)]
    fn write<'a, const N: usize, const STEP: usize>(
        self,
        mut x: impl Iterator<Item = &'a Lanes<T>>,
        output: &mut [Lanes<T>],
    ) where
        T: 'a,
    {
        let arch = self.arch;
        let mut totals = [arch.constant(0.0); N];
        for rows in self.matrix.chunks(Self::TERMS * self.width) {
            let mut sums = [arch.constant(0.0); N];
            for (row, x) in rows.chunks_exact(self.width).zip(&mut x) {
                let x = arch.load(x);
                let row: &[T; N] = row[self.first..].first_chunk().expect("N columns are left");
                for (sum, &c) in sums.iter_mut().zip(row) {
                    *sum = arch.mul_add(arch.splat(c), x, *sum);
                }
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = arch.add(*total, sum);
            }
        }
        for (y, total) in output.iter_mut().step_by(STEP).zip(totals) {
            arch.store(total, y);
        }
    }
}
