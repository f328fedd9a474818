use rayon::prelude::*;

use super::{Memory, Scratch};

/// The function that a layer applies to its sums, in the same pass that computes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// The identity.
    #[default]
    Linear,
    /// The rectifier `max(x, 0)`, with gradient 0 at 0.
    Relu,
}

impl Activation {
    /// The gradient with respect to the sums, from the result `y` and the gradient with respect to it.
    pub(in super::super) fn backward(self, y: &[f32], grad: &[f32], memory: &Memory) -> Scratch {
        let mut d_sums = Scratch::new(memory, grad.len());
        d_sums.copy_from_slice(grad);
        if self == Self::Relu {
            let rectify = |(d_sum, &y): (&mut f32, &f32)| *d_sum = if y > 0.0 { *d_sum } else { 0.0 };
            d_sums.par_iter_mut().zip(y).with_min_len(PIECE).for_each(rectify);
        }
        d_sums
    }
}

/// The fewest elements in one task.
const PIECE: usize = 1 << 14;
