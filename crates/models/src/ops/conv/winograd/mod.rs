//! Convolutions with kernels of 3x3 by tiles: 36 multiplications for sixteen sums instead of 144.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the vectors found at run time"
)]

mod tiles;
mod transform;

use rayon::prelude::*;

use self::tiles::{Image, Step, Walk, stride};
use self::transform::{IN, KERNEL, OUT};
use super::backward::{Gradients, SumGradient};
use super::fused_pool::Pooling;
use super::geometry::Geometry;
use crate::ops::Activation;
use crate::ops::kernels::elementwise::{add, add_rows, add_scaled};
use crate::ops::kernels::{
    Panels, Product, RowLayout, Scratch, Source, Start, TransposedProduct, numbers, zeros,
};

/// Matrices that the transform of a tile has.
const COMPONENTS: usize = IN * IN;

/// Tiles in a task: enough rows for the products to be efficient.
const TASK_TILES: usize = 60;

/// Tasks whose transforms are held at the same time while gradients are computed: they bound the memory.
const TASKS_HELD: usize = 8;

/// A convolution cut in tasks of several images' tiles.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    geometry: Geometry,
    input: Image,
    output: Image,
    /// Images in a task.
    images: usize,
}

impl Plan {
    /// `None` when tiles would not save work.
    pub(super) fn new(geometry: Geometry) -> Option<Self> {
        let g = geometry;
        let tiles = [g.rows().div_ceil(OUT), g.columns().div_ceil(OUT)];
        let n_tiles = tiles[0] * tiles[1];
        let is_cheaper = 2 * n_tiles * COMPONENTS <= g.rows() * g.columns() * g.kh * g.kw;
        if (g.kh, g.kw) != (3, 3) || g.n_in < 8 || g.n_out < 8 || !is_cheaper {
            return None;
        }
        let input = Image { height: g.height, width: g.width, channels: g.n_in, tiles };
        let output = Image { height: g.rows(), width: g.columns(), channels: g.n_out, tiles };
        Some(Self { geometry, input, output, images: TASK_TILES.div_ceil(n_tiles) })
    }

    /// Rows of a task's matrices.
    fn rows(&self) -> usize {
        self.images * self.input.tiles[0] * self.input.tiles[1]
    }

    /// Numbers in a matrix of a task's input.
    fn input_size(&self) -> usize {
        self.rows() * stride(self.geometry.n_in)
    }

    /// Numbers in a matrix of a task's sums.
    fn output_size(&self) -> usize {
        self.rows() * stride(self.geometry.n_out)
    }

    /// Numbers in an image of the result.
    fn result(&self) -> usize {
        self.geometry.rows() * self.geometry.result_row()
    }

    /// The kernel's transform, one matrix `[n_in, n_out]` (or its transpose) a component.
    fn kernel(&self, kernel: &[f32], is_transposed: bool) -> Vec<Panels> {
        let (n_in, n_out) = (self.geometry.n_in, self.geometry.n_out);
        (0..COMPONENTS)
            .into_par_iter()
            .map(|component| {
                let mut matrix = Scratch::zeroed(n_in * n_out);
                for (tap, values) in kernel.chunks_exact(n_in * n_out).enumerate() {
                    add_scaled(&mut matrix, coefficient(component, tap), values);
                }
                if is_transposed {
                    Panels::new(Source::Columns { data: &matrix, stride: n_out }, n_out, n_in)
                } else {
                    Panels::new(Source::Rows { data: &matrix, stride: n_out }, n_in, n_out)
                }
            })
            .collect()
    }

    /// The transforms of some images of one task.
    fn forward<'a>(
        &self,
        of: Image,
        images: &'a [f32],
        matrices: &mut [f32],
        step: fn(&'a [f32]) -> Step<'a>,
    ) {
        let size = self.rows() * stride(of.channels);
        for (index, image) in images.chunks_exact(of.height * of.width * of.channels).enumerate() {
            let first = index * of.tiles[0] * of.tiles[1];
            Walk { of, matrices, size, first, step: step(image) }.run();
        }
    }
}

/// Forward: a kernel, transformed.
pub(super) struct Filter<'a> {
    plan: Plan,
    panels: Vec<Panels>,
    bias: &'a [f32],
    activation: Activation,
}

impl<'a> Filter<'a> {
    pub(super) fn new(plan: Plan, kernel: &[f32], bias: &'a [f32], activation: Activation) -> Self {
        Self { plan, panels: plan.kernel(kernel, false), bias, activation }
    }

    /// The convolution of every image.
    pub(super) fn convolve(&self, x: &[f32]) -> Vec<f32> {
        let (images, g) = (self.plan.images, &self.plan.geometry);
        let mut y = numbers(g.n * self.plan.result());
        let tasks = y.par_chunks_mut(images * self.plan.result()).zip(x.par_chunks(images * g.image()));
        tasks.for_each(|(y, x)| self.sums(x, y));
        y
    }

    /// The pooled convolution of every image, and the winner of every cell.
    pub(super) fn convolve_and_pool(&self, x: &[f32], pooling: &Pooling) -> (Vec<f32>, Vec<u8>) {
        let (n, g) = (self.plan.images, &self.plan.geometry);
        let (row, size) = (pooling.columns.cells * g.n_out, pooling.cells() * g.n_out);
        let (mut y, mut winners) = (numbers(g.n * size), vec![0; g.n * size]);
        let tasks =
            y.par_chunks_mut(n * size).zip(winners.par_chunks_mut(n * size)).zip(x.par_chunks(n * g.image()));
        tasks.for_each(|((y, winners), x)| {
            let mut images = Scratch::new(x.len() / g.image() * self.plan.result());
            self.sums(x, &mut images);
            let is_rectified = self.activation == Activation::Relu;
            let cells = y.chunks_exact_mut(row).zip(winners.chunks_exact_mut(row));
            for (cell, (y, winners)) in cells.enumerate() {
                let image = &images[cell / pooling.rows.cells * self.plan.result()..][..self.plan.result()];
                pooling.pool_row(image, 0, cell % pooling.rows.cells, is_rectified, y, winners);
            }
        });
        (y, winners)
    }

    /// The sums of one task's images.
    fn sums(&self, x: &[f32], images: &mut [f32]) {
        let plan = &self.plan;
        let n_images = x.len() / plan.geometry.image();
        let n_tiles = plan.input.tiles[0] * plan.input.tiles[1];
        let mut input = Scratch::new(COMPONENTS * plan.input_size());
        let mut output = Scratch::new(COMPONENTS * plan.output_size());
        plan.forward(plan.input, x, &mut input, |image| Step::Input { image });
        let places = places(n_images * n_tiles, plan.geometry.n_in, plan.geometry.n_out);
        let matrices = input.chunks_exact(plan.input_size()).zip(output.chunks_exact_mut(plan.output_size()));
        for (b, (a, c)) in self.panels.iter().zip(matrices) {
            product(a, b, &places, c);
        }
        for (index, image) in images.chunks_exact_mut(plan.result()).take(n_images).enumerate() {
            let step = Step::Output { image, bias: self.bias, activation: self.activation };
            let (matrices, size, first) = (&mut *output, plan.output_size(), index * n_tiles);
            Walk { of: plan.output, matrices, size, first, step }.run();
        }
    }
}

/// What one task gives to the kernel's gradient.
struct TaskTransforms {
    input: Scratch,
    output: Scratch,
    bias: Vec<f32>,
    n_rows: usize,
}

/// The gradients of the kernel and the bias, and of the input where asked.
pub(super) fn gradients(
    plan: &Plan,
    x: &[f32],
    kernel: &[f32],
    sums: &SumGradient,
    with_x: bool,
) -> Gradients {
    let g = &plan.geometry;
    let transposed = with_x.then(|| plan.kernel(kernel, true));
    let mut d_x = zeros(if with_x { x.len() } else { 0 });
    let mut d_components = Scratch::zeroed(COMPONENTS * g.n_in * g.n_out);
    let mut bias = vec![0.0; g.n_out];
    let task = plan.images * g.image();
    for (round, x) in x.chunks(TASKS_HELD * task).enumerate() {
        let d_x = d_x.get_mut(round * TASKS_HELD * task..).unwrap_or_default();
        let d_x: Vec<_> =
            d_x.chunks_mut(task).map(Some).chain(std::iter::repeat_with(|| None)).take(TASKS_HELD).collect();
        let held: Vec<TaskTransforms> = (x.par_chunks(task).zip(d_x).enumerate())
            .map(|(index, (x, d_x))| {
                let first = (round * TASKS_HELD + index) * plan.images;
                let held = hold(plan, x, sums, first);
                if let (Some(d_x), Some(transposed)) = (d_x, &transposed) {
                    input_gradient(plan, &held, transposed, d_x);
                }
                held
            })
            .collect();
        d_components.par_chunks_mut(g.n_in * g.n_out).enumerate().for_each(|(component, c)| {
            for TaskTransforms { input, output, n_rows, .. } in &held {
                let (input_size, output_size) = (plan.input_size(), plan.output_size());
                let data = &output[component * output_size..][..output_size];
                let b = Panels::new(Source::Rows { data, stride: stride(g.n_out) }, *n_rows, g.n_out);
                let runs = RowLayout::grid([(1, 0), (1, 0), (*n_rows, stride(g.n_in))]);
                TransposedProduct { a: input, runs: &runs, first: component * input_size, b: &b, c: &mut *c }
                    .run();
            }
        });
        for held in held {
            add(&mut bias, &held.bias);
        }
    }
    let mut d_kernel = zeros(kernel.len());
    d_kernel.par_chunks_mut(g.n_in * g.n_out).enumerate().for_each(|(tap, d_tap)| {
        for (component, matrix) in d_components.chunks_exact(g.n_in * g.n_out).enumerate() {
            add_scaled(d_tap, coefficient(component, tap), matrix);
        }
    });
    Gradients { x: with_x.then_some(d_x), kernel: d_kernel, bias }
}

/// The transforms of one task's input and of the gradient of its sums.
fn hold(plan: &Plan, x: &[f32], sums: &SumGradient, first: usize) -> TaskTransforms {
    let g = &plan.geometry;
    let n_images = x.len() / g.image();
    let mut images = Scratch::new(n_images * plan.result());
    let mut bias = vec![0.0; g.n_out];
    for (index, image) in images.chunks_exact_mut(plan.result()).enumerate() {
        sums.rows(g, first + index, 0, image);
        add_rows(&mut bias, image);
    }
    let mut input = Scratch::new(COMPONENTS * plan.input_size());
    let mut output = Scratch::new(COMPONENTS * plan.output_size());
    plan.forward(plan.input, x, &mut input, |image| Step::Input { image });
    plan.forward(plan.output, &images, &mut output, |image| Step::OutputGradient { image });
    TaskTransforms { input, output, bias, n_rows: n_images * plan.input.tiles[0] * plan.input.tiles[1] }
}

/// Adds the gradient of one task's input to `d_x`.
fn input_gradient(plan: &Plan, held: &TaskTransforms, transposed: &[Panels], d_x: &mut [f32]) {
    let g = &plan.geometry;
    let mut scratch = Scratch::new(COMPONENTS * plan.input_size());
    let places = places(held.n_rows, g.n_out, g.n_in);
    let matrices =
        held.output.chunks_exact(plan.output_size()).zip(scratch.chunks_exact_mut(plan.input_size()));
    for (b, (a, c)) in transposed.iter().zip(matrices) {
        product(a, b, &places, c);
    }
    for (index, image) in d_x.chunks_exact_mut(g.image()).enumerate() {
        let first = index * plan.input.tiles[0] * plan.input.tiles[1];
        let step = Step::InputGradient { image };
        Walk { of: plan.input, matrices: &mut scratch, size: plan.input_size(), first, step }.run();
    }
}

fn product(a: &[f32], b: &Panels, places: &[(usize, usize)], c: &mut [f32]) {
    let (start, activation) = (Start::Zero, Activation::Linear);
    Product { a, b, depth: 0..b.depth(), places, c, start, activation }.run();
}

/// Where the rows of two transformed matrices begin.
fn places(n_rows: usize, channels: usize, other_channels: usize) -> Vec<(usize, usize)> {
    (0..n_rows).map(|row| (row * stride(channels), row * stride(other_channels))).collect()
}

/// What a tap of the kernel counts in a component.
fn coefficient(component: usize, tap: usize) -> f32 {
    (KERNEL[component / IN][tap / 3] * KERNEL[component % IN][tap % 3]) as f32
}
