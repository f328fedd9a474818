//! Precision, recall and F1, by class and on average.

use serde::{Deserialize, Serialize};

/// What a classifier does to one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Name of the class.
    pub class: String,
    /// Of those predicted as this class, the share that are of it; 0 when none was predicted.
    pub precision: f64,
    /// Of those of this class, the share that were predicted as it; 0 when there is none.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 when both are 0.
    pub f1: f64,
    /// How many are of this class.
    pub support: u64,
}

/// Means over the classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Averages {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1 (not the F1 of the mean precision and recall).
    pub f1: f64,
}

impl Averages {
    pub(crate) fn weighted(classes: &[ClassMetrics], weight: impl Fn(&ClassMetrics) -> f64) -> Self {
        let total: f64 = classes.iter().map(&weight).sum();
        let mean = |value: fn(&ClassMetrics) -> f64| -> f64 {
            classes.iter().map(|class| weight(class) * value(class)).sum::<f64>() / total
        };
        Self { precision: mean(|c| c.precision), recall: mean(|c| c.recall), f1: mean(|c| c.f1) }
    }
}
