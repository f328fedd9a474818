use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::tile::{ROWS, VectorPair, add_rows, as_pairs, load, match_rows, store};
use super::{Activation, Panels};

/// The values that the sums of a product are added to.
///
/// They begin with the bias, but the existing contents of the result are added last: sums of sums lose less to rounding
/// than one long chain.
#[derive(Clone, Copy)]
pub(crate) enum Init<'a> {
    /// Zero.
    Zero,
    /// One value per column.
    Bias(&'a [f32]),
    /// The contents of the result: the product is accumulated (BLAS's `beta = 1`).
    Accumulate,
}

/// The first elements of a row of a product, in the left-hand matrix `a` and in the result `c`.
#[derive(Clone, Copy)]
pub(crate) struct Offsets {
    pub(crate) a: usize,
    pub(crate) c: usize,
}

/// The product `c[row] = activation(init + a[row] b)`, for rows that may lie anywhere in `a` and `c`.
pub(crate) struct Product<'a> {
    /// Holds the left-hand rows.
    pub(crate) a: &'a [f32],
    /// The right-hand matrix.
    pub(crate) b: &'a Panels,
    /// The rows of `b` that take part; a left-hand row has as many elements.
    pub(crate) depth: Range<usize>,
    /// The position of every row.
    pub(crate) rows: &'a [Offsets],
    /// Receives the result.
    pub(crate) c: &'a mut [f32],
    /// The values that the sums are added to.
    pub(crate) init: Init<'a>,
    /// The function applied to the finished sums.
    pub(crate) activation: Activation,
}

impl Product<'_> {
    /// Computes the product on this thread.
    pub(crate) fn run(self) {
        Arch::new().dispatch(self);
    }

    /// `R` rows of the result, from `first` on, and the columns of one strip, whose first is `column`.
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, simd: S, first: usize, column: usize, strip: &[f32]) {
        let offsets = &self.rows[first..first + R];
        let used = self.b.width().min(self.b.columns() - column);
        let b = as_pairs::<S>(strip);
        let zero = simd.splat_f32s(0.0);
        let mut rows: [&[f32]; R] = [&[]; R];
        for r in 0..R {
            rows[r] = &self.a[offsets[r].a..offsets[r].a + b.len()];
        }
        let mut sums: [VectorPair<S>; R] = [[zero; 2]; R];
        if let Init::Bias(bias) = self.init {
            sums = [load(simd, &bias[column..column + used]); R];
        }
        add_rows(simd, rows, b, &mut sums);
        for r in 0..R {
            let mut pair = sums[r];
            let c = offsets[r].c + column;
            if let Init::Accumulate = self.init {
                let old = load(simd, &self.c[c..c + used]);
                pair = [simd.add_f32s(old[0], pair[0]), simd.add_f32s(old[1], pair[1])];
            }
            if self.activation == Activation::Relu {
                // In this order a NaN is passed on.
                pair = [simd.max_f32s(zero, pair[0]), simd.max_f32s(zero, pair[1])];
            }
            store(simd, &mut self.c[c..c + used], pair);
        }
    }
}

/// [`Product::tile`] as a free function, which [`match_rows`] can call.
#[inline(always)]
fn tile<S: Simd, const R: usize>(product: &mut Product, simd: S, first: usize, column: usize, strip: &[f32]) {
    product.tile::<S, R>(simd, first, column, strip);
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let b = self.b;
        for (column, strip) in b.strips(self.depth.clone()) {
            for first in (0..self.rows.len()).step_by(ROWS) {
                match_rows!(self.rows.len() - first, tile(&mut self, simd, first, column, strip));
            }
        }
    }
}
