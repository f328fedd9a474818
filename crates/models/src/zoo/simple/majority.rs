//! The most common class.

use candle_core::{Device, Tensor};
use cepstrum_dataset::FeatureSet;

use super::{FittedModel, check, fitted, model};
use crate::{Dense, Flatten, Result};

/// The most common class for every segment, with the shares of the classes in the training data as probabilities;
/// scikit-learn's `DummyClassifier(strategy="prior")`. A model below it does harm.
///
/// A class without training segments counts as if it had half a segment, so that its logarithm is finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MajorityClass {}

impl MajorityClass {
    /// Counts the classes.
    ///
    /// # Errors
    /// [`Error::NoData`](crate::Error::NoData), [`Error::OneClass`](crate::Error::OneClass),
    /// [`Error::NonFiniteFeature`](crate::Error::NonFiniteFeature), and for validation data that does not fit
    /// [`Error::FeatureShape`](crate::Error::FeatureShape), [`Error::Classes`](crate::Error::Classes) or
    /// [`Error::Config`](crate::Error::Config).
    pub fn fit(self, training: &FeatureSet, validation: Option<&FeatureSet>) -> Result<FittedModel> {
        let begun = std::time::Instant::now();
        check(training, validation)?;
        let n_classes = training.n_classes();
        let [n_frames, n_coefficients] = training.segment_shape();
        let log = |count: &usize| (*count as f32).max(0.5).ln();
        let bias: Vec<f32> = training.class_counts().iter().map(log).collect();
        let kernel = vec![0.0_f32; n_frames * n_coefficients * n_classes];
        let kernel = Tensor::from_vec(kernel, (n_frames * n_coefficients, n_classes), &Device::Cpu)?;
        let bias = Tensor::from_vec(bias, n_classes, &Device::Cpu)?;
        let weights = [("dense/kernel".to_owned(), kernel), ("dense/bias".to_owned(), bias)];
        let model = model(training, [Flatten::new().into(), Dense::new(n_classes).into()], weights)?;
        fitted(model, [Some(training), validation], 1, begun, None)
    }
}
