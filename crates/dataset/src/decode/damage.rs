//! The kinds of damage that a decoder finds.

/// The kind of damage in an audio file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// There are fewer samples than the header declares.
    #[error("it ends early, the header declares {declared} samples per channel")]
    EndsEarly {
        /// Samples per channel that the header declares.
        declared: u64,
    },
    /// The file ends inside a block and declares no length.
    #[error("it ends in the middle of a block")]
    CutOff,
    /// The page that marks the end of an Ogg stream is missing.
    #[error("its last page is missing")]
    NoLastPage,
    /// The decoder met bytes that it could not decode.
    #[error("its contents are corrupt: {cause}")]
    Corrupt {
        /// The message of the decoder.
        cause: String,
    },
    /// The checksum in the file does not match the decoded samples.
    #[error("its checksum does not match")]
    Checksum,
}
