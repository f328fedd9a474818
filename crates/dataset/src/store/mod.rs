//! Feature sets on disk: safetensors by default, the reference experiment's JSON by extension.

mod json;
#[cfg(feature = "parquet")]
mod parquet;
mod tensors;

use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::atomic::contents_equal;
use crate::read_file::read_file;
use crate::{Error, FeatureSet, Result, write_atomically};

/// A file format of a [`FeatureSet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFormat {
    /// safetensors: the tensors `features` (f32 `[n_segments, n_frames, n_coefficients]`), `labels`, `track_of` and
    /// `positions` (u32 `[n_segments]`), with class names, track names and configuration as JSON in the metadata. Exact,
    /// and as fast as the disk.
    #[default]
    SafeTensors,
    /// The reference experiment's JSON, `{"mapping": [..], "mfcc": [[[..]]], "labels": [..]}`, here with `tracks` (one
    /// name per segment), `positions` and `config`. Two to ten times as large as safetensors; for exchange with Python.
    Json,
}

impl StoreFormat {
    /// Returns JSON for `.json` (in any case) and safetensors for every other name.
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
    /// Writes the set to a file, whole or not at all, in the format of [`StoreFormat::of_path`]. A name that ends in
    /// `.parquet` exports it as Parquet, if the feature `parquet` is enabled.
    ///
    /// A safetensors file that already holds this very set is left as it is, with its modification time.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`], around [`Error::Parquet`], or around [`Error::NoParquet`] for Parquet
    /// without the feature.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            #[cfg(feature = "parquet")]
            return self.export_parquet(path);
            #[cfg(not(feature = "parquet"))]
            return Err(Error::NoParquet.in_file(path));
        }
        let format = StoreFormat::of_path(path);
        if format == StoreFormat::SafeTensors && contents_equal(path, |file| self.write_to(file, format)) {
            return Ok(());
        }
        write_atomically(path, |writer| self.write_to(writer, format))
            .map_err(|error: Error| error.in_file(path))
    }

    /// Reads a set that [`save`](Self::save) or the reference experiment wrote, in the format of
    /// [`StoreFormat::of_path`].
    ///
    /// # Errors
    /// [`Error::InFile`] around any error of [`read_from`](Self::read_from).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        read_file(path, |file| Self::read_from(file, StoreFormat::of_path(path)))
    }

    /// Writes the set to a writer; equal sets are written as equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when the writer fails.
    pub fn write_to(&self, writer: impl Write, format: StoreFormat) -> Result<()> {
        match format {
            StoreFormat::SafeTensors => tensors::write(self, writer),
            StoreFormat::Json => json::write(self, writer),
        }
    }

    /// Reads a set from a reader, such as a file, a network stream or `&[u8]`; buffers internally.
    ///
    /// Memory grows with the bytes that arrive, never with the sizes that a header claims. JSON is parsed straight into
    /// the flat array, so reading it takes little more memory than the result.
    ///
    /// ```
    /// use cepstrum_dataset::{FeatureSet, StoreFormat};
    ///
    /// let json = br#"{"mapping": ["jazz"], "mfcc": [[[1.0, 2.0]], [[3.0, 4.0]]], "labels": [0, 0]}"#;
    /// let set = FeatureSet::read_from(&json[..], StoreFormat::Json)?;
    /// assert_eq!(set.features().dim(), (2, 1, 2));
    ///
    /// let mut bytes = Vec::new();
    /// set.write_to(&mut bytes, StoreFormat::SafeTensors)?;
    /// assert_eq!(FeatureSet::read_from(bytes.as_slice(), StoreFormat::SafeTensors)?, set);
    /// # Ok::<(), cepstrum_dataset::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`Error::SafeTensors`], [`Error::Truncated`], [`Error::WrongTensor`] or [`Error::MissingKey`] when the bytes are
    ///   not a whole safetensors store, and [`Error::Json`], [`Error::Ragged`] or [`Error::MissingKey`] when they are
    ///   not a JSON store;
    /// - the errors of [`FeatureSet::new`] when the parts of the store do not fit together;
    /// - [`Error::Io`] when the reader fails.
    pub fn read_from(reader: impl Read, format: StoreFormat) -> Result<Self> {
        let reader = BufReader::with_capacity(1 << 18, reader);
        match format {
            StoreFormat::SafeTensors => tensors::read(reader),
            StoreFormat::Json => json::read(reader),
        }
    }
}
