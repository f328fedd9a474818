use rayon::prelude::*;

use super::tiles::{TilePass, TileTransform};
use super::{COMPONENTS, Plan, offsets, product};
use crate::ops::conv::fused_pool::FusedPool;
use crate::ops::kernels::{Activation, Memory, Panels, Scratch};

/// A transformed kernel, with all that a forward pass needs.
pub(in super::super) struct PreparedKernel<'a> {
    plan: Plan,
    components: Vec<Panels>,
    bias: &'a [f32],
    activation: Activation,
    memory: &'a Memory,
}

impl<'a> PreparedKernel<'a> {
    pub(in super::super) fn new(
        plan: Plan,
        kernel: &[f32],
        bias: &'a [f32],
        activation: Activation,
        memory: &'a Memory,
    ) -> Self {
        Self { plan, components: plan.kernel(kernel, memory), bias, activation, memory }
    }

    /// The convolution of every image.
    pub(in super::super) fn convolve(&self, x: &[f32]) -> Vec<f32> {
        let (images, g) = (self.plan.task_images, &self.plan.geometry);
        let mut y = self.memory.acquire(g.n * g.out_len());
        let tasks = y.par_chunks_mut(images * g.out_len()).zip(x.par_chunks(images * g.image_len()));
        tasks.for_each(|(y, x)| self.convolve_task(x, y));
        y
    }

    /// The pooled convolution of every image, and the winner of every cell.
    pub(in super::super) fn convolve_and_pool(&self, x: &[f32], pool: &FusedPool) -> (Vec<f32>, Vec<u8>) {
        let (n, g) = (self.plan.task_images, &self.plan.geometry);
        let (row, size) = (pool.columns.cells * g.n_out, pool.cells() * g.n_out);
        let (mut y, mut winners) = (self.memory.acquire(g.n * size), vec![0; g.n * size]);
        let tasks = y.par_chunks_mut(n * size).zip(winners.par_chunks_mut(n * size));
        tasks.zip(x.par_chunks(n * g.image_len())).for_each(|((y, winners), x)| {
            let mut images = Scratch::new(self.memory, x.len() / g.image_len() * g.out_len());
            self.convolve_task(x, &mut images);
            let cells = y.chunks_exact_mut(row).zip(winners.chunks_exact_mut(row));
            for (cell, (y, winners)) in cells.enumerate() {
                let image = &images[cell / pool.rows.cells * g.out_len()..][..g.out_len()];
                pool.pool_row(image, 0, cell % pool.rows.cells, y, winners);
            }
        });
        (y, winners)
    }

    /// The convolution of one task's images.
    fn convolve_task(&self, x: &[f32], y: &mut [f32]) {
        let (plan, g) = (&self.plan, &self.plan.geometry);
        let n_images = x.len() / g.image_len();
        let mut input = Scratch::new(self.memory, COMPONENTS * plan.input_len());
        let mut output = Scratch::new(self.memory, COMPONENTS * plan.output_len());
        plan.transform(plan.input, x, &mut input, |image| TileTransform::Input { image });
        let rows = offsets(n_images * plan.n_tiles(), g.n_in, g.n_out);
        let matrices = input.chunks_exact(plan.input_len()).zip(output.chunks_exact_mut(plan.output_len()));
        for (b, (a, c)) in self.components.iter().zip(matrices) {
            product(a, b, &rows, c);
        }
        for (index, image) in y.chunks_exact_mut(g.out_len()).take(n_images).enumerate() {
            TilePass {
                of: plan.output,
                matrices: &mut output,
                component_len: plan.output_len(),
                first_row: index * plan.n_tiles(),
                transform: TileTransform::Output { image, bias: self.bias, activation: self.activation },
            }
            .run();
        }
    }
}
