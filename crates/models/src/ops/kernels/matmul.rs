use super::panels::width;
use super::{Activation, Init, Memory, Offsets, Panels, Product, Scratch, Source, for_each_piece};

/// The inner index is cut into blocks of this length, so that a strip's block stays in the first-level cache for all
/// rows.
const DEPTH_BLOCK: usize = 256;

/// Up to this many rows a product is shared out by columns, above it by rows.
const FEW_ROWS: usize = 96;

/// The product `activation(a b + bias)` of dense matrices.
pub(crate) struct MatMul<'a> {
    /// The left-hand matrix, `[m, depth]`.
    pub(crate) a: &'a [f32],
    /// The right-hand matrix, `[depth, columns]`.
    pub(crate) b: Source<'a>,
    /// One value per column; `None` for zeros.
    pub(crate) bias: Option<&'a [f32]>,
    /// The sides `[m, depth, columns]`.
    pub(crate) shape: [usize; 3],
    /// The function applied to the finished sums.
    pub(crate) activation: Activation,
}

impl MatMul<'_> {
    /// Computes the product `[m, columns]` on the threads of the current pool.
    pub(crate) fn run(&self, memory: &Memory) -> Vec<f32> {
        let [m, depth, columns] = self.shape;
        let mut c = memory.acquire(m * columns);
        if m <= FEW_ROWS {
            self.run_by_columns(&mut c, memory);
            return c;
        }
        let b = Panels::new(self.b, depth, columns, memory);
        for_each_piece(&mut c, FEW_ROWS * columns, m * depth * columns, |index, c| {
            let rows: Vec<_> = (0..c.len() / columns.max(1))
                .map(|row| Offsets { a: row * depth, c: row * columns })
                .collect();
            self.run_blocks(&self.a[index * FEW_ROWS * depth..], &b, self.bias, &rows, c);
        });
        c
    }

    /// Computes each strip of columns in a buffer of its own, from which it is copied to the result.
    fn run_by_columns(&self, c: &mut [f32], memory: &Memory) {
        let [m, depth, columns] = self.shape;
        let width = width();
        let rows: Vec<_> = (0..m).map(|row| Offsets { a: row * depth, c: row * width }).collect();
        let mut strips = Scratch::new(memory, columns.div_ceil(width) * width * m);
        for_each_piece(&mut strips, m * width, m * depth * columns, |index, strip| {
            let range = index * width..columns.min((index + 1) * width);
            let bias = self.bias.map(|bias| &bias[range.clone()]);
            self.run_blocks(self.a, &Panels::of_columns(self.b, depth, range, memory), bias, &rows, strip);
        });
        for (index, strip) in strips.chunks_exact((m * width).max(1)).enumerate() {
            for (row, values) in strip.chunks_exact(width).enumerate() {
                let start = index * width;
                let used = width.min(columns - start);
                c[row * columns + start..][..used].copy_from_slice(&values[..used]);
            }
        }
    }

    /// One product on this thread, block by block of the inner index.
    fn run_blocks(&self, a: &[f32], b: &Panels, bias: Option<&[f32]>, rows: &[Offsets], c: &mut [f32]) {
        let n_blocks = b.depth().div_ceil(DEPTH_BLOCK).max(1);
        for block in 0..n_blocks {
            let depth = block * DEPTH_BLOCK..b.depth().min((block + 1) * DEPTH_BLOCK);
            let init = match bias {
                _ if block > 0 => Init::Accumulate,
                Some(bias) => Init::Bias(bias),
                None => Init::Zero,
            };
            let activation = if block + 1 == n_blocks { self.activation } else { Activation::Linear };
            let a = a.get(depth.start..).unwrap_or_default();
            Product { a, b, depth, rows, c: &mut *c, init, activation }.run();
        }
    }
}
