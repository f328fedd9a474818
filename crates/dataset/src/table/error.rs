//! The errors of tables.

/// Everything that can be wrong with a table or a `NumPy` archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The bytes are not a table of comma-separated values: a row of another length, or text that is not UTF-8.
    #[error("not a table of comma-separated values: {cause}")]
    Csv {
        /// The error of the parser, with its line.
        cause: crate::Cause,
    },
    /// A column is missing.
    #[error("the table has no column \"{column}\"")]
    MissingColumn {
        /// Name of the column.
        column: String,
    },
    /// Two columns have the same name.
    #[error("the table has two columns \"{column}\"")]
    DuplicateColumn {
        /// Their name.
        column: String,
    },
    /// No column is left for the features.
    #[error("the table has no column of features")]
    NoFeatures,
    /// There is no row.
    #[error("the table has no row")]
    NoRows,
    /// A cell of a table is not what its column needs.
    #[error("line {line}, column \"{column}\": \"{value}\" is not {expected}")]
    Cell {
        /// Line in the file, from 1; the header is a line as well.
        line: u64,
        /// Name of the column.
        column: String,
        /// Contents of the cell.
        value: String,
        /// The need of the column, in words.
        expected: &'static str,
    },
    /// A row repeats the track, or the segment, of an earlier one.
    #[error("line {line}: \"{name}\" is already in line {first}")]
    DuplicateRow {
        /// Line in the file, from 1.
        line: u64,
        /// Contents of the cell that names the row.
        name: String,
        /// Line of the earlier row.
        first: u64,
    },

    /// A row has another number of values than the table has columns.
    #[error("\"{name}\" has {actual} values for {expected} columns")]
    RowLength {
        /// Name of the row.
        name: String,
        /// Number of columns.
        expected: usize,
        /// Number of values.
        actual: usize,
    },
    /// The extension of a table's name is that of no format.
    #[error("the extension \"{extension}\" is that of no table: use .csv or .parquet")]
    Extension {
        /// The extension; empty when there is none.
        extension: String,
    },
    /// A table in Parquet was requested of a build without it.
    #[error("built without Parquet: enable the feature `parquet`, or use .csv")]
    NoParquet,
    /// A Parquet file cannot be read.
    #[error("not a Parquet table: {cause}")]
    Parquet {
        /// The error of the reader.
        cause: crate::Cause,
    },

    /// The bytes are not a zip archive, or one that is truncated or damaged.
    #[error("not a NumPy archive: {cause}")]
    Npz {
        /// The error of the archive's reader.
        cause: crate::Cause,
    },
    /// An archive lacks an array.
    #[error("the archive has no array \"{array}\"")]
    MissingArray {
        /// Name of the array.
        array: String,
    },
    /// An array has the wrong type, shape or contents.
    #[error("array \"{array}\" is {actual}, expected {expected}")]
    WrongArray {
        /// Name of the array.
        array: String,
        /// The expected type, shape or contents.
        expected: String,
        /// The actual ones.
        actual: String,
    },
    /// A value of an array is not what the array needs.
    #[error("array \"{array}\", row {row}, column {column}: {value} is not {expected}")]
    Value {
        /// Name of the array.
        array: String,
        /// Index along the first axis.
        row: usize,
        /// Index among the values of the row.
        column: usize,
        /// The value.
        value: String,
        /// The need of the array, in words.
        expected: &'static str,
    },
}
