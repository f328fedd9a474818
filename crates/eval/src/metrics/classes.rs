//! Precision, recall and F1, per class and on average.

use serde::{Deserialize, Serialize};

/// Precision, recall and F1 of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Name of the class.
    pub class: String,
    /// The share of predictions of this class that are correct; 0 without a prediction.
    pub precision: f64,
    /// The share of this class's items that are predicted correctly; 0 without an item.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 when both are 0.
    pub f1: f64,
    /// Number of items of this class.
    pub support: u64,
}

/// Means of the metrics over the classes.
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
    /// Weighted means over the classes.
    pub(super) fn weighted(classes: &[ClassMetrics], weight: impl Fn(&ClassMetrics) -> f64) -> Self {
        let total: f64 = classes.iter().map(&weight).sum();
        let mean = |value: fn(&ClassMetrics) -> f64| -> f64 {
            classes.iter().map(|class| weight(class) * value(class)).sum::<f64>() / total
        };
        Self { precision: mean(|c| c.precision), recall: mean(|c| c.recall), f1: mean(|c| c.f1) }
    }
}
