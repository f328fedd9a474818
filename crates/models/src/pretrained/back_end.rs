//! The layers behind the front end, window by window, and the dense layers of all windows.

use rayon::prelude::*;

use super::front_end::{Affine, FRONT, PADDING};
use super::weights::MusiCnnWeights;
use super::{MAX_MEAN, N_TAGS, PENULTIMATE, POOLED, WINDOW_FRAMES};
use crate::Result;
use crate::ops::{Activation, Init, MatMul, Memory, Offsets, Panels, Product, Source};

/// Filters of each of the three convolutions.
const FILTERS: usize = 64;
/// Rows of a window with its padding.
const PADDED: usize = WINDOW_FRAMES + 2 * PADDING;
/// The inner index of a product is cut into blocks of this length, so that a strip's block stays in the cache.
const DEPTH_BLOCK: usize = 256;

/// A convolution over time of whole rows, with its rectifier and normalization.
struct Convolution {
    kernel: Panels,
    bias: Vec<f32>,
    norm: Affine,
}

impl Convolution {
    fn new(weights: &MusiCnnWeights, conv: usize) -> Result<Self> {
        let values = weights.values(&format!("conv2d_{conv}/kernel"))?;
        let source = Source::Rows { data: &values, stride: FILTERS };
        Ok(Self {
            kernel: Panels::new(source, values.len() / FILTERS, FILTERS, &Memory::none()),
            bias: weights.values(&format!("conv2d_{conv}/bias"))?,
            norm: Affine::new(weights, &format!("batch_normalization_{}", conv + 1))?,
        })
    }

    /// From padded rows `[PADDED, channels]` to padded rows `[PADDED, FILTERS]`.
    fn run(&self, x: &[f32]) -> Vec<f32> {
        let (mut y, stride) = (vec![0.0; PADDED * FILTERS], x.len() / PADDED);
        let inner = &mut y[PADDING * FILTERS..][..WINDOW_FRAMES * FILTERS];
        let rows: Vec<_> = (0..WINDOW_FRAMES).map(|t| Offsets { a: t * stride, c: t * FILTERS }).collect();
        let whole = self.kernel.depth();
        for start in (0..whole).step_by(DEPTH_BLOCK) {
            let depth = start..whole.min(start + DEPTH_BLOCK);
            let init = if start == 0 { Init::Bias(&self.bias) } else { Init::Accumulate };
            let activation = if depth.end == whole { Activation::Relu } else { Activation::Linear };
            Product { a: &x[start..], b: &self.kernel, depth, rows: &rows, c: &mut *inner, init, activation }
                .run();
        }
        self.norm.apply(inner);
        y
    }
}

/// A fully connected layer.
struct Dense {
    kernel: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    fn new(weights: &MusiCnnWeights, layer: &str) -> Result<Self> {
        let part = |name: &str| weights.values(&format!("{layer}/{name}"));
        Ok(Self { kernel: part("kernel")?, bias: part("bias")? })
    }

    fn run(&self, x: &[f32], activation: Activation) -> Vec<f32> {
        let columns = self.bias.len();
        let depth = self.kernel.len() / columns;
        let b = Source::Rows { data: &self.kernel, stride: columns };
        let shape = [x.len() / depth, depth, columns];
        MatMul { a: x, b, bias: Some(&self.bias), shape, activation }.run(&Memory::none())
    }
}

/// Everything behind the front end.
pub(super) struct BackEnd {
    convolutions: [Convolution; 3],
    pooled_norm: Affine,
    dense: Dense,
    dense_norm: Affine,
    output: Dense,
}

/// The values of all windows, row by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Activations {
    /// The largest and the mean value of every channel over time, interleaved, `[n_windows, MAX_MEAN]`.
    pub(super) pooled: Vec<f32>,
    /// `[n_windows, PENULTIMATE]`.
    pub(super) penultimate: Vec<f32>,
    /// Probabilities `[n_windows, N_TAGS]`.
    pub(super) tags: Vec<f32>,
}

impl Activations {
    /// Adds those of more windows.
    pub(super) fn extend(&mut self, more: Self) {
        self.pooled.extend(more.pooled);
        self.penultimate.extend(more.penultimate);
        self.tags.extend(more.tags);
    }
}

impl BackEnd {
    pub(super) fn new(weights: &MusiCnnWeights) -> Result<Self> {
        let conv = |number| Convolution::new(weights, number);
        Ok(Self {
            convolutions: [conv(5)?, conv(6)?, conv(7)?],
            pooled_norm: Affine::new(weights, "batch_normalization_9")?,
            dense: Dense::new(weights, "dense")?,
            dense_norm: Affine::new(weights, "batch_normalization_10")?,
            output: Dense::new(weights, "dense_1")?,
        })
    }

    /// From the front end's padded windows `[n_windows, PADDED, FRONT]`.
    pub(super) fn run(&self, front: &[f32]) -> Activations {
        let n_windows = front.len() / (PADDED * FRONT);
        let mut pooled = vec![0.0; n_windows * MAX_MEAN];
        let windows = pooled.par_chunks_mut(MAX_MEAN).zip(front.par_chunks(PADDED * FRONT));
        windows.for_each(|(pooled, front)| self.pool(front, pooled));
        let mut x = pooled.clone();
        self.pooled_norm.apply(&mut x);
        let mut penultimate = self.dense.run(&x, Activation::Relu);
        self.dense_norm.apply(&mut penultimate);
        let mut tags = self.output.run(&penultimate, Activation::Linear);
        for logit in &mut tags {
            *logit = 1.0 / (1.0 + (-*logit).exp());
        }
        debug_assert_eq!((penultimate.len(), tags.len()), (n_windows * PENULTIMATE, n_windows * N_TAGS));
        Activations { pooled, penultimate, tags }
    }

    /// Pools one window: of every channel the maximum and the mean over time.
    fn pool(&self, front: &[f32], pooled: &mut [f32]) {
        let [first, second, third] = &self.convolutions;
        let first = first.run(front);
        let mut second = second.run(&first);
        add(&mut second, &first);
        let mut third = third.run(&second);
        add(&mut third, &second);
        let mut channel = 0;
        for (rows, width) in [(front, FRONT), (&first, FILTERS), (&second, FILTERS), (&third, FILTERS)] {
            let (mut high, mut sum) = (vec![f32::NEG_INFINITY; width], vec![0.0_f32; width]);
            for row in rows[PADDING * width..][..WINDOW_FRAMES * width].chunks_exact(width) {
                for ((high, sum), value) in high.iter_mut().zip(&mut sum).zip(row) {
                    *high = high.max(*value);
                    *sum += value;
                }
            }
            for (high, sum) in high.into_iter().zip(sum) {
                pooled[channel] = high;
                pooled[channel + 1] = sum / WINDOW_FRAMES as f32;
                channel += 2;
            }
        }
        debug_assert_eq!(channel, 2 * POOLED);
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
