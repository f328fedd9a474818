//! Metrics of the order of the probabilities: ROC curves, the area under them, top-k accuracy.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Evaluation;
use crate::{Error, Result};

/// A receiver operating characteristic: the true positive rate against the false positive rate as the threshold falls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// False positive rates, rising from 0 to 1.
    pub false_positive: Vec<f64>,
    /// True positive rates, rising from 0 to 1.
    pub true_positive: Vec<f64>,
}

impl RocCurve {
    /// Computes the curve of scores that should be high where `positive` is true; equal scores make one step.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the lists differ in length; [`Error::Undefined`] without a positive, without a
    /// negative or for a score that is NaN.
    ///
    /// # References
    /// scikit-learn's `roc_curve(drop_intermediate=False)`.
    pub fn from_scores(positive: &[bool], scores: &[f64]) -> Result<Self> {
        if positive.len() != scores.len() {
            let (expected, actual) = (positive.len(), scores.len());
            return Err(Error::LengthMismatch { what: "scores", expected, actual });
        }
        let n_positive = positive.iter().filter(|&&positive| positive).count();
        let n_negative = positive.len() - n_positive;
        let reason = match () {
            () if n_positive == 0 => "there is no positive",
            () if n_negative == 0 => "there is no negative",
            () if scores.iter().any(|score| score.is_nan()) => "a score is NaN",
            () => "",
        };
        if !reason.is_empty() {
            return Err(Error::Undefined { quantity: "the ROC curve", reason });
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let (mut true_positives, mut false_positives) = (0_usize, 0_usize);
        let mut curve = Self { false_positive: vec![0.0], true_positive: vec![0.0] };
        for (rank, &i) in order.iter().enumerate() {
            *if positive[i] { &mut true_positives } else { &mut false_positives } += 1;
            let tied = order.get(rank + 1).is_some_and(|&next| scores[next].total_cmp(&scores[i]).is_eq());
            if !tied {
                curve.false_positive.push(false_positives as f64 / n_negative as f64);
                curve.true_positive.push(true_positives as f64 / n_positive as f64);
            }
        }
        Ok(curve)
    }

    /// The area under the curve by the trapezoidal rule: the probability that a positive scores above a negative, where
    /// ties count half.
    pub fn area(&self) -> f64 {
        let steps = self.false_positive.windows(2).zip(self.true_positive.windows(2));
        steps.map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum()
    }
}

impl Evaluation {
    /// Returns the ROC curve of one class against all others.
    ///
    /// # Errors
    /// [`Error::LabelOutOfRange`] for an index without a class; [`Error::Undefined`] when all segments or none are of
    /// this class.
    pub fn roc_curve(&self, class: usize) -> Result<RocCurve> {
        let n_classes = self.classes().len();
        if class >= n_classes {
            return Err(Error::LabelOutOfRange { what: "class", position: 0, label: class, n_classes });
        }
        let positive: Vec<bool> = self.truth().iter().map(|&truth| truth == class).collect();
        let scores: Vec<f64> = self.probabilities().column(class).iter().map(|&p| f64::from(p)).collect();
        RocCurve::from_scores(&positive, &scores)
    }

    /// The area under each class's ROC curve, one class against the rest; `None` where it is undefined.
    pub fn roc_auc(&self) -> Vec<Option<f64>> {
        (0..self.classes().len()).map(|class| self.roc_curve(class).ok().map(|curve| curve.area())).collect()
    }

    /// The unweighted mean of [`roc_auc`](Self::roc_auc) over the classes for which it is defined; `None` without one.
    ///
    /// # References
    /// scikit-learn's `roc_auc_score(multi_class="ovr", average="macro")`.
    pub fn roc_auc_macro(&self) -> Option<f64> {
        let areas: Vec<f64> = self.roc_auc().into_iter().flatten().collect();
        (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
    }

    /// The share of segments whose true class is among the `k` most probable. Of equal probabilities the earlier class
    /// counts as the more probable, so that `k = 1` returns the accuracy.
    pub fn top_k_accuracy(&self, k: usize) -> f64 {
        let probabilities = self.probabilities();
        let within = |(&truth, row): (&usize, ndarray::ArrayView1<'_, f32>)| {
            let ahead = |&(class, p): &(usize, &f32)| match p.total_cmp(&row[truth]) {
                Ordering::Greater => true,
                Ordering::Equal => class < truth,
                Ordering::Less => false,
            };
            row.iter().enumerate().filter(ahead).count() < k
        };
        let hits = self.truth().iter().zip(probabilities.outer_iter()).map(within).filter(|&hit| hit).count();
        hits as f64 / self.truth().len() as f64
    }
}
