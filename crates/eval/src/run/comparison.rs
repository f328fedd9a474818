//! Comparisons of models in the record of a run, and the choice of the models to compare.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ModelRun, SplitBy};
use crate::Result;
use crate::metrics::{Evaluation, McNemar, Spread, Vote};

/// Returns the indices of models in the order of preference: by falling accuracy over the
/// [tracks](ModelRun::validation_track_accuracy) of validation data, of equals by that over its
/// [segments](ModelRun::validation_accuracy), then those without either in the order given.
///
/// The test accuracy plays no part. A model that was chosen by it would look better on the same test part than on new
/// data, and a p-value of [`McNemar`]'s test would be too small.
///
/// ```
/// use cepstrum_eval::{ModelRun, SplitBy, rank_models};
///
/// let model = |validation_accuracy, test_accuracy| ModelRun {
///     validation_accuracy,
///     test_accuracy,
///     ..ModelRun::new("cnn", SplitBy::Track, 0)
/// };
/// let models = [model(None, 0.9), model(Some(0.6), 0.8), model(Some(0.7), 0.7)];
/// assert_eq!(rank_models(&models), [2, 1, 0]);
/// ```
pub fn rank_models<'a>(models: impl IntoIterator<Item = &'a ModelRun>) -> Vec<usize> {
    let lowest = |accuracy: Option<f64>| accuracy.unwrap_or(f64::NEG_INFINITY);
    let validated: Vec<[f64; 2]> = models
        .into_iter()
        .map(|model| [model.validation_track_accuracy, model.validation_accuracy].map(lowest))
        .collect();
    let mut order: Vec<usize> = (0..validated.len()).collect();
    // A stable sort: equal models keep the order given.
    order.sort_by(|&a, &b| {
        let ([track_a, segment_a], [track_b, segment_b]) = (validated[a], validated[b]);
        track_b.total_cmp(&track_a).then(segment_b.total_cmp(&segment_a))
    });
    order
}

/// A comparison of two models on the same test part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the first model.
    pub first: String,
    /// Name of the second model.
    pub second: String,
    /// The unit that the split keeps together.
    pub split: SplitBy,
    /// The unit that was counted: `tracks`, each by the vote of its segments, or `segments` where tracks are unknown or
    /// the split does not keep them together.
    pub unit: String,
    /// The test.
    pub test: McNemar,
    /// The criterion by which the two models were chosen, in words; empty in records that do not have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chosen_by: String,
}

impl Comparison {
    /// Compares two models by their evaluations.
    ///
    /// # Errors
    /// As [`McNemar::from_evaluations`] and [`Evaluation::by_track`].
    pub fn from_evaluations(
        split: SplitBy,
        [(first, a), (second, b)]: [(&str, &Evaluation); 2],
    ) -> Result<Self> {
        let by_track = split == SplitBy::Track && !a.track_ids().is_empty();
        let test = if by_track {
            McNemar::from_evaluations(&a.by_track(Vote::default())?, &b.by_track(Vote::default())?)?
        } else {
            McNemar::from_evaluations(a, b)?
        };
        let unit = if by_track { "tracks" } else { "segments" }.to_owned();
        let (first, second) = (first.to_owned(), second.to_owned());
        Ok(Self { first, second, split, unit, test, chosen_by: String::new() })
    }
}

/// A sentence without a full stop.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second, split, unit, test, chosen_by } = self;
        let McNemar { only_first, only_second, exact, .. } = test;
        let outcome =
            if *exact < 0.05 { "the difference is significant" } else { "the difference may be chance" };
        let p = if *exact < 0.001 { "p < 0.001".to_owned() } else { format!("p = {exact:.3}") };
        write!(f, "split by {split}: only {first} is correct on {only_first} {unit}, only {second} on ")?;
        write!(f, "{only_second}; {outcome} (exact McNemar test, {p})")?;
        if chosen_by.is_empty() { Ok(()) } else { write!(f, "; models chosen by {chosen_by}") }
    }
}

/// A cross-validation of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidationRun {
    /// Name of the model.
    pub name: String,
    /// The unit that the folds keep together.
    pub split: SplitBy,
    /// Accuracy over segments, fold by fold.
    pub accuracy: Spread,
    /// Accuracy over whole tracks, fold by fold, where tracks are known and stay together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track_accuracy: Option<Spread>,
}
