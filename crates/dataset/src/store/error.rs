//! The errors of stores.

use crate::{Cause, StoreFormat};

/// Everything that can be wrong with a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
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
        format: StoreFormat,
        /// The part, in words.
        what: String,
    },
    /// Parquet was requested of a build without it.
    #[error("built without Parquet: enable the feature `parquet`")]
    NoParquet,
    /// A Parquet file could not be written or read.
    #[error("not usable as Parquet: {cause}")]
    Parquet {
        /// The error of the writer or the reader.
        cause: Cause,
    },
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
