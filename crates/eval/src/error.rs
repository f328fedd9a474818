//! The error type of this crate.

use std::io;
use std::path::{Path, PathBuf};

/// A [`Result`](std::result::Result) with this crate's error type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a model's predictions and the pictures of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to compute from.
    #[error("no {what} to evaluate")]
    Empty {
        /// The missing values.
        what: &'static str,
    },
    /// Two lists that must have the same length differ in it.
    #[error("{what}: expected {expected} entries, found {actual}")]
    LengthMismatch {
        /// The list.
        what: &'static str,
        /// Its required length.
        expected: usize,
        /// Its length.
        actual: usize,
    },
    /// A label is not an index into the class names.
    #[error("{what} {label} at position {position} is out of range for {n_classes} classes")]
    LabelOutOfRange {
        /// The kind of label.
        what: &'static str,
        /// Its position in its list.
        position: usize,
        /// The label.
        label: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// The classes of the data are not the model's.
    #[error("class mismatch: the model has {expected:?}, the data {actual:?}")]
    ClassMismatch {
        /// Names of the model's classes.
        expected: Vec<String>,
        /// Names of the data's classes.
        actual: Vec<String>,
    },
    /// A probability is NaN or not between 0 and 1.
    #[error("the probability of class {class} in segment {segment} must be between 0 and 1, got {value}")]
    NotAProbability {
        /// The segment (row).
        segment: usize,
        /// The class (column).
        class: usize,
        /// The value.
        value: f32,
    },
    /// A setting is outside its bounds.
    #[error("{parameter} must be {bound}, got {value}")]
    InvalidParameter {
        /// Name of the setting.
        parameter: &'static str,
        /// The values that are allowed.
        bound: &'static str,
        /// The value.
        value: f64,
    },
    /// A quantity is not defined for these data.
    #[error("{quantity} is undefined: {reason}")]
    Undefined {
        /// The quantity.
        quantity: &'static str,
        /// The property that the data lack.
        reason: &'static str,
    },
    /// A picture's file name ends in neither `.png` nor `.svg`.
    #[error("{}: the file name of a picture must end in .png or .svg", path.display())]
    PictureFormat {
        /// The file name.
        path: PathBuf,
    },
    /// Writing a picture or a record to the caller's writer failed.
    #[error("cannot write: {0}")]
    Write(io::Error),
    /// Reading a record from the caller's reader failed.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// A record is not JSON, or not of the expected layout.
    #[error("{}not a run record: {cause}", prefix(path.as_deref()))]
    Json {
        /// The file; `None` for a record that was read from memory or from a reader.
        path: Option<PathBuf>,
        /// The parser's error.
        cause: serde_json::Error,
    },
    /// Reading or writing a file failed, or a feature set is invalid.
    #[error(transparent)]
    Dataset(#[from] cepstrum_dataset::Error),
    /// A transform of a signal failed.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// Computing the features of a signal failed.
    #[error(transparent)]
    Features(#[from] cepstrum_features::Error),
    /// The model failed, or cannot take the data.
    #[error(transparent)]
    Models(#[from] cepstrum_models::Error),
}

impl Error {
    /// The error with the path of the record that caused it.
    pub(crate) fn in_record(self, file: &Path) -> Self {
        match self {
            Self::Json { cause, .. } => Self::Json { path: Some(file.to_owned()), cause },
            other => other,
        }
    }
}

/// The path and a colon, in front of a message.
fn prefix(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!("{}: ", path.display()))
}
