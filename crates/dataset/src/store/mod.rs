//! Feature sets on disk, in the format of the file's extension.

mod csv;
mod error;
mod json;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod tensors;

pub use error::StoreError;

use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::atomic::contents_equal;
use crate::read_file::{is_parquet, read_file};
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
    /// A `NumPy` archive, as `numpy.load` reads it: `features` (f4 `[n_segments, n_frames, n_coefficients]`), `labels` and
    /// `positions` (i8 `[n_segments]`), `classes` and `tracks` (strings; a track name per segment), `config` (JSON). Exact;
    /// `tracks`, `positions` and `config` may be absent. For other archives see [`read_npz`](crate::read_npz).
    Npz,
    /// A table of comma-separated values for spreadsheets and data frames, with a row per segment: `class`, `label`, `path`
    /// and `position` (where the tracks are known), and `frame_0_coefficient_0`, `frame_0_coefficient_1` ... Every value is
    /// exact. The configuration is not kept, so a model of such a set cannot classify audio. For other tables see
    /// [`read_table`](crate::read_table).
    Csv,
}

impl StoreFormat {
    /// Every format and its extension.
    const EXTENSIONS: [(&str, Self); 4] =
        [("safetensors", Self::SafeTensors), ("json", Self::Json), ("npz", Self::Npz), ("csv", Self::Csv)];

    /// Returns the format of a name's extension, in any case: `.safetensors`, `.json`, `.npz` or `.csv`.
    ///
    /// ```
    /// use cepstrum_dataset::StoreFormat;
    ///
    /// assert_eq!(StoreFormat::of_path("gtzan.JSON")?, StoreFormat::Json);
    /// assert_eq!(StoreFormat::of_path("gtzan.safetensors")?, StoreFormat::SafeTensors);
    /// assert!(StoreFormat::of_path("gtzan.txt").is_err());
    /// # Ok::<(), cepstrum_dataset::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::UnknownStore`] for any other extension, or none.
    pub fn of_path(path: impl AsRef<Path>) -> Result<Self> {
        let extension = path.as_ref().extension().unwrap_or_default();
        let format = Self::EXTENSIONS.iter().find(|(name, _)| extension.eq_ignore_ascii_case(name));
        let unknown =
            || Error::Store(StoreError::UnknownStore { extension: extension.to_string_lossy().into_owned() });
        format.map(|&(_, format)| format).ok_or_else(unknown)
    }
}

impl FeatureSet {
    /// Writes the set to a file, whole or not at all, in the format of [`StoreFormat::of_path`]. A name that ends in
    /// `.parquet` exports it as Parquet, if the feature `parquet` is enabled.
    ///
    /// A safetensors file that already holds this very set is left as it is, with its modification time.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`], [`StoreError::UnknownStore`], [`StoreError::NotInFormat`], [`StoreError::Parquet`], or
    /// [`StoreError::NoParquet`] for Parquet without the feature.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if is_parquet(path) {
            #[cfg(feature = "parquet")]
            return self.export_parquet(path);
            #[cfg(not(feature = "parquet"))]
            return Err(Error::Store(StoreError::NoParquet).in_file(path));
        }
        let format = StoreFormat::of_path(path).map_err(|error| error.in_file(path))?;
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
    /// [`Error::InFile`] around [`StoreError::UnknownStore`] or any error of [`read_from`](Self::read_from).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        read_file(path, |file| Self::read_from(file, StoreFormat::of_path(path)?))
    }

    /// Writes the set to a writer; equal sets are written as equal bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when the writer fails, and [`StoreError::NotInFormat`] for a set that the format cannot hold.
    pub fn write_to(&self, writer: impl Write, format: StoreFormat) -> Result<()> {
        match format {
            StoreFormat::SafeTensors => tensors::write(self, writer),
            StoreFormat::Json => json::write(self, writer),
            StoreFormat::Npz => npz::write(self, writer),
            StoreFormat::Csv => csv::write(self, writer),
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
    /// - [`StoreError::SafeTensors`], [`StoreError::Truncated`], [`StoreError::WrongTensor`] or [`StoreError::MissingKey`] when the bytes are
    ///   not a whole safetensors store, and [`StoreError::Json`], [`StoreError::Ragged`] or [`StoreError::MissingKey`] when they are
    ///   not a JSON store;
    /// - [`Error::Table`] when they are not a `NumPy` archive or a table with the parts of a store;
    /// - the errors of [`FeatureSet::new`] when the parts of the store do not fit together;
    /// - [`Error::Io`] when the reader fails.
    pub fn read_from(reader: impl Read, format: StoreFormat) -> Result<Self> {
        let reader = BufReader::with_capacity(1 << 18, reader);
        match format {
            StoreFormat::SafeTensors => tensors::read(reader),
            StoreFormat::Json => json::read(reader),
            StoreFormat::Npz => npz::read(reader),
            StoreFormat::Csv => csv::read(reader),
        }
    }
}
