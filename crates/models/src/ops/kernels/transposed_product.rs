use pulp::{Arch, Simd, WithSimd};

use super::Panels;
use super::tile::{ROWS, add_columns, as_pairs, load, match_rows, store};

/// Positions whose rows are used together, so that both operands stay in the first-level cache.
const BLOCK: usize = 192;

/// The positions of the rows of a left-hand matrix: runs of evenly spaced rows.
///
/// The rows that a convolution's kernel meets are the patches of an image, one run per row of the image:
///
/// ```text
///          stride
///         ├──────┤
///  image  ●──────●──────●──────●      ●──────●──────●──────●      ..
///         └── run 0, length 4 ─┘      └── run 1, length 4 ─┘
/// ```
#[derive(Debug)]
pub(in super::super) struct RowLayout {
    /// First element and number of rows of every run, at most [`BLOCK`] rows each.
    runs: Vec<(usize, usize)>,
    /// The distance from one row of a run to the next.
    stride: usize,
}

impl RowLayout {
    /// Rows that follow each other at a distance of `stride`.
    pub(in super::super) fn evenly_spaced(n_rows: usize, stride: usize) -> Self {
        Self::grid([(1, 0), (1, 0), (n_rows, stride)])
    }

    /// Rows at `i step_0 + j step_1 + k step_2` for three `(length, step)` axes, the first one slowest.
    pub(in super::super) fn grid(axes: [(usize, usize); 3]) -> Self {
        let [outer, middle, inner] = axes;
        // Two axes that continue each other make one long run.
        let (length, stride, starts): (_, _, Vec<usize>) = if inner.0 == 1 {
            (middle.0, middle.1, (0..outer.0).map(|i| i * outer.1).collect())
        } else if inner.0 * inner.1 == middle.1 {
            (middle.0 * inner.0, inner.1, (0..outer.0).map(|i| i * outer.1).collect())
        } else {
            let starts = (0..outer.0).flat_map(|i| (0..middle.0).map(move |j| i * outer.1 + j * middle.1));
            (inner.0, inner.1, starts.collect())
        };
        let runs = starts.into_iter().flat_map(|start| {
            (0..length).step_by(BLOCK).map(move |at| (start + at * stride, BLOCK.min(length - at)))
        });
        Self { runs: runs.collect(), stride: stride.max(1) }
    }

    /// Consecutive runs of about [`BLOCK`] rows in total, each group with the position of its first row.
    fn blocks(&self) -> Vec<(usize, &[(usize, usize)])> {
        let (mut blocks, mut start, mut position, mut rows) = (Vec::new(), 0, 0, 0);
        for (index, &(_, length)) in self.runs.iter().enumerate() {
            if rows > 0 && rows + length > BLOCK {
                blocks.push((position, &self.runs[start..index]));
                (start, position, rows) = (index, position + rows, 0);
            }
            rows += length;
        }
        blocks.push((position, &self.runs[start..]));
        blocks
    }
}

/// The product `c[k] += sum over positions p of a[p][first + k] b[p]`, that is `c += aᵀ b`: the gradient of a kernel.
pub(in super::super) struct TransposedProduct<'a> {
    /// Holds the left-hand rows.
    pub(in super::super) a: &'a [f32],
    /// The positions of the left-hand rows.
    pub(in super::super) layout: &'a RowLayout,
    /// The first element of a left-hand row that takes part.
    pub(in super::super) first: usize,
    /// The right-hand matrix, one row per position.
    pub(in super::super) b: &'a Panels,
    /// The result, `[n, b.columns()]`.
    pub(in super::super) c: &'a mut [f32],
}

impl TransposedProduct<'_> {
    /// Adds the product to the result on this thread.
    pub(in super::super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

/// Adds the terms of some runs to `R` rows of the result, from `row` on, and the columns of one strip.
#[inline(always)]
fn tile<S: Simd, const R: usize>(
    product: &mut TransposedProduct,
    simd: S,
    row: usize,
    column: usize,
    runs: &[(usize, usize)],
    strip: &[f32],
) {
    let columns = product.b.columns();
    let used = product.b.width().min(columns - column);
    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
    let mut b = as_pairs::<S>(strip);
    for &(start, length) in runs {
        let (now, later) = b.split_at(length);
        add_columns(simd, &product.a[start + product.first + row..], product.layout.stride, now, &mut sums);
        b = later;
    }
    for (r, pair) in sums.into_iter().enumerate() {
        let c = (row + r) * columns + column;
        let old = load(simd, &product.c[c..c + used]);
        let pair = [simd.add_f32s(old[0], pair[0]), simd.add_f32s(old[1], pair[1])];
        store(simd, &mut product.c[c..c + used], pair);
    }
}

impl WithSimd for TransposedProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (layout, b) = (self.layout, self.b);
        let rows = self.c.len() / b.columns().max(1);
        for (position, runs) in layout.blocks() {
            let length: usize = runs.iter().map(|&(_, length)| length).sum();
            for (column, strip) in b.strips(position..position + length) {
                for row in (0..rows).step_by(ROWS) {
                    match_rows!(rows - row, tile(&mut self, simd, row, column, runs, strip));
                }
            }
        }
    }
}
