use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::Panels;
use super::tile::{ROWS, VectorPair, add_rows, as_pairs, load, match_rows, store};

/// Rows of a left-hand matrix whose sums are compared with each other, and the part of each row that takes part.
///
/// ```text
///   a ──▶ ├─ run ─┤        row 0: one run of elements after the other, `pitch` apart;
///         ├─ run ─┤        row r begins `r row_stride` further on
///            ..
/// ```
#[derive(Clone, Debug)]
pub(crate) struct RowGroup {
    /// The element of row 0 that meets row `depth.start` of the right-hand matrix.
    pub(crate) a: usize,
    /// The rows of the right-hand matrix that take part; begins at a multiple of the run's length, unless it lies within
    /// one run.
    pub(crate) depth: Range<usize>,
}

/// The largest and the smallest element of every column of a product, over the rows of each group: a convolution and the
/// pooling over all its positions, without the convolution's output in memory.
///
/// `high[g, n] = max over r of (base[r, n] + sum over k in depth of a[g, r, k] b[k, n])`, and `low` the minimum.
pub(crate) struct ColumnExtrema<'a> {
    /// Holds the left-hand rows.
    pub(crate) a: &'a [f32],
    /// The right-hand matrix.
    pub(crate) b: &'a Panels,
    /// The groups of rows.
    pub(crate) groups: &'a [RowGroup],
    /// Rows per group.
    pub(crate) n_rows: usize,
    /// The distance from one row to the next.
    pub(crate) row_stride: usize,
    /// Consecutive elements of a row.
    pub(crate) run: usize,
    /// The distance from one run of a row to the next.
    pub(crate) pitch: usize,
    /// Sums that the products are added to, `[n_rows, columns]`; empty for zeros.
    pub(crate) base: &'a [f32],
    /// Receives the largest elements, `[n_groups, columns]`.
    pub(crate) high: &'a mut [f32],
    /// Receives the smallest elements, `[n_groups, columns]`.
    pub(crate) low: &'a mut [f32],
}

impl ColumnExtrema<'_> {
    /// Computes the extrema on this thread.
    pub(crate) fn run(self) {
        Arch::new().dispatch(self);
    }

    /// The sums of `R` rows of a group, from `first` on, in the columns of one strip.
    #[inline(always)]
    fn sums<S: Simd, const R: usize>(
        &self,
        simd: S,
        group: &RowGroup,
        first: usize,
        column: usize,
        strip: &[VectorPair<S>],
    ) -> [VectorPair<S>; R] {
        let mut sums = [[simd.splat_f32s(0.0); 2]; R];
        if !self.base.is_empty() {
            let columns = self.b.columns();
            let used = self.b.width().min(columns - column);
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = load(simd, &self.base[(first + r) * columns + column..][..used]);
            }
        }
        let (mut at, mut depth) = (group.a + first * self.row_stride, group.depth.clone());
        while !depth.is_empty() {
            let len = self.run.min(depth.len());
            let b = &strip[depth.start..depth.start + len];
            let mut rows: [&[f32]; R] = [&[]; R];
            for (r, row) in rows.iter_mut().enumerate() {
                *row = &self.a[at + r * self.row_stride..][..len];
            }
            add_rows(simd, rows, b, &mut sums);
            at += self.pitch;
            depth.start += len;
        }
        sums
    }
}

/// Folds the sums of `R` rows into the extrema of a strip; a free function, which [`match_rows`] can call.
#[inline(always)]
fn fold<S: Simd, const R: usize>(
    extrema: &ColumnExtrema,
    simd: S,
    group: &RowGroup,
    first: usize,
    column: usize,
    strip: &[VectorPair<S>],
    found: &mut [VectorPair<S>; 2],
) {
    for sum in extrema.sums::<S, R>(simd, group, first, column, strip) {
        for half in 0..2 {
            found[0][half] = simd.max_f32s(found[0][half], sum[half]);
            found[1][half] = simd.min_f32s(found[1][half], sum[half]);
        }
    }
}

impl WithSimd for ColumnExtrema<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (b, columns) = (self.b, self.b.columns());
        for (column, strip) in b.strips(0..b.depth()) {
            let (strip, used) = (as_pairs::<S>(strip), b.width().min(columns - column));
            for (index, group) in self.groups.iter().enumerate() {
                let edge = |value| [simd.splat_f32s(value); 2];
                let mut found = [edge(f32::NEG_INFINITY), edge(f32::INFINITY)];
                for first in (0..self.n_rows).step_by(ROWS) {
                    match_rows!(
                        self.n_rows - first,
                        fold(&self, simd, group, first, column, strip, &mut found)
                    );
                }
                let at = index * columns + column;
                store(simd, &mut self.high[at..at + used], found[0]);
                store(simd, &mut self.low[at..at + used], found[1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cepstrum_dataset::rng::stream;
    use rand::Rng;

    use super::{ColumnExtrema, RowGroup};
    use crate::ops::kernels::{Memory, Panels, Source};

    /// Greatest difference of two sums of up to 63 products of numbers below 1 in two orders.
    const ROUNDING: f32 = 1e-5;

    /// The extrema by their formula.
    fn naive(
        a: &[f32],
        b: &[f32],
        columns: usize,
        base: &[f32],
        group: &RowGroup,
        layout: [usize; 4],
    ) -> Vec<[f32; 2]> {
        let [n_rows, row_stride, run, pitch] = layout;
        let sum = |row: usize, column: usize| {
            let mut sum = base.get(row * columns + column).copied().unwrap_or(0.0);
            for (i, k) in group.depth.clone().enumerate() {
                sum += a[group.a + row * row_stride + i / run * pitch + i % run] * b[k * columns + column];
            }
            sum
        };
        let extrema = |column| {
            (0..n_rows)
                .map(|row| sum(row, column))
                .fold([f32::NEG_INFINITY, f32::INFINITY], |[high, low], sum| [high.max(sum), low.min(sum)])
        };
        (0..columns).map(extrema).collect()
    }

    #[test]
    fn extrema_are_those_of_the_whole_product() {
        let mut rng = stream(7, "test/column_extrema");
        let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect() };
        let a = draw(4000);
        for (columns, n_rows, run, pitch) in
            [(1, 1, 9, 30), (31, 5, 21, 96), (33, 6, 9, 11), (64, 13, 21, 96), (204, 30, 9, 40)]
        {
            let depth = 3 * run;
            let b = draw(depth * columns);
            let panels =
                Panels::new(Source::Rows { data: &b, stride: columns }, depth, columns, &Memory::none());
            let groups = [
                RowGroup { a: 5, depth: 0..depth },
                RowGroup { a: 900, depth: run..depth },
                RowGroup { a: 40, depth: run + 2..2 * run - 1 },
                RowGroup { a: 0, depth: 4..4 },
            ];
            for base in [Vec::new(), draw(n_rows * columns)] {
                let (mut high, mut low) = (vec![f32::NAN; 4 * columns], vec![f32::NAN; 4 * columns]);
                ColumnExtrema {
                    a: &a,
                    b: &panels,
                    groups: &groups,
                    n_rows,
                    row_stride: 3,
                    run,
                    pitch,
                    base: &base,
                    high: &mut high,
                    low: &mut low,
                }
                .run();
                for (index, group) in groups.iter().enumerate() {
                    let expected = naive(&a, &b, columns, &base, group, [n_rows, 3, run, pitch]);
                    for (column, [most, least]) in expected.into_iter().enumerate() {
                        let at = index * columns + column;
                        assert!((high[at] - most).abs() < ROUNDING, "{columns} columns, group {index}");
                        assert!((low[at] - least).abs() < ROUNDING, "{columns} columns, group {index}");
                    }
                }
            }
        }
    }
}
