use rayon::prelude::*;

use super::fused_pool::Pooling;
use super::geometry::Geometry;
use super::winograd::{self, Plan};
use crate::ops::Activation;
use crate::ops::kernels::elementwise::{add, add_rows, column_sums};
use crate::ops::kernels::{Panels, Product, RowLayout, Scratch, Source, Start, TransposedProduct, zeros};

/// The gradient with respect to the sums of a convolution, in the form the layer above gives it.
pub(super) enum SumGradient<'a> {
    /// The gradient of every sum.
    Whole(Scratch),
    /// The gradient of every cell of a pooling, and which sum each cell took.
    Pooled { pooling: Pooling, grad: &'a [f32], winners: &'a [u8] },
}

/// The gradients of a convolution's arguments.
pub(super) struct Gradients {
    pub(super) x: Option<Vec<f32>>,
    pub(super) kernel: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// Numbers of the spread gradient that a thread holds: within the second cache.
const SCRATCH: usize = 1 << 15;

/// Rows of a kernel's gradient in one task: a multiple of a tile's.
const TASK_ROWS: usize = 48;

impl SumGradient<'_> {
    /// The gradient of rows `first..` of one image, as many as `rows` has room for.
    pub(super) fn rows(&self, g: &Geometry, image: usize, first: usize, rows: &mut [f32]) {
        match self {
            Self::Whole(all) => {
                let start = (image * g.rows() + first) * g.result_row();
                rows.copy_from_slice(&all[start..start + rows.len()]);
            }
            Self::Pooled { pooling, grad, winners } => {
                let size = pooling.cells() * g.n_out;
                let cells = image * size..(image + 1) * size;
                for (i, row) in rows.chunks_exact_mut(g.result_row()).enumerate() {
                    pooling.spread_row(first + i, &grad[cells.clone()], &winners[cells.clone()], row);
                }
            }
        }
    }

    /// The gradient of every sum.
    fn whole(self, g: &Geometry) -> Scratch {
        if let Self::Whole(all) = self {
            return all;
        }
        let size = g.result();
        let mut all = Scratch::new(g.n * size);
        all.par_chunks_mut(size).enumerate().for_each(|(image, rows)| self.rows(g, image, 0, rows));
        all
    }
}

/// The gradients of the kernel and the bias, and of the input where asked.
pub(super) fn gradients(
    g: &Geometry,
    x: &[f32],
    kernel: &[f32],
    sums: SumGradient,
    with_x: bool,
) -> Gradients {
    if let Some(plan) = Plan::new(*g) {
        return winograd::gradients(&plan, x, kernel, &sums, with_x);
    }
    if g.gathers() && !with_x {
        return of_gathered(g, x, &sums);
    }
    let sums = sums.whole(g);
    let x_gradient = with_x.then(|| of_input(g, kernel, &sums));
    let n_positions = g.n * g.rows() * g.columns();
    let b = Panels::new(Source::Rows { data: &sums, stride: g.n_out }, n_positions, g.n_out);
    let runs = g.runs();
    let mut d_kernel = zeros(kernel.len());
    for (u, d_rows) in d_kernel.chunks_exact_mut(g.kernel_row() * g.n_out).enumerate() {
        d_rows.par_chunks_mut(TASK_ROWS * g.n_out).enumerate().for_each(|(task, c)| {
            let first = u * g.image_row() + task * TASK_ROWS;
            TransposedProduct { a: x, runs: &runs, first, b: &b, c }.run();
        });
    }
    let size = g.result();
    let partial: Vec<_> = sums.par_chunks(size).map(|image| column_sums(image, g.n_out)).collect();
    Gradients { x: x_gradient, kernel: d_kernel, bias: total(&partial, g.n_out) }
}

/// The gradients of a small kernel: every image gives its share, without holding the gradient of all sums.
fn of_gathered(g: &Geometry, x: &[f32], sums: &SumGradient) -> Gradients {
    let band = (SCRATCH / g.result_row()).clamp(1, g.rows());
    let shares: Vec<(Vec<f32>, Vec<f32>)> = (x.par_chunks(g.image()).enumerate())
        .map_init(Default::default, |(patches, scratch): &mut (Vec<f32>, Vec<f32>), (image, x)| {
            let (mut kernel, mut bias) = (vec![0.0; g.depth() * g.n_out], vec![0.0; g.n_out]);
            for first in (0..g.rows()).step_by(band) {
                let n_rows = band.min(g.rows() - first);
                let n_positions = n_rows * g.columns();
                scratch.resize(n_rows * g.result_row(), 0.0);
                sums.rows(g, image, first, scratch);
                g.gather(&x[first * g.image_row()..], n_rows, patches);
                let b = Panels::new(Source::Rows { data: scratch, stride: g.n_out }, n_positions, g.n_out);
                let runs = RowLayout::grid([(1, 0), (1, 0), (n_positions, g.depth())]);
                TransposedProduct { a: patches, runs: &runs, first: 0, b: &b, c: &mut kernel }.run();
                add_rows(&mut bias, scratch);
            }
            (kernel, bias)
        })
        .collect();
    let (kernels, biases): (Vec<_>, Vec<_>) = shares.into_iter().unzip();
    Gradients { x: None, kernel: total(&kernels, g.depth() * g.n_out), bias: total(&biases, g.n_out) }
}

/// The gradient of the input: every tap of the kernel, transposed, adds to the image it looked at.
fn of_input(g: &Geometry, kernel: &[f32], sums: &[f32]) -> Vec<f32> {
    let taps: Vec<_> = kernel
        .par_chunks(g.n_in * g.n_out)
        .map(|tap| Panels::new(Source::Columns { data: tap, stride: g.n_out }, g.n_out, g.n_in))
        .collect();
    let places: Vec<_> = g.places().into_iter().map(|(x, y)| (y, x)).collect();
    let mut d_x = zeros(g.n * g.image());
    let images = g.task_images();
    let tasks = d_x.par_chunks_mut(images * g.image()).zip(sums.par_chunks(images * g.result()));
    tasks.for_each(|(d_x, sums)| {
        let places = &places[..sums.len() / g.n_out];
        for (index, tap) in taps.iter().enumerate() {
            let c = &mut d_x[(index / g.kw * g.width + index % g.kw) * g.n_in..];
            let (start, activation) = (Start::Accumulate, Activation::Linear);
            Product { a: sums, b: tap, depth: 0..g.n_out, places, c, start, activation }.run();
        }
    });
    d_x
}

/// The sum of several arrays, in their order.
fn total(parts: &[Vec<f32>], length: usize) -> Vec<f32> {
    let mut sum = vec![0.0; length];
    for part in parts {
        add(&mut sum, part);
    }
    sum
}
