use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::panels::width;
use super::tile::{ROWS, add_rows, load, pairs, store, with_rows};
use super::{Panels, Scratch, Source, for_each_piece, numbers};
use crate::ops::Activation;

/// What the sums of a product are added to. What is there already is added last: sums of sums lose less to rounding than
/// one long chain.
#[derive(Clone, Copy)]
pub(in super::super) enum Start<'a> {
    /// One number a column.
    Bias(&'a [f32]),
    /// What the result already holds.
    Accumulate,
    /// Zero.
    Zero,
}

/// `c[row] = activation(start + a[row] b)` for rows that may lie anywhere in `a` and `c`.
pub(in super::super) struct Product<'a> {
    /// Holds the left-hand rows.
    pub a: &'a [f32],
    /// The right-hand matrix.
    pub b: &'a Panels,
    /// The rows of `b` that take part; a left-hand row has as many elements.
    pub depth: Range<usize>,
    /// Where every row begins, in `a` and in `c`.
    pub places: &'a [(usize, usize)],
    /// Receives the result.
    pub c: &'a mut [f32],
    /// What the sums begin with.
    pub start: Start<'a>,
    /// What is done to the finished sums.
    pub activation: Activation,
}

impl Product<'_> {
    /// Computes the product on this thread.
    pub(in super::super) fn run(self) {
        Arch::new().dispatch(self);
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, simd: S, first: usize, column: usize, panel: &[f32]) {
        let places = &self.places[first..first + R];
        let used = self.b.width().min(self.b.columns() - column);
        let b = pairs::<S>(panel);
        let zero = simd.splat_f32s(0.0);
        let mut rows: [&[f32]; R] = [&[]; R];
        for r in 0..R {
            rows[r] = &self.a[places[r].0..places[r].0 + b.len()];
        }
        let mut sums = [[zero; 2]; R];
        if let Start::Bias(bias) = self.start {
            sums = [load(simd, &bias[column..column + used]); R];
        }
        add_rows(simd, rows, b, &mut sums);
        for r in 0..R {
            let mut pair = sums[r];
            if let Start::Accumulate = self.start {
                let c = places[r].1 + column;
                let old = load(simd, &self.c[c..c + used]);
                pair = [simd.add_f32s(old[0], pair[0]), simd.add_f32s(old[1], pair[1])];
            }
            if self.activation == Activation::Relu {
                // In this order a NaN passes through.
                pair = [simd.max_f32s(zero, pair[0]), simd.max_f32s(zero, pair[1])];
            }
            let c = places[r].1 + column;
            store(simd, &mut self.c[c..c + used], pair);
        }
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize>(product: &mut Product, simd: S, first: usize, column: usize, panel: &[f32]) {
    product.tile::<S, R>(simd, first, column, panel);
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let b = self.b;
        for (column, panel) in b.strips(self.depth.clone()) {
            for first in (0..self.places.len()).step_by(ROWS) {
                with_rows!(self.places.len() - first, tile(&mut self, simd, first, column, panel));
            }
        }
    }
}

/// The inner index is cut in blocks of this many, so that a strip's block stays in the first cache for all rows.
const DEPTH_BLOCK: usize = 256;

/// Up to this many rows a product is shared out by columns, above it by rows.
const FEW_ROWS: usize = 96;

/// `activation(bias + a b)` with `a` `[m, depth]`, `b` `[depth, columns]`, without a bias where it is `None`.
pub(in super::super) fn multiply(
    a: &[f32],
    b: Source,
    bias: Option<&[f32]>,
    [m, depth, columns]: [usize; 3],
    activation: Activation,
) -> Vec<f32> {
    let work = m * depth * columns;
    let mut c = numbers(m * columns);
    if m > FEW_ROWS {
        let b = Panels::new(b, depth, columns);
        for_each_piece(&mut c, FEW_ROWS * columns, work, |index, c| {
            let places: Vec<_> = (0..c.len() / columns.max(1)).map(|r| (r * depth, r * columns)).collect();
            blocks(&a[index * FEW_ROWS * depth..], &b, &places, c, bias, activation);
        });
        return c;
    }
    let width = width();
    let places: Vec<_> = (0..m).map(|r| (r * depth, r * width)).collect();
    let mut strips = Scratch::new(columns.div_ceil(width) * width * m);
    for_each_piece(&mut strips, m * width, work, |index, strip| {
        let range = index * width..columns.min((index + 1) * width);
        let bias = bias.map(|bias| &bias[range.clone()]);
        blocks(a, &Panels::of_columns(b, depth, range), &places, strip, bias, activation);
    });
    for (index, strip) in strips.chunks_exact((m * width).max(1)).enumerate() {
        for (row, values) in strip.chunks_exact(width).enumerate() {
            let start = index * width;
            let used = width.min(columns - start);
            c[row * columns + start..][..used].copy_from_slice(&values[..used]);
        }
    }
    c
}

/// One product on this thread, block by block of the inner index.
fn blocks(
    a: &[f32],
    b: &Panels,
    places: &[(usize, usize)],
    c: &mut [f32],
    bias: Option<&[f32]>,
    activation: Activation,
) {
    let n_blocks = b.depth().div_ceil(DEPTH_BLOCK).max(1);
    for block in 0..n_blocks {
        let depth = block * DEPTH_BLOCK..b.depth().min((block + 1) * DEPTH_BLOCK);
        let start = match bias {
            _ if block > 0 => Start::Accumulate,
            Some(bias) => Start::Bias(bias),
            None => Start::Zero,
        };
        let activation = if block + 1 == n_blocks { activation } else { Activation::Linear };
        let a = a.get(depth.start..).unwrap_or_default();
        Product { a, b, depth, places, c: &mut *c, start, activation }.run();
    }
}
