//! Training: from labeled features to a trained model.

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
mod trainee;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use clip::Clipping;
pub use loss::ClassWeights;
pub(crate) use prepare::{check_two_classes, check_validation};
pub use report::{EpochReport, Metrics, StepReport, StopReason, TrainReport};

use crate::ops::Memory;
use crate::{Adam, Augmentation, Callback, Checkpoint, Optimizer, Standardization};

/// The settings of a training run, whatever the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Maximum number of passes over the training data, at least 1. Raise it when the validation loss still falls at the
    /// end; [`EarlyStopping`](crate::EarlyStopping) ends a run sooner. Default 100.
    pub epochs: usize,
    /// Segments per step, at least 1; the last batch of an epoch may be shorter. Larger batches are faster per epoch and
    /// less noisy, but take fewer steps: raise the learning rate with them. Default 32, as in
    /// [the reference experiment](crate::zoo).
    pub batch_size: usize,
    /// Seed of shuffling, dropout and augmentation: the same seed gives the same bits. Default 0.
    pub seed: u64,
    /// Scaling of features before they enter the network. Default [`Standardization::PerCoefficient`].
    pub standardize: Standardization,
    /// Weight of each class in the loss; change it when some classes have far fewer segments than others. Default
    /// [`ClassWeights::Equal`].
    pub class_weights: ClassWeights,
    /// Share of every target that is spread over all classes, in `0.0..1.0`. It keeps a network from becoming
    /// overconfident; 0.1 is a common choice. Default 0.
    pub label_smoothing: f64,
    /// Limit on the size of gradients; set one when the loss jumps or diverges. Default [`Clipping::Off`].
    pub clipping: Clipping,
    /// Random changes to training segments; more of them help when the training accuracy is far above the validation
    /// accuracy. Default none.
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
/// mean cross-entropy plus the network's L2 penalties, and lets the optimizer update the weights. The result is the same
/// to the bit for any number of threads.
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
#[must_use = "nothing is trained before `fit` or `fit_unvalidated` is called"]
pub struct Trainer<'a> {
    config: TrainConfig,
    optimizer: Box<dyn Optimizer + 'a>,
    callbacks: Vec<Box<dyn Callback + 'a>>,
    checkpoint: Option<PathBuf>,
    resume: Option<Resume>,
    /// The buffers that steps reuse; freed when the run ends.
    memory: Memory,
}

/// The source of the state that a training run resumes from.
enum Resume {
    File(PathBuf),
    Checkpoint(Box<Checkpoint>),
}

impl fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resume = self.resume.as_ref().map(|resume| match resume {
            Resume::File(path) => path.display().to_string(),
            Resume::Checkpoint(checkpoint) => format!("epoch {}", checkpoint.epoch()),
        });
        f.debug_struct("Trainer")
            .field("config", &self.config)
            .field("optimizer", &self.optimizer)
            .field("callbacks", &self.callbacks.len())
            .field("checkpoint", &self.checkpoint)
            .field("resume", &resume)
            .finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// Creates a trainer with Adam at Keras's default learning rate of 0.001 and no callback.
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

    /// Replaces the optimizer. Lend it (`&mut optimizer`) to keep it after the run.
    pub fn optimizer(self, optimizer: impl Optimizer + 'a) -> Self {
        Self { optimizer: Box::new(optimizer), ..self }
    }

    /// Adds a callback, called after those added before it. Lend it (`&mut callback`) to keep it after the run.
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Writes the whole state of the run to this file after every epoch, in place of the one before.
    ///
    /// The file appears whole or not at all: a process that is killed while it writes leaves the last epoch's checkpoint.
    pub fn checkpoint(self, path: impl AsRef<Path>) -> Self {
        Self { checkpoint: Some(path.as_ref().to_owned()), ..self }
    }

    /// Resumes from a checkpoint file as if the run had never been interrupted: to the same bits.
    ///
    /// Network, data, optimizer, callbacks and settings must be those of the checkpoint; only the number of epochs may
    /// differ. The model's own weights are replaced. A run that early stopping ended is not continued.
    ///
    /// ```no_run
    /// # use cepstrum_models::{TrainConfig, Trainer};
    /// let path = std::path::Path::new("run.checkpoint");
    /// let trainer = Trainer::new(TrainConfig::default()).checkpoint(path);
    /// let trainer = if path.exists() { trainer.resume(path) } else { trainer };
    /// ```
    pub fn resume(self, path: impl AsRef<Path>) -> Self {
        Self { resume: Some(Resume::File(path.as_ref().to_owned())), ..self }
    }

    /// Resumes from a checkpoint in memory, as [`resume`](Self::resume) does from a file.
    pub fn resume_from(self, checkpoint: Checkpoint) -> Self {
        Self { resume: Some(Resume::Checkpoint(Box::new(checkpoint))), ..self }
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }
}
