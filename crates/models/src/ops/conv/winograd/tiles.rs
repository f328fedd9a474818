//! Images cut into tiles, and put together again.
//!
//! A tile has 4 x 4 sums. Its input is 6 x 6 values from the same corner on, so that the inputs of neighboring tiles
//! overlap by two. Transformed, a tile is 6 x 6 components; the matrix of each component has one row per tile:
//!
//! ```text
//!   image, columns                             matrix of component (p, q), one of 36
//!            0 .. 4    4 .. 8    8 ..                     channels         padding
//!           ┌─────────┬─────────┬────                    ┌────────────────┬───────┐
//!   rows    │ tile 0  │ tile 1  │ tile 2       row 0     │ tile 0 [p, q]  │       │
//!   0 .. 4  │         │         │                  1     │ tile 1 [p, q]  │       │
//!           ├─────────┼─────────┼────              2     │ tile 2 [p, q]  │       │
//!   4 .. 8  │ tile 3  │ tile 4  │ tile 5           ..    │ ..             │       │
//!           │         │         │                        └────────────────┴───────┘
//!                                                         ├──────── stride ───────┤
//! ```
//!
//! The tiles of the task's second image follow those of its first. Cells beyond the image are read as zeros and not
//! written; the padding of a matrix is never used.

use pulp::{Arch, Simd, WithSimd};

use super::transform::{IN, Input, InputGradient, OUT, Output, OutputGradient, Square, both_axes};
use crate::ops::kernels::Activation;

/// Elements from one row of a component's matrix to the next: room for whole vectors, and one more, so that rows do not
/// compete for the same lines of the cache.
pub(super) fn stride(channels: usize) -> usize {
    channels.next_multiple_of(16) + 16
}

/// The sides of an image, and the tiles that cover it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TiledImage {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Tiles along the height and the width.
    pub(super) tiles: [usize; 2],
}

/// A transform between an image and the components of its tiles.
pub(super) enum TileTransform<'a> {
    /// From `x` to its components.
    Input { image: &'a [f32] },
    /// From the gradient of the sums to its components.
    OutputGradient { image: &'a [f32] },
    /// From the components of the sums to the activated sums.
    Output { image: &'a mut [f32], bias: &'a [f32], activation: Activation },
    /// From the components of the gradient of `x` to that gradient, which is added to the image.
    InputGradient { image: &'a mut [f32] },
}

/// One transform of all tiles of one image.
pub(super) struct TilePass<'a> {
    pub(super) of: TiledImage,
    /// The matrices of all components, one after the other.
    pub(super) matrices: &'a mut [f32],
    /// Elements of one matrix.
    pub(super) component_len: usize,
    /// The row of the image's first tile.
    pub(super) first_row: usize,
    pub(super) transform: TileTransform<'a>,
}

impl TilePass<'_> {
    /// Transforms the image on this thread.
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for TilePass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { of, matrices, component_len: len, first_row, mut transform } = self;
        let (stride, [rows, columns]) = (stride(of.channels), of.tiles);
        for tile in 0..rows * columns {
            let corner = [tile / columns * OUT, tile % columns * OUT];
            let row = (first_row + tile) * stride;
            for channel in (0..of.channels).step_by(S::F32_LANES) {
                let cursor = TileCursor { of, corner, channel };
                let matrices = &mut matrices[row + channel..];
                match &mut transform {
                    TileTransform::Input { image } => {
                        let x = cursor.read::<S, IN>(simd, image);
                        write_components::<S>(matrices, len, &both_axes::<S, Input, IN, IN>(simd, &x));
                    }
                    TileTransform::OutputGradient { image } => {
                        let y = cursor.read::<S, OUT>(simd, image);
                        let components = both_axes::<S, OutputGradient, OUT, IN>(simd, &y);
                        write_components::<S>(matrices, len, &components);
                    }
                    TileTransform::Output { image, bias, activation } => {
                        let components = read_components::<S>(simd, matrices, len);
                        let mut y = both_axes::<S, Output, IN, OUT>(simd, &components);
                        let bias =
                            simd.partial_load_f32s(&bias[channel..of.channels.min(channel + S::F32_LANES)]);
                        let zero = simd.splat_f32s(0.0);
                        for y in y.as_flattened_mut() {
                            *y = simd.add_f32s(*y, bias);
                            if *activation == Activation::Relu {
                                // In this order a NaN is passed on.
                                *y = simd.max_f32s(zero, *y);
                            }
                        }
                        cursor.write::<S, OUT>(simd, image, &y);
                    }
                    TileTransform::InputGradient { image } => {
                        let components = read_components::<S>(simd, matrices, len);
                        let mut x = both_axes::<S, InputGradient, IN, IN>(simd, &components);
                        let old = cursor.read::<S, IN>(simd, image);
                        for (x, old) in x.as_flattened_mut().iter_mut().zip(old.as_flattened()) {
                            *x = simd.add_f32s(*x, *old);
                        }
                        cursor.write::<S, IN>(simd, image, &x);
                    }
                }
            }
        }
    }
}

/// The position of one tile and one vector of its channels.
#[derive(Clone, Copy)]
struct TileCursor {
    of: TiledImage,
    corner: [usize; 2],
    channel: usize,
}

impl TileCursor {
    /// The `N x N` cells from the corner on, with zeros for those beyond the image.
    #[inline(always)]
    fn read<S: Simd, const N: usize>(self, simd: S, image: &[f32]) -> Square<S, N> {
        let mut square = [[simd.splat_f32s(0.0); N]; N];
        for (i, row) in square.iter_mut().enumerate() {
            for (j, vector) in row.iter_mut().enumerate() {
                if let Some(at) = self.offset(i, j) {
                    let end = (at + S::F32_LANES).min(at + self.of.channels - self.channel);
                    *vector = match S::as_simd_f32s(&image[at..end]).0.first() {
                        Some(&whole) => whole,
                        None => simd.partial_load_f32s(&image[at..end]),
                    };
                }
            }
        }
        square
    }

    /// Writes the cells that lie inside the image: the opposite of [`read`](Self::read).
    #[inline(always)]
    fn write<S: Simd, const N: usize>(self, simd: S, image: &mut [f32], square: &Square<S, N>) {
        for (i, row) in square.iter().enumerate() {
            for (j, vector) in row.iter().enumerate() {
                if let Some(at) = self.offset(i, j) {
                    let end = (at + S::F32_LANES).min(at + self.of.channels - self.channel);
                    let target = &mut image[at..end];
                    match S::as_mut_simd_f32s(target).0.first_mut() {
                        Some(whole) => *whole = *vector,
                        None => simd.partial_store_f32s(target, *vector),
                    }
                }
            }
        }
    }

    /// The offset of the cell `(i, j)` of the tile in the image; `None` if it lies beyond.
    #[inline(always)]
    fn offset(self, i: usize, j: usize) -> Option<usize> {
        let (row, column) = (self.corner[0] + i, self.corner[1] + j);
        let is_inside = row < self.of.height && column < self.of.width;
        is_inside.then_some((row * self.of.width + column) * self.of.channels + self.channel)
    }
}

/// Reads one vector of every component, from matrices of this length.
#[inline(always)]
fn read_components<S: Simd>(simd: S, matrices: &[f32], len: usize) -> Square<S, IN> {
    let mut square = [[simd.splat_f32s(0.0); IN]; IN];
    for (component, vector) in square.as_flattened_mut().iter_mut().enumerate() {
        *vector = S::as_simd_f32s(&matrices[component * len..][..S::F32_LANES]).0[0];
    }
    square
}

/// Writes one vector of every component: the opposite of [`read_components`].
#[inline(always)]
fn write_components<S: Simd>(matrices: &mut [f32], len: usize, square: &Square<S, IN>) {
    for (component, vector) in square.as_flattened().iter().enumerate() {
        S::as_mut_simd_f32s(&mut matrices[component * len..][..S::F32_LANES]).0[0] = *vector;
    }
}
