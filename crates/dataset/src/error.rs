//! The error type of this crate.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Damage, SplitError, StoreError, TableError};

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause whose own type is not part of this crate's interface.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong between a folder of audio and a split feature set.
///
/// Functions over readers and writers return the bare cause. Functions over paths wrap it in [`Error::InFile`], so that
/// the message begins with the file.
///
/// `Display` already includes the cause, so [`source`](std::error::Error::source) returns `None` and a report of the
/// whole chain repeats nothing. Match on [`Error::cause`] to look through [`Error::InFile`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error in one file or folder.
    #[error("{}: {cause}", path.display())]
    InFile {
        /// The file or folder.
        path: PathBuf,
        /// The error itself.
        cause: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error(transparent)]
    Io(#[from] io::Error),

    /// The bytes are in no audio format that is read here.
    #[error("not audio: the contents match no known format")]
    NotAudio,
    /// The container is known, but its contents cannot be decoded.
    #[error("cannot be decoded as {format}: {cause}")]
    Undecodable {
        /// The format that the contents match.
        format: &'static str,
        /// The error of the decoder.
        cause: Cause,
    },
    /// The file is sound, in a format that is not decoded.
    #[error("{format} is not supported")]
    Unsupported {
        /// The name of the format, such as "Opus".
        format: Cow<'static, str>,
    },
    /// The file holds no samples.
    #[error("the audio is empty")]
    EmptyAudio,
    /// The sample rate in the header is beyond that of any recording; resampling from it would take unbounded memory.
    #[error("sample rate must be at most {max} Hz, the header has {sample_rate} Hz")]
    SampleRate {
        /// Sample rate in the header, in Hz.
        sample_rate: u32,
        /// Highest rate that is read, in Hz.
        max: u32,
    },
    /// The audio ends early or is corrupt inside; the samples before the damage are sound.
    #[error("damaged audio: {damage} (after {decoded} samples per channel)")]
    Damaged {
        /// The kind of damage.
        damage: Damage,
        /// Samples per channel decoded before the damage.
        decoded: u64,
    },
    /// A sample is NaN or infinite.
    #[error("sample {index} is not finite")]
    NonFiniteSample {
        /// Index in the decoded signal, at the file's own sample rate.
        index: u64,
    },
    /// The audio is shorter than one segment.
    #[error("too short: {seconds:.3} s of audio, one segment needs {needed:.3} s")]
    TooShort {
        /// Length of the audio in seconds.
        seconds: f64,
        /// Length of one segment in seconds.
        needed: f64,
    },

    /// A collection folder has one class folder, and its folders hold the audio: it is most likely the folder of classes.
    #[error("one class, \"{class}\", with folders of audio inside: did you mean {}?", inside.display())]
    OneLevelTooHigh {
        /// The only class.
        class: String,
        /// Its folder.
        inside: PathBuf,
    },
    /// A collection folder has no class folders.
    #[error("no class folders: expected one folder of audio files per class")]
    NoClasses,
    /// An entry is a pipe, a socket, a device or a folder where a regular file is needed.
    #[error("not a regular file")]
    NotAFile,
    /// A link leads back into a folder that contains it.
    #[error("the link leads back into a folder that contains it")]
    FolderLoop,
    /// A name is not valid Unicode and cannot become a class or track name.
    #[error("the name is not valid Unicode")]
    NotUnicode,
    /// A folder holds no audio file.
    #[error("no audio file in this folder")]
    NoAudio,
    /// A class has no usable file.
    #[error("class \"{class}\" has no {}", lacking(*skipped, first.as_deref()))]
    EmptyClass {
        /// The class.
        class: String,
        /// Number of files of the class that were skipped.
        skipped: usize,
        /// File and cause of the first of them.
        first: Option<String>,
    },
    /// A collection has no usable file.
    #[error("there is no {}", lacking(*skipped, first.as_deref()))]
    NothingUsable {
        /// Number of files that were skipped.
        skipped: usize,
        /// File and cause of the first of them.
        first: Option<String>,
    },

    /// A setting is outside its bounds.
    #[error("{parameter} must be {bound}, not {value}")]
    InvalidParameter {
        /// Name of the setting.
        parameter: &'static str,
        /// The allowed range, in words.
        bound: &'static str,
        /// The value given.
        value: String,
    },
    /// Settings cannot be read from JSON.
    #[error("settings: {cause}{}", nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    Settings {
        /// The parser's message.
        cause: String,
        /// The name nearest to an unknown one.
        nearest: Option<String>,
    },
    /// The feature computation rejected its configuration or its input.
    #[error(transparent)]
    Features(#[from] cepstrum_features::Error),
    /// The resampler rejected its configuration or its input.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// Features of a trained network were asked for without the network.
    #[error(
        "the features are computed by {network} (weights {weights}), which was not given; get it with: {how_to_get}"
    )]
    FrontMissing {
        /// Name of the network.
        network: String,
        /// Hash of its weights.
        weights: String,
        /// The way to get them.
        how_to_get: String,
    },
    /// The network that was given is not the one that computes the features.
    #[error("the features are computed by {expected}, the network given is {actual}")]
    OtherFront {
        /// Network, weights, output and hop of the configuration.
        expected: String,
        /// Those of the network that was given.
        actual: String,
    },
    /// A network that computes features failed.
    #[error("{network}: {cause}")]
    Front {
        /// Name of the network.
        network: String,
        /// Its error.
        cause: Cause,
    },
    /// The threads of an extraction could not be started.
    #[error("cannot start worker threads: {cause}")]
    Threads {
        /// The error of the thread pool.
        cause: Cause,
    },

    /// A part of a feature set that needs one entry per segment has another number of entries.
    #[error("{what} has {actual} entries for {expected} segments")]
    LengthMismatch {
        /// The part.
        what: &'static str,
        /// Number of segments.
        expected: usize,
        /// Number of entries.
        actual: usize,
    },
    /// A label is not an index into the class names.
    #[error("segment {segment} has label {label}, but there are {n_classes} classes")]
    LabelOutOfRange {
        /// Index of the segment.
        segment: usize,
        /// Its label.
        label: usize,
        /// Number of class names.
        n_classes: usize,
    },
    /// A feature is NaN or infinite.
    #[error("segment {segment} has a feature that is not finite")]
    NonFiniteFeature {
        /// Index of the segment.
        segment: usize,
    },
    /// Two classes have the same name.
    #[error("duplicate class \"{class}\"")]
    DuplicateClass {
        /// The name.
        class: String,
    },
    /// A track has segments of two classes.
    #[error("track \"{track}\" has segments of class \"{first}\" and of class \"{second}\"")]
    TrackInTwoClasses {
        /// The track.
        track: String,
        /// Class of its first segment.
        first: String,
        /// Class of a later segment.
        second: String,
    },

    /// A set cannot be split as asked for, or a list or a file of groups does not go with it.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table or a `NumPy` archive cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A segment of one set has no counterpart in another.
    #[error("segment {position} of track \"{track}\" is missing in the other set")]
    NoCounterpart {
        /// The track.
        track: String,
        /// Position of the segment in its track, from 0.
        position: usize,
    },
    /// Two sets that are to be joined have segments of different lengths.
    #[error("segments of {expected} frames cannot be joined with segments of {actual}")]
    FramesDiffer {
        /// Number of frames of the first set.
        expected: usize,
        /// Number of frames of the other set.
        actual: usize,
    },
    /// Two sets of which one is to follow the other differ in more than their segments.
    #[error("the {what} of the two sets differ: {expected} and {actual}")]
    SetsDiffer {
        /// What differs: the classes, the shapes of the segments or the configurations.
        what: &'static str,
        /// That of the first set.
        expected: String,
        /// That of the other set.
        actual: String,
    },
}

impl Error {
    /// Attaches the file at `path`; an error that already names a file stays as it is.
    #[must_use]
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        match self {
            Self::InFile { .. } => self,
            bare => Self::InFile { path: path.as_ref().to_owned(), cause: Box::new(bare) },
        }
    }

    /// The error without the file around it, to match on.
    pub fn cause(&self) -> &Self {
        match self {
            Self::InFile { cause, .. } => cause.cause(),
            bare => bare,
        }
    }

    /// The error of a format that is not decoded.
    pub(crate) fn unsupported(format: impl Into<Cow<'static, str>>) -> Self {
        Self::Unsupported { format: format.into() }
    }

    /// Removes the file around the error.
    pub(crate) fn into_cause(self) -> Self {
        match self {
            Self::InFile { cause, .. } => cause.into_cause(),
            bare => bare,
        }
    }

    /// The file that the error names, if it names one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::InFile { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// The kind of file that is missing: audio, or audio that can be used.
fn lacking(skipped: usize, first: Option<&str>) -> String {
    let first = first.map(|cause| format!(", first: {cause}")).unwrap_or_default();
    if skipped == 0 { "audio file".to_owned() } else { format!("usable file ({skipped} skipped{first})") }
}
