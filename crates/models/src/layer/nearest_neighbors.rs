//! The classes of the nearest training examples.

use candle_core::Tensor;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::problem::positive;
use super::{Init, LayerOps, LayerProblem, WeightSpec};
use crate::ops::{self, Memory};

/// The vote of the nearest stored examples: the whole of a k-nearest-neighbors classifier.
///
/// `logit[c] = ln((votes[c] + 1 / n_classes) / (k + 1))`, where `votes[c]` counts the examples of class `c` among the `k`
/// at the smallest Euclidean distance, the first stored of equally distant ones. The share of one vote that every class
/// has in addition keeps logarithms finite. The layer has no gradient, and its distances are computed on the CPU wherever
/// the network is.
///
/// # Shapes
/// `[n_values]` to `[n_classes]`. Weights, which are not trained: `examples` `[n_examples, n_values]` and `classes`
/// `[n_examples]`, the index of each example's class. scikit-learn: `KNeighborsClassifier`.
///
/// # References
/// Cover and Hart (1967), *Nearest neighbor pattern classification*, doi:10.1109/TIT.1967.1053964.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearestNeighbors {
    /// Number of neighbors that vote, from 1 to `n_examples`. Few follow the data closely, many average over noise.
    pub k: usize,
    /// Number of stored examples.
    pub n_examples: usize,
    /// Number of classes.
    pub n_classes: usize,
}

impl LayerOps for NearestNeighbors {
    fn base_name(&self) -> &'static str {
        "nearest_neighbors"
    }

    fn class_name(&self) -> &'static str {
        "NearestNeighbors"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, LayerProblem> {
        let Self { k, n_examples, n_classes } = *self;
        positive(&[("k", k), ("n_examples", n_examples), ("n_classes", n_classes)])?;
        if k > n_examples {
            let range = "at most the number of examples";
            return Err(LayerProblem::OutOfRange { field: "k", range, value: k as f64 });
        }
        match input {
            [_] => Ok(vec![n_classes]),
            _ => Err(LayerProblem::Rank { expected: 1, shape: input.to_vec() }),
        }
    }

    fn weights(&self, input: &[usize]) -> Vec<WeightSpec> {
        let shape = vec![self.n_examples, input[0]];
        let examples =
            WeightSpec { name: "examples", shape, init: Init::Zeros, trainable: false, penalized: false };
        vec![examples, WeightSpec::vector("classes", self.n_examples, Init::Zeros).fixed()]
    }

    fn infer(&self, x: &Tensor, weights: &[Tensor], _memory: &Memory) -> ops::Result<Tensor> {
        let examples: Vec<Vec<f32>> = weights[0].to_vec2()?;
        let classes: Vec<usize> = weights[1].to_vec1::<f32>()?.iter().map(|class| *class as usize).collect();
        let rows = x.to_vec2::<f32>()?;
        let logits: Vec<f32> =
            rows.par_iter().flat_map_iter(|row| self.logits(row, &examples, &classes)).collect();
        Ok(Tensor::from_vec(logits, (x.dim(0)?, self.n_classes), x.device())?)
    }
}

impl NearestNeighbors {
    fn logits(&self, x: &[f32], examples: &[Vec<f32>], classes: &[usize]) -> Vec<f32> {
        let distance =
            |example: &Vec<f32>| x.iter().zip(example).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        let mut nearest: Vec<(f64, usize)> = examples.iter().map(distance).zip(0..).collect();
        nearest.select_nth_unstable_by(self.k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut votes = vec![1.0 / self.n_classes as f64; self.n_classes];
        for &(_, example) in &nearest[..self.k] {
            // A file may hold any number here: one that names no class has no vote.
            if let Some(votes) = votes.get_mut(classes[example]) {
                *votes += 1.0;
            }
        }
        votes.into_iter().map(|votes| (votes / (self.k + 1) as f64).ln() as f32).collect()
    }
}
