//! Statistics of the columns of a matrix, and its rows scaled: what batch normalisation is made of.

use std::ops::Range;

use rayon::prelude::*;

use super::{for_each_piece, numbers, vectorized};
use crate::ops::dropout::Mask;

/// Mean and biased variance of every channel.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Statistics {
    pub(in super::super) mean: Vec<f32>,
    pub(in super::super) variance: Vec<f32>,
}

/// Numbers in a task, about.
const TASK: usize = 1 << 15;

/// Rows added in `f32` before their sum goes to `f64`.
const BLOCK: usize = 32;

/// Mean and variance of every column.
pub(in super::super) fn statistics(x: &[f32], channels: usize) -> Statistics {
    // Differences from the first row: sums of squares of numbers far from zero would lose the variance.
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

/// For every column, over the rows, the sums of the masked gradient and of its products with `x - mean`.
pub(in super::super) fn gradient_sums(
    x: &[f32],
    grad: &[f32],
    mean: &[f32],
    mask: Mask,
) -> (Vec<f64>, Vec<f64>) {
    let c = mean.len();
    two_sums(x.len() / c, c, |rows, sums, products| {
        let places = rows.start * c..rows.end * c;
        add_products(&x[places.clone()], &grad[places.clone()], mean, mask, places.start, sums, products);
    })
}

/// Two sums for every column; `add` adds the terms of some rows to both.
fn two_sums(
    n_rows: usize,
    channels: usize,
    add: impl Fn(Range<usize>, &mut [f32], &mut [f32]) + Sync,
) -> (Vec<f64>, Vec<f64>) {
    let task_rows = (TASK / channels).max(1).next_multiple_of(BLOCK);
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
        place: usize,
        sums: &'a mut [f32],
        products: &'a mut [f32],
    ) {
        let c = mean.len();
        let (sums, products) = (&mut sums[..c], &mut products[..c]);
        for (row, (x, grad)) in x.chunks_exact(c).zip(grad.chunks_exact(c)).enumerate() {
            for i in 0..c {
                let grad = grad[i] * mask.factor(place + row * c + i);
                sums[i] += grad;
                products[i] += grad * (x[i] - mean[i]);
            }
        }
    }

    fn scale_rows<'a>(x: &'a [f32], scale: &'a Scale<'a>, mask: Mask, place: usize, y: &'a mut [f32]) {
        let c = scale.center.len();
        let (center, gain, shift) = (scale.center, &scale.gain[..c], &scale.shift[..c]);
        for (row, (y, x)) in y.chunks_exact_mut(c).zip(x.chunks_exact(c)).enumerate() {
            for i in 0..c {
                y[i] = ((x[i] - center[i]) * gain[i] + shift[i]) * mask.factor(place + row * c + i);
            }
        }
    }

    fn gradient_rows<'a>(
        x: &'a [f32],
        grad: &'a [f32],
        slopes: &'a Slopes<'a>,
        mask: Mask,
        place: usize,
        d_x: &'a mut [f32],
    ) {
        let c = slopes.center.len();
        let (center, gain) = (slopes.center, &slopes.gain[..c]);
        let (constant, slope) = (&slopes.constant[..c], &slopes.slope[..c]);
        for (row, (d_x, (x, grad))) in d_x.chunks_exact_mut(c).zip(x.chunks_exact(c).zip(grad.chunks_exact(c))).enumerate() {
            for i in 0..c {
                let grad = grad[i] * mask.factor(place + row * c + i);
                d_x[i] = gain[i] * grad - constant[i] - slope[i] * (x[i] - center[i]);
            }
        }
    }
}

/// `(x - center) gain + shift`, channel by channel.
pub(in super::super) struct Scale<'a> {
    pub(in super::super) center: &'a [f32],
    pub(in super::super) gain: Vec<f32>,
    pub(in super::super) shift: &'a [f32],
}

impl Scale<'_> {
    /// All rows, with the mask's factors.
    pub(in super::super) fn apply(&self, x: &[f32], mask: Mask) -> Vec<f32> {
        let mut y = numbers(x.len());
        let (work, task) = (8 * y.len(), task(self.center.len()));
        for_each_piece(&mut y, task, work, |index, y| {
            let place = index * task;
            scale_rows(&x[place..place + y.len()], self, mask, place, y);
        });
        y
    }
}

/// `gain grad - constant - slope (x - center)`, channel by channel.
pub(in super::super) struct Slopes<'a> {
    pub(in super::super) center: &'a [f32],
    pub(in super::super) gain: Vec<f32>,
    pub(in super::super) constant: Vec<f32>,
    pub(in super::super) slope: Vec<f32>,
}

impl Slopes<'_> {
    /// All rows; the gradient is multiplied by the mask's factors first.
    pub(in super::super) fn apply(&self, x: &[f32], grad: &[f32], mask: Mask) -> Vec<f32> {
        let mut d_x = numbers(x.len());
        let (work, task) = (8 * d_x.len(), task(self.center.len()));
        for_each_piece(&mut d_x, task, work, |index, d_x| {
            let places = index * task..index * task + d_x.len();
            gradient_rows(&x[places.clone()], &grad[places.clone()], self, mask, places.start, d_x);
        });
        d_x
    }
}

/// Numbers in a task: whole rows.
fn task(channels: usize) -> usize {
    (TASK / channels).max(1) * channels
}
