//! Tables to be read by data frames, and by [`read_table`](crate::read_table).

use std::io::Write;
use std::path::Path;

use super::{TableError, csv_error};
use crate::{Error, Result, write_atomically};

/// Numbers in named columns, with the name, the length and the class of a track or segment in every row: the layout of
/// published tables of GTZAN's features.
///
/// pandas and polars read its files, and [`read_table`](crate::read_table) makes a feature set of them.
///
/// ```
/// use cepstrum_dataset::{Table, TableColumns, TableConfig, TableRow, read_table_from};
///
/// let mut table = Table::new(["tempo", "rms"])?;
/// table.push(TableRow { name: "a.wav".into(), length: 661_500, values: vec![120.5, 0.1], class: "jazz".into() })?;
/// let mut csv = Vec::new();
/// table.write_csv(&mut csv)?;
/// assert_eq!(csv, b"filename,length,tempo,rms,label\na.wav,661500,120.5,0.1,jazz\n");
///
/// let features = TableColumns::AllExcept(vec!["length".into()]);
/// let set = read_table_from(&csv[..], &TableConfig { features, ..TableConfig::default() })?;
/// assert_eq!(set.features().dim(), (1, 1, 2));
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<TableRow>,
}

/// A row of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRow {
    /// Name of the track or segment, in the column `filename`.
    pub name: String,
    /// Number of samples, in the column `length`.
    pub length: u64,
    /// A number for every column.
    pub values: Vec<f64>,
    /// Name of the class, in the column `label`.
    pub class: String,
}

// The columns that every table has beside its own.
pub(super) const NAME: &str = "filename";
pub(super) const LENGTH: &str = "length";
pub(super) const CLASS: &str = "label";

impl Table {
    /// A table without rows.
    ///
    /// # Errors
    /// [`TableError::DuplicateColumn`], also for a column with the name of one that every table has; [`TableError::NoFeatures`].
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        if columns.is_empty() {
            return Err(TableError::NoFeatures.into());
        }
        let fixed = [NAME, LENGTH, CLASS];
        let repeated = columns
            .iter()
            .enumerate()
            .find(|(i, column)| fixed.contains(&column.as_str()) || columns[..*i].contains(column));
        match repeated {
            Some((_, column)) => Err(TableError::DuplicateColumn { column: column.clone() }.into()),
            None => Ok(Self { columns, rows: Vec::new() }),
        }
    }

    /// Appends a row.
    ///
    /// # Errors
    /// [`TableError::RowLength`] for another number of values than of columns.
    pub fn push(&mut self, row: TableRow) -> Result<()> {
        let (expected, actual) = (self.columns.len(), row.values.len());
        if expected != actual {
            return Err(TableError::RowLength { name: row.name, expected, actual }.into());
        }
        self.rows.push(row);
        Ok(())
    }

    /// Names of the columns of numbers.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, in their order.
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// Writes the table to a file, whole or not at all, in the format of the extension: `.csv`, or `.parquet` where the feature
    /// `parquet` is enabled.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`], [`TableError::Extension`], or [`TableError::NoParquet`] for Parquet without the
    /// feature.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let format = TableFormat::of_path(path)?;
        write_atomically(path, |file| match format {
            TableFormat::Csv => self.write_csv(file),
            #[cfg(feature = "parquet")]
            TableFormat::Parquet => self.write_parquet(file),
            #[cfg(not(feature = "parquet"))]
            TableFormat::Parquet => Err(TableError::NoParquet.into()),
        })
        .map_err(|error: Error| error.in_file(path))
    }

    /// Writes the table as comma-separated values with a header; every number is exact.
    ///
    /// # Errors
    /// [`Error::Io`] when the writer fails.
    pub fn write_csv(&self, writer: impl Write) -> Result<()> {
        let mut out = csv::Writer::from_writer(writer);
        let header = [NAME, LENGTH].into_iter().chain(self.columns.iter().map(String::as_str)).chain([CLASS]);
        out.write_record(header).map_err(csv_error)?;
        for row in &self.rows {
            let mut cells = vec![row.name.clone(), row.length.to_string()];
            cells.extend(row.values.iter().map(f64::to_string));
            cells.push(row.class.clone());
            out.write_record(cells).map_err(csv_error)?;
        }
        Ok(out.flush()?)
    }
}

/// A file format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values with a header.
    Csv,
    /// Parquet, with the feature `parquet`.
    Parquet,
}

impl TableFormat {
    /// Returns the format of a name's extension, in any case, if this build has it.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`TableError::Extension`] or [`TableError::NoParquet`].
    pub fn of_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        let error = match extension.to_str() {
            Some("csv") => return Ok(Self::Csv),
            Some("parquet") if cfg!(feature = "parquet") => return Ok(Self::Parquet),
            Some("parquet") => TableError::NoParquet,
            _ => TableError::Extension { extension: extension.to_string_lossy().into_owned() },
        };
        Err(Error::from(error).in_file(path))
    }
}
