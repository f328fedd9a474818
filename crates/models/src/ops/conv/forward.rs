use std::ops::Range;

use rayon::prelude::*;

use super::fused_pool::Pooling;
use super::geometry::Geometry;
use super::winograd::{self, Plan};
use crate::ops::Activation;
use crate::ops::kernels::{Panels, Product, Scratch, Source, Start, numbers};

/// Numbers of unpooled result that a thread holds: within the second cache.
const SCRATCH: usize = 1 << 15;

/// A kernel, prepared in the way that suits its sides.
pub(super) enum Filter<'a> {
    /// By tiles.
    Tiles(winograd::Filter<'a>),
    /// Sum by sum.
    Sums(Sums<'a>),
}

impl<'a> Filter<'a> {
    pub(super) fn new(geometry: Geometry, kernel: &[f32], bias: &'a [f32], activation: Activation) -> Self {
        match Plan::new(geometry) {
            Some(plan) => Self::Tiles(winograd::Filter::new(plan, kernel, bias, activation)),
            None => Self::Sums(Sums::new(geometry, kernel, bias, activation)),
        }
    }

    /// The convolution of every image.
    pub(super) fn convolve(&self, x: &[f32]) -> Vec<f32> {
        match self {
            Self::Tiles(filter) => filter.convolve(x),
            Self::Sums(filter) => filter.convolve(x),
        }
    }

    /// The pooled convolution of every image, and the winner of every cell.
    pub(super) fn convolve_and_pool(&self, x: &[f32], pooling: &Pooling) -> (Vec<f32>, Vec<u8>) {
        match self {
            Self::Tiles(filter) => filter.convolve_and_pool(x, pooling),
            Self::Sums(filter) => filter.convolve_and_pool(x, pooling),
        }
    }
}

/// A kernel, packed, with the places its sums run over.
pub(super) struct Sums<'a> {
    geometry: Geometry,
    panels: Panels,
    bias: &'a [f32],
    activation: Activation,
    places: Vec<(usize, usize)>,
}

impl<'a> Sums<'a> {
    fn new(geometry: Geometry, kernel: &[f32], bias: &'a [f32], activation: Activation) -> Self {
        let source = Source::Rows { data: kernel, stride: geometry.n_out };
        let panels = Panels::new(source, geometry.depth(), geometry.n_out);
        let places = if geometry.gathers() { geometry.gathered_places() } else { geometry.places() };
        Self { geometry, panels, bias, activation, places }
    }

    /// The convolution of every image.
    fn convolve(&self, x: &[f32]) -> Vec<f32> {
        let g = &self.geometry;
        let size = g.result();
        let mut y = numbers(g.n * size);
        if g.gathers() {
            y.par_chunks_mut(size).zip(x.par_chunks(g.image())).for_each_init(Vec::new, |patches, (y, x)| {
                self.rows(x, 0..g.rows(), y, patches);
            });
        } else {
            let images = g.task_images();
            let tasks = y.par_chunks_mut(images * size).zip(x.par_chunks(images * g.image()));
            tasks.for_each(|(y, x)| self.positions(x, y.len() / g.n_out, y));
        }
        y
    }

    /// The pooled convolution of every image, and the winner of every cell.
    fn convolve_and_pool(&self, x: &[f32], pooling: &Pooling) -> (Vec<f32>, Vec<u8>) {
        let g = &self.geometry;
        let row = pooling.columns.cells * g.n_out;
        let size = pooling.cells() * g.n_out;
        let (mut y, mut winners) = (numbers(g.n * size), vec![0; g.n * size]);
        let (images, is_rectified) = (g.task_images(), self.activation == Activation::Relu);
        if images > 1 && !g.gathers() {
            let tasks = y.par_chunks_mut(images * size).zip(winners.par_chunks_mut(images * size));
            tasks.zip(x.par_chunks(images * g.image())).for_each(|((y, winners), x)| {
                let mut sums = Scratch::new(x.len() / g.image() * g.result());
                self.positions(x, sums.len() / g.n_out, &mut sums);
                let rows = y.chunks_exact_mut(row).zip(winners.chunks_exact_mut(row));
                for (cell, (y, winners)) in rows.enumerate() {
                    let image = &sums[cell / pooling.rows.cells * g.result()..][..g.result()];
                    pooling.pool_row(image, 0, cell % pooling.rows.cells, is_rectified, y, winners);
                }
            });
            return (y, winners);
        }
        let band = (SCRATCH / g.result_row() / pooling.rows.stride).clamp(1, pooling.rows.cells);
        let images = y.par_chunks_mut(size).zip(winners.par_chunks_mut(size)).zip(x.par_chunks(g.image()));
        images.for_each_init(
            Default::default,
            |(patches, scratch): &mut (Vec<f32>, Vec<f32>), ((y, winners), x)| {
                let bands = y.chunks_mut(band * row).zip(winners.chunks_mut(band * row));
                for (index, (y, winners)) in bands.enumerate() {
                    let first = index * band;
                    let rows = pooling.span(first..first + y.len() / row);
                    scratch.resize(rows.len() * g.result_row(), 0.0);
                    self.rows(x, rows.clone(), scratch, patches);
                    for (cell, (y, winners)) in y.chunks_mut(row).zip(winners.chunks_mut(row)).enumerate() {
                        pooling.pool_row(scratch, rows.start, first + cell, is_rectified, y, winners);
                    }
                }
            },
        );
        (y, winners)
    }

    /// Some rows of one image's convolution.
    fn rows(&self, image: &[f32], rows: Range<usize>, y: &mut [f32], patches: &mut Vec<f32>) {
        let g = &self.geometry;
        let image = &image[rows.start * g.image_row()..];
        if !g.gathers() {
            return self.positions(image, rows.len() * g.columns(), y);
        }
        let places = &self.places[..rows.len() * g.columns()];
        let (start, activation) = (Start::Bias(self.bias), self.activation);
        g.gather(image, rows.len(), patches);
        Product { a: patches, b: &self.panels, depth: 0..g.depth(), places, c: y, start, activation }.run();
    }

    /// The first sums of some images, this many.
    fn positions(&self, image: &[f32], count: usize, y: &mut [f32]) {
        let (g, places) = (&self.geometry, &self.places[..count]);
        let (start, activation) = (Start::Bias(self.bias), self.activation);
        for u in 0..g.kh {
            let depth = u * g.kernel_row()..(u + 1) * g.kernel_row();
            let start = if u == 0 { start } else { Start::Accumulate };
            let activation = if u + 1 == g.kh { activation } else { Activation::Linear };
            let a = &image[u * g.image_row()..];
            Product { a, b: &self.panels, depth, places, c: &mut *y, start, activation }.run();
        }
    }
}
