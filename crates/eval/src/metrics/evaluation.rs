//! A model's predictions on a labeled set.

use std::fmt;

use cepstrum_dataset::FeatureSet;
use cepstrum_models::{Classifier, argmax};
use ndarray::{Array2, ArrayRef2, Axis};

use super::confusion::check_labels;
use super::{ClassMetrics, ConfusionMatrix};
use crate::{Error, Result, table};

/// Lower bound of a probability in the loss of [`Evaluation::from_probabilities`], as in Keras.
const LEAST_PROBABILITY: f32 = 1e-7;

/// A model's predictions on a labeled set, with the confusion matrix and the loss that follow from them.
///
/// # Shapes
/// Probabilities `[n_segments, n_classes]`, one row per segment.
///
/// ```
/// use cepstrum_eval::Evaluation;
/// use ndarray::array;
///
/// let classes = ["jazz".to_owned(), "rock".to_owned()];
/// let evaluation = Evaluation::from_probabilities(&[0, 1, 1], array![[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]], &classes)?;
/// assert_eq!(evaluation.predicted(), [0, 1, 0]);
/// assert!((evaluation.accuracy() - 2.0 / 3.0).abs() < 1e-12);
/// println!("{evaluation}");
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    confusion: ConfusionMatrix,
    /// The cross-entropy of every segment.
    losses: Vec<f64>,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    probabilities: Array2<f32>,
    log_probabilities: Array2<f32>,
    track_ids: Vec<usize>,
}

impl Evaluation {
    /// Runs a model on a labeled set; the evaluation keeps the set's tracks where it has them.
    ///
    /// # Errors
    /// [`Error::Models`] when the model cannot take the features, [`Error::ClassMismatch`] when the set's classes are
    /// not the model's, [`Error::Empty`] for a set without a segment.
    pub fn from_model(model: &Classifier, set: &FeatureSet) -> Result<Self> {
        if model.classes() != set.classes() {
            return Err(Error::ClassMismatch {
                expected: model.classes().to_vec(),
                actual: set.classes().to_vec(),
            });
        }
        if set.is_empty() {
            return Err(Error::Empty { what: "segments" });
        }
        let logs = model.predict_log_proba(set)?;
        let evaluation = Self::from_log_probabilities(set.labels(), logs, set.classes())?;
        if set.has_tracks() { evaluation.with_tracks(set.track_ids()) } else { Ok(evaluation) }
    }

    /// Evaluates probabilities against labels; the predicted class is the first with the highest probability.
    ///
    /// In the loss, a probability below 1e-7 counts as 1e-7, as in Keras.
    ///
    /// # Errors
    /// [`Error::Empty`] without a segment, [`Error::LengthMismatch`] for other shapes than `[truth.len(),
    /// classes.len()]`, [`Error::LabelOutOfRange`] for a label without a class, [`Error::NotAProbability`] for a value
    /// outside 0 to 1.
    pub fn from_probabilities(
        truth: &[usize],
        probabilities: Array2<f32>,
        classes: &[String],
    ) -> Result<Self> {
        check(truth, &probabilities, classes)?;
        let log = |segment, class| f64::from(probabilities[[segment, class]].max(LEAST_PROBABILITY)).ln();
        let losses = cross_entropies(truth, log);
        // A probability that `f32` rounded to 0 keeps a finite logarithm.
        let logs = probabilities.mapv(|p| p.max(f32::MIN_POSITIVE).ln());
        Self::new(truth, probabilities, logs, losses, classes)
    }

    /// Evaluates natural logarithms of probabilities against labels; no probability is too small for the loss.
    ///
    /// # Errors
    /// As [`from_probabilities`](Self::from_probabilities).
    pub fn from_log_probabilities(
        truth: &[usize],
        log_probabilities: Array2<f32>,
        classes: &[String],
    ) -> Result<Self> {
        check(truth, &log_probabilities, classes)?;
        let losses = cross_entropies(truth, |segment, class| f64::from(log_probabilities[[segment, class]]));
        Self::new(truth, log_probabilities.mapv(f32::exp), log_probabilities, losses, classes)
    }

    /// The common part of the constructors, for labels and shapes that were checked.
    pub(super) fn new(
        truth: &[usize],
        probabilities: Array2<f32>,
        log_probabilities: Array2<f32>,
        losses: Vec<f64>,
        classes: &[String],
    ) -> Result<Self> {
        check_probabilities(&probabilities)?;
        let predicted: Vec<usize> = probabilities.outer_iter().map(|row| argmax(&row.to_vec())).collect();
        Ok(Self {
            confusion: ConfusionMatrix::from_labels(truth, &predicted, classes)?,
            losses,
            truth: truth.to_vec(),
            predicted,
            probabilities,
            log_probabilities,
            track_ids: Vec::new(),
        })
    }

    /// Sets the track of every segment: one index per segment, equal for segments of one track.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for another number of entries than segments.
    pub fn with_tracks(self, track_ids: &[usize]) -> Result<Self> {
        if track_ids.len() != self.truth.len() {
            let (expected, actual) = (self.truth.len(), track_ids.len());
            return Err(Error::LengthMismatch { what: "tracks", expected, actual });
        }
        Ok(Self { track_ids: track_ids.to_vec(), ..self })
    }

    /// Returns the evaluation of some of the segments, in the order given, as if the model had run on them alone.
    ///
    /// # Errors
    /// [`Error::Empty`] for no segment.
    ///
    /// # Panics
    /// If an index is not below the number of segments.
    pub fn select(&self, segments: &[usize]) -> Result<Self> {
        if segments.is_empty() {
            return Err(Error::Empty { what: "segments" });
        }
        let pick = |values: &[usize]| segments.iter().map(|&segment| values[segment]).collect::<Vec<_>>();
        let [probabilities, logs] =
            [&self.probabilities, &self.log_probabilities].map(|rows| rows.select(Axis(0), segments));
        let losses = segments.iter().map(|&segment| self.losses[segment]).collect();
        let selected = Self::new(&pick(&self.truth), probabilities, logs, losses, self.classes())?;
        if self.track_ids.is_empty() {
            return Ok(selected);
        }
        selected.with_tracks(&pick(&self.track_ids))
    }

    /// Counts of truth (rows) against prediction (columns).
    pub fn confusion(&self) -> &ConfusionMatrix {
        &self.confusion
    }

    /// Mean cross-entropy in nats, `-mean(ln p[truth])`, without regularization penalties.
    pub fn loss(&self) -> f64 {
        self.losses.iter().sum::<f64>() / self.losses.len() as f64
    }

    /// The share of segments that are classified correctly.
    pub fn accuracy(&self) -> f64 {
        self.confusion.accuracy()
    }

    /// Precision, recall, F1 and support of every class.
    pub fn per_class(&self) -> Vec<ClassMetrics> {
        self.confusion.per_class()
    }

    /// Class names in the order of the labels.
    pub fn classes(&self) -> &[String] {
        self.confusion.classes()
    }

    /// The true label of every segment.
    pub fn truth(&self) -> &[usize] {
        &self.truth
    }

    /// The predicted label of every segment.
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// The probabilities `[n_segments, n_classes]`.
    pub fn probabilities(&self) -> &Array2<f32> {
        &self.probabilities
    }

    /// Natural logarithms of the probabilities, `[n_segments, n_classes]`.
    pub fn log_probabilities(&self) -> &Array2<f32> {
        &self.log_probabilities
    }

    /// The track of every segment; empty when tracks are unknown.
    pub fn track_ids(&self) -> &[usize] {
        &self.track_ids
    }
}

/// `-ln p[truth]` of every segment.
fn cross_entropies(truth: &[usize], log_probability: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    truth.iter().enumerate().map(|(segment, &class)| -log_probability(segment, class)).collect()
}

/// Checks the labels, and that there is one row per label and one column per class.
fn check(truth: &[usize], values: &ArrayRef2<f32>, classes: &[String]) -> Result<()> {
    check_labels("true label", truth, classes.len())?;
    let (rows, columns) = values.dim();
    for (what, expected, actual) in
        [("rows of probabilities", truth.len(), rows), ("columns of probabilities", classes.len(), columns)]
    {
        if expected != actual {
            return Err(Error::LengthMismatch { what, expected, actual });
        }
    }
    Ok(())
}

fn check_probabilities(probabilities: &ArrayRef2<f32>) -> Result<()> {
    match probabilities.indexed_iter().find(|(_, value)| !(0.0..=1.0 + 1e-4).contains(*value)) {
        Some(((segment, class), &value)) => Err(Error::NotAProbability { segment, class, value }),
        None => Ok(()),
    }
}

/// Accuracy and loss, a table of precision, recall, F1 and support by class with their averages, and the confusion
/// matrix.
impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (accuracy, baseline) =
            (table::percent(self.accuracy()), table::percent(self.confusion.majority_baseline()));
        let n = self.truth.len();
        writeln!(f, "accuracy {accuracy} % of {n} segments (majority baseline {baseline} %)")?;
        writeln!(f, "mean cross-entropy {:.4}\n", self.loss())?;
        let header = ["class", "precision", "recall", "F1", "support"];
        writeln!(f, "{}\n", table::aligned(header, self.confusion.metric_rows()))?;
        write!(f, "{}", self.confusion)
    }
}
