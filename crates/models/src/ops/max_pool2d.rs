use std::ops::Range;
use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::OpError;
use super::args::{Arg, slice, tensor, with_slice};
use super::kernels::{numbers, zeros};

const OP: &str = "max_pool2d";

/// The largest side of a window.
const MAX_SIDE: usize = 255;

/// The largest element of every window, with TensorFlow's 'same' padding.
///
/// The result has `ceil(side / stride)` cells along a side. Of the `p = max((cells - 1) stride + window - side, 0)`
/// cells of padding, `p / 2` (rounded down) lie before the image and the rest behind it; a padded cell never wins.
/// The gradient goes to the first (row by row) of several equal maxima.
///
/// # Shapes
///
/// `x` `[n, height, width, channels]`; `window` and `stride` are height and width. (Keras:
/// `MaxPooling2D(padding="same")`.)
///
/// # Errors
///
/// When a side of the window or a stride is 0 or above 255, or `x` does not hold `f32` on the CPU in four axes.
pub fn max_pool2d(x: &Tensor, window: (usize, usize), stride: (usize, usize)) -> Result<Tensor> {
    let x = Arg { op: OP, name: "x", tensor: x };
    let [_, height, width, _] = x.axes()?;
    let (rows, columns) = window_axes((height, width), window, stride)?;
    x.float()?.apply_op1(MaxPool { rows, columns, winners: OnceLock::new() })
}

/// Where the windows lie vertically and horizontally, in an image of these sides.
pub(super) fn window_axes(
    image: (usize, usize),
    window: (usize, usize),
    stride: (usize, usize),
) -> Result<(Axis, Axis)> {
    Axis::new(image.0, window.0, stride.0)
        .zip(Axis::new(image.1, window.1, stride.1))
        .ok_or_else(|| OpError::Window { op: OP, window, stride, limit: MAX_SIDE }.into())
}

/// Where the windows lie along one axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Length of the axis.
    pub(super) side: usize,
    /// Length of a window.
    pub(super) window: usize,
    /// Distance of two windows.
    pub(super) stride: usize,
    /// Padded cells before the axis.
    pub(super) before: usize,
    /// Number of windows.
    pub(super) cells: usize,
}

impl Axis {
    fn new(side: usize, window: usize, stride: usize) -> Option<Self> {
        if !(1..=MAX_SIDE).contains(&window) || !(1..=MAX_SIDE).contains(&stride) {
            return None;
        }
        let cells = side.div_ceil(stride);
        let padding = (cells.saturating_sub(1) * stride + window).saturating_sub(side);
        Some(Self { side, window, stride, before: padding / 2, cells })
    }

    /// The part of the image that a cell's window covers.
    pub(super) fn span(&self, cell: usize) -> Range<usize> {
        let start = cell * self.stride;
        start.saturating_sub(self.before)..(start + self.window - self.before).min(self.side)
    }

    /// The cells whose windows cover a place.
    pub(super) fn covering(&self, place: usize) -> Range<usize> {
        let padded = place + self.before;
        let first = (padded + 1).saturating_sub(self.window).div_ceil(self.stride);
        first..(padded / self.stride + 1).min(self.cells)
    }
}

struct MaxPool {
    rows: Axis,
    columns: Axis,
    /// For every element of the result the place in its image that it came from.
    winners: OnceLock<Vec<u32>>,
}

impl MaxPool {
    /// Pools one image.
    fn image(&self, x: &[f32], channels: usize, y: &mut [f32], winners: &mut [u32]) {
        let cells = y.chunks_exact_mut(channels).zip(winners.chunks_exact_mut(channels));
        for (cell, (y, winners)) in cells.enumerate() {
            let mut is_first = true;
            for i in self.rows.span(cell / self.columns.cells) {
                for j in self.columns.span(cell % self.columns.cells) {
                    let start = (i * self.columns.side + j) * channels;
                    let values = &x[start..start + channels];
                    for (channel, ((y, winner), &x)) in
                        y.iter_mut().zip(&mut *winners).zip(values).enumerate()
                    {
                        if is_first || x > *y {
                            (*y, *winner) = (x, (start + channel) as u32);
                        }
                    }
                    is_first = false;
                }
            }
        }
    }
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        OP
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let x = slice::<f32>(x, layout)?;
        let size = self.rows.cells * self.columns.cells * channels;
        let (mut y, mut winners) = (numbers(n * size), vec![0; n * size]);
        if size > 0 {
            (y.par_chunks_mut(size).zip(winners.par_chunks_mut(size)))
                .zip(x.par_chunks(height * width * channels))
                .for_each(|((y, winners), x)| self.image(x, channels, y, winners));
        }
        self.winners.get_or_init(|| winners);
        Ok((CpuStorage::F32(y), (n, self.rows.cells, self.columns.cells, channels).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let Some(winners) = self.winners.get().filter(|_| x.track_op()) else { return Ok(None) };
        let (n, height, width, channels) = x.dims4()?;
        let (image, size) = (height * width * channels, self.rows.cells * self.columns.cells * channels);
        let mut d_x = zeros(n * image);
        if size > 0 {
            with_slice::<f32, _>(grad, |grad| {
                (d_x.par_chunks_mut(image).zip(grad.par_chunks(size)).zip(winners.par_chunks(size)))
                    .for_each(|((d_x, grad), winners)| {
                        winners.iter().zip(grad).for_each(|(&winner, grad)| d_x[winner as usize] += grad);
                    });
                Ok(())
            })?;
        }
        tensor(d_x, x.dims()).map(Some)
    }
}
