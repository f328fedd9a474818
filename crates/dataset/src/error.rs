//! The error type of this crate.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Damage, TableError};

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
    /// A split by track needs the track of each segment, and the set does not have it.
    #[error("the features have no track names: only a split by segment is possible")]
    TracksUnknown,
    /// A name in a list matches no track.
    #[error("entry {entry} of the list, \"{name}\", is not a track of the set")]
    UnknownTrack {
        /// Number of the entry, from 1; empty lines and comments do not count.
        entry: usize,
        /// The name.
        name: String,
    },
    /// A list names a track twice.
    #[error("entry {entry} of the list, \"{name}\", repeats an earlier one")]
    RepeatedTrack {
        /// Number of the entry, from 1; empty lines and comments do not count.
        entry: usize,
        /// The name.
        name: String,
    },
    /// A name in a list matches more than one track.
    #[error("the name \"{name}\" matches several tracks: add the class folder")]
    AmbiguousTrack {
        /// The name.
        name: String,
    },
    /// A line of a group file has no group.
    #[error("line {line} has no group: expected track<TAB>group")]
    NoGroupInLine {
        /// Line number, from 1.
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
        /// Its first group.
        first: String,
        /// Its second group.
        second: String,
    },
    /// A track is listed in two parts of a fixed split.
    #[error("track \"{track}\" is in two parts of the split")]
    TrackInTwoParts {
        /// The track.
        track: String,
    },
    /// A class has too few units to be in every part that needs it.
    #[error("class \"{class}\" has {available} {unit}{}: too few for {parts} parts", in_brackets(names))]
    TooFewInClass {
        /// The class.
        class: String,
        /// Number of its units.
        available: usize,
        /// The kind of unit: tracks, segments or groups.
        unit: &'static str,
        /// Names of the units; empty for segments.
        names: Vec<String>,
        /// Number of parts that need at least one unit each.
        parts: usize,
    },
    /// No assignment of whole groups was found that puts a class into every part.
    #[error(
        "class \"{class}\" cannot be represented in all {parts} parts: its groups also contain other classes{}",
        in_brackets(groups)
    )]
    EntangledGroups {
        /// The class.
        class: String,
        /// The groups with tracks of the class.
        groups: Vec<String>,
        /// Number of parts.
        parts: usize,
    },
    /// A split leaves one part without a segment.
    #[error("{total} segments are too few to split: the {part} part would be empty")]
    EmptyPart {
        /// The part.
        part: &'static str,
        /// Number of segments in the whole set.
        total: usize,
    },

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

    /// The bytes are not JSON of the expected layout. JSON has no NaN and no infinity.
    #[error("not a JSON feature store: {}{cause}", place(*at))]
    Json {
        /// Indices of the segment and the frame that could not be read, if it was one.
        at: Option<(usize, usize)>,
        /// The error of the parser.
        cause: Cause,
    },
    /// A JSON row has another length than the rows before it.
    #[error("ragged features: {} has {actual} {unit}, the rows before have {expected}", position(*segment, *frame))]
    Ragged {
        /// Index of the segment.
        segment: usize,
        /// Index of the frame, when it is the frame whose length differs.
        frame: Option<usize>,
        /// The unit of the counts: frames or coefficients.
        unit: &'static str,
        /// Length of the rows before.
        expected: usize,
        /// Length of this row.
        actual: usize,
    },
    /// A store lacks a required part.
    #[error("the store has no \"{key}\"")]
    MissingKey {
        /// The part.
        key: &'static str,
    },
    /// The bytes are not a safetensors file, or its header is broken.
    #[error("not a safetensors feature store: {cause}")]
    SafeTensors {
        /// The error of the parser.
        cause: Cause,
    },
    /// A store ends before its data does.
    #[error("truncated: {actual} bytes of data, the header declares {expected}")]
    Truncated {
        /// Bytes that the header declares.
        expected: u64,
        /// Bytes present.
        actual: u64,
    },
    /// A tensor of a store has the wrong type, shape or contents.
    #[error("tensor \"{tensor}\" is {actual}, expected {expected}")]
    WrongTensor {
        /// Name of the tensor.
        tensor: &'static str,
        /// The expected type, shape or contents.
        expected: &'static str,
        /// The actual ones.
        actual: String,
    },
    /// The extension of a store's name is that of no format.
    #[error(
        "the extension \"{extension}\" is that of no store: use .safetensors, .json, .npz, .csv or .parquet"
    )]
    UnknownStore {
        /// The extension; empty when there is none.
        extension: String,
    },
    /// A format cannot hold a part of the set.
    #[error("the format {format:?} cannot hold {what}")]
    NotInFormat {
        /// The format.
        format: crate::StoreFormat,
        /// The part, in words.
        what: String,
    },
    /// Parquet was requested of a build without it.
    #[error("built without Parquet: enable the feature `parquet`")]
    NoParquet,
    /// A Parquet file could not be written.
    #[error("cannot write Parquet: {cause}")]
    Parquet {
        /// The error of the writer.
        cause: Cause,
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

/// Up to five names in parentheses.
fn in_brackets(names: &[String]) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!(" ({}{more})", names[..names.len().min(SHOWN)].join(", "))
}

fn place(at: Option<(usize, usize)>) -> String {
    at.map(|(segment, frame)| format!("frame {frame} of segment {segment}: ")).unwrap_or_default()
}

fn position(segment: usize, frame: Option<usize>) -> String {
    match frame {
        Some(frame) => format!("frame {frame} of segment {segment}"),
        None => format!("segment {segment}"),
    }
}
