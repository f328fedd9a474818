//! Features that a trained network computes.

use std::fmt;
use std::sync::Arc;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A trained network whose values are the features of others, such as `MusiCNN` of `cepstrum-models`.
///
/// This crate does not compute networks. A [`FeatureConfig::Front`](crate::FeatureConfig::Front) describes one, so that
/// stores, caches and models record where their features come from, and an extraction is given the network itself by
/// [`Extraction::front`](crate::Extraction::front).
pub trait Front: fmt::Debug + Send + Sync {
    /// The description of the network and of the features that it computes.
    fn config(&self) -> FrontConfig;

    /// Shape `[n_windows, n_coefficients]` of the features of `n_samples` samples; no window when they are too few.
    fn shape(&self, n_samples: usize) -> [usize; 2];

    /// Computes the features of samples at the rate of the configuration, `[n_windows, n_coefficients]`.
    ///
    /// # Errors
    /// [`Error::TooShort`] for fewer samples than a window needs, an error for samples that are NaN
    /// or infinite, [`Error::Front`] for any other failure.
    fn features(&self, samples: &[f32]) -> Result<Array2<f32>>;

    /// Words that describe the samples with their probabilities, in descending order; empty, the default, for a network
    /// that has none.
    ///
    /// # Errors
    /// As [`features`](Self::features).
    fn tags(&self, _samples: &[f32]) -> Result<Vec<(String, f32)>> {
        Ok(Vec::new())
    }
}

/// The description of a [`Front`] and of its features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontConfig {
    /// Name of the network.
    pub network: String,
    /// A hash of its weights, so that features of two networks are not mistaken for each other's.
    pub weights: String,
    /// Name of the layer whose values are the features.
    pub output: String,
    /// Sample rate of the audio that it takes, Hz.
    pub sample_rate: u32,
    /// Samples between the starts of two windows. A short one averages over more windows and costs more time.
    pub hop_length: usize,
    /// The way to get the weights: a command or an address, for people who have a model without its front.
    pub source: String,
}

impl FrontConfig {
    /// Returns the network that was given, if it is the one that is described.
    ///
    /// # Errors
    /// [`Error::FrontMissing`] or [`Error::OtherFront`].
    pub fn check<'a>(&self, front: Option<&'a Arc<dyn Front>>) -> Result<&'a Arc<dyn Front>> {
        let Some(front) = front else {
            let Self { network, weights, source, .. } = self.clone();
            return Err(Error::FrontMissing { network, weights, how_to_get: source });
        };
        let actual = front.config();
        if actual == *self {
            return Ok(front);
        }
        Err(Error::OtherFront { expected: self.to_string(), actual: actual.to_string() })
    }
}

/// Network, output, hop and hash.
impl fmt::Display for FrontConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { network, weights, output, hop_length, .. } = self;
        write!(f, "{network} ({output}, hop {hop_length}, weights {weights})")
    }
}
