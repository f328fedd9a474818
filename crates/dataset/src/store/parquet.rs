//! Export to Parquet: one row per segment.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Float64Array, RecordBatch, StringArray, UInt32Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use ndarray::{Axis, Slice};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::tensors::to_json;
use crate::{Error, FeatureSet, Result, StoreError, write_atomically};

/// Number of segments per row group, and in memory at a time.
const ROWS: usize = 1024;

impl FeatureSet {
    /// Writes the set as a Parquet file for pandas and polars, whole or not at all. Requires the feature `parquet`.
    ///
    /// | column | type | contents |
    /// |---|---|---|
    /// | `class` | string | class name |
    /// | `label` | u32 | index of the class |
    /// | `path` | string | track name; null when the tracks are unknown |
    /// | `track` | u32 | index of the track; null when the tracks are unknown |
    /// | `start_second` | f64 | start of the segment in its track; null without tracks or configuration |
    /// | `features` | fixed-size list of f32 | `n_frames * n_coefficients` values, frame by frame |
    ///
    /// The file's metadata holds `n_frames`, `n_coefficients`, `classes` and `config` (JSON). There is no import: keep a
    /// safetensors store for [`load`](Self::load).
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] or [`StoreError::Parquet`].
    pub fn export_parquet(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        write_atomically(path, |writer| self.write_parquet(writer))
            .map_err(|error: Error| error.in_file(path))
    }

    /// Writes the file of [`export_parquet`](Self::export_parquet) to a writer. Requires the feature `parquet`.
    ///
    /// # Errors
    /// [`StoreError::Parquet`], also when the writer fails.
    pub fn write_parquet(&self, writer: impl Write + Send) -> Result<()> {
        let [n_frames, n_coefficients] = self.segment_shape();
        let mut metadata = vec![
            KeyValue::new("n_frames".to_owned(), n_frames.to_string()),
            KeyValue::new("n_coefficients".to_owned(), n_coefficients.to_string()),
            KeyValue::new("classes".to_owned(), to_json(self.classes())?),
        ];
        if let Some(config) = self.config() {
            metadata.push(KeyValue::new("config".to_owned(), to_json(config)?));
        }
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROWS))
            .set_key_value_metadata(Some(metadata))
            .build();
        let schema = Arc::new(schema(n_frames * n_coefficients));
        let mut out = ArrowWriter::try_new(writer, Arc::clone(&schema), Some(properties))?;
        for start in (0..self.len()).step_by(ROWS) {
            out.write(&self.batch(&schema, start, (start + ROWS).min(self.len()))?)?;
        }
        out.close()?;
        Ok(())
    }

    fn batch(&self, schema: &Arc<Schema>, start: usize, end: usize) -> Result<RecordBatch, ArrowError> {
        let rows = start..end;
        let labels = &self.labels()[rows.clone()];
        let track = |row: usize| self.track_ids().get(row).copied();
        let values: Vec<f32> =
            self.features().slice_axis(Axis(0), Slice::from(rows.clone())).iter().copied().collect();
        let [n_frames, n_coefficients] = self.segment_shape();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(labels.iter().map(|&label| &self.classes()[label]))),
            Arc::new(UInt32Array::from_iter_values(labels.iter().map(|&label| label as u32))),
            Arc::new(
                rows.clone()
                    .map(|row| track(row).map(|track| &self.track_names()[track]))
                    .collect::<StringArray>(),
            ),
            Arc::new(rows.clone().map(|row| track(row).map(|track| track as u32)).collect::<UInt32Array>()),
            Arc::new(rows.map(|row| self.start_seconds(row)).collect::<Float64Array>()),
            Arc::new(FixedSizeListArray::try_new(
                item(),
                (n_frames * n_coefficients) as i32,
                Arc::new(Float32Array::from(values)),
                None,
            )?),
        ];
        RecordBatch::try_new(Arc::clone(schema), columns)
    }
}

fn schema(n_values: usize) -> Schema {
    Schema::new(vec![
        Field::new("class", DataType::Utf8, false),
        Field::new("label", DataType::UInt32, false),
        Field::new("path", DataType::Utf8, true),
        Field::new("track", DataType::UInt32, true),
        Field::new("start_second", DataType::Float64, true),
        Field::new("features", DataType::FixedSizeList(item(), n_values as i32), false),
    ])
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}

impl From<ParquetError> for Error {
    fn from(cause: ParquetError) -> Self {
        Self::Store(StoreError::Parquet { cause: cause.into() })
    }
}

impl From<ArrowError> for Error {
    fn from(cause: ArrowError) -> Self {
        Self::Store(StoreError::Parquet { cause: cause.into() })
    }
}
