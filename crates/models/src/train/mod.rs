//! From labelled features to a trained model.

pub(crate) mod augment;
pub(crate) mod callbacks;
pub(crate) mod checkpoint;
mod clip;
pub(crate) mod data;
mod epoch;
mod fit;
mod loss;
pub(crate) mod optimizer;
mod prepare;
mod report;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use clip::Clipping;
pub use loss::ClassWeights;
pub use report::{EpochReport, Metrics, StepReport, StopReason, TrainReport};

use crate::ops::Memory;
use crate::{Adam, Augmentation, Callback, Optimizer, Standardization};

/// How to train, whatever the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Passes over the training data at most; at least 1. Default 100.
    pub epochs: usize,
    /// Segments a step; the last batch of an epoch may be shorter. Larger is faster and takes fewer, surer steps.
    /// At least 1; default 32, as in the reference experiment.
    pub batch_size: usize,
    /// Governs shuffling, dropout and augmentation: the same seed gives the same bits. Default 0.
    pub seed: u64,
    /// What is done to features before they enter the network. Default [`Standardization::PerCoefficient`].
    pub standardize: Standardization,
    /// How much a segment of each class counts. Default [`ClassWeights::Equal`].
    #[serde(default)]
    pub class_weights: ClassWeights,
    /// Share of every target that is spread over all classes, in `0.0..1.0`: it keeps a network from being too sure.
    /// Default 0.
    #[serde(default)]
    pub label_smoothing: f64,
    /// What is done to gradients that are too long. Default [`Clipping::Off`].
    #[serde(default)]
    pub clipping: Clipping,
    /// How training segments are varied. Default: not at all.
    #[serde(default)]
    pub augmentation: Augmentation,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: 32,
            seed: 0,
            standardize: Standardization::default(),
            class_weights: ClassWeights::default(),
            label_smoothing: 0.0,
            clipping: Clipping::default(),
            augmentation: Augmentation::default(),
        }
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
    checkpoint: Option<PathBuf>,
    resume: Option<PathBuf>,
    /// The buffers that steps reuse; freed when the run ends.
    memory: Memory,
}

impl fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("config", &self.config)
            .field("optimizer", &self.optimizer)
            .field("callbacks", &self.callbacks.len())
            .field("checkpoint", &self.checkpoint)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// A training with Adam at Keras's default rate of 0.001 and no callback.
    pub fn new(config: TrainConfig) -> Self {
        Self {
            config,
            optimizer: Box::new(Adam::new(1e-3)),
            callbacks: Vec::new(),
            checkpoint: None,
            resume: None,
            memory: Memory::pooled(),
        }
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

    /// Writes the whole state of the training to this file after every epoch, in place of the one before.
    ///
    /// The file is there whole or not at all: a training that is killed while it writes leaves the last epoch's.
    pub fn checkpoint(self, path: impl AsRef<Path>) -> Self {
        Self { checkpoint: Some(path.as_ref().to_owned()), ..self }
    }

    /// Goes on from a checkpoint as if the training had never been interrupted: to the same bits.
    ///
    /// Network, data, optimizer, callbacks and settings must be those of the checkpoint; only the number of epochs may
    /// be another. The model's own weights are replaced. A training that an early stopping ended stays ended.
    ///
    /// ```no_run
    /// # use cepstrum_models::{TrainConfig, Trainer};
    /// let path = std::path::Path::new("run.checkpoint");
    /// let trainer = Trainer::new(TrainConfig::default()).checkpoint(path);
    /// let trainer = if path.exists() { trainer.resume(path) } else { trainer };
    /// ```
    pub fn resume(self, path: impl AsRef<Path>) -> Self {
        Self { resume: Some(path.as_ref().to_owned()), ..self }
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }
}
