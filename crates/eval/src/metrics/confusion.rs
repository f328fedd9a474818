//! The confusion matrix and the metrics of its counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Averages, ClassMetrics};
use crate::{Error, Result, table};

/// Counts of truth against prediction. **Rows are the truth, columns the predictions**, here and everywhere in this
/// crate.
///
/// # Shapes
/// `[n_classes, n_classes]`.
///
/// ```
/// use cepstrum_eval::ConfusionMatrix;
///
/// let classes = ["jazz".to_owned(), "rock".to_owned()];
/// let matrix = ConfusionMatrix::from_labels(&[0, 0, 0, 1], &[0, 1, 1, 1], &classes)?;
/// assert_eq!(matrix.count(0, 1), 2); // two jazz segments were classified as rock
/// assert_eq!(matrix.count(1, 0), 0);
/// assert_eq!(matrix.accuracy(), 0.5);
/// assert_eq!(matrix.per_class()[0].precision, 1.0);
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
///
/// # References
/// scikit-learn's `confusion_matrix`, which has the same axes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Counts", into = "Counts")]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

/// The stored form of the matrix.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename = "ConfusionMatrix")]
struct Counts {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// Counts pairs of labels, which are indices into `classes`.
    ///
    /// # Errors
    /// [`Error::Empty`] for empty lists, [`Error::LengthMismatch`] when the lists differ in length, and
    /// [`Error::LabelOutOfRange`] for a label without a class.
    pub fn from_labels(truth: &[usize], predicted: &[usize], classes: &[String]) -> Result<Self> {
        check_labels("true label", truth, classes.len())?;
        check_labels("predicted label", predicted, classes.len())?;
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

    /// Builds a matrix from its counts, one row per true class.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the counts are not `[n_classes, n_classes]`, [`Error::Empty`] when all are zero.
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

    /// Number of items of class `truth` that were predicted as `predicted`.
    ///
    /// # Panics
    /// Panics when an index is not below [`n_classes`](Self::n_classes), as indexing does.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth][predicted]
    }

    /// Number of items of class `truth`: the sum of its row.
    ///
    /// # Panics
    /// Panics when the index is not below [`n_classes`](Self::n_classes).
    pub fn support(&self, truth: usize) -> u64 {
        self.counts[truth].iter().sum()
    }

    /// Number of predictions of class `predicted`: the sum of its column.
    ///
    /// # Panics
    /// Panics when the index is not below [`n_classes`](Self::n_classes).
    pub fn predictions(&self, predicted: usize) -> u64 {
        self.counts.iter().map(|row| row[predicted]).sum()
    }

    /// Number of all items; never zero.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of correct predictions: the sum of the diagonal over the total.
    pub fn accuracy(&self) -> f64 {
        let correct: u64 = (0..self.n_classes()).map(|class| self.count(class, class)).sum();
        ratio(correct, self.total())
    }

    /// Precision, recall, F1 and support of every class; a ratio with denominator 0 is 0.
    ///
    /// # References
    /// scikit-learn's `precision_recall_fscore_support(zero_division=0)`.
    pub fn per_class(&self) -> Vec<ClassMetrics> {
        let metrics = |(class, name): (usize, &String)| {
            let (correct, support) = (self.count(class, class), self.support(class));
            ClassMetrics {
                class: name.clone(),
                precision: ratio(correct, self.predictions(class)),
                recall: ratio(correct, support),
                // 2PR / (P + R) in terms of counts: rounded once, and 0 where both are 0.
                f1: ratio(2 * correct, support + self.predictions(class)),
                support,
            }
        };
        self.classes.iter().enumerate().map(metrics).collect()
    }

    /// The unweighted mean over all classes, including those without support.
    pub fn macro_average(&self) -> Averages {
        Averages::weighted(&self.per_class(), |_| 1.0)
    }

    /// The mean over the classes, weighted by their support.
    pub fn weighted_average(&self) -> Averages {
        Averages::weighted(&self.per_class(), |class| class.support as f64)
    }

    /// The accuracy of always predicting the most common class of these data (scikit-learn's `DummyClassifier`).
    pub fn majority_baseline(&self) -> f64 {
        let largest = (0..self.n_classes()).map(|class| self.support(class)).max();
        ratio(largest.unwrap_or(0), self.total())
    }

    /// Returns the sum of this matrix and another over the same classes, such as that of another fold.
    ///
    /// # Errors
    /// [`Error::Undefined`] when the class names differ.
    pub fn merged(mut self, other: &Self) -> Result<Self> {
        if self.classes != other.classes {
            let (quantity, reason) = ("the sum of two confusion matrices", "their classes differ");
            return Err(Error::Undefined { quantity, reason });
        }
        for (count, added) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *count += added;
        }
        Ok(self)
    }

    /// Precision, recall, F1 and support of every class and on average, as cells of a table.
    pub(crate) fn metric_rows(&self) -> Vec<Vec<String>> {
        let row = |name: &str, metrics: [f64; 3], support: u64| {
            let [precision, recall, f1] = metrics.map(|value| format!("{value:.3}"));
            vec![name.to_owned(), precision, recall, f1, support.to_string()]
        };
        let by_class = self.per_class();
        let by_class = by_class.iter().map(|c| row(&c.class, [c.precision, c.recall, c.f1], c.support));
        let averages =
            [("macro average", self.macro_average()), ("weighted average", self.weighted_average())];
        let averages = averages.map(|(name, a)| row(name, [a.precision, a.recall, a.f1], self.total()));
        by_class.chain(averages).collect()
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

/// A table of the counts: one row per true class, one column per predicted class.
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

/// Checks that there are labels and that each is below `n_classes`.
pub(super) fn check_labels(what: &'static str, labels: &[usize], n_classes: usize) -> Result<()> {
    if labels.is_empty() {
        return Err(Error::Empty { what: "labels" });
    }
    match labels.iter().enumerate().find(|&(_, &label)| label >= n_classes) {
        Some((position, &label)) => Err(Error::LabelOutOfRange { what, position, label, n_classes }),
        None => Ok(()),
    }
}

/// A ratio of counts; 0 where the denominator is 0, as with scikit-learn's `zero_division=0`.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
