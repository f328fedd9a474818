//! A training in a file: everything that the epochs to come depend on.

mod file;
mod resume;

use std::path::Path;

use cepstrum_dataset::ExtractConfig;
use serde::{Deserialize, Serialize};

pub(crate) use file::save;
pub(crate) use resume::check;

use crate::{
    CallbackState, Classifier, EpochReport, LayerSpec, ModelMetadata, OptimizerState, Result, StopReason,
    TrainConfig, Weights,
};

/// The state of a training after an epoch, as [`Trainer::checkpoint`](crate::Trainer::checkpoint) writes it.
///
/// It holds the weights with the batch normalisations' statistics, the optimizer's memory, the states of the callbacks
/// (early stopping, schedules, ...), the settings and the number of the epoch. All random numbers of an epoch are a
/// function of the seed and that number, so that nothing else has to be remembered of them.
/// [`Trainer::resume`](crate::Trainer::resume) goes on from it to the very bits of a training that was never
/// interrupted; here it is for who wants to look inside or to use the model it holds.
///
/// ```
/// use cepstrum_dataset::FeatureSet;
/// use cepstrum_models::{Checkpoint, TrainConfig, Trainer, zoo};
/// use ndarray::Array3;
///
/// let features = Array3::from_shape_fn((8, 4, 2), |(segment, ..)| (segment % 2) as f32);
/// let labels = (0..8).map(|segment| segment % 2).collect();
/// let set = FeatureSet::new(features, labels, vec!["a".into(), "b".into()], vec![], None)?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("run.checkpoint");
///
/// let train = |epochs| Trainer::new(TrainConfig { epochs, ..Default::default() }).checkpoint(&path);
/// train(2).fit(&mut zoo::ffnn(4, [4, 2], 2, 7)?, &set, &set)?;
/// assert_eq!(Checkpoint::load(&path)?.epoch(), 2);
///
/// let mut model = zoo::ffnn(4, [4, 2], 2, 7)?;
/// let report = train(3).resume(&path).fit(&mut model, &set, &set)?; // only the third epoch is run
/// assert_eq!(report.epochs, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    pub(crate) run: Run,
    pub(crate) progress: Progress,
    pub(crate) context: ModelMetadata,
    pub(crate) weights: Weights,
    pub(crate) optimizer: OptimizerState,
    pub(crate) callbacks: Vec<CallbackState>,
}

/// What a training is: a checkpoint of another one is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) input_shape: Vec<usize>,
    pub(crate) layers: Vec<LayerSpec>,
    pub(crate) classes: Vec<String>,
    pub(crate) features: Option<ExtractConfig>,
    pub(crate) train: TrainConfig,
    pub(crate) training: Fingerprint,
    pub(crate) validation: Option<Fingerprint>,
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Figures of the last epoch that was run.
    pub(crate) last: EpochReport,
    /// Why there shall be no more, if so.
    #[serde(rename = "ending")]
    pub(crate) stop_reason: Option<StopReason>,
    /// Time of all epochs so far.
    pub(crate) seconds: f64,
}

/// Tells one set of segments from another: their number and a hash of every label and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    segments: usize,
    /// FNV-1a over 32-bit words.
    hash: u64,
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) naming the file and the cause: it is truncated or of another format.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref())
    }

    /// The last epoch that was run, from 1.
    pub fn epoch(&self) -> usize {
        self.progress.last.epoch
    }

    /// That epoch's figures.
    pub fn last(&self) -> &EpochReport {
        &self.progress.last
    }

    /// Why the training ended with that epoch; `None` when it was to go on.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.progress.stop_reason
    }

    /// The settings of the training.
    pub fn config(&self) -> &TrainConfig {
        &self.run.train
    }

    /// The model as it was after that epoch, on the CPU.
    ///
    /// # Errors
    /// When the weights do not fit the layers, which only a damaged file can cause.
    pub fn into_model(self) -> Result<Classifier> {
        let builder = crate::Sequential::builder(self.run.input_shape).layers(self.run.layers);
        let mut network = builder.build()?;
        network.set_weights(&self.weights)?;
        Classifier::new(network)?.with_metadata(self.context)
    }
}

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self { segments: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }

    /// Adds some segments.
    pub(crate) fn add(&mut self, labels: &[u32], features: &[f32]) {
        self.segments += labels.len();
        let words = labels.iter().copied().chain(features.iter().map(|value| value.to_bits()));
        for word in words {
            self.hash = (self.hash ^ u64::from(word)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
