//! Max pooling: first along the rows of the image, then along its columns.
//!
//! Of equal maxima, the first in a row wins, and then the first row: the order of TensorFlow's windows.

use candle_core::{Result, Tensor};

use super::gradient::with_gradient;
use crate::ops::max_pool2d::PoolAxis;

/// The largest element of every window.
pub(in super::super) fn max_pool2d(x: &Tensor, [rows, columns]: [PoolAxis; 2]) -> Result<Tensor> {
    let (n, height, width, channels) = x.dims4()?;
    if x.elem_count() == 0 {
        return Tensor::zeros((n, rows.cells, columns.cells, channels), x.dtype(), x.device());
    }
    let lines = x.detach().reshape((n * height, width, channels))?;
    let across = Pooled::of(&lines, columns)?;
    let down = Pooled::of(&across.y.reshape((n, height, columns.cells * channels))?, rows)?;
    let y = down.y.reshape((n, rows.cells, columns.cells, channels))?;
    let shape = x.shape().clone();
    let winners = [down.winners, across.winners];
    with_gradient(x, y, move |grad| {
        let [down, across] = &winners;
        let grad = spread(&grad.reshape((n, rows.cells, columns.cells * channels))?, down, rows)?;
        let grad = grad.reshape((n * height, columns.cells, channels))?;
        spread(&grad, across, columns)?.reshape(&shape)
    })
}

/// The maxima along the middle axis of `[lines, side, values]`, and the place of each within its window.
struct Pooled {
    /// `[lines, cells, values]`.
    y: Tensor,
    winners: Tensor,
}

impl Pooled {
    fn of(x: &Tensor, axis: PoolAxis) -> Result<Self> {
        let (lines, _, values) = x.dims3()?;
        let padded = [
            padding(x, axis.before, lines, values)?,
            Some(x.clone()),
            padding(x, axis.padded_len() - axis.before - axis.side, lines, values)?,
        ];
        let padded: Vec<Tensor> = padded.into_iter().flatten().collect();
        let strides = Tensor::cat(&padded, 1)?.reshape((
            lines,
            axis.padded_len() / axis.stride,
            axis.stride,
            values,
        ))?;
        let candidate = |place: usize| {
            let phase = strides.narrow(2, place % axis.stride, 1)?.squeeze(2)?;
            phase.narrow(1, place / axis.stride, axis.cells)?.contiguous()
        };
        let mut y = candidate(0)?;
        let mut winners = y.zeros_like()?;
        for place in 1..axis.window {
            let next = candidate(place)?;
            let is_larger = next.gt(&y)?;
            y = is_larger.where_cond(&next, &y)?;
            winners = is_larger.where_cond(&number(place, &winners)?, &winners)?;
        }
        Ok(Self { y, winners })
    }
}

/// The gradient of `[lines, cells, values]` at the places that won, `[lines, side, values]`.
fn spread(grad: &Tensor, winners: &Tensor, axis: PoolAxis) -> Result<Tensor> {
    let (lines, cells, values) = winners.dims3()?;
    let blocks = axis.padded_len() / axis.stride;
    let grad = grad.contiguous()?;
    let zeros = grad.zeros_like()?;
    // Place `i` of all windows together is phase `i % stride`, moved by `i / stride` blocks of one stride.
    let mut phases: Vec<Option<Tensor>> = vec![None; axis.stride];
    for place in 0..axis.window {
        let share = winners.eq(&number(place, winners)?)?.where_cond(&grad, &zeros)?;
        let shift = place / axis.stride;
        let share = share.pad_with_zeros(1, shift, blocks - cells - shift)?;
        let phase = &mut phases[place % axis.stride];
        *phase = Some(match phase.take() {
            Some(sum) => (sum + share)?,
            None => share,
        });
    }
    let empty = || Tensor::zeros((lines, blocks, values), grad.dtype(), grad.device());
    let phases = phases.into_iter().map(|phase| phase.map_or_else(empty, Ok)).collect::<Result<Vec<_>>>()?;
    let padded = Tensor::stack(&phases, 2)?.reshape((lines, axis.padded_len(), values))?;
    padded.narrow(1, axis.before, axis.side)?.contiguous()
}

/// A tensor like another, filled with the number of a place within a window.
fn number(place: usize, like: &Tensor) -> Result<Tensor> {
    Tensor::full(place as f32, like.shape(), like.device())
}

/// Cells that never win.
fn padding(x: &Tensor, len: usize, lines: usize, values: usize) -> Result<Option<Tensor>> {
    if len == 0 {
        return Ok(None);
    }
    Tensor::full(f32::NEG_INFINITY, (lines, len, values), x.device()).map(Some)
}

impl PoolAxis {
    /// Length of the padded axis, rounded up to whole strides: every window lies inside, at every place within a stride.
    fn padded_len(&self) -> usize {
        let blocks = self.cells + (self.window - 1) / self.stride;
        (blocks * self.stride).max((self.before + self.side).next_multiple_of(self.stride))
    }
}
