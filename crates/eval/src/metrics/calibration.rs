//! Calibration, the agreement of confidences with accuracies, and the temperature that improves it.

use ndarray::{Array2, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use super::Evaluation;
use crate::{Error, Result};

/// A group of segments of similar confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Number of segments.
    pub count: usize,
    /// Their mean confidence (the probability of the predicted class); the middle of the bin when it is empty.
    pub confidence: f64,
    /// The share of them that are classified correctly; 0 when the bin is empty.
    pub accuracy: f64,
}

/// The reliability of a model's confidences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Bins of equal width over 0..=1, by rising confidence. A bin includes its upper end, the first also 0.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error: the mean of `|accuracy - confidence|` over the bins, weighted by their counts.
    pub expected_error: f64,
    /// Brier score: the mean over segments of `sum((p - truth)^2)` over the classes, 0 to 2.
    pub brier: f64,
}

impl Calibration {
    /// Bins an evaluation's segments by confidence.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for 0 bins.
    ///
    /// # References
    /// Guo et al. (2017), *On calibration of modern neural networks*, arXiv:1706.04599; Brier (1950);
    /// scikit-learn's `calibration_curve(strategy="uniform")`.
    pub fn from_evaluation(evaluation: &Evaluation, n_bins: usize) -> Result<Self> {
        if n_bins == 0 {
            return Err(Error::InvalidParameter { parameter: "n_bins", bound: "at least 1", value: 0.0 });
        }
        let mut bins = vec![(0_usize, 0.0, 0_usize); n_bins];
        let mut brier = 0.0;
        let labels = evaluation.truth().iter().zip(evaluation.predicted());
        for ((&truth, &predicted), row) in labels.zip(evaluation.probabilities().outer_iter()) {
            let confidence = f64::from(row[predicted]);
            let bin = ((confidence * n_bins as f64).ceil() as usize).clamp(1, n_bins) - 1;
            bins[bin].0 += 1;
            bins[bin].1 += confidence;
            bins[bin].2 += usize::from(truth == predicted);
            let squared_error =
                |(class, &p): (usize, &f32)| (f64::from(p) - f64::from(u8::from(class == truth))).powi(2);
            brier += row.iter().enumerate().map(squared_error).sum::<f64>();
        }
        let total = evaluation.truth().len() as f64;
        let mean = |(i, (count, confidence, correct)): (usize, (usize, f64, usize))| match count {
            0 => CalibrationBin { count, confidence: (i as f64 + 0.5) / n_bins as f64, accuracy: 0.0 },
            _ => CalibrationBin {
                count,
                confidence: confidence / count as f64,
                accuracy: correct as f64 / count as f64,
            },
        };
        let bins: Vec<CalibrationBin> = bins.into_iter().enumerate().map(mean).collect();
        let filled = bins.iter().filter(|bin| bin.count > 0);
        let expected_error =
            filled.map(|bin| (bin.accuracy - bin.confidence).abs() * bin.count as f64 / total).sum();
        Ok(Self { bins, expected_error, brier: brier / total })
    }
}

/// A temperature that all log-probabilities are divided by: above 1 it lowers the confidences, below 1 it raises them.
/// The predicted classes stay the same.
///
/// ```text
/// q = softmax(ln(p) / temperature)
/// ```
///
/// # References
/// Guo et al. (2017), arXiv:1706.04599, section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemperatureScaling(f64);

/// The range in which [`TemperatureScaling::fit`] searches.
const BOUNDS: [f64; 2] = [0.05, 20.0];

/// The most folds of [`TemperatureScaling::cross_fitted`], and its bins.
const MAX_FOLDS: usize = 10;
const CROSS_FIT_BINS: usize = 10;

impl TemperatureScaling {
    /// Checks and wraps a temperature.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when it is not positive and finite.
    pub fn new(value: f64) -> Result<Self> {
        if value > 0.0 && value.is_finite() {
            Ok(Self(value))
        } else {
            Err(Error::InvalidParameter { parameter: "temperature", bound: "positive and finite", value })
        }
    }

    /// Finds the temperature between 0.05 and 20 with the lowest mean cross-entropy on an evaluation. Fit it on
    /// validation data, never on the test part.
    pub fn fit(validation: &Evaluation) -> Self {
        Self(fit(validation.truth(), validation.log_probabilities()))
    }

    /// Returns the temperature of [`fit`](Self::fit) if it also helps on data that it was not fitted on, else 1.
    ///
    /// The tracks (or segments, where tracks are unknown) are dealt into at most ten folds. Each fold is measured at the
    /// temperature that fits the other folds. Only when both the mean cross-entropy and the
    /// [expected calibration error](Calibration::expected_error) over all folds are lower than at 1 does the temperature
    /// help. On few tracks it often does not: a handful of wrong ones decides where it ends up.
    ///
    /// # Errors
    /// None for a valid evaluation; the checks of [`Evaluation::from_log_probabilities`] run again.
    pub fn cross_fitted(validation: &Evaluation) -> Result<Self> {
        let units = validation.units();
        let n_folds = units.len().min(MAX_FOLDS);
        if n_folds < 2 {
            return Ok(Self(1.0));
        }
        let mut logs = validation.log_probabilities().mapv(f64::from);
        for fold in 0..n_folds {
            let in_fold = |wanted: bool| {
                let chosen =
                    units.iter().enumerate().filter(move |(unit, _)| (unit % n_folds == fold) == wanted);
                chosen.flat_map(|(_, segments)| segments.iter().copied()).collect::<Vec<_>>()
            };
            let (rest, fold) = (in_fold(false), in_fold(true));
            let truth: Vec<usize> = rest.iter().map(|&segment| validation.truth()[segment]).collect();
            let temperature = fit(&truth, &validation.log_probabilities().select(Axis(0), &rest));
            let of_fold = tempered(&validation.log_probabilities().select(Axis(0), &fold), temperature);
            for (segment, row) in fold.into_iter().zip(of_fold.outer_iter()) {
                logs.row_mut(segment).assign(&row);
            }
        }
        let logs = logs.mapv(|log| log as f32);
        let after = Evaluation::from_log_probabilities(validation.truth(), logs, validation.classes())?;
        let before = Self(1.0).recalibrate(validation)?;
        let error = |evaluation: &Evaluation| {
            Calibration::from_evaluation(evaluation, CROSS_FIT_BINS).map(|it| it.expected_error)
        };
        let helps = after.loss() < before.loss() && error(&after)? < error(&before)?;
        Ok(if helps { Self::fit(validation) } else { Self(1.0) })
    }

    /// The temperature as a number.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Returns the evaluation with its probabilities at this temperature.
    ///
    /// # Errors
    /// None for a valid evaluation; the checks of [`Evaluation::from_log_probabilities`] run again.
    pub fn recalibrate(self, evaluation: &Evaluation) -> Result<Evaluation> {
        let logs = tempered(evaluation.log_probabilities(), self.0);
        let truth = evaluation.truth();
        let losses = truth.iter().zip(logs.outer_iter()).map(|(&truth, row)| -row[truth]).collect();
        let probabilities = logs.mapv(|log| log.exp() as f32);
        let logs = logs.mapv(|log| log as f32);
        let again = Evaluation::new(truth, probabilities, logs, losses, evaluation.classes())?;
        if evaluation.track_ids().is_empty() { Ok(again) } else { again.with_tracks(evaluation.track_ids()) }
    }
}

/// The temperature with the lowest cross-entropy.
fn fit(truth: &[usize], log_probabilities: &ArrayRef2<f32>) -> f64 {
    let loss = |ln_temperature: f64| {
        let logs = tempered(log_probabilities, ln_temperature.exp());
        -truth.iter().zip(logs.outer_iter()).map(|(&truth, row)| row[truth]).sum::<f64>()
    };
    let [low, high] = BOUNDS.map(f64::ln);
    golden_section(loss, low, high).exp()
}

/// `log_softmax(logs / temperature)` of every row.
fn tempered(logs: &ArrayRef2<f32>, temperature: f64) -> Array2<f64> {
    let mut out = logs.mapv(|log| f64::from(log) / temperature);
    for mut row in out.axis_iter_mut(Axis(0)) {
        let highest = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let log_sum = row.fold(0.0, |sum, &score| sum + (score - highest).exp()).ln();
        row.mapv_inplace(|score| score - highest - log_sum);
    }
    out
}

/// Finds the minimum of a function with a single valley; the cross-entropy is convex in 1 / temperature, so it has one.
fn golden_section(value: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (value(a), value(b));
    while high - low > 1e-7 {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = value(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = value(b);
        }
    }
    f64::midpoint(low, high)
}
