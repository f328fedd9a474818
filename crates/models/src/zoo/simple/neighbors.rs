//! The nearest training segments.

use candle_core::{Device, Tensor};
use cepstrum_dataset::FeatureSet;

use super::{FittedModel, Summaries, by_track, fitted};
use crate::{Classifier, Error, NearestNeighbors, Result, Summarized};

/// A vote of the training segments whose standardized summaries are nearest; scikit-learn's `KNeighborsClassifier`.
///
/// The model holds the summaries of all training segments. See [`NearestNeighbors`] for its probabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KNeighbors {
    /// Numbers of neighbors, at least 1 each; the one with most validation tracks right is kept, of equals the first. Without
    /// validation data the first is used. Default 5, 1, 3, 9, 15.
    pub ks: Vec<usize>,
    /// Values that the summary consists of. Default [`Summarized::Values`].
    pub summarized: Summarized,
}

impl Default for KNeighbors {
    fn default() -> Self {
        Self { ks: vec![5, 1, 3, 9, 15], summarized: Summarized::Values }
    }
}

impl KNeighbors {
    /// Stores the summaries of the training data and chooses the number of neighbors. One that is above the number of
    /// training segments counts as that number.
    ///
    /// # Errors
    /// [`Error::Setting`] when there is no number of neighbors or one is 0, and those of
    /// [`MajorityClass::fit`](super::MajorityClass::fit).
    pub fn fit(&self, training: &FeatureSet, validation: Option<&FeatureSet>) -> Result<FittedModel> {
        if self.ks.is_empty() || self.ks.contains(&0) {
            return Err(Error::Setting {
                setting: "ks",
                bound: "one or more numbers of at least 1",
                value: 0.0,
            });
        }
        let summaries = Summaries::compute(training, validation, self.summarized)?;
        let candidates = if validation.is_some() { self.ks.as_slice() } else { &self.ks[..1] };
        let mut best: Option<(f64, _, _)> = None;
        for &k in candidates {
            let model = model(k, &summaries)?;
            let accuracy = match validation {
                Some(validation) if candidates.len() > 1 => by_track(&model, validation)?.accuracy,
                _ => 0.0,
            };
            if best.as_ref().is_none_or(|(highest, ..)| accuracy > *highest) {
                best = Some((accuracy, model, k));
            }
        }
        let Some((_, model, k)) = best else { return Err(Error::NoData { part: "training" }) };
        fitted(model, [Some(training), validation], 1, summaries.begun, Some(k as f64))
    }
}

/// The model of the `k` nearest of all summaries.
fn model(k: usize, summaries: &Summaries<'_>) -> Result<Classifier> {
    let (n_examples, n_values) = summaries.values.dim();
    let n_classes = summaries.set.n_classes();
    let examples: Vec<f32> = summaries.values.iter().map(|value| *value as f32).collect();
    let classes: Vec<f32> = summaries.set.labels().iter().map(|label| *label as f32).collect();
    let weights = vec![
        (
            "nearest_neighbors/examples".to_owned(),
            Tensor::from_vec(examples, (n_examples, n_values), &Device::Cpu)?,
        ),
        ("nearest_neighbors/classes".to_owned(), Tensor::from_vec(classes, n_examples, &Device::Cpu)?),
    ];
    let layer = NearestNeighbors { k: k.min(n_examples), n_examples, n_classes };
    summaries.model(vec![layer.into()], weights)
}
