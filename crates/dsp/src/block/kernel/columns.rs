//! Weighted sums of a block by the columns of a matrix.

use crate::block::Lanes;
use crate::block::arch::Arch;

/// `output[STEP i] = sum_n x[n] matrix[n, i]`, with up to eight sums in registers at a time.
#[inline(always)]
pub(super) fn column_sums<'a, T: Copy + 'a, A: Arch<T>, const STEP: usize>(
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
