//! The training loss: weighted, smoothed cross-entropy.

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::ops::Memory;
use crate::train::data::Batch;
use crate::{Error, Result, TrainConfig, ops};

/// The weight of each class in the training loss; the validation loss is not weighted, as in Keras.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// All classes weigh the same. The default.
    #[default]
    Equal,
    /// Rare classes weigh more: `n_segments / (n_classes * segments of the class)`; scikit-learn's `"balanced"`.
    Balanced,
    /// One given factor per class, finite and not negative; Keras's `class_weight`.
    Given(Vec<f64>),
}

/// The loss function of a run.
#[derive(Debug)]
pub(super) struct Loss {
    /// The factor of every class; `None` when all are 1.
    weights: Option<Vec<f64>>,
    smoothing: f64,
    n_classes: usize,
}

impl Loss {
    /// Checks the settings; `counts` holds the number of training segments of every class.
    pub(super) fn new(config: &TrainConfig, counts: &[usize]) -> Result<Self> {
        let (n_classes, smoothing) = (counts.len(), config.label_smoothing);
        if !(0.0..1.0).contains(&smoothing) {
            let bound = "at least 0 and below 1";
            return Err(Error::Setting { setting: "label_smoothing", bound, value: smoothing });
        }
        let weights = match &config.class_weights {
            ClassWeights::Equal => None,
            ClassWeights::Balanced => {
                let n: usize = counts.iter().sum();
                let weight = |count: &usize| n as f64 / (n_classes * (*count).max(1)) as f64;
                Some(counts.iter().map(weight).collect())
            }
            ClassWeights::Given(weights) => {
                if weights.len() != n_classes {
                    return Err(Error::ClassWeights { expected: n_classes, actual: weights.len() });
                }
                if let Some(&value) = weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
                    let bound = "finite and not negative";
                    return Err(Error::Setting { setting: "class_weights", bound, value });
                }
                Some(weights.clone())
            }
        };
        Ok(Self { weights, smoothing, n_classes })
    }

    /// Computes the mean over the batch, without penalties.
    pub(super) fn loss(&self, logits: &Tensor, batch: &Batch, memory: &Memory) -> Result<Tensor> {
        let n = batch.labels.len();
        if self.weights.is_none() && self.smoothing == 0.0 && batch.mixup.is_none() {
            let labels = Tensor::from_slice(&batch.labels, n, &Device::Cpu)?;
            return Ok(ops::softmax_cross_entropy_with(logits, &labels, memory)?);
        }
        let targets = Tensor::from_vec(self.targets(batch), (n, self.n_classes), logits.device())?;
        Ok(ops::soft_cross_entropy_with(logits, &targets, memory)?)
    }

    /// Computes the targets `[n, n_classes]`: the share of every class in every segment, times the class's weight.
    fn targets(&self, batch: &Batch) -> Vec<f32> {
        let mut targets = vec![0.0; batch.labels.len() * self.n_classes];
        for (at, row) in targets.chunks_exact_mut(self.n_classes).enumerate() {
            match &batch.mixup {
                None => self.add(1.0, batch.labels[at], row),
                Some(mixup) => {
                    let share = f64::from(mixup.share);
                    self.add(share, batch.labels[at], row);
                    self.add(1.0 - share, batch.labels[mixup.partners[at]], row);
                }
            }
        }
        targets
    }

    /// Adds the smoothed target of a label to a row.
    fn add(&self, share: f64, label: u32, row: &mut [f32]) {
        let weight = share * self.weights.as_ref().map_or(1.0, |weights| weights[label as usize]);
        let everywhere = weight * self.smoothing / self.n_classes as f64;
        for (class, target) in row.iter_mut().enumerate() {
            let own = if class == label as usize { weight * (1.0 - self.smoothing) } else { 0.0 };
            *target += (own + everywhere) as f32;
        }
    }
}
