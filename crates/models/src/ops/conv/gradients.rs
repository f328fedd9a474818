use rayon::prelude::*;

use super::fused_pool::FusedPool;
use super::geometry::Geometry;
use crate::ops::kernels::{Memory, Scratch};
use crate::ops::record::WithRespectTo;

/// The values that the backward pass of a convolution needs.
pub(super) struct BackwardPass<'a> {
    pub(super) geometry: Geometry,
    pub(super) x: &'a [f32],
    pub(super) kernel: &'a [f32],
    pub(super) sums: SumGradient<'a>,
    pub(super) wrt: WithRespectTo,
    pub(super) memory: &'a Memory,
}

/// The gradient with respect to the sums of a convolution, in the form in which the next layer provides it.
pub(super) enum SumGradient<'a> {
    /// The gradient of every sum.
    Whole(Scratch),
    /// The gradient of every cell of a pooling, and the sum that each cell took.
    Pooled { pool: FusedPool, grad: &'a [f32], winners: &'a [u8] },
}

/// The gradients with respect to the arguments of a convolution.
pub(super) struct ConvGradients {
    pub(super) x: Option<Vec<f32>>,
    pub(super) kernel: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl SumGradient<'_> {
    /// Writes the gradient of the output rows `first..` of one image, as many as `rows` has room for.
    pub(super) fn write_rows(&self, g: &Geometry, image: usize, first: usize, rows: &mut [f32]) {
        match self {
            Self::Whole(all) => {
                let start = (image * g.out_height() + first) * g.out_row_len();
                rows.copy_from_slice(&all[start..start + rows.len()]);
            }
            Self::Pooled { pool, grad, winners } => {
                let size = pool.cells() * g.n_out;
                let cells = image * size..(image + 1) * size;
                for (i, row) in rows.chunks_exact_mut(g.out_row_len()).enumerate() {
                    pool.spread_row(first + i, &grad[cells.clone()], &winners[cells.clone()], row);
                }
            }
        }
    }

    /// The gradient of every sum.
    pub(super) fn into_whole(self, g: &Geometry, memory: &Memory) -> Scratch {
        if let Self::Whole(all) = self {
            return all;
        }
        let size = g.out_len();
        let mut all = Scratch::new(memory, g.n * size);
        all.par_chunks_mut(size).enumerate().for_each(|(image, rows)| self.write_rows(g, image, 0, rows));
        all
    }
}
