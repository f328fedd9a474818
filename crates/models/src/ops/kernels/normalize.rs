//! Batch normalization: statistics of the columns of a matrix, and its rows scaled.

use std::ops::Range;

use rayon::prelude::*;

use super::{Mask, for_each_piece, vectorized};

/// Mean and biased variance of every channel.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Statistics {
    pub(in super::super) mean: Vec<f32>,
    pub(in super::super) variance: Vec<f32>,
}

/// Elements in one task, roughly.
const TASK_LEN: usize = 1 << 15;

/// Rows that are added in `f32` before their sum is added in `f64`.
const BLOCK: usize = 32;

/// Mean and variance of every column.
pub(in super::super) fn statistics(x: &[f32], channels: usize) -> Statistics {
    // Differences from the first row: sums of squares of values far from zero would lose the variance.
    let origin = &x[..channels];
    let (sums, squares) = two_sums(x.len() / channels, channels, |rows, sums, squares| {
        add_differences(&x[rows.start * channels..rows.end * channels], origin, sums, squares);
    });
    let n_rows = (x.len() / channels) as f64;
    let mean =
        sums.iter().zip(origin).map(|(sum, &origin)| (f64::from(origin) + sum / n_rows) as f32).collect();
    let variance =
        |(square, sum): (&f64, &f64)| (square / n_rows - (sum / n_rows) * (sum / n_rows)).max(0.0) as f32;
    Statistics { mean, variance: squares.iter().zip(&sums).map(variance).collect() }
}

/// Two sums over the rows of every column: of the masked gradient, and of its products with `x - mean`.
pub(in super::super) fn gradient_sums(
    x: &[f32],
    grad: &[f32],
    mean: &[f32],
    mask: Mask,
) -> (Vec<f64>, Vec<f64>) {
    let c = mean.len();
    two_sums(x.len() / c, c, |rows, sums, products| {
        let range = rows.start * c..rows.end * c;
        add_products(&x[range.clone()], &grad[range.clone()], mean, mask, range.start, sums, products);
    })
}

/// Two sums over the rows of every column; `add` adds the terms of a range of rows to both.
fn two_sums(
    n_rows: usize,
    channels: usize,
    add: impl Fn(Range<usize>, &mut [f32], &mut [f32]) + Sync,
) -> (Vec<f64>, Vec<f64>) {
    let task_rows = (TASK_LEN / channels).max(1).next_multiple_of(BLOCK);
    let task = |task: usize| {
        let (mut totals, mut sums) = (vec![0.0; 2 * channels], vec![0.0; 2 * channels]);
        let end = n_rows.min((task + 1) * task_rows);
        for block in (task * task_rows..end).step_by(BLOCK) {
            sums.fill(0.0);
            let (first, second) = sums.split_at_mut(channels);
            add(block..end.min(block + BLOCK), first, second);
            add_to_totals(&mut totals, &sums);
        }
        totals
    };
    let n_tasks = n_rows.div_ceil(task_rows);
    let tasks: Vec<Vec<f64>> = if n_tasks < 3 {
        (0..n_tasks).map(task).collect()
    } else {
        (0..n_tasks).into_par_iter().map(task).collect()
    };
    let mut total = vec![0.0; 2 * channels];
    for task in tasks {
        total.iter_mut().zip(task).for_each(|(total, sum)| *total += sum);
    }
    let second = total.split_off(channels);
    (total, second)
}

vectorized! {
    fn add_to_totals<'a>(totals: &'a mut [f64], sums: &'a [f32]) {
        for (total, &sum) in totals.iter_mut().zip(sums) {
            *total += f64::from(sum);
        }
    }

    fn add_differences<'a>(x: &'a [f32], origin: &'a [f32], sums: &'a mut [f32], squares: &'a mut [f32]) {
        for x in x.chunks_exact(origin.len()) {
            for (((sum, square), x), origin) in sums.iter_mut().zip(squares.iter_mut()).zip(x).zip(origin) {
                let difference = x - origin;
                *sum += difference;
                *square += difference * difference;
            }
        }
    }

    fn add_products<'a>(
        x: &'a [f32],
        grad: &'a [f32],
        mean: &'a [f32],
        mask: Mask,
        first: usize,
        sums: &'a mut [f32],
        products: &'a mut [f32],
    ) {
        let c = mean.len();
        let (sums, products) = (&mut sums[..c], &mut products[..c]);
        for (row, (x, grad)) in x.chunks_exact(c).zip(grad.chunks_exact(c)).enumerate() {
            for i in 0..c {
                let grad = grad[i] * mask.factor(first + row * c + i);
                sums[i] += grad;
                products[i] += grad * (x[i] - mean[i]);
            }
        }
    }

    fn scale_rows<'a>(x: &'a [f32], scale: &'a Scale<'a>, mask: Mask, first: usize, y: &'a mut [f32]) {
        let c = scale.center.len();
        let (center, gain, shift) = (scale.center, &scale.gain[..c], &scale.shift[..c]);
        for (row, (y, x)) in y.chunks_exact_mut(c).zip(x.chunks_exact(c)).enumerate() {
            for i in 0..c {
                y[i] = ((x[i] - center[i]) * gain[i] + shift[i]) * mask.factor(first + row * c + i);
            }
        }
    }

    fn gradient_rows<'a>(
        x: &'a [f32],
        grad: &'a [f32],
        slopes: &'a Slopes<'a>,
        mask: Mask,
        first: usize,
        d_x: &'a mut [f32],
    ) {
        let c = slopes.center.len();
        let (center, gain) = (slopes.center, &slopes.gain[..c]);
        let (constant, slope) = (&slopes.constant[..c], &slopes.slope[..c]);
        for (row, (d_x, (x, grad))) in d_x.chunks_exact_mut(c).zip(x.chunks_exact(c).zip(grad.chunks_exact(c))).enumerate() {
            for i in 0..c {
                let grad = grad[i] * mask.factor(first + row * c + i);
                d_x[i] = gain[i] * grad - constant[i] - slope[i] * (x[i] - center[i]);
            }
        }
    }
}

/// The function `(x - center) gain + shift` of every channel.
pub(in super::super) struct Scale<'a> {
    pub(in super::super) center: &'a [f32],
    pub(in super::super) gain: Vec<f32>,
    pub(in super::super) shift: &'a [f32],
}

impl Scale<'_> {
    /// Scales all rows of `x` and masks the results, which overwrite `y`.
    pub(in super::super) fn apply(&self, x: &[f32], mask: Mask, y: &mut [f32]) {
        let (work, piece) = (8 * y.len(), piece(self.center.len()));
        for_each_piece(y, piece, work, |index, y| {
            let first = index * piece;
            scale_rows(&x[first..first + y.len()], self, mask, first, y);
        });
    }
}

/// The function `gain grad - constant - slope (x - center)` of every channel.
pub(in super::super) struct Slopes<'a> {
    pub(in super::super) center: &'a [f32],
    pub(in super::super) gain: Vec<f32>,
    pub(in super::super) constant: Vec<f32>,
    pub(in super::super) slope: Vec<f32>,
}

impl Slopes<'_> {
    /// The gradient of all rows of `x`, from the masked `grad`; the results overwrite `d_x`.
    pub(in super::super) fn apply(&self, x: &[f32], grad: &[f32], mask: Mask, d_x: &mut [f32]) {
        let (work, piece) = (8 * d_x.len(), piece(self.center.len()));
        for_each_piece(d_x, piece, work, |index, d_x| {
            let range = index * piece..index * piece + d_x.len();
            gradient_rows(&x[range.clone()], &grad[range.clone()], self, mask, range.start, d_x);
        });
    }
}

/// Elements in one task: whole rows.
fn piece(channels: usize) -> usize {
    (TASK_LEN / channels).max(1) * channels
}
