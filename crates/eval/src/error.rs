//! The one error type of this crate.

use std::io;
use std::path::PathBuf;

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a model's outputs and the pictures of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to compute from.
    #[error("no {what} to evaluate")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// Two lists that must go together differ in length.
    #[error("{what}: expected {expected} entries, found {actual}")]
    LengthMismatch {
        /// The list.
        what: &'static str,
        /// Entries it must have.
        expected: usize,
        /// Entries it has.
        actual: usize,
    },
    /// A label is not an index into the class names.
    #[error("{what} {label} at position {position}, but there are {n_classes} classes")]
    LabelOutOfRange {
        /// Which list it stands in.
        what: &'static str,
        /// Its position there.
        position: usize,
        /// The label.
        label: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// The classes of the data are not the model's.
    #[error("the model tells apart {expected:?}, the data are of {actual:?}")]
    Classes {
        /// Names of the model's classes.
        expected: Vec<String>,
        /// Names of the data's classes.
        actual: Vec<String>,
    },
    /// A probability is not a number between 0 and 1.
    #[error("probability of segment {segment}, class {class}, must lie between 0 and 1, is {value}")]
    NotAProbability {
        /// The segment (row).
        segment: usize,
        /// The class (column).
        class: usize,
        /// What stands there.
        value: f32,
    },
    /// A setting is outside its bounds.
    #[error("{parameter} must be {bound}, is {value}")]
    InvalidParameter {
        /// Name of the setting.
        parameter: &'static str,
        /// What is allowed.
        bound: &'static str,
        /// What was given.
        value: f64,
    },
    /// A quantity is not defined for these data.
    #[error("{quantity} is not defined: {because}")]
    Undefined {
        /// The quantity.
        quantity: &'static str,
        /// What the data lack.
        because: &'static str,
    },
    /// A picture's file name ends in neither `.png` nor `.svg`.
    #[error("{}: a picture is saved as .png or .svg", path.display())]
    PictureFormat {
        /// The file name.
        path: PathBuf,
    },
    /// A picture or a log could not be written out.
    #[error("cannot write: {0}")]
    Write(io::Error),
    /// A record is not JSON of the expected layout.
    #[error("{}: not a run record: {cause}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser found.
        cause: serde_json::Error,
    },
    /// Reading or writing a file failed, or a feature set is not sound.
    #[error(transparent)]
    Dataset(#[from] cepstrum_dataset::Error),
    /// A signal cannot be transformed.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// Features of a signal cannot be computed.
    #[error(transparent)]
    Features(#[from] cepstrum_features::Error),
    /// The model cannot take the data.
    #[error(transparent)]
    Models(#[from] cepstrum_models::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
