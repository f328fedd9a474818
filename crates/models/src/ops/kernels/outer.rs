use pulp::{Arch, Simd, WithSimd};

use super::Panels;
use super::tile::{ROWS, add_columns, load, pairs, store, with_rows};

/// Positions whose rows are used together, so that both operands stay in the first cache.
const BLOCK: usize = 192;

/// Where the rows of a left-hand matrix lie: pieces of evenly spaced rows.
#[derive(Debug)]
pub(in super::super) struct RowLayout {
    /// Start and number of rows of every piece.
    pieces: Vec<(usize, usize)>,
    /// The distance of two rows of a piece.
    stride: usize,
}

impl RowLayout {
    /// Rows at `i step_0 + j step_1 + k step_2` for `(length, step)` triples, the first slowest.
    pub(in super::super) fn grid(axes: [(usize, usize); 3]) -> Self {
        let [outer, middle, inner] = axes;
        let (length, stride, starts): (_, _, Vec<usize>) = if inner.0 == 1 {
            (middle.0, middle.1, (0..outer.0).map(|i| i * outer.1).collect())
        } else if inner.0 * inner.1 == middle.1 {
            (middle.0 * inner.0, inner.1, (0..outer.0).map(|i| i * outer.1).collect())
        } else {
            let starts = (0..outer.0).flat_map(|i| (0..middle.0).map(move |j| i * outer.1 + j * middle.1));
            (inner.0, inner.1, starts.collect())
        };
        let pieces = starts.into_iter().flat_map(|start| {
            (0..length).step_by(BLOCK).map(move |at| (start + at * stride, BLOCK.min(length - at)))
        });
        Self { pieces: pieces.collect(), stride: stride.max(1) }
    }

    /// Consecutive pieces that together have about [`BLOCK`] rows, each with its first position.
    fn blocks(&self) -> Vec<(usize, &[(usize, usize)])> {
        let (mut blocks, mut start, mut position, mut rows) = (Vec::new(), 0, 0, 0);
        for (index, &(_, length)) in self.pieces.iter().enumerate() {
            if rows > 0 && rows + length > BLOCK {
                blocks.push((position, &self.pieces[start..index]));
                (start, position, rows) = (index, position + rows, 0);
            }
            rows += length;
        }
        blocks.push((position, &self.pieces[start..]));
        blocks
    }
}

/// `c[k] += sum over positions p of a[p][first + k] b[p]`: what a gradient of a kernel is made of.
pub(in super::super) struct TransposedProduct<'a> {
    /// Holds the left-hand rows.
    pub a: &'a [f32],
    /// Where these lie.
    pub runs: &'a RowLayout,
    /// The first element of a left-hand row that takes part.
    pub first: usize,
    /// The right-hand matrix, one row a position.
    pub b: &'a Panels,
    /// The result, `[n, b.columns()]`.
    pub c: &'a mut [f32],
}

impl TransposedProduct<'_> {
    /// Computes the sum on this thread.
    pub(in super::super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize>(
    outer: &mut TransposedProduct,
    simd: S,
    row: usize,
    column: usize,
    pieces: &[(usize, usize)],
    panel: &[f32],
) {
    let columns = outer.b.columns();
    let used = outer.b.width().min(columns - column);
    let mut sums = [[simd.splat_f32s(0.0); 2]; R];
    let mut b = pairs::<S>(panel);
    for &(start, length) in pieces {
        let (now, later) = b.split_at(length);
        add_columns(simd, &outer.a[start + outer.first + row..], outer.runs.stride, now, &mut sums);
        b = later;
    }
    for (r, pair) in sums.into_iter().enumerate() {
        let c = (row + r) * columns + column;
        let old = load(simd, &outer.c[c..c + used]);
        let pair = [simd.add_f32s(old[0], pair[0]), simd.add_f32s(old[1], pair[1])];
        store(simd, &mut outer.c[c..c + used], pair);
    }
}

impl WithSimd for TransposedProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (runs, b) = (self.runs, self.b);
        let rows = self.c.len() / b.columns().max(1);
        for (position, pieces) in runs.blocks() {
            let length: usize = pieces.iter().map(|&(_, length)| length).sum();
            for (column, panel) in b.strips(position..position + length) {
                for row in (0..rows).step_by(ROWS) {
                    with_rows!(rows - row, tile(&mut self, simd, row, column, pieces, panel));
                }
            }
        }
    }
}
