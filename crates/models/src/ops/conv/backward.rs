use rayon::prelude::*;

use super::geometry::Geometry;
use super::gradients::{BackwardPass, ConvGradients};
use super::winograd::{self, Plan};
use crate::ops::kernels::elementwise::{add, add_rows, column_sums};
use crate::ops::kernels::{
    Activation, Init, Memory, Offsets, Panels, Product, RowLayout, Source, TransposedProduct,
};

/// Elements of the spread gradient that a thread holds: they fit into the second-level cache.
const BAND_LEN: usize = 1 << 15;

/// Rows of a kernel's gradient in one task: a multiple of a tile's rows.
const TASK_ROWS: usize = 48;

impl BackwardPass<'_> {
    /// The gradients of the kernel and the bias, and of the input if it is asked for.
    pub(super) fn gradients(self) -> ConvGradients {
        if let Some(plan) = Plan::new(self.geometry) {
            return winograd::gradients(&plan, &self);
        }
        if self.geometry.uses_im2col() && !self.wrt.has_input() {
            return self.im2col_gradients();
        }
        self.direct_gradients()
    }

    /// The gradients from the gradient of all sums at once.
    fn direct_gradients(self) -> ConvGradients {
        let Self { geometry: ref g, x, kernel, sums, wrt, memory } = self;
        let sums = sums.into_whole(g, memory);
        let d_x = wrt.has_input().then(|| input_gradient(g, kernel, &sums, memory));
        let n_positions = g.n * g.out_height() * g.out_width();
        let b = Panels::new(Source::Rows { data: &sums, stride: g.n_out }, n_positions, g.n_out, memory);
        let layout = g.row_layout();
        let mut d_kernel = memory.acquire_zeroed(kernel.len());
        for (u, d_rows) in d_kernel.chunks_exact_mut(g.patch_row_len() * g.n_out).enumerate() {
            d_rows.par_chunks_mut(TASK_ROWS * g.n_out).enumerate().for_each(|(task, c)| {
                let first = u * g.image_row_len() + task * TASK_ROWS;
                TransposedProduct { a: x, layout: &layout, first, b: &b, c }.run();
            });
        }
        let partial: Vec<_> = sums.par_chunks(g.out_len()).map(|image| column_sums(image, g.n_out)).collect();
        ConvGradients { x: d_x, kernel: d_kernel, bias: total(&partial, g.n_out) }
    }

    /// The gradients of a small kernel and of the bias: every image adds its share, band by band of its rows, and the
    /// gradient of all sums is never held.
    fn im2col_gradients(&self) -> ConvGradients {
        let (g, memory) = (&self.geometry, self.memory);
        let band = (BAND_LEN / g.out_row_len()).clamp(1, g.out_height());
        let shares: Vec<(Vec<f32>, Vec<f32>)> = (self.x.par_chunks(g.image_len()).enumerate())
            .map_init(Default::default, |(patches, grad): &mut (Vec<f32>, Vec<f32>), (image, x)| {
                let (mut kernel, mut bias) = (vec![0.0; g.patch_len() * g.n_out], vec![0.0; g.n_out]);
                for first in (0..g.out_height()).step_by(band) {
                    let n_rows = band.min(g.out_height() - first);
                    let n_positions = n_rows * g.out_width();
                    grad.resize(n_rows * g.out_row_len(), 0.0);
                    self.sums.write_rows(g, image, first, grad);
                    g.im2col(&x[first * g.image_row_len()..], n_rows, patches);
                    let source = Source::Rows { data: grad, stride: g.n_out };
                    let b = Panels::new(source, n_positions, g.n_out, memory);
                    let layout = RowLayout::evenly_spaced(n_positions, g.patch_len());
                    TransposedProduct { a: patches, layout: &layout, first: 0, b: &b, c: &mut kernel }.run();
                    add_rows(&mut bias, grad);
                }
                (kernel, bias)
            })
            .collect();
        let (kernels, biases): (Vec<_>, Vec<_>) = shares.into_iter().unzip();
        let (kernel, bias) = (total(&kernels, g.patch_len() * g.n_out), total(&biases, g.n_out));
        ConvGradients { x: None, kernel, bias }
    }
}

/// The gradient of the input: every tap of the kernel, transposed, adds to the image cells that it met.
fn input_gradient(g: &Geometry, kernel: &[f32], sums: &[f32], memory: &Memory) -> Vec<f32> {
    let taps: Vec<_> = kernel
        .par_chunks(g.n_in * g.n_out)
        .map(|tap| Panels::new(Source::Columns { data: tap, stride: g.n_out }, g.n_out, g.n_in, memory))
        .collect();
    let offsets: Vec<_> =
        g.offsets().into_iter().map(|forward| Offsets { a: forward.c, c: forward.a }).collect();
    let mut d_x = memory.acquire_zeroed(g.n * g.image_len());
    let images = g.task_images();
    let tasks = d_x.par_chunks_mut(images * g.image_len()).zip(sums.par_chunks(images * g.out_len()));
    tasks.for_each(|(d_x, sums)| {
        let rows = &offsets[..sums.len() / g.n_out];
        for (index, tap) in taps.iter().enumerate() {
            let c = &mut d_x[(index / g.kw * g.width + index % g.kw) * g.n_in..];
            let (init, activation) = (Init::Accumulate, Activation::Linear);
            Product { a: sums, b: tap, depth: 0..g.n_out, rows, c, init, activation }.run();
        }
    });
    d_x
}

/// The sum of several arrays, in their order.
fn total(parts: &[Vec<f32>], len: usize) -> Vec<f32> {
    let mut sum = vec![0.0; len];
    for part in parts {
        add(&mut sum, part);
    }
    sum
}
