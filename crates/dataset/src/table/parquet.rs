//! Tables as Parquet.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use csv::StringRecord;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::rows::{Columns, Rows};
use super::write::{CLASS, LENGTH, NAME, Table};
use super::{TableConfig, TableError};
use crate::{Error, FeatureSet, Result};

impl Table {
    /// Writes the table as Parquet: strings, an unsigned length, and double precision. Requires the feature `parquet`.
    ///
    /// # Errors
    /// [`StoreError::Parquet`](crate::StoreError::Parquet), also when the writer fails.
    pub fn write_parquet(&self, writer: impl Write + Send) -> Result<()> {
        let (columns, rows) = (self.columns(), self.rows());
        let mut fields =
            vec![Field::new(NAME, DataType::Utf8, false), Field::new(LENGTH, DataType::UInt64, false)];
        fields.extend(columns.iter().map(|column| Field::new(column, DataType::Float64, false)));
        fields.push(Field::new(CLASS, DataType::Utf8, false));
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.name))),
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.length))),
        ];
        arrays.extend((0..columns.len()).map(|column| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.values[column])))
        }));
        arrays.push(Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.class))));
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut out = ArrowWriter::try_new(writer, Arc::clone(&schema), Some(properties))?;
        out.write(&RecordBatch::try_new(schema, arrays)?)?;
        out.close()?;
        Ok(())
    }
}

/// Reads a table in Parquet, as the same table in comma-separated values would be read: errors count lines with a header.
pub(super) fn read(path: &Path, config: &TableConfig) -> Result<FeatureSet> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?).map_err(unreadable)?;
    let header: StringRecord = reader.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let columns = Columns::find(&header, config)?;
    let (mut rows, mut line) = (Rows::default(), 1);
    for batch in reader.build().map_err(unreadable)? {
        let batch = batch.map_err(|error: ArrowError| TableError::Parquet { cause: error.into() })?;
        for row in 0..batch.num_rows() {
            line += 1;
            let cells: StringRecord = batch.columns().iter().map(|column| cell(column, row)).collect();
            rows.push(&columns, &cells, line, config)?;
        }
    }
    rows.into_set(&columns, config)
}

fn unreadable(cause: ParquetError) -> Error {
    TableError::Parquet { cause: cause.into() }.into()
}

/// A cell as text; empty where it is null or of a type that holds neither a name nor a number.
fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        DataType::Float32 => column.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
        _ => String::new(),
    }
}
