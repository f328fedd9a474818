//! From labelled features to a trained model.

mod epoch;
mod fit;
mod report;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use report::{Ending, EpochReport, Metrics, StepReport, TrainReport};

use crate::{Adam, Callback, Optimizer, Standardization};

/// How to train, whatever the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Passes over the training data at most; at least 1. Default 100.
    pub epochs: usize,
    /// Segments a step; the last batch of an epoch may be shorter. Larger is faster and takes fewer, surer steps.
    /// At least 1; default 32, as in the reference experiment.
    pub batch_size: usize,
    /// Governs shuffling and dropout: the same seed gives the same bits. Default 0.
    pub seed: u64,
    /// What is done to features before they enter the network. Default [`Standardization::PerCoefficient`].
    pub standardize: Standardization,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self { epochs: 100, batch_size: 32, seed: 0, standardize: Standardization::default() }
    }
}

/// Trains a [`Classifier`](crate::Classifier) as Keras's `fit` does.
///
/// Every step takes a batch in an order shuffled anew each epoch (stream `"shuffle/<epoch>"` of the seed), computes the
/// mean cross-entropy plus the network's L2 penalties, and lets the optimizer change the weights. All of it is the
/// same to the bit for any number of threads.
///
/// ```
/// use cepstrum_dataset::FeatureSet;
/// use cepstrum_models::{Adam, Classifier, Dense, Flatten, Sequential, TrainConfig, Trainer};
/// use ndarray::Array3;
///
/// // Two classes that differ in the sign of every value.
/// let features = Array3::from_shape_fn((40, 4, 2), |(segment, ..)| if segment % 2 == 0 { 1.0 } else { -1.0 });
/// let labels = (0..40).map(|segment| segment % 2).collect();
/// let set = FeatureSet::new(features, labels, vec!["up".into(), "down".into()], vec![], None)?;
///
/// let network = Sequential::builder([4, 2]).layer(Flatten::new()).layer(Dense::new(2)).build()?;
/// let mut model = Classifier::new(network)?;
/// let report = Trainer::new(TrainConfig { epochs: 20, batch_size: 8, seed: 1, ..Default::default() })
///     .optimizer(Adam::new(0.05))
///     .fit(&mut model, &set, &set)?;
/// assert_eq!(report.epochs, 20);
/// assert_eq!(model.evaluate(&set)?.accuracy, 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Trainer<'a> {
    config: TrainConfig,
    optimizer: Box<dyn Optimizer + 'a>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("config", &self.config)
            .field("optimizer", &self.optimizer)
            .field("callbacks", &self.callbacks.len())
            .finish()
    }
}

impl<'a> Trainer<'a> {
    /// A training with Adam at Keras's default rate of 0.001 and no callback.
    pub fn new(config: TrainConfig) -> Self {
        Self { config, optimizer: Box::new(Adam::new(1e-3)), callbacks: Vec::new() }
    }

    /// Another optimizer.
    pub fn optimizer(self, optimizer: impl Optimizer + 'a) -> Self {
        Self { optimizer: Box::new(optimizer), ..self }
    }

    /// One more callback, called after those before it.
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }
}
