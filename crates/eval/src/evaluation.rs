//! A model's predictions on a labelled set, and everything computed from them.

use std::fmt;

use cepstrum_dataset::FeatureSet;
use cepstrum_models::Classifier;
use ndarray::{Array2, ArrayRef1};

use crate::confusion::check_labels;
use crate::metrics::ClassMetrics;
use crate::{ConfusionMatrix, Error, Result, table};

/// Probabilities below this count as this in the loss, as in Keras.
pub(crate) const LEAST_PROBABILITY: f32 = 1e-7;

/// What a model does on a labelled set: its probabilities and the confusion matrix and loss that follow from them.
///
/// # Shapes
/// Probabilities `[n_segments, n_classes]`, one row a segment.
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
#[non_exhaustive]
pub struct Evaluation {
    /// Counts of truth (rows) against prediction (columns).
    pub confusion: ConfusionMatrix,
    /// Mean cross-entropy in nats: `-mean(ln p[truth])`, without regularisation penalties.
    pub loss: f64,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    probabilities: Array2<f32>,
    track_ids: Vec<usize>,
}

impl Evaluation {
    /// Evaluates a model on a labelled set: probabilities, confusion matrix, loss and, where the set knows them, tracks.
    ///
    /// # Errors
    /// [`Error::Models`] when the model cannot take the features, [`Error::Classes`] when the set's classes are not the
    /// model's, [`Error::Empty`] for a set without a segment.
    pub fn of(model: &Classifier, set: &FeatureSet) -> Result<Self> {
        if model.classes() != set.classes() {
            return Err(Error::Classes {
                expected: model.classes().to_vec(),
                actual: set.classes().to_vec(),
            });
        }
        if set.is_empty() {
            return Err(Error::Empty { what: "segments" });
        }
        let logs = model.predict_log_proba(set)?;
        let loss = mean_cross_entropy(set.labels(), |segment, class| f64::from(logs[[segment, class]]));
        let evaluation = Self::from_probabilities(set.labels(), logs.mapv_into(f32::exp), set.classes())?;
        let evaluation = Self { loss, ..evaluation };
        if set.has_tracks() { evaluation.with_tracks(set.track_ids()) } else { Ok(evaluation) }
    }

    /// Evaluates probabilities against labels; the predicted class is the first with the highest probability.
    ///
    /// # Errors
    /// [`Error::Empty`] without a segment, [`Error::LengthMismatch`] when the shapes do not go together,
    /// [`Error::LabelOutOfRange`] and [`Error::NotAProbability`] for values that are none.
    pub fn from_probabilities(
        truth: &[usize],
        probabilities: Array2<f32>,
        classes: &[String],
    ) -> Result<Self> {
        check_labels("truth", truth, classes.len())?;
        check_probabilities(truth.len(), &probabilities, classes.len())?;
        let predicted: Vec<usize> = probabilities.outer_iter().map(|row| first_maximum(&row)).collect();
        let log = |segment, class| f64::from(probabilities[[segment, class]].max(LEAST_PROBABILITY)).ln();
        let loss = mean_cross_entropy(truth, log);
        let confusion = ConfusionMatrix::from_labels(truth, &predicted, classes)?;
        Ok(Self { confusion, loss, truth: truth.to_vec(), predicted, probabilities, track_ids: Vec::new() })
    }

    /// The same evaluation, knowing which track each segment comes from: an index a segment, equal for one track.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when there is not one entry a segment.
    pub fn with_tracks(self, track_ids: &[usize]) -> Result<Self> {
        if track_ids.len() != self.truth.len() {
            let (expected, actual) = (self.truth.len(), track_ids.len());
            return Err(Error::LengthMismatch { what: "tracks", expected, actual });
        }
        Ok(Self { track_ids: track_ids.to_vec(), ..self })
    }

    /// The share of segments that are classified right.
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

    /// The track of every segment; empty when tracks are not known.
    pub fn track_ids(&self) -> &[usize] {
        &self.track_ids
    }
}

/// `-mean(ln p[truth])`.
fn mean_cross_entropy(truth: &[usize], log_probability: impl Fn(usize, usize) -> f64) -> f64 {
    let sum: f64 = truth.iter().enumerate().map(|(segment, &class)| log_probability(segment, class)).sum();
    -sum / truth.len() as f64
}

/// The first class with the highest value.
pub(crate) fn first_maximum(row: &ArrayRef1<f32>) -> usize {
    let mut best = 0;
    for (class, &value) in row.iter().enumerate() {
        if value > row[best] {
            best = class;
        }
    }
    best
}

fn check_probabilities(n_segments: usize, probabilities: &Array2<f32>, n_classes: usize) -> Result<()> {
    let (rows, columns) = probabilities.dim();
    for (what, expected, actual) in
        [("rows of probabilities", n_segments, rows), ("columns of probabilities", n_classes, columns)]
    {
        if expected != actual {
            return Err(Error::LengthMismatch { what, expected, actual });
        }
    }
    match probabilities.indexed_iter().find(|(_, value)| !(0.0..=1.0 + 1e-4).contains(*value)) {
        Some(((segment, class), &value)) => Err(Error::NotAProbability { segment, class, value }),
        None => Ok(()),
    }
}

/// Accuracy and loss, a table of precision, recall, F1 and support by class with their averages, and the confusion
/// matrix.
impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (accuracy, trivial) =
            (table::percent(self.accuracy()), table::percent(self.confusion.majority_baseline()));
        writeln!(f, "accuracy {accuracy} % of {} segments (commonest class {trivial} %)", self.truth.len())?;
        writeln!(f, "mean cross-entropy {:.4}\n", self.loss)?;
        let classes = self.per_class();
        let row = |name: &str, [precision, recall, f1]: [f64; 3], support: u64| {
            let figure = |value: f64| format!("{value:.3}");
            vec![name.to_owned(), figure(precision), figure(recall), figure(f1), support.to_string()]
        };
        let by_class = classes.iter().map(|c| row(&c.class, [c.precision, c.recall, c.f1], c.support));
        let averages = [
            ("macro average", self.confusion.macro_average()),
            ("weighted average", self.confusion.weighted_average()),
        ];
        let total = self.confusion.total();
        let averages = averages.iter().map(|(name, a)| row(name, [a.precision, a.recall, a.f1], total));
        let header = ["class", "precision", "recall", "F1", "support"];
        writeln!(f, "{}\n", table::aligned(header, by_class.chain(averages)))?;
        write!(f, "{}", self.confusion)
    }
}
