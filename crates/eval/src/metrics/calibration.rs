//! Whether a confidence of 70 % means right in 70 of 100 cases, and how to mend it.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::voting::{log_probabilities, tempered};
use crate::{Error, Evaluation, Result};

/// Segments of similar confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// How many segments.
    pub count: usize,
    /// Their mean confidence (the probability of the predicted class); the middle of the bin when it is empty.
    pub confidence: f64,
    /// The share of them that are classified right; 0 when the bin is empty.
    pub accuracy: f64,
}

/// The reliability of a model's confidences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Bins of equal width over 0..=1, by rising confidence; a bin holds its upper end, the first also 0.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error: the mean of `|accuracy - confidence|` over the bins, weighted by their counts.
    pub expected_error: f64,
    /// Brier score: the mean over segments of `sum((p - truth)^2)` over the classes, 0 to 2.
    pub brier: f64,
}

impl Calibration {
    /// Bins the segments by confidence.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] without a bin.
    ///
    /// # References
    /// Guo et al. (2017), On Calibration of Modern Neural Networks, arXiv:1706.04599; Brier (1950);
    /// scikit-learn's `calibration_curve(strategy="uniform")`.
    pub fn of(evaluation: &Evaluation, n_bins: usize) -> Result<Self> {
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
            let off =
                |(class, &p): (usize, &f32)| (f64::from(p) - f64::from(u8::from(class == truth))).powi(2);
            brier += row.iter().enumerate().map(off).sum::<f64>();
        }
        let total = evaluation.truth().len() as f64;
        let mean = |(i, (count, confidence, right)): (usize, (usize, f64, usize))| match count {
            0 => CalibrationBin { count, confidence: (i as f64 + 0.5) / n_bins as f64, accuracy: 0.0 },
            _ => CalibrationBin {
                count,
                confidence: confidence / count as f64,
                accuracy: right as f64 / count as f64,
            },
        };
        let bins: Vec<CalibrationBin> = bins.into_iter().enumerate().map(mean).collect();
        let filled = bins.iter().filter(|bin| bin.count > 0);
        let expected_error =
            filled.map(|bin| (bin.accuracy - bin.confidence).abs() * bin.count as f64 / total).sum();
        Ok(Self { bins, expected_error, brier: brier / total })
    }
}

/// One number that all log-probabilities are divided by: above 1 confidences fall, below 1 they rise; the predicted
/// classes stay.
///
/// ```text
/// q = softmax(ln(p) / temperature)
/// ```
///
/// # References
/// Guo et al. (2017), arXiv:1706.04599, section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemperatureScaling(f64);

impl TemperatureScaling {
    /// The range that fitting searches.
    const BOUNDS: [f64; 2] = [0.05, 20.0];

    /// A temperature.
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

    /// The temperature between 0.05 and 20 with the lowest mean cross-entropy on an evaluation: fit it on validation
    /// data, never on the test part.
    pub fn fit(validation: &Evaluation) -> Self {
        let logs = logs(validation.probabilities());
        let truth = validation.truth();
        let loss = |ln_temperature: f64| {
            let rows = tempered(&logs, ln_temperature.exp());
            let surprise =
                |(&truth, row): (&usize, ndarray::ArrayView1<'_, f64>)| -row[truth].max(1e-300).ln();
            truth.iter().zip(rows.outer_iter()).map(surprise).sum::<f64>()
        };
        let [low, high] = Self::BOUNDS.map(f64::ln);
        Self(golden_section(loss, low, high).exp())
    }

    /// The number itself.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Probabilities `[n_segments, n_classes]` at this temperature.
    pub fn apply(self, probabilities: &Array2<f32>) -> Array2<f32> {
        tempered(&logs(probabilities), self.0).mapv(|p| p as f32)
    }

    /// The evaluation with its probabilities at this temperature.
    ///
    /// # Errors
    /// None for an evaluation that exists; the checks of [`Evaluation::from_probabilities`] are run again.
    pub fn recalibrated(self, evaluation: &Evaluation) -> Result<Evaluation> {
        let probabilities = self.apply(evaluation.probabilities());
        let again = Evaluation::from_probabilities(evaluation.truth(), probabilities, evaluation.classes())?;
        if evaluation.track_ids().is_empty() { Ok(again) } else { again.with_tracks(evaluation.track_ids()) }
    }
}

fn logs(probabilities: &Array2<f32>) -> Array2<f64> {
    let mut logs = Array2::zeros(probabilities.dim());
    for (mut out, row) in logs.outer_iter_mut().zip(probabilities.outer_iter()) {
        out.assign(&log_probabilities(&row));
    }
    logs
}

/// The lowest point of a function with one valley. The cross-entropy is convex in 1 / temperature, so it has one.
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
