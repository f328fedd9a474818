//! Tables of comma-separated values.

use std::io::Read;
use std::path::Path;

use csv::{Reader, StringRecord};
use serde::{Deserialize, Serialize};

use super::TableError;
use super::rows::{Columns, Rows};
use crate::read_file::{is_parquet, read_file};
use crate::{Error, FeatureSet, Result};

/// The meaning of a table's columns and rows.
///
/// The default is a row per track, named in the column `filename`, with its class in `label` and numbers in every other
/// column. A field that is absent from serialized data has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableConfig {
    /// Column that names the track. A name without a folder gets that of its class, as [`AudioFolder`](crate::AudioFolder)
    /// names tracks: `blues.00012.wav` of class `blues` is the track `blues/blues.00012.wav`. Lists of tracks then match,
    /// and so do sets from audio or from other tables.
    pub track: String,
    /// Column that names the class.
    pub class: String,
    /// Columns of the features.
    pub features: TableColumns,
    /// Classes and their labels.
    pub classes: TableClasses,
    /// The unit of a row.
    pub rows: TableRows,
}

impl Default for TableConfig {
    fn default() -> Self {
        Self {
            track: "filename".to_owned(),
            class: "label".to_owned(),
            features: TableColumns::default(),
            classes: TableClasses::default(),
            rows: TableRows::default(),
        }
    }
}

/// The columns of a table that become coefficients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableColumns {
    /// These columns, in this order; the table may have others.
    Named(Vec<String>),
    /// Every column except these and those of track and class, in the order of the table. An index that a data frame
    /// wrote is a column like any other: name it here.
    AllExcept(Vec<String>),
}

impl Default for TableColumns {
    fn default() -> Self {
        Self::AllExcept(Vec::new())
    }
}

/// The classes of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableClasses {
    /// The classes that the table has, sorted.
    #[default]
    Sorted,
    /// These, in the order of their labels; another class in the table is an error.
    Named(Vec<String>),
}

/// The unit of a table's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableRows {
    /// A row per track; a track with two rows is an error.
    #[default]
    Tracks,
    /// A row per segment, named by its track; the segments of a track follow each other.
    Segments,
    /// A row per segment, with its number before the extension: `blues.00012.3.wav` is segment 3 of the track
    /// `blues.00012.wav`. A segment with two rows is an error.
    NumberedSegments,
}

/// Reads a table from a file: Parquet where the name ends in `.parquet` and the feature `parquet` is enabled, otherwise
/// comma-separated values with a header, as [`read_table_from`] does. In Parquet, names are strings and numbers of any width;
/// errors count its rows as lines behind a header.
///
/// # Errors
/// [`Error::InFile`] around any error of [`read_table_from`], [`TableError::Parquet`] or [`TableError::NoParquet`].
pub fn read_table(path: impl AsRef<Path>, config: &TableConfig) -> Result<FeatureSet> {
    let path = path.as_ref();
    if is_parquet(path) {
        #[cfg(feature = "parquet")]
        return super::parquet::read(path, config).map_err(|error| error.in_file(path));
        #[cfg(not(feature = "parquet"))]
        return Err(Error::from(TableError::NoParquet).in_file(path));
    }
    read_file(path, |file| read_table_from(file, config))
}

/// Reads a table of comma-separated values with a header from a reader, such as a file or `&[u8]`; buffers internally.
///
/// Every row becomes a segment of one frame.
///
/// # Shapes
/// Features `[n_rows, 1, n_columns]`.
///
/// # Errors
/// [`Error::Table`] with the line and the column of what is wrong; [`Error::TrackInTwoClasses`] and
/// [`Error::DuplicateClass`].
///
/// ```
/// use cepstrum_dataset::{TableConfig, read_table_from};
///
/// let table = "filename,tempo,rms,label\na.wav,120.5,0.1,jazz\nb.wav,96,0.25,rock\n";
/// let set = read_table_from(table.as_bytes(), &TableConfig::default())?;
/// assert_eq!(set.features().dim(), (2, 1, 2));
/// assert_eq!(set.classes(), ["jazz", "rock"]);
/// assert_eq!(set.track_names(), ["jazz/a.wav", "rock/b.wav"]);
///
/// let table = table.replace("96", "fast");
/// let error = read_table_from(table.as_bytes(), &TableConfig::default()).unwrap_err();
/// assert_eq!(error.to_string(), "line 3, column \"tempo\": \"fast\" is not a finite number");
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
pub fn read_table_from(reader: impl Read, config: &TableConfig) -> Result<FeatureSet> {
    let mut reader = Reader::from_reader(reader);
    let columns = Columns::find(reader.headers().map_err(csv_error)?, config)?;
    let mut rows = Rows::default();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(&columns, &record, line, config)?;
    }
    rows.into_set(&columns, config)
}

/// An error of the reader beneath stays what it is.
pub(crate) fn csv_error(error: csv::Error) -> Error {
    if !error.is_io_error() {
        return TableError::Csv { cause: Box::new(error) }.into();
    }
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::Io(error),
        kind => Error::Io(std::io::Error::other(format!("{kind:?}"))),
    }
}
