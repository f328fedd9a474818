//! Convolutions with kernels of 3x3 by Winograd's tiles: 36 multiplications per sixteen sums instead of 144.
//!
//! `transform` holds the transforms of one tile, `tiles` applies them to the tiles of an image, and `forward` and
//! `backward` multiply the transformed tiles by the transformed kernel: 36 matrix products, one per component.

#![allow(
    clippy::inline_always,
    reason = "a function is compiled for the vectors found at run time only where it is inlined"
)]

mod backward;
mod forward;
mod tiles;
mod transform;

use rayon::prelude::*;

pub(super) use self::backward::gradients;
pub(super) use self::forward::PreparedKernel;
use self::tiles::{TilePass, TileTransform, TiledImage, stride};
use self::transform::{IN, KERNEL, OUT};
use super::geometry::Geometry;
use crate::ops::kernels::elementwise::add_scaled;
use crate::ops::kernels::{Activation, Init, Memory, Offsets, Panels, Product, Scratch, Source};

/// Components of a transformed tile, each of which has a matrix of its own.
const COMPONENTS: usize = IN * IN;

/// Tiles in one task, roughly: enough rows for the products to be efficient.
const TASK_TILES: usize = 60;

/// A convolution cut into tasks, each with the tiles of one or several images.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    geometry: Geometry,
    input: TiledImage,
    output: TiledImage,
    /// Images in one task.
    task_images: usize,
}

impl Plan {
    /// The plan of a convolution; `None` if tiles would not save work.
    pub(super) fn new(geometry: Geometry) -> Option<Self> {
        let g = geometry;
        let tiles = [g.out_height().div_ceil(OUT), g.out_width().div_ceil(OUT)];
        let n_tiles = tiles[0] * tiles[1];
        let is_cheaper = 2 * n_tiles * COMPONENTS <= g.out_height() * g.out_width() * g.kh * g.kw;
        if (g.kh, g.kw) != (3, 3) || g.n_in < 8 || g.n_out < 8 || !is_cheaper {
            return None;
        }
        let input = TiledImage { height: g.height, width: g.width, channels: g.n_in, tiles };
        let output = TiledImage { height: g.out_height(), width: g.out_width(), channels: g.n_out, tiles };
        Some(Self { geometry, input, output, task_images: TASK_TILES.div_ceil(n_tiles) })
    }

    /// Tiles of one image.
    fn n_tiles(&self) -> usize {
        self.input.tiles[0] * self.input.tiles[1]
    }

    /// Elements of one component's matrix of a task's input.
    fn input_len(&self) -> usize {
        self.task_images * self.n_tiles() * stride(self.geometry.n_in)
    }

    /// Elements of one component's matrix of a task's sums.
    fn output_len(&self) -> usize {
        self.task_images * self.n_tiles() * stride(self.geometry.n_out)
    }

    /// The transformed kernel, one matrix `[n_in, n_out]` per component.
    fn kernel(&self, kernel: &[f32], memory: &Memory) -> Vec<Panels> {
        let (n_in, n_out) = (self.geometry.n_in, self.geometry.n_out);
        self.pack_components(kernel, memory, |matrix| {
            Panels::new(Source::Rows { data: matrix, stride: n_out }, n_in, n_out, memory)
        })
    }

    /// The transposes `[n_out, n_in]` of the matrices of [`kernel`](Self::kernel).
    fn transposed_kernel(&self, kernel: &[f32], memory: &Memory) -> Vec<Panels> {
        let (n_in, n_out) = (self.geometry.n_in, self.geometry.n_out);
        self.pack_components(kernel, memory, |matrix| {
            Panels::new(Source::Columns { data: matrix, stride: n_out }, n_out, n_in, memory)
        })
    }

    fn pack_components(
        &self,
        kernel: &[f32],
        memory: &Memory,
        pack: impl Fn(&[f32]) -> Panels + Sync,
    ) -> Vec<Panels> {
        let size = self.geometry.n_in * self.geometry.n_out;
        let component = |component| {
            let mut matrix = Scratch::zeroed(memory, size);
            for (tap, values) in kernel.chunks_exact(size).enumerate() {
                add_scaled(&mut matrix, coefficient(component, tap), values);
            }
            pack(&matrix)
        };
        (0..COMPONENTS).into_par_iter().map(component).collect()
    }

    /// Transforms the tiles of a task's images into its matrices.
    fn transform<'a>(
        &self,
        of: TiledImage,
        images: &'a [f32],
        matrices: &mut [f32],
        transform: fn(&'a [f32]) -> TileTransform<'a>,
    ) {
        let component_len = self.task_images * self.n_tiles() * stride(of.channels);
        for (index, image) in images.chunks_exact(of.height * of.width * of.channels).enumerate() {
            let (first_row, transform) = (index * self.n_tiles(), transform(image));
            TilePass { of, matrices, component_len, first_row, transform }.run();
        }
    }
}

/// The product of one component: every row of `a`, a tile, times `b`.
fn product(a: &[f32], b: &Panels, rows: &[Offsets], c: &mut [f32]) {
    let (init, activation) = (Init::Zero, Activation::Linear);
    Product { a, b, depth: 0..b.depth(), rows, c, init, activation }.run();
}

/// The offsets of the first rows of two components' matrices, with this many channels in `a` and in `c`.
fn offsets(n_rows: usize, a_channels: usize, c_channels: usize) -> Vec<Offsets> {
    (0..n_rows).map(|row| Offsets { a: row * stride(a_channels), c: row * stride(c_channels) }).collect()
}

/// The weight of a kernel's tap in a component.
fn coefficient(component: usize, tap: usize) -> f32 {
    (KERNEL[component / IN][tap / 3] * KERNEL[component % IN][tap % 3]) as f32
}
