//! The one error type of this crate.

use std::io;
use std::path::{Path, PathBuf};

/// A [`Result`](std::result::Result) of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cause from a crate beneath whose own type is not part of this crate's interface.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong between a folder of audio and a split feature set.
///
/// Functions over readers and writers give the bare cause; functions over paths wrap it in [`Error::InFile`], so that
/// a message always begins with the file it is about.
///
/// A message is whole: it tells its cause, and [`source`](std::error::Error::source) does not give that cause again, so
/// that reports which print the whole chain say nothing twice. [`Error::cause`] is for matching.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something went wrong with one file or folder.
    #[error("{}: {cause}", path.display())]
    InFile {
        /// The file or folder.
        path: PathBuf,
        /// What was wrong with it.
        cause: Box<Error>,
    },
    /// The operating system refused to read or write.
    #[error(transparent)]
    Io(#[from] io::Error),

    /// No audio format was recognised in the bytes.
    #[error("not audio: no known format is recognised in its contents")]
    NotAudio,
    /// The container was recognised, but what it holds cannot be decoded.
    #[error("not decodable as {format}: {cause}")]
    Undecodable {
        /// The format that was recognised.
        format: &'static str,
        /// What the decoder found.
        cause: Cause,
    },
    /// The file holds no samples at all.
    #[error("the audio has zero length")]
    EmptyAudio,
    /// The header gives a sample rate that no recording has; resampling from it would take memory without bound.
    #[error("the header gives a sample rate of {sample_rate} Hz; at most {max} is possible")]
    SampleRate {
        /// What the header gives.
        sample_rate: u32,
        /// The highest rate that is read.
        max: u32,
    },
    /// The audio broke off or broke inside; what came before is whole.
    #[error("damaged audio: {} (after {decoded} whole samples a channel)", damage)]
    Damaged {
        /// What is wrong.
        damage: Damage,
        /// Samples a channel that were decoded before the damage.
        decoded: u64,
    },
    /// A sample is NaN or infinite.
    #[error("sample {index} is not a finite number")]
    NonFiniteSample {
        /// Position in the decoded signal, at the file's own rate.
        index: u64,
    },
    /// The audio ends before the first segment does.
    #[error("too short: {seconds:.3} s of audio, one segment needs {needed:.3} s")]
    TooShort {
        /// Length of the audio.
        seconds: f64,
        /// Length that one segment needs.
        needed: f64,
    },

    /// A collection folder has no class folders in it.
    #[error("no class folders: expected one folder of audio files for each class")]
    NoClasses,
    /// The entry is a pipe, a socket, a device or a folder where a file must be.
    #[error("not a regular file")]
    NotAFile,
    /// A link leads back into a folder that contains it.
    #[error("the link leads back into a folder that contains it")]
    FolderLoop,
    /// A name is not valid Unicode and cannot become a class or track name.
    #[error("the name is not valid Unicode")]
    NotUnicode,
    /// No file of a class could be used.
    #[error("class \"{class}\" has no usable file ({skipped} skipped{})", first_cause(first.as_deref()))]
    EmptyClass {
        /// The class.
        class: String,
        /// How many files of the class were skipped.
        skipped: usize,
        /// The first of them: file and cause.
        first: Option<String>,
    },
    /// Parquet was asked of a build without it.
    #[error("built without Parquet: switch on the feature `parquet`")]
    NoParquet,
    /// A folder without an audio file.
    #[error("no audio file in this folder")]
    NoAudio,
    /// No file of a collection could be used.
    #[error("nothing could be used: all {skipped} files were skipped{}", first_cause(first.as_deref()))]
    NothingUsable {
        /// How many files were skipped.
        skipped: usize,
        /// The first of them: file and cause.
        first: Option<String>,
    },

    /// A setting is outside its bounds.
    #[error("{parameter} must be {bound}, is {value}")]
    InvalidParameter {
        /// Name of the setting.
        parameter: &'static str,
        /// What is allowed.
        bound: &'static str,
        /// What was given.
        value: String,
    },
    /// The feature computation refused its configuration or its input.
    #[error(transparent)]
    Features(#[from] cepstrum_features::Error),
    /// The resampler refused its configuration or its input.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// The threads of an extraction could not be started.
    #[error("cannot start worker threads: {0}")]
    Threads(rayon::ThreadPoolBuildError),

    /// Two parts of a feature set that must have one entry a segment differ in length.
    #[error("{what} has {actual} entries for {expected} segments")]
    LengthMismatch {
        /// The part.
        what: &'static str,
        /// Number of segments.
        expected: usize,
        /// Number of entries found.
        actual: usize,
    },
    /// A label is not an index into the class names.
    #[error("segment {segment} has label {label}, but there are {n_classes} classes")]
    LabelOutOfRange {
        /// The segment.
        segment: usize,
        /// Its label.
        label: usize,
        /// Number of class names.
        n_classes: usize,
    },
    /// A feature is NaN or infinite.
    #[error("segment {segment} has a feature that is not a finite number")]
    NonFiniteFeature {
        /// The segment.
        segment: usize,
    },
    /// One class name is there twice.
    #[error("class \"{class}\" is named twice")]
    DuplicateClass {
        /// The name.
        class: String,
    },
    /// One track has segments of two classes.
    #[error("track \"{track}\" has segments of class \"{first}\" and of class \"{second}\"")]
    TrackInTwoClasses {
        /// The track.
        track: String,
        /// The class of its first segment.
        first: String,
        /// The class of another one.
        second: String,
    },
    /// A split by track was asked of a set that does not say which track a segment comes from.
    #[error(
        "the features do not say which track each segment comes from: only a split by segment is possible"
    )]
    TracksUnknown,
    /// A name in a list fits more than one track.
    #[error("the name \"{name}\" fits several tracks: name the class folder as well")]
    AmbiguousTrack {
        /// The name.
        name: String,
    },
    /// A line of a group file has no group.
    #[error("line {line} has no group: expected track<TAB>group")]
    NoGroupInLine {
        /// The line, from 1.
        line: usize,
    },
    /// A track of the set is in no group.
    #[error("track \"{track}\" has no group")]
    TrackWithoutGroup {
        /// The track.
        track: String,
    },
    /// A track is in two groups.
    #[error("track \"{track}\" is in group \"{first}\" and in group \"{second}\"")]
    TrackInTwoGroups {
        /// The track.
        track: String,
        /// One group.
        first: String,
        /// Another one.
        second: String,
    },
    /// A fixed split names a track in two parts.
    #[error("track \"{track}\" is named in two parts of the split")]
    TrackInTwoParts {
        /// The track.
        track: String,
    },
    /// A split cannot put a class on every side it must be on.
    #[error("class \"{class}\" has {available} {unit}{}: too few for {parts} parts", in_brackets(names))]
    TooFewInClass {
        /// The class.
        class: String,
        /// How many units it has.
        available: usize,
        /// What is counted: tracks, segments, groups.
        unit: &'static str,
        /// Their names, where they have any.
        names: Vec<String>,
        /// Number of parts that each need at least one.
        parts: usize,
    },
    /// No way was found to put a class into every part without parting a group of several classes.
    #[error(
        "class \"{class}\" cannot be in all {parts} parts: other classes hang on its groups{}",
        in_brackets(groups)
    )]
    EntangledGroups {
        /// The class.
        class: String,
        /// The groups that have tracks of it.
        groups: Vec<String>,
        /// Number of parts.
        parts: usize,
    },
    /// A split leaves one part without a single segment.
    #[error("{total} segments are too few to split: the {part} part would be empty")]
    EmptyPart {
        /// The part.
        part: &'static str,
        /// Number of segments in all.
        total: usize,
    },

    /// The bytes are not JSON of the expected layout.
    #[error("not a JSON feature store: {0}")]
    Json(serde_json::Error),
    /// A JSON row has another length than the rows before it.
    #[error("ragged features: {} has {actual} {unit}, the ones before have {expected}", position(*segment, *frame))]
    Ragged {
        /// The segment.
        segment: usize,
        /// The frame in it, when it is the frame that differs.
        frame: Option<usize>,
        /// What is counted: frames or coefficients.
        unit: &'static str,
        /// Count of the rows before.
        expected: usize,
        /// Count found.
        actual: usize,
    },
    /// A store lacks a part that every feature set needs.
    #[error("the store has no \"{key}\"")]
    MissingKey {
        /// The part.
        key: &'static str,
    },
    /// The header of a safetensors file is broken, or the file is none.
    #[error("not a safetensors feature store: {cause}")]
    SafeTensors {
        /// What the parser found.
        cause: Cause,
    },
    /// A Parquet file could not be written.
    #[error("cannot write Parquet: {cause}")]
    Parquet {
        /// What the writer found.
        cause: Cause,
    },
    /// A store ends before its data does.
    #[error("truncated: {actual} bytes of data, the header declares {expected}")]
    Truncated {
        /// Bytes that the header declares.
        expected: u64,
        /// Bytes that are there.
        actual: u64,
    },
    /// A tensor of a store has a type or a shape other than the one it must have.
    #[error("tensor \"{tensor}\" is {actual}, expected {expected}")]
    WrongTensor {
        /// Name of the tensor.
        tensor: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        actual: String,
    },
}

/// What is wrong with a damaged file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Fewer samples came out than the header declares.
    #[error("it ends early, {declared} samples a channel are declared")]
    EndsEarly {
        /// Samples a channel that the header declares.
        declared: u64,
    },
    /// The file ends inside a block, and nothing in it declares how long it should be.
    #[error("it is cut off in the middle of a block")]
    CutOff,
    /// The page that marks the end of an Ogg stream is not there.
    #[error("it ends without its last page")]
    NoLastPage,
    /// The decoder met bytes that it could not decode.
    #[error("it is broken inside: {cause}")]
    BrokenInside {
        /// What the decoder said.
        cause: String,
    },
    /// The checksum that the file carries is not the one of the decoded samples.
    #[error("its checksum does not match")]
    Checksum,
}

impl Error {
    /// This error, said of the file at `path`; an error that already names a file stays as it is.
    pub fn in_file(self, path: impl AsRef<Path>) -> Self {
        match self {
            Self::InFile { .. } => self,
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

    /// The error without the file name around it.
    pub(crate) fn into_cause(self) -> Self {
        match self {
            Self::InFile { cause, .. } => cause.into_cause(),
            bare => bare,
        }
    }

    /// The file that the error is about, if it names one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::InFile { path, .. } => Some(path),
            _ => None,
        }
    }
}

impl From<rayon::ThreadPoolBuildError> for Error {
    fn from(cause: rayon::ThreadPoolBuildError) -> Self {
        Self::Threads(cause)
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Self::Json(cause)
    }
}

fn first_cause(first: Option<&str>) -> String {
    first.map(|cause| format!(", the first is {cause}")).unwrap_or_default()
}

/// Up to five names.
fn in_brackets(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!(" ({}{more})", names[..names.len().min(SHOWN)].join(", "))
}

fn position(segment: usize, frame: Option<usize>) -> String {
    match frame {
        Some(frame) => format!("frame {frame} of segment {segment}"),
        None => format!("segment {segment}"),
    }
}
