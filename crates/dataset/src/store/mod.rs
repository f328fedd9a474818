//! Feature sets on disk: safetensors by default, the notebook's JSON by extension.

mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod tensors;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::atomic::holds;
use crate::{Error, FeatureSet, Result, write_atomically};

/// The layouts that a [`FeatureSet`] is stored in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFormat {
    /// Tensors `features` (f32 `[n_segments, n_frames, n_coefficients]`), `labels`, `track_ids` and `positions` (u32
    /// `[n_segments]`), with class names, track names and configuration as JSON in the metadata. Exact, and as
    /// fast as the disk.
    #[default]
    SafeTensors,
    /// The reference notebook's `{"mapping": [..], "mfcc": [[[..]]], "labels": [..]}`, and beside them `tracks` (one
    /// name a segment), `positions` and `config`. Ten times as large, for exchange with Python.
    Json,
}

impl StoreFormat {
    /// JSON for `.json` (in any case), safetensors for every other name.
    ///
    /// ```
    /// use cepstrum_dataset::StoreFormat;
    ///
    /// assert_eq!(StoreFormat::of_path("gtzan.JSON"), StoreFormat::Json);
    /// assert_eq!(StoreFormat::of_path("gtzan.safetensors"), StoreFormat::SafeTensors);
    /// ```
    pub fn of_path(path: impl AsRef<Path>) -> Self {
        match path.as_ref().extension() {
            Some(extension) if extension.eq_ignore_ascii_case("json") => Self::Json,
            _ => Self::SafeTensors,
        }
    }
}

impl FeatureSet {
    /// Writes the set to a file, whole or not at all, in the format that [`StoreFormat::of_path`] gives; a name in
    /// `.parquet` exports it as Parquet, where the feature of that name is on.
    ///
    /// A safetensors file that holds the very set already is left as it is, its time of change too.
    ///
    /// # Errors
    /// [`Error::InFile`] when the file cannot be written, around [`Error::NoParquet`] for Parquet without the feature.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            #[cfg(feature = "parquet")]
            return self.export_parquet(path);
            #[cfg(not(feature = "parquet"))]
            return Err(Error::NoParquet.in_file(path));
        }
        let format = StoreFormat::of_path(path);
        if format == StoreFormat::SafeTensors && holds(path, |file| self.write_to(file, format)) {
            return Ok(());
        }
        write_atomically(path, |writer| self.write_to(writer, format))
            .map_err(|error: Error| error.in_file(path))
    }

    /// Reads a set that [`save`](Self::save) or the notebook wrote, in the format that [`StoreFormat::of_path`] gives.
    ///
    /// # Errors
    /// [`Error::InFile`] with what [`read_from`](Self::read_from) found.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        File::open(path)
            .map_err(Error::from)
            .and_then(|file| Self::read_from(file, StoreFormat::of_path(path)))
            .map_err(|error| error.in_file(path))
    }

    /// Writes the set to a writer; the same set always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when the writer fails.
    pub fn write_to(&self, writer: impl Write, format: StoreFormat) -> Result<()> {
        match format {
            StoreFormat::SafeTensors => tensors::write(self, writer),
            StoreFormat::Json => json::write(self, writer),
        }
    }

    /// Reads a set from a reader, buffered here.
    ///
    /// What is allocated grows with the bytes that come, never with what a header claims. JSON goes straight into the
    /// flat array: reading takes little more memory than the result.
    ///
    /// # Errors
    /// [`Error::SafeTensors`], [`Error::Truncated`], [`Error::WrongTensor`] or [`Error::Json`], [`Error::Ragged`],
    /// [`Error::MissingKey`] when the bytes are not a whole store, what [`FeatureSet::new`] gives when its parts do
    /// not fit together, and [`Error::Io`].
    pub fn read_from(reader: impl Read, format: StoreFormat) -> Result<Self> {
        let reader = BufReader::with_capacity(1 << 18, reader);
        match format {
            StoreFormat::SafeTensors => tensors::read(reader),
            StoreFormat::Json => json::read(reader),
        }
    }
}
