//! Confusion matrices and what follows from their counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metrics::{Averages, ClassMetrics};
use crate::{Error, Result, table};

/// Counts of truth against prediction: **rows are truth, columns are predictions**, here and everywhere in this crate.
///
/// # Shapes
/// `[n_classes, n_classes]`.
///
/// ```
/// use cepstrum_eval::ConfusionMatrix;
///
/// let classes = ["jazz".to_owned(), "rock".to_owned()];
/// let matrix = ConfusionMatrix::from_labels(&[0, 0, 0, 1], &[0, 1, 1, 1], &classes)?;
/// assert_eq!(matrix.count(0, 1), 2); // two jazz segments were called rock
/// assert_eq!(matrix.count(1, 0), 0);
/// assert_eq!(matrix.accuracy(), 0.5);
/// assert_eq!(matrix.per_class()[0].precision, 1.0);
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
///
/// # References
/// scikit-learn's `confusion_matrix` has the same axes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

/// The matrix as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename = "ConfusionMatrix")]
struct Counts {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// Counts pairs of labels, each an index into `classes`.
    ///
    /// # Errors
    /// [`Error::Empty`] without a pair, [`Error::LengthMismatch`] when the lists differ in length and
    /// [`Error::LabelOutOfRange`] for a label without a class.
    pub fn from_labels(truth: &[usize], predicted: &[usize], classes: &[String]) -> Result<Self> {
        check_labels("truth", truth, classes.len())?;
        check_labels("prediction", predicted, classes.len())?;
        if truth.len() != predicted.len() {
            let (expected, actual) = (truth.len(), predicted.len());
            return Err(Error::LengthMismatch { what: "predictions", expected, actual });
        }
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            counts[truth][predicted] += 1;
        }
        Self::from_counts(counts, classes)
    }

    /// Takes counts, rows truth.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the counts are not a square of `classes`, [`Error::Empty`] when all are zero.
    pub fn from_counts(counts: Vec<Vec<u64>>, classes: &[String]) -> Result<Self> {
        for length in std::iter::once(counts.len()).chain(counts.iter().map(Vec::len)) {
            if length != classes.len() {
                let (expected, actual) = (classes.len(), length);
                return Err(Error::LengthMismatch { what: "confusion matrix", expected, actual });
            }
        }
        if counts.iter().flatten().all(|&count| count == 0) {
            return Err(Error::Empty { what: "predictions" });
        }
        Ok(Self { classes: classes.to_vec(), counts })
    }

    /// Class names in the order of rows and columns.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// How many of class `truth` were predicted as `predicted`.
    ///
    /// # Panics
    /// When an index is not below [`n_classes`](Self::n_classes), as indexing does.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth][predicted]
    }

    /// How many are of class `truth`: the sum of its row.
    ///
    /// # Panics
    /// When the index is not below [`n_classes`](Self::n_classes).
    pub fn support(&self, truth: usize) -> u64 {
        self.counts[truth].iter().sum()
    }

    /// How often class `predicted` was predicted: the sum of its column.
    ///
    /// # Panics
    /// When the index is not below [`n_classes`](Self::n_classes).
    pub fn predictions(&self, predicted: usize) -> u64 {
        self.counts.iter().map(|row| row[predicted]).sum()
    }

    /// All that were counted; never zero.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of predictions that are right: the diagonal's sum over the total.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.n_classes()).map(|class| self.count(class, class)).sum();
        ratio(right, self.total())
    }

    /// Precision, recall, F1 and support of every class; a ratio over zero is 0.
    ///
    /// # References
    /// scikit-learn's `precision_recall_fscore_support(zero_division=0)`.
    pub fn per_class(&self) -> Vec<ClassMetrics> {
        let metrics = |(class, name): (usize, &String)| {
            let (right, support) = (self.count(class, class), self.support(class));
            ClassMetrics {
                class: name.clone(),
                precision: ratio(right, self.predictions(class)),
                recall: ratio(right, support),
                // 2PR / (P + R), written with counts: no second rounding, and 0 where both are 0.
                f1: ratio(2 * right, support + self.predictions(class)),
                support,
            }
        };
        self.classes.iter().enumerate().map(metrics).collect()
    }

    /// The plain mean over all classes, also over those without support.
    pub fn macro_average(&self) -> Averages {
        Averages::weighted(&self.per_class(), |_| 1.0)
    }

    /// The mean over the classes, each weighted by its support.
    pub fn weighted_average(&self) -> Averages {
        Averages::weighted(&self.per_class(), |class| class.support as f64)
    }

    /// The accuracy of always predicting the commonest class of these data.
    pub fn majority_baseline(&self) -> f64 {
        let commonest = (0..self.n_classes()).map(|class| self.support(class)).max();
        ratio(commonest.unwrap_or(0), self.total())
    }

    /// Adds the counts of another matrix over the same classes, as the folds of a cross-validation ask for.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the class names differ.
    pub fn merged(mut self, other: &Self) -> Result<Self> {
        if self.classes != other.classes {
            let (expected, actual) = (self.n_classes(), other.n_classes());
            return Err(Error::LengthMismatch { what: "classes of the two matrices", expected, actual });
        }
        for (count, added) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *count += added;
        }
        Ok(self)
    }
}

impl TryFrom<Counts> for ConfusionMatrix {
    type Error = Error;

    fn try_from(stored: Counts) -> Result<Self> {
        Self::from_counts(stored.counts, &stored.classes)
    }
}

impl From<ConfusionMatrix> for Counts {
    fn from(matrix: ConfusionMatrix) -> Self {
        Self { classes: matrix.classes, counts: matrix.counts }
    }
}

/// A table of the counts, truth down and predictions across.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = std::iter::once("true \\ predicted").chain(self.classes.iter().map(String::as_str));
        let rows = self.classes.iter().zip(&self.counts);
        let rows = rows.map(|(class, row)| {
            std::iter::once(class.clone()).chain(row.iter().map(u64::to_string)).collect()
        });
        f.write_str(&table::aligned(header, rows))
    }
}

pub(crate) fn check_labels(what: &'static str, labels: &[usize], n_classes: usize) -> Result<()> {
    if labels.is_empty() {
        return Err(Error::Empty { what: "labels" });
    }
    match labels.iter().enumerate().find(|&(_, &label)| label >= n_classes) {
        Some((position, &label)) => Err(Error::LabelOutOfRange { what, position, label, n_classes }),
        None => Ok(()),
    }
}

/// A share of counts; over nothing it is 0, as scikit-learn's `zero_division=0` has it.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
