//! The one error type of this crate.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::LayerProblem;
use crate::ops::OpError;

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a list of layers and a classified song.
///
/// A message is whole: it tells its cause, which [`source`](std::error::Error::source) does not give again. [`Error::cause`]
/// is for matching.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something went wrong with one file.
    #[error("{}: {cause}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        cause: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Audio or features could not be had.
    #[error(transparent)]
    Dataset(#[from] cepstrum_dataset::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// An operation was given an argument that does not fit.
    #[error(transparent)]
    Op(OpError),

    /// Only the CPU computes, for now.
    #[error("device {device} is not supported: only the CPU is")]
    Device {
        /// What was asked for.
        device: String,
    },
    /// A network without a layer.
    #[error("a network needs at least one layer")]
    NoLayers,
    /// A network for inputs without a value.
    #[error("a network cannot take inputs of shape {shape:?}: every axis must be at least 1 long")]
    EmptyInput {
        /// The shape that was asked for.
        shape: Vec<usize>,
    },
    /// A layer cannot stand where it was put.
    #[error("layer {layer}: {problem}")]
    Layer {
        /// The layer's name.
        layer: String,
        /// What is wrong.
        problem: LayerProblem,
    },
    /// A layer is a candle module of the caller's, whose code neither a copy nor a file can hold.
    #[error("layer {layer} is a candle module of the caller's: it cannot be copied or saved")]
    SharedModule {
        /// The layer's name.
        layer: String,
    },
    /// The input of a forward pass has another shape than the network.
    #[error("the network takes batches of shape [n, ..{expected:?}], got {actual:?}")]
    InputShape {
        /// Shape of one input.
        expected: Vec<usize>,
        /// Shape of the batch that was given.
        actual: Vec<usize>,
    },
    /// Layers that the network does not have.
    #[error("layers {range:?} are not all among the network's {n_layers}")]
    LayerRange {
        /// What was asked for.
        range: Range<usize>,
        /// What there is.
        n_layers: usize,
    },
    /// A weight of the network is not among the given ones.
    #[error("weight {weight} is missing")]
    MissingWeight {
        /// Its name.
        weight: String,
    },
    /// A given weight is none of the network's.
    #[error("weight {weight} is none of this network's")]
    UnknownWeight {
        /// Its name.
        weight: String,
    },
    /// A weight has another shape than the network's.
    #[error("weight {weight} must have shape {expected:?}, got {actual:?}")]
    WeightShape {
        /// Its name.
        weight: String,
        /// Shape in the network.
        expected: Vec<usize>,
        /// Shape that was given.
        actual: Vec<usize>,
    },
    /// The network's output is not one score a class.
    #[error("a classifier's network must end in one axis of at least 2 classes, this one ends in {shape:?}")]
    NotClassifier {
        /// Shape of the network's output.
        shape: Vec<usize>,
    },

    /// A name that stands for no network of the experiment.
    #[error(
        "no network is called \"{name}\": there are ffnn1 to ffnn6, cnn:256-128-64-32 with any four counts, crnn and compact"
    )]
    UnknownModel {
        /// The name.
        name: String,
    },

    /// Segments have another shape than the network takes.
    #[error(
        "the network takes {expected:?} values a segment, the features have [{n_frames}, {n_coefficients}]"
    )]
    FeatureShape {
        /// Input shape of the network.
        expected: Vec<usize>,
        /// Frames a segment.
        n_frames: usize,
        /// Coefficients a frame.
        n_coefficients: usize,
    },
    /// A feature is NaN or infinite.
    #[error(
        "{part}: segment {segment}, frame {frame}, coefficient {coefficient} is {value}, not a finite number"
    )]
    NonFiniteFeature {
        /// Which data: training, validation, ...
        part: &'static str,
        /// Index of the segment.
        segment: usize,
        /// Index of the frame in it.
        frame: usize,
        /// Index of the coefficient in that.
        coefficient: usize,
        /// The value.
        value: f32,
    },
    /// A label is no index into the classes.
    #[error("{part}: segment {segment} has label {label}, but there are {n_classes} classes")]
    LabelOutOfRange {
        /// Which data: training, validation, ...
        part: &'static str,
        /// Index of the segment.
        segment: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        n_classes: usize,
    },
    /// A part of the data has no segment.
    #[error("the {part} data has no segment")]
    NoData {
        /// Which data: training, validation, ...
        part: &'static str,
    },
    /// All training segments are of one class.
    #[error("all {n_segments} training segments are of class \"{class}\": there is nothing to tell apart")]
    OneClass {
        /// Name of that class.
        class: String,
        /// Number of segments.
        n_segments: usize,
    },
    /// The classes of the data are not the network's.
    #[error("{part}: the classes are {actual:?}, expected {expected}")]
    Classes {
        /// Which data: training, validation, ...
        part: &'static str,
        /// The names or the number that would do.
        expected: String,
        /// The names that are there.
        actual: Vec<String>,
    },
    /// The features were computed in another way than those the model was trained on.
    #[error("{part}: the features were made with {field} = {actual}, the model needs {expected}")]
    Config {
        /// Which data: training, validation, ...
        part: &'static str,
        /// Path of the setting within [`ExtractConfig`](cepstrum_dataset::ExtractConfig).
        field: String,
        /// Value that the model was trained with.
        expected: String,
        /// Value of the features.
        actual: String,
    },

    /// A setting of the training is outside its bounds.
    #[error("{setting} must be {bound}, is {value}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// What is allowed.
        bound: &'static str,
        /// What was given.
        value: f64,
    },
    /// There must be one class weight a class.
    #[error("{actual} class weights for {expected} classes; there must be one each")]
    ClassWeights {
        /// Number of classes.
        expected: usize,
        /// Number of weights given.
        actual: usize,
    },
    /// An explanation needs one class for every segment.
    #[error("{actual} classes to explain for {expected} segments; there must be one each")]
    ExplainedClasses {
        /// Number of segments.
        expected: usize,
        /// Number of classes given.
        actual: usize,
    },
    /// Maps do not lie over the segments that they should explain.
    #[error("maps of shape {actual:?} for segments of shape {expected:?}; they must be the same")]
    ExplainedMaps {
        /// Number, frames and coefficients of the segments.
        expected: [usize; 3],
        /// Shape of the maps.
        actual: [usize; 3],
    },
    /// A layer whose output is not `[height, width, channels]` cannot be mapped onto the input.
    #[error(
        "layer {layer}: no map of it can be drawn; its output must be [height, width, channels] and is {output:?}"
    )]
    ExplainedLayer {
        /// Name that was asked for.
        layer: String,
        /// Shape of its output; `None` when the network has no such layer.
        output: Option<Vec<usize>>,
    },
    /// The loss is no longer a number; the weights are those from before this step.
    #[error(
        "the loss became {loss} in epoch {epoch}, step {step}: try a lower learning rate or standardised inputs"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// The loss.
        loss: f64,
    },
    /// The loss does not depend on a weight.
    #[error("weight {weight} has no gradient")]
    NoGradient {
        /// Its name.
        weight: String,
    },
    /// The saved state of an optimizer or a callback is another one's.
    #[error("the saved state does not fit {what}: {problem}")]
    State {
        /// What should take it over.
        what: &'static str,
        /// Where they part.
        problem: StateProblem,
    },
    /// A callback failed.
    #[error("callback: {0}")]
    Callback(Box<dyn std::error::Error + Send + Sync>),

    /// The file is no safetensors file, or it is broken.
    #[error("not a readable model file: {0}")]
    SafeTensors(safetensors::SafeTensorError),
    /// A safetensors file that is not a model of this crate.
    #[error("not a {expected} file: the metadata has no \"{key}\"")]
    Format {
        /// What was expected.
        expected: &'static str,
        /// The missing entry.
        key: &'static str,
    },
    /// A file of a newer version.
    #[error("format version {actual} is not known, only up to {supported}")]
    Version {
        /// Version of the file.
        actual: u32,
        /// Newest version that can be read.
        supported: u32,
    },
    /// The description in a file cannot be understood.
    #[error("the description in the file cannot be read: {0}")]
    Description(serde_json::Error),
    /// A tensor of a file does not hold `f32`.
    #[error("tensor {tensor} holds {actual}, expected F32")]
    TensorType {
        /// Its name.
        tensor: String,
        /// The type it has.
        actual: String,
    },
    /// A standardiser that does not fit the network, or is none.
    #[error(
        "the standardiser does not fit: as many finite means and deviations above 0 as coefficients a frame"
    )]
    Standardizer,
    /// Features of another kind than those that a [`OodDetector`](crate::OodDetector) was fitted on.
    #[error("familiarity was fitted on {expected} coefficients a frame, the features have {actual}")]
    OodDetector {
        /// Coefficients a frame that it takes.
        expected: usize,
        /// Coefficients a frame that were given.
        actual: usize,
    },
    /// Tensors of a file whose shapes or values do not make sense together.
    #[error("the tensors {prefix}/* in the file do not fit each other")]
    UnsoundTensors {
        /// What their names begin with.
        prefix: &'static str,
    },
    /// A checkpoint belongs to another network.
    #[error("the checkpoint is of another architecture: {problem}")]
    Architecture {
        /// Where they part.
        problem: String,
    },
    /// A checkpoint belongs to another training.
    #[error("the checkpoint is of another training: its {field} is {actual}, here it is {expected}")]
    OtherTraining {
        /// What differs.
        field: String,
        /// What this training has.
        expected: String,
        /// What the checkpoint has.
        actual: String,
    },
    /// A model cannot classify audio because it does not know how its features are made.
    #[error("the model was trained on features of unknown origin: it cannot classify audio, only features")]
    NoExtractConfig,
}

/// Where a saved state and its taker part.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateProblem {
    /// It was saved by another kind.
    #[error("it was saved by {actual}, not by {expected}")]
    Kind {
        /// Kind that wants it.
        expected: String,
        /// Kind that saved it.
        actual: String,
    },
    /// It is of another size.
    #[error("{what} has {actual} values, expected {expected}")]
    Size {
        /// The part.
        what: String,
        /// Number wanted.
        expected: usize,
        /// Number saved.
        actual: usize,
    },
    /// It was saved with another setting.
    #[error("it was saved with {name} = {actual}, not {expected}")]
    Constant {
        /// The setting.
        name: &'static str,
        /// Value wanted.
        expected: f64,
        /// Value saved.
        actual: f64,
    },
    /// A part is not there.
    #[error("it has no {what}")]
    Missing {
        /// The part.
        what: &'static str,
    },
}

impl Error {
    /// The error as candle's modules return it: a candle error stays one.
    pub(crate) fn into_candle(self) -> candle_core::Error {
        match self {
            Self::Candle(error) => error,
            other => candle_core::Error::wrap(other),
        }
    }

    /// This error, said of the file at `path`; an error that already names a file stays as it is.
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        match self {
            Self::InFile { .. } => self,
            Self::Dataset(error) if error.path().is_some() => Self::Dataset(error),
            bare => Self::InFile { path: path.as_ref().to_owned(), cause: Box::new(bare) },
        }
    }

    /// The error without the file name around it, to match on.
    pub fn cause(&self) -> &Self {
        match self {
            Self::InFile { cause, .. } => cause.cause(),
            bare => bare,
        }
    }

    /// Wraps what a callback ran into.
    pub fn callback(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Callback(cause.into())
    }
}

/// A failure of candle is [`Error::Candle`], wherever it happened.
impl From<OpError> for Error {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Candle(error) => Self::Candle(error),
            error => Self::Op(error),
        }
    }
}

impl From<safetensors::SafeTensorError> for Error {
    fn from(error: safetensors::SafeTensorError) -> Self {
        Self::SafeTensors(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Description(error)
    }
}
