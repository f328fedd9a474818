//! The one error type of this crate.

mod device;
mod state;

use std::ops::Range;
use std::path::{Path, PathBuf};

use candle_core::DeviceLocation;

pub use device::DeviceProblem;
pub use state::{StateProblem, StepProblem};

use crate::LayerProblem;
use crate::ops::OpError;
use crate::pretrained::WheelProblem;

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a list of layers and a classified song.
///
/// `Display` already includes the cause, so [`source`](std::error::Error::source) returns `None`. Match on
/// [`Error::cause`] to look through [`InFile`](Self::InFile).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something went wrong with one file.
    #[error("{}: {cause}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// The error, which does not name the file itself.
        cause: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Reading audio or features failed.
    #[error(transparent)]
    Dataset(#[from] cepstrum_dataset::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// An operation was given an argument that does not fit.
    #[error(transparent)]
    Op(OpError),

    /// A weight is on another device than its network.
    #[error("weight `{weight}` is on {actual:?}, its network on {expected:?}")]
    Device {
        /// Its name.
        weight: String,
        /// The network's device.
        expected: DeviceLocation,
        /// The weight's device.
        actual: DeviceLocation,
    },
    /// A device cannot be used.
    #[error("device `{name}`: {problem}")]
    NoDevice {
        /// The name that was given.
        name: String,
        /// The reason.
        problem: DeviceProblem,
    },
    /// A training step needed more memory than there is.
    #[error(
        "epoch {epoch}, step {step}: memory is exhausted at a batch size of {batch_size}, try a smaller one \
         (a checkpoint is that of the last complete epoch): {cause}"
    )]
    OutOfMemory {
        /// Number of the epoch, from 1.
        epoch: usize,
        /// Number of the step within the epoch, from 1.
        step: usize,
        /// Segments per step.
        batch_size: usize,
        /// The error of the device.
        cause: Box<Error>,
    },
    /// A network without a layer.
    #[error("a network needs at least one layer")]
    NoLayers,
    /// A network whose inputs have no values.
    #[error("a network cannot take inputs of shape {shape:?}: every axis must have length 1 or more")]
    EmptyInput {
        /// The shape that was asked for.
        shape: Vec<usize>,
    },
    /// A layer cannot follow the one before it, or its settings are out of bounds.
    #[error("layer {layer}: {problem}")]
    Layer {
        /// The layer's name.
        layer: String,
        /// The reason.
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
    #[error("layers {range:?} are out of range: the network has {n_layers}")]
    LayerRange {
        /// The layers that were asked for.
        range: Range<usize>,
        /// Number of layers of the network.
        n_layers: usize,
    },
    /// A weight of the network is not among the given ones.
    #[error("weight `{weight}` is missing")]
    MissingWeight {
        /// Its name.
        weight: String,
    },
    /// A given weight, or a tensor of a file, that belongs to no part of the network.
    #[error("unexpected weight `{weight}`")]
    UnknownWeight {
        /// Its name.
        weight: String,
    },
    /// A weight has another shape than the network's.
    #[error("weight `{weight}` must have shape {expected:?}, got {actual:?}")]
    WeightShape {
        /// Its name.
        weight: String,
        /// Shape in the network.
        expected: Vec<usize>,
        /// Shape that was given.
        actual: Vec<usize>,
    },
    /// A weight is NaN or infinite.
    #[error("weight `{weight}` holds {value}, not a finite number")]
    NonFiniteWeight {
        /// Its name.
        weight: String,
        /// The value.
        value: f32,
    },
    /// A file is not the wheel that holds the weights of a published network.
    #[error("{problem}")]
    Wheel {
        /// The reason.
        problem: WheelProblem,
    },
    /// A name of no front, or of no layer of one.
    #[error(
        "unknown network or layer \"{name}\" as a front: musicnn-msd has tags, penultimate, mean_pool, max_pool and pooled"
    )]
    UnknownFront {
        /// The name.
        name: String,
    },
    /// The network's output is not one score per class.
    #[error("a classifier's network must end in one axis of at least 2 classes, this one ends in {shape:?}")]
    NotClassifier {
        /// Shape of the network's output.
        shape: Vec<usize>,
    },

    /// A layer, or a network that computes features, that has no operators in ONNX.
    #[error("the layer {layer} cannot be written as ONNX: it has no operators there")]
    NotInOnnx {
        /// Name of the layer.
        layer: String,
    },

    /// A name of no [`Architecture`](crate::zoo::Architecture) and of no [`SimpleModel`](crate::zoo::SimpleModel).
    #[error(
        "unknown model \"{name}\": choose majority, knn, logistic, ffnn1 to ffnn6, cnn:256-128-64-32 (any four filter counts), \
         crnn, compact, deep or head"
    )]
    UnknownModel {
        /// The name.
        name: String,
    },

    /// Segments have another shape than the network takes.
    #[error(
        "the network takes segments of shape {expected:?}, the features have [{n_frames}, {n_coefficients}]"
    )]
    FeatureShape {
        /// Input shape of the network.
        expected: Vec<usize>,
        /// Frames per segment.
        n_frames: usize,
        /// Coefficients per frame.
        n_coefficients: usize,
    },
    /// A feature is NaN or infinite.
    #[error(
        "{part}: segment {segment}, frame {frame}, coefficient {coefficient} is {value}, not a finite number"
    )]
    NonFiniteFeature {
        /// The part of the data: training, validation, ...
        part: &'static str,
        /// Index of the segment.
        segment: usize,
        /// Index of the frame within the segment.
        frame: usize,
        /// Index of the coefficient within the frame.
        coefficient: usize,
        /// The value.
        value: f32,
    },
    /// A label is not an index into the classes.
    #[error("{part}: segment {segment} has label {label}, but there are {n_classes} classes")]
    LabelOutOfRange {
        /// The part of the data: training, validation, ...
        part: &'static str,
        /// Index of the segment.
        segment: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        n_classes: usize,
    },
    /// A part of the data has no segment.
    #[error("the {part} data has no segments")]
    NoData {
        /// The part of the data: training, validation, ...
        part: &'static str,
    },
    /// A callback that watches the validation loss in a run without validation data.
    #[error("{callback} needs validation data: call `fit` in place of `fit_unvalidated`")]
    NeedsValidation {
        /// Name of the callback.
        callback: &'static str,
    },
    /// All training segments belong to one class.
    #[error("all {n_segments} training segments are of class \"{class}\": at least two classes are needed")]
    OneClass {
        /// Name of that class.
        class: String,
        /// Number of segments.
        n_segments: usize,
    },
    /// The classes of the data are not the network's.
    #[error("{part}: the classes are {actual:?}, expected {expected}")]
    Classes {
        /// The part of the data: training, validation, ...
        part: &'static str,
        /// The names, or the number of names, that would fit.
        expected: String,
        /// The names of the data.
        actual: Vec<String>,
    },
    /// The features were extracted with other settings than those the model was trained on.
    #[error("{part}: the features were extracted with {field} = {actual}, the model needs {expected}")]
    Config {
        /// The part of the data: training, validation, ...
        part: &'static str,
        /// Path of the setting within [`ExtractConfig`](cepstrum_dataset::ExtractConfig).
        field: String,
        /// Value that the model was trained with.
        expected: String,
        /// Value of the features.
        actual: String,
    },

    /// A setting is out of bounds.
    #[error("{setting} must be {bound}, is {value}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// The values that are allowed.
        bound: &'static str,
        /// The value that was given.
        value: f64,
    },
    /// Not one class weight per class.
    #[error("{actual} class weights for {expected} classes")]
    ClassWeights {
        /// Number of classes.
        expected: usize,
        /// Number of weights given.
        actual: usize,
    },
    /// Not one class to explain per segment.
    #[error("{actual} classes to explain for {expected} segments")]
    ExplainedClasses {
        /// Number of segments.
        expected: usize,
        /// Number of classes given.
        actual: usize,
    },
    /// Attribution maps have another shape than the segments that they explain.
    #[error("attribution maps of shape {actual:?} for segments of shape {expected:?}")]
    ExplainedMaps {
        /// Number, frames and coefficients of the segments.
        expected: [usize; 3],
        /// Shape of the maps.
        actual: [usize; 3],
    },
    /// A layer whose output is not `[height, width, channels]` cannot be mapped onto the input.
    #[error(
        "layer {layer} cannot be mapped onto the input: its output must be [height, width, channels], is {output:?}"
    )]
    ExplainedLayer {
        /// Name that was asked for.
        layer: String,
        /// Shape of its output; `None` when the network has no such layer.
        output: Option<Vec<usize>>,
    },
    /// The loss became NaN or infinite; the weights are those from before this step.
    #[error(
        "the loss became {loss} in epoch {epoch}, step {step}: try a lower learning rate or standardized inputs"
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
    #[error("weight `{weight}` has no gradient")]
    NoGradient {
        /// Its name.
        weight: String,
    },
    /// An optimizer was given weights and gradients that it cannot take a step with; no weight has changed.
    #[error("optimizer step: {problem}")]
    Step {
        /// The reason.
        problem: StepProblem,
    },
    /// The saved state of an optimizer or a callback cannot be restored.
    #[error("the saved state does not fit {what}: {problem}")]
    State {
        /// The optimizer or callback that the state was meant for.
        what: &'static str,
        /// The reason.
        problem: StateProblem,
    },
    /// A callback failed.
    #[error("callback: {0}")]
    Callback(Box<dyn std::error::Error + Send + Sync>),

    /// The file is not a safetensors file, or it is damaged.
    #[error("not a readable model file: {0}")]
    SafeTensors(safetensors::SafeTensorError),
    /// A safetensors file of another kind.
    #[error("not a {expected} file: the metadata has no \"{key}\"")]
    Format {
        /// The kind of file that was expected.
        expected: &'static str,
        /// The missing entry.
        key: &'static str,
    },
    /// A file written by a newer version of this crate.
    #[error("unknown format version {actual}: the newest supported one is {supported}")]
    Version {
        /// Version of the file.
        actual: u32,
        /// Newest version that can be read.
        supported: u32,
    },
    /// The JSON description in a file, or the saved values of a callback, cannot be parsed.
    #[error("the description in the file cannot be parsed: {0}")]
    Description(serde_json::Error),
    /// A tensor of a file does not hold `f32`.
    #[error("tensor `{tensor}` has type {actual}, expected F32")]
    TensorType {
        /// Its name.
        tensor: String,
        /// The type it has.
        actual: String,
    },
    /// A standardizer that does not fit the network, or whose values are out of bounds.
    #[error(
        "the standardizer does not fit: it needs one finite mean and one deviation above 0 per coefficient of a frame"
    )]
    Standardizer,
    /// The features have another number of coefficients than an [`OodDetector`](crate::OodDetector) was fitted on.
    #[error(
        "the out-of-distribution detector was fitted on {expected} coefficients per frame, the features have {actual}"
    )]
    OodDetector {
        /// Coefficients per frame that it takes.
        expected: usize,
        /// Coefficients per frame that were given.
        actual: usize,
    },
    /// Tensors of a file whose shapes or values are inconsistent.
    #[error("the tensors `{prefix}/*` are inconsistent in shape or value")]
    UnsoundTensors {
        /// The prefix of their names.
        prefix: &'static str,
    },
    /// A checkpoint belongs to another network.
    #[error("the checkpoint belongs to another architecture: {problem}")]
    Architecture {
        /// The first difference.
        problem: String,
    },
    /// A checkpoint belongs to another training run.
    #[error("the checkpoint belongs to another training run: its {field} is {actual}, expected {expected}")]
    OtherRun {
        /// The setting or data that differs.
        field: String,
        /// The value of this run.
        expected: String,
        /// The value in the checkpoint.
        actual: String,
    },
    /// A model cannot classify audio because the settings of its features are unknown.
    #[error(
        "the model does not record how its features were extracted: it can classify features, but not audio"
    )]
    NoExtractConfig,
}

impl Error {
    /// The error as candle's modules return it: a candle error stays one.
    pub(crate) fn into_candle(self) -> candle_core::Error {
        match self {
            Self::Candle(error) => error,
            other => candle_core::Error::wrap(other),
        }
    }

    /// Adds the path of the file that the error is about, unless the error names a file already.
    #[must_use]
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        match self {
            Self::InFile { .. } => self,
            Self::Dataset(error) if error.path().is_some() => Self::Dataset(error),
            bare => Self::InFile { path: path.as_ref().to_owned(), cause: Box::new(bare) },
        }
    }

    /// The error without the path around it, to match on.
    pub fn cause(&self) -> &Self {
        match self {
            Self::InFile { cause, .. } => cause.cause(),
            bare => bare,
        }
    }

    /// Wraps an error of a callback.
    #[must_use]
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
