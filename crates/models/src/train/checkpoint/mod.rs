//! Checkpoints: the whole state of a training run between two epochs.

mod file;
mod resume;

use std::io::{Read, Write};
use std::path::Path;

use candle_core::Device;
use cepstrum_dataset::ExtractConfig;
use serde::{Deserialize, Serialize};

pub(crate) use resume::{check, restore_callbacks};

use crate::{
    CallbackState, Classifier, EpochReport, LayerSpec, ModelMetadata, OptimizerState, Result, StopReason,
    TrainConfig, Weights,
};

/// The state of a training run after an epoch, as [`Trainer::checkpoint`](crate::Trainer::checkpoint) writes it.
///
/// It holds the weights and the moving statistics of batch normalization, the state of the optimizer, the states of the
/// callbacks (early stopping, schedules, ...), the settings and the number of the epoch. All random numbers of an epoch are
/// a function of the seed and that number, so that no generator has to be saved.
/// [`Trainer::resume`](crate::Trainer::resume) continues from it to the very bits of a run that was never interrupted. Load
/// one directly to inspect it or to use its model.
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
/// let report = train(3).resume(&path).fit(&mut model, &set, &set)?; // runs only the third epoch
/// assert_eq!(report.epochs, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub(crate) run: Run,
    pub(crate) progress: Progress,
    pub(crate) metadata: ModelMetadata,
    pub(crate) weights: Weights,
    pub(crate) optimizer: OptimizerState,
    pub(crate) callbacks: Vec<CallbackState>,
}

/// The identity of a run: a checkpoint of another one is refused.
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

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The report of the last epoch that was run.
    pub(crate) last: EpochReport,
    /// The reason the run ended with that epoch; `None` when it had epochs left.
    #[serde(rename = "ending")]
    pub(crate) stop_reason: Option<StopReason>,
    /// Duration of all epochs so far, in seconds.
    pub(crate) seconds: f64,
}

/// The identity of a set of segments: their number and a hash of every label and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    segments: usize,
    /// FNV-1a over 32-bit words.
    hash: u64,
}

impl Checkpoint {
    /// Reads a checkpoint file.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) naming the file and the cause: it is truncated, damaged, or of another
    /// format.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref())
    }

    /// Reads a checkpoint, to the end of the reader.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), and [`Error::Io`](crate::Error::Io) when the reader fails.
    pub fn read_from(reader: impl Read) -> Result<Self> {
        file::read_from(reader)
    }

    /// Reads a checkpoint from the bytes of a file.
    ///
    /// # Errors
    /// [`Error::SafeTensors`](crate::Error::SafeTensors), [`Error::Format`](crate::Error::Format),
    /// [`Error::Version`](crate::Error::Version) or [`Error::Description`](crate::Error::Description) for bytes that are
    /// not a whole checkpoint, [`Error::State`](crate::Error::State) when values of the optimizer are missing or surplus,
    /// [`Error::UnknownWeight`](crate::Error::UnknownWeight) for any other surplus tensor.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        file::from_bytes(bytes)
    }

    /// Writes the checkpoint to a file, which appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Dataset`](crate::Error::Dataset) with the path when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.clone().into_file(path.as_ref())
    }

    /// Writes the bytes that [`save`](Self::save) puts in a file.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the writer fails.
    pub fn write_to(&self, writer: impl Write) -> Result<()> {
        file::write_to(self.clone(), writer)
    }

    /// Number of the last epoch that was run, from 1.
    pub fn epoch(&self) -> usize {
        self.progress.last.epoch
    }

    /// The report of that epoch.
    pub fn last(&self) -> &EpochReport {
        &self.progress.last
    }

    /// The reason the run ended with that epoch; `None` when it had epochs left.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.progress.stop_reason
    }

    /// The settings of the run.
    pub fn config(&self) -> &TrainConfig {
        &self.run.train
    }

    /// Builds the model as it was after that epoch, on the CPU.
    ///
    /// # Errors
    /// When the weights do not fit the layers, which only a damaged file can cause.
    pub fn into_model(self) -> Result<Classifier> {
        self.into_model_on(&Device::Cpu)
    }

    /// Builds the model as it was after that epoch on a device, whatever device it was trained on.
    ///
    /// # Errors
    /// As [`into_model`](Self::into_model), and [`Error::Candle`](crate::Error::Candle) when the device fails.
    pub fn into_model_on(self, device: &Device) -> Result<Classifier> {
        let builder = crate::Sequential::builder(self.run.input_shape).layers(self.run.layers).device(device);
        let mut network = builder.build()?;
        network.set_weights(&self.weights)?;
        Classifier::new(network)?.with_metadata(self.metadata)
    }

    /// Writes the checkpoint to a file without a copy of its values.
    pub(crate) fn into_file(self, path: &Path) -> Result<()> {
        file::save(self, path)
    }
}

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self { segments: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }

    /// Adds segments.
    pub(crate) fn add(&mut self, labels: &[u32], features: &[f32]) {
        self.segments += labels.len();
        let words = labels.iter().copied().chain(features.iter().map(|value| value.to_bits()));
        for word in words {
            self.hash = (self.hash ^ u64::from(word)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
