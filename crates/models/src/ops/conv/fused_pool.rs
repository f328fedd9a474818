use std::ops::Range;

use crate::ops::kernels::{Activation, vectorized};
use crate::ops::max_pool2d::PoolAxis;

/// Stands for "no cell": the gradient of this element is zero.
const NO_CELL: u8 = u8::MAX;

/// A max pooling of images that a convolution has just computed and activated, whose windows have few enough cells for
/// a byte to number them.
#[derive(Debug, Clone, Copy)]
pub(super) struct FusedPool {
    pub(super) rows: PoolAxis,
    pub(super) columns: PoolAxis,
    /// The activation of the pooled images. After a rectifier, a maximum of 0 has no gradient.
    activation: Activation,
}

impl FusedPool {
    /// The pooling by these windows; `None` if they have too many cells.
    pub(super) fn new([rows, columns]: [PoolAxis; 2], activation: Activation) -> Option<Self> {
        Self::accepts([rows.window, columns.window]).then_some(Self { rows, columns, activation })
    }

    /// Returns true if a byte can number the cells of this window.
    pub(super) fn accepts([height, width]: [usize; 2]) -> bool {
        height.saturating_mul(width) < usize::from(NO_CELL)
    }

    /// Cells of the result per image.
    pub(super) fn cells(&self) -> usize {
        self.rows.cells * self.columns.cells
    }

    /// Pools one row of cells, which overwrites `best` and `winners`; `image` holds the rows from `first_row` on.
    pub(super) fn pool_row(
        &self,
        image: &[f32],
        first_row: usize,
        row: usize,
        best: &mut [f32],
        winners: &mut [u8],
    ) {
        let channels = best.len() / self.columns.cells.max(1);
        let mut cells = Vec::with_capacity(self.rows.window * self.columns.window);
        let targets = best.chunks_exact_mut(channels).zip(winners.chunks_exact_mut(channels));
        for (column, (best, winners)) in targets.enumerate() {
            cells.clear();
            for i in self.rows.span(row) {
                for j in self.columns.span(column) {
                    let start = ((i - first_row) * self.columns.side + j) * channels;
                    cells.push((self.number(row, column, i, j), &image[start..start + channels]));
                }
            }
            select_largest(&cells, self.activation, best, winners);
        }
    }

    /// Spreads the gradient of one image's cells over row `i` of the unpooled image, which it overwrites.
    pub(super) fn spread_row(&self, i: usize, grad: &[f32], winners: &[u8], spread: &mut [f32]) {
        let channels = spread.len() / self.columns.side.max(1);
        spread.fill(0.0);
        for row in self.rows.covering(i) {
            for column in 0..self.columns.cells {
                let start = (row * self.columns.cells + column) * channels;
                let grad = &grad[start..start + channels];
                let winners = &winners[start..start + channels];
                for j in self.columns.span(column) {
                    let number = self.number(row, column, i, j);
                    let spread = &mut spread[j * channels..][..channels];
                    spread_cell(grad, winners, number, spread);
                }
            }
        }
    }

    /// The rows of the unpooled image that a range of rows of cells covers.
    pub(super) fn span(&self, cells: Range<usize>) -> Range<usize> {
        self.rows.span(cells.start).start..self.rows.span(cells.end - 1).end
    }

    /// The number of the position `(i, j)` within the window of a cell, row by row.
    fn number(&self, row: usize, column: usize, i: usize, j: usize) -> u8 {
        let i = i + self.rows.before - row * self.rows.stride;
        let j = j + self.columns.before - column * self.columns.stride;
        (i * self.columns.window + j) as u8
    }
}

vectorized! {
    /// The first largest of several numbered rows of channels, channel by channel. After a rectifier, a maximum that is
    /// not above zero gets [`NO_CELL`] as its winner.
    fn select_largest<'a>(
        cells: &'a [(u8, &'a [f32])],
        activation: Activation,
        best: &'a mut [f32],
        winners: &'a mut [u8],
    ) {
        let Some((&(number, first), others)) = cells.split_first() else { return };
        best.copy_from_slice(first);
        winners.fill(number);
        for &(number, cell) in others {
            for ((best, winner), &x) in best.iter_mut().zip(winners.iter_mut()).zip(cell) {
                let better = x > *best;
                *best = if better { x } else { *best };
                *winner = if better { number } else { *winner };
            }
        }
        if activation == Activation::Relu {
            for (winner, &best) in winners.iter_mut().zip(best.iter()) {
                *winner = if best > 0.0 { *winner } else { NO_CELL };
            }
        }
    }

    /// Adds the gradients of the channels whose winner has this number.
    fn spread_cell<'a>(grad: &'a [f32], winners: &'a [u8], number: u8, spread: &'a mut [f32]) {
        for ((spread, &grad), &winner) in spread.iter_mut().zip(grad).zip(winners) {
            *spread += if winner == number { grad } else { 0.0 };
        }
    }
}
