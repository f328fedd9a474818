//! Images cut in tiles and back.

use pulp::{Arch, Simd, WithSimd};

use super::transform::{IN, Input, InputGradient, OUT, Output, OutputGradient, Square, both};
use crate::ops::Activation;

/// Numbers from one row of a transformed matrix to the next: room for whole vectors, and one more, so that rows do not
/// fall on the same lines of the cache.
pub(super) fn stride(channels: usize) -> usize {
    channels.next_multiple_of(16) + 16
}

/// Images of some channels, and the tiles that cover them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Tiles along the height and the width.
    pub(super) tiles: [usize; 2],
}

/// What is done between an image and the 36 matrices of its transformed tiles, `[component, tile, stride]`.
pub(super) enum Step<'a> {
    /// `x` to its components.
    Input { image: &'a [f32] },
    /// The gradient of the sums to its components.
    OutputGradient { image: &'a [f32] },
    /// The components of the sums to the sums.
    Output { image: &'a mut [f32], bias: &'a [f32], activation: Activation },
    /// The components of the gradient of `x` to that gradient, added to what is there.
    InputGradient { image: &'a mut [f32] },
}

/// A step for one image whose tiles begin at row `first` of matrices `size` numbers apart.
pub(super) struct Walk<'a> {
    pub(super) of: Image,
    pub(super) matrices: &'a mut [f32],
    pub(super) size: usize,
    pub(super) first: usize,
    pub(super) step: Step<'a>,
}

impl Walk<'_> {
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Walk<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { of, matrices, size, first, mut step } = self;
        let (stride, [rows, columns]) = (stride(of.channels), of.tiles);
        for tile in 0..rows * columns {
            let corner = [tile / columns * OUT, tile % columns * OUT];
            let row = (first + tile) * stride;
            for channel in (0..of.channels).step_by(S::F32_LANES) {
                let place = Place { of, corner, channel };
                let matrices = &mut matrices[row + channel..];
                match &mut step {
                    Step::Input { image } => {
                        let x = place.read::<S, IN>(simd, image);
                        write::<S>(matrices, size, &both::<S, Input, IN, IN>(simd, &x));
                    }
                    Step::OutputGradient { image } => {
                        let y = place.read::<S, OUT>(simd, image);
                        write::<S>(matrices, size, &both::<S, OutputGradient, OUT, IN>(simd, &y));
                    }
                    Step::Output { image, bias, activation } => {
                        let mut y = both::<S, Output, IN, OUT>(simd, &read::<S>(simd, matrices, size));
                        let bias =
                            simd.partial_load_f32s(&bias[channel..of.channels.min(channel + S::F32_LANES)]);
                        let zero = simd.splat_f32s(0.0);
                        for y in y.as_flattened_mut() {
                            *y = simd.add_f32s(*y, bias);
                            if *activation == Activation::Relu {
                                // In this order a NaN passes through.
                                *y = simd.max_f32s(zero, *y);
                            }
                        }
                        place.write::<S, OUT>(simd, image, &y);
                    }
                    Step::InputGradient { image } => {
                        let mut x = both::<S, InputGradient, IN, IN>(simd, &read::<S>(simd, matrices, size));
                        let old = place.read::<S, IN>(simd, image);
                        for (x, old) in x.as_flattened_mut().iter_mut().zip(old.as_flattened()) {
                            *x = simd.add_f32s(*x, *old);
                        }
                        place.write::<S, IN>(simd, image, &x);
                    }
                }
            }
        }
    }
}

/// A vector of channels of one tile.
#[derive(Clone, Copy)]
struct Place {
    of: Image,
    corner: [usize; 2],
    channel: usize,
}

impl Place {
    /// The part of the image; zeros outside.
    #[inline(always)]
    fn read<S: Simd, const N: usize>(self, simd: S, image: &[f32]) -> Square<S, N> {
        let mut square = [[simd.splat_f32s(0.0); N]; N];
        for (i, row) in square.iter_mut().enumerate() {
            for (j, vector) in row.iter_mut().enumerate() {
                if let Some(at) = self.at(i, j) {
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

    /// The opposite of `read`.
    #[inline(always)]
    fn write<S: Simd, const N: usize>(self, simd: S, image: &mut [f32], square: &Square<S, N>) {
        for (i, row) in square.iter().enumerate() {
            for (j, vector) in row.iter().enumerate() {
                if let Some(at) = self.at(i, j) {
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

    #[inline(always)]
    fn at(self, i: usize, j: usize) -> Option<usize> {
        let (row, column) = (self.corner[0] + i, self.corner[1] + j);
        let is_inside = row < self.of.height && column < self.of.width;
        is_inside.then_some((row * self.of.width + column) * self.of.channels + self.channel)
    }
}

/// One vector of every component.
#[inline(always)]
fn read<S: Simd>(simd: S, matrices: &[f32], size: usize) -> Square<S, IN> {
    let mut square = [[simd.splat_f32s(0.0); IN]; IN];
    for (component, vector) in square.as_flattened_mut().iter_mut().enumerate() {
        *vector = S::as_simd_f32s(&matrices[component * size..][..S::F32_LANES]).0[0];
    }
    square
}

/// The opposite of `read`.
#[inline(always)]
fn write<S: Simd>(matrices: &mut [f32], size: usize, square: &Square<S, IN>) {
    for (component, vector) in square.as_flattened().iter().enumerate() {
        S::as_mut_simd_f32s(&mut matrices[component * size..][..S::F32_LANES]).0[0] = *vector;
    }
}
