use std::ops::Range;
use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};
use rayon::prelude::*;

use super::args::{Arg, slice, tensor, with_slice};
use super::{Memory, OpError, Result, portable};

const OP: &str = "max_pool2d";

/// The largest side of a window.
const MAX_SIDE: usize = 255;

/// The windows of a two-dimensional pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool2d {
    /// Height and width of a window, in cells from 1 to 255.
    pub window: [usize; 2],
    /// Vertical and horizontal distance from one window to the next, in cells from 1 to 255.
    pub stride: [usize; 2],
}

/// The largest element of every window, with TensorFlow's 'same' padding.
///
/// The result has `ceil(side / stride)` cells along each side. Of the `p = max((cells - 1) stride + window - side, 0)`
/// cells of padding, `p / 2` (rounded down) precede the image and the rest follow it; a padded cell never wins. The
/// gradient goes to the first, row by row, of several equal maxima.
///
/// # Shapes
/// `x` `[n, height, width, channels]` to `[n, ceil(height / stride), ceil(width / stride), channels]`. (Keras:
/// `MaxPooling2D(padding="same")`.)
///
/// # Errors
/// [`OpError::Window`] if a side of the window or a stride is 0 or above 255, [`OpError::Rank`] if `x` does not have four
/// axes, [`OpError::Type`] or [`OpError::Device`] if it does not hold `f32` or is not on the device of the first.
pub fn max_pool2d(x: &Tensor, pool: Pool2d) -> Result<Tensor> {
    max_pool2d_with(x, pool, &Memory::none())
}

/// [`max_pool2d`] with a memory to allocate from.
pub(crate) fn max_pool2d_with(x: &Tensor, pool: Pool2d, memory: &Memory) -> Result<Tensor> {
    let x = Arg { op: OP, name: "x", tensor: x };
    let [_, height, width, _] = x.axes()?;
    let [rows, columns] = pool.axes([height, width])?;
    if memory.is_portable(x.tensor) {
        return Ok(portable::max_pool2d::max_pool2d(&x.float()?, [rows, columns])?);
    }
    Ok(x.float()?.apply_op1(MaxPool { rows, columns, winners: OnceLock::new(), memory: memory.clone() })?)
}

impl Pool2d {
    /// The windows along the height and the width of an image of these sides.
    pub(super) fn axes(self, image: [usize; 2]) -> Result<[PoolAxis; 2]> {
        let Self { window, stride } = self;
        let axis = |i: usize| PoolAxis::new(image[i], window[i], stride[i]);
        match (axis(0), axis(1)) {
            (Some(rows), Some(columns)) => Ok([rows, columns]),
            _ => Err(OpError::Window { op: OP, window, stride, limit: MAX_SIDE }),
        }
    }
}

/// The windows along one axis of an image:
///
/// ```text
///  · ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ·     side 11, padded by 1 before and 1 behind
///  └─────┘                       cell 0: a window of 4, clipped to the image
///        └─────┘                 cell 1: one stride of 3 further
///              └─────┘           cell 2
///                    └─────┘     cell 3
/// ```
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolAxis {
    /// Length of the axis.
    pub(super) side: usize,
    /// Length of a window.
    pub(super) window: usize,
    /// Distance from one window to the next.
    pub(super) stride: usize,
    /// Padded cells before the axis.
    pub(super) before: usize,
    /// Number of windows, which are the cells of the result.
    pub(super) cells: usize,
}

impl PoolAxis {
    fn new(side: usize, window: usize, stride: usize) -> Option<Self> {
        if !(1..=MAX_SIDE).contains(&window) || !(1..=MAX_SIDE).contains(&stride) {
            return None;
        }
        let cells = side.div_ceil(stride);
        let padding = (cells.saturating_sub(1) * stride + window).saturating_sub(side);
        Some(Self { side, window, stride, before: padding / 2, cells })
    }

    /// The part of the image that the window of a cell covers.
    pub(super) fn span(&self, cell: usize) -> Range<usize> {
        let start = cell * self.stride;
        start.saturating_sub(self.before)..(start + self.window - self.before).min(self.side)
    }

    /// The cells whose windows cover a position of the image.
    pub(super) fn covering(&self, position: usize) -> Range<usize> {
        let padded = position + self.before;
        let first = (padded + 1).saturating_sub(self.window).div_ceil(self.stride);
        first..(padded / self.stride + 1).min(self.cells)
    }
}

struct MaxPool {
    rows: PoolAxis,
    columns: PoolAxis,
    /// The position, in its image, of the element that every cell of the result took.
    winners: OnceLock<Vec<u32>>,
    memory: Memory,
}

impl MaxPool {
    /// Pools one image.
    fn pool_image(&self, x: &[f32], channels: usize, y: &mut [f32], winners: &mut [u32]) {
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

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let x = slice::<f32>(x, layout)?;
        let size = self.rows.cells * self.columns.cells * channels;
        let (mut y, mut winners) = (self.memory.acquire(n * size), vec![0; n * size]);
        if size > 0 {
            (y.par_chunks_mut(size).zip(winners.par_chunks_mut(size)))
                .zip(x.par_chunks(height * width * channels))
                .for_each(|((y, winners), x)| self.pool_image(x, channels, y, winners));
        }
        self.winners.get_or_init(|| winners);
        Ok((CpuStorage::F32(y), (n, self.rows.cells, self.columns.cells, channels).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let Some(winners) = self.winners.get().filter(|_| x.track_op()) else { return Ok(None) };
        let (n, height, width, channels) = x.dims4()?;
        let (image, size) = (height * width * channels, self.rows.cells * self.columns.cells * channels);
        let mut d_x = self.memory.acquire_zeroed(n * image);
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
