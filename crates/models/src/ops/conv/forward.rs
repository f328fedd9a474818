use std::ops::Range;

use rayon::prelude::*;

use super::fused_pool::FusedPool;
use super::geometry::Geometry;
use super::winograd::{self, Plan};
use crate::ops::kernels::{Activation, Init, Memory, Offsets, Panels, Product, Scratch, Source};

/// Elements of the unpooled result that a thread holds: they fit into the second-level cache.
const BAND_LEN: usize = 1 << 15;

/// A convolution with its kernel prepared in the way that suits its sides.
pub(super) enum PreparedConv<'a> {
    /// By tiles.
    Winograd(winograd::PreparedKernel<'a>),
    /// Sum by sum.
    Direct(DirectConv<'a>),
}

impl<'a> PreparedConv<'a> {
    pub(super) fn new(
        geometry: Geometry,
        kernel: &[f32],
        bias: &'a [f32],
        activation: Activation,
        memory: &'a Memory,
    ) -> Self {
        match Plan::new(geometry) {
            Some(plan) => {
                Self::Winograd(winograd::PreparedKernel::new(plan, kernel, bias, activation, memory))
            }
            None => Self::Direct(DirectConv::new(geometry, kernel, bias, activation, memory)),
        }
    }

    /// The convolution of every image.
    pub(super) fn convolve(&self, x: &[f32]) -> Vec<f32> {
        match self {
            Self::Winograd(conv) => conv.convolve(x),
            Self::Direct(conv) => conv.convolve(x),
        }
    }

    /// The pooled convolution of every image, and the winner of every cell.
    pub(super) fn convolve_and_pool(&self, x: &[f32], pool: &FusedPool) -> (Vec<f32>, Vec<u8>) {
        match self {
            Self::Winograd(conv) => conv.convolve_and_pool(x, pool),
            Self::Direct(conv) => conv.convolve_and_pool(x, pool),
        }
    }
}

/// A convolution that is computed sum by sum: its packed kernel, and the offsets of the patches.
pub(super) struct DirectConv<'a> {
    geometry: Geometry,
    panels: Panels,
    bias: &'a [f32],
    activation: Activation,
    offsets: Vec<Offsets>,
    memory: &'a Memory,
}

impl<'a> DirectConv<'a> {
    fn new(
        geometry: Geometry,
        kernel: &[f32],
        bias: &'a [f32],
        activation: Activation,
        memory: &'a Memory,
    ) -> Self {
        let source = Source::Rows { data: kernel, stride: geometry.n_out };
        let panels = Panels::new(source, geometry.patch_len(), geometry.n_out, memory);
        let offsets = if geometry.uses_im2col() { geometry.im2col_offsets() } else { geometry.offsets() };
        Self { geometry, panels, bias, activation, offsets, memory }
    }

    /// The convolution of every image.
    fn convolve(&self, x: &[f32]) -> Vec<f32> {
        let g = &self.geometry;
        let size = g.out_len();
        let mut y = self.memory.acquire(g.n * size);
        if g.uses_im2col() {
            let images = y.par_chunks_mut(size).zip(x.par_chunks(g.image_len()));
            images.for_each_init(Vec::new, |patches, (y, x)| self.rows(x, 0..g.out_height(), y, patches));
        } else {
            let images = g.task_images();
            let tasks = y.par_chunks_mut(images * size).zip(x.par_chunks(images * g.image_len()));
            tasks.for_each(|(y, x)| self.positions(x, y.len() / g.n_out, y));
        }
        y
    }

    /// The pooled convolution of every image, and the winner of every cell.
    fn convolve_and_pool(&self, x: &[f32], pool: &FusedPool) -> (Vec<f32>, Vec<u8>) {
        let g = &self.geometry;
        let len = g.n * pool.cells() * g.n_out;
        let (mut y, mut winners) = (self.memory.acquire(len), vec![0; len]);
        if g.task_images() > 1 && !g.uses_im2col() {
            self.pool_whole_images(x, pool, &mut y, &mut winners);
        } else {
            self.pool_bands(x, pool, &mut y, &mut winners);
        }
        (y, winners)
    }

    /// Pools images with few positions: one task convolves several of them, and then pools each.
    fn pool_whole_images(&self, x: &[f32], pool: &FusedPool, y: &mut [f32], winners: &mut [u8]) {
        let g = &self.geometry;
        let (row, size) = (pool.columns.cells * g.n_out, pool.cells() * g.n_out);
        let images = g.task_images();
        let tasks = y.par_chunks_mut(images * size).zip(winners.par_chunks_mut(images * size));
        tasks.zip(x.par_chunks(images * g.image_len())).for_each(|((y, winners), x)| {
            let mut sums = Scratch::new(self.memory, x.len() / g.image_len() * g.out_len());
            self.positions(x, sums.len() / g.n_out, &mut sums);
            let rows = y.chunks_exact_mut(row).zip(winners.chunks_exact_mut(row));
            for (cell, (y, winners)) in rows.enumerate() {
                let image = &sums[cell / pool.rows.cells * g.out_len()..][..g.out_len()];
                pool.pool_row(image, 0, cell % pool.rows.cells, y, winners);
            }
        });
    }

    /// Pools images with many positions: one task convolves a band of rows of an image, pools it, and so on.
    fn pool_bands(&self, x: &[f32], pool: &FusedPool, y: &mut [f32], winners: &mut [u8]) {
        let g = &self.geometry;
        let (row, size) = (pool.columns.cells * g.n_out, pool.cells() * g.n_out);
        let band = (BAND_LEN / g.out_row_len() / pool.rows.stride).clamp(1, pool.rows.cells);
        let images =
            y.par_chunks_mut(size).zip(winners.par_chunks_mut(size)).zip(x.par_chunks(g.image_len()));
        images.for_each_init(
            Default::default,
            |(patches, sums): &mut (Vec<f32>, Vec<f32>), ((y, winners), x)| {
                let bands = y.chunks_mut(band * row).zip(winners.chunks_mut(band * row));
                for (index, (y, winners)) in bands.enumerate() {
                    let first = index * band;
                    let rows = pool.span(first..first + y.len() / row);
                    sums.resize(rows.len() * g.out_row_len(), 0.0);
                    self.rows(x, rows.clone(), sums, patches);
                    for (cell, (y, winners)) in y.chunks_mut(row).zip(winners.chunks_mut(row)).enumerate() {
                        pool.pool_row(sums, rows.start, first + cell, y, winners);
                    }
                }
            },
        );
    }

    /// Computes some rows of one image's convolution.
    fn rows(&self, image: &[f32], rows: Range<usize>, y: &mut [f32], patches: &mut Vec<f32>) {
        let g = &self.geometry;
        let image = &image[rows.start * g.image_row_len()..];
        if !g.uses_im2col() {
            return self.positions(image, rows.len() * g.out_width(), y);
        }
        g.im2col(image, rows.len(), patches);
        let offsets = &self.offsets[..rows.len() * g.out_width()];
        let (depth, init, activation) = (0..g.patch_len(), Init::Bias(self.bias), self.activation);
        Product { a: patches, b: &self.panels, depth, rows: offsets, c: y, init, activation }.run();
    }

    /// Computes the sums at the first `count` positions of some images: one product per row of the kernel.
    fn positions(&self, images: &[f32], count: usize, y: &mut [f32]) {
        let (g, offsets) = (&self.geometry, &self.offsets[..count]);
        for u in 0..g.kh {
            let depth = u * g.patch_row_len()..(u + 1) * g.patch_row_len();
            let init = if u == 0 { Init::Bias(self.bias) } else { Init::Accumulate };
            let activation = if u + 1 == g.kh { self.activation } else { Activation::Linear };
            let a = &images[u * g.image_row_len()..];
            Product { a, b: &self.panels, depth, rows: offsets, c: &mut *y, init, activation }.run();
        }
    }
}
