//! The tables of a shard: its part, and the tracks that could not be used. Equal rows give equal bytes.

use std::fs::File;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, Float64Array, RecordBatch, StringArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::analysis::{RowShape, Values};
use crate::Result;
use crate::job::Job;
use crate::manifest::Track;

/// Values of a row group, which is what a writer or a reader has in memory: 16 MiB.
const GROUP_VALUES: usize = 4 << 20;
/// Bounds of the number of rows of a row group.
const GROUP_ROWS: (usize, usize) = (16, 65_536);

/// The columns of a manifest, for some rows.
#[derive(Default)]
struct TrackColumns {
    path: Vec<String>,
    label: Vec<Option<String>>,
    group: Vec<Option<String>>,
    further: Vec<Vec<Option<String>>>,
}

impl TrackColumns {
    fn push(&mut self, track: &Track, n_columns: usize) {
        self.path.push(track.path.clone());
        self.label.push(track.label.clone());
        self.group.push(track.group.clone());
        self.further.resize(n_columns, Vec::new());
        for (at, column) in self.further.iter_mut().enumerate() {
            column.push(track.further.get(at).cloned().flatten());
        }
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let text = |values: Vec<Option<String>>| Arc::new(StringArray::from(values)) as ArrayRef;
        let Self { path, label, group, further } = std::mem::take(self);
        let path = Arc::new(StringArray::from(path)) as ArrayRef;
        [path, text(label), text(group)].into_iter().chain(further.into_iter().map(text)).collect()
    }
}

fn track_fields(job: &Job) -> Vec<Field> {
    let mut fields = vec![Field::new("path", DataType::Utf8, false)];
    let further = job.columns.iter().map(String::as_str);
    let optional = ["label", "group"].into_iter().chain(further);
    fields.extend(optional.map(|name| Field::new(name, DataType::Utf8, true)));
    fields
}

fn properties(metadata: &[(String, String)], rows: usize) -> WriterProperties {
    let pairs = metadata.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(rows))
        .set_key_value_metadata(Some(pairs.collect()));
    // Features hardly repeat: a dictionary of them is built only to be dropped.
    for column in [["features", "list", "item"], ["probabilities", "list", "item"]] {
        let path = ColumnPath::new(column.map(str::to_owned).to_vec());
        builder = builder.set_column_dictionary_enabled(path, false);
    }
    builder.build()
}

/// The writer of a part.
pub(super) struct PartWriter {
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    shape: RowShape,
    config_hash: String,
    n_columns: usize,
    group_rows: usize,
    pending: Pending,
    rows: u64,
}

/// The rows of the next row group.
#[derive(Default)]
struct Pending {
    tracks: TrackColumns,
    audio_hash: Vec<String>,
    segment: Vec<u32>,
    start_second: Vec<f64>,
    verdict: Vec<String>,
    confidence: Vec<f32>,
    values: Vec<f32>,
}

impl PartWriter {
    pub(super) fn new(file: File, job: &Job, shape: RowShape, shard: u32) -> Result<Self> {
        let mut fields = track_fields(job);
        fields.push(Field::new("audio_hash", DataType::Utf8, false));
        fields.push(Field::new("config_hash", DataType::Utf8, false));
        let list = DataType::FixedSizeList(item(), shape.n_values as i32);
        if shape.segment_seconds.is_some() {
            fields.push(Field::new("segment", DataType::UInt32, false));
            fields.push(Field::new("start_second", DataType::Float64, false));
            fields.push(Field::new("features", list, false));
        } else {
            fields.push(Field::new("verdict", DataType::Utf8, false));
            fields.push(Field::new("confidence", DataType::Float32, false));
            fields.push(Field::new("probabilities", list, false));
        }
        let schema = Arc::new(Schema::new(fields));
        let group_rows = (GROUP_VALUES / shape.n_values.max(1)).clamp(GROUP_ROWS.0, GROUP_ROWS.1);
        let mut metadata = shape.metadata.clone();
        metadata.push(("shard".to_owned(), shard.to_string()));
        let properties = properties(&metadata, group_rows);
        Ok(Self {
            writer: ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?,
            schema,
            shape,
            config_hash: job.config_hash.clone(),
            n_columns: job.columns.len(),
            group_rows,
            pending: Pending::default(),
            rows: 0,
        })
    }

    /// Appends the rows of a track.
    pub(super) fn push(&mut self, track: &Track, audio_hash: &str, values: &Values) -> Result<()> {
        match values {
            Values::Features(features) => {
                let seconds = self.shape.segment_seconds.unwrap_or_default();
                for (segment, row) in (0..).zip(features.chunks_exact(self.shape.n_values.max(1))) {
                    self.pending.segment.push(segment);
                    self.pending.start_second.push(f64::from(segment) * seconds);
                    self.row(track, audio_hash, row)?;
                }
                Ok(())
            }
            Values::Verdict { class, probabilities } => {
                self.pending.verdict.push(class.clone());
                self.pending.confidence.push(probabilities.iter().copied().fold(0.0, f32::max));
                self.row(track, audio_hash, probabilities)
            }
        }
    }

    fn row(&mut self, track: &Track, audio_hash: &str, values: &[f32]) -> Result<()> {
        self.pending.tracks.push(track, self.n_columns);
        self.pending.audio_hash.push(audio_hash.to_owned());
        self.pending.values.extend_from_slice(values);
        self.rows += 1;
        if self.pending.audio_hash.len() == self.group_rows { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let mut columns = self.pending.tracks.take();
        let pending = std::mem::take(&mut self.pending);
        let rows = pending.audio_hash.len();
        if rows == 0 {
            return Ok(());
        }
        let config = vec![self.config_hash.as_str(); rows];
        columns.push(Arc::new(StringArray::from(pending.audio_hash)));
        columns.push(Arc::new(StringArray::from(config)));
        if self.shape.segment_seconds.is_some() {
            columns.push(Arc::new(UInt32Array::from(pending.segment)));
            columns.push(Arc::new(Float64Array::from(pending.start_second)));
        } else {
            columns.push(Arc::new(StringArray::from(pending.verdict)));
            columns.push(Arc::new(Float32Array::from(pending.confidence)));
        }
        let values = Arc::new(Float32Array::from(pending.values));
        let length = self.shape.n_values as i32;
        columns.push(Arc::new(FixedSizeListArray::try_new(item(), length, values, None)?));
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        Ok(self.writer.flush()?)
    }

    /// Writes the rest, and returns the number of rows.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.flush()?;
        self.writer.close()?;
        Ok(self.rows)
    }
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}

/// The tracks that could not be used, or not to their end.
#[derive(Default)]
pub(super) struct Failures {
    tracks: TrackColumns,
    kind: Vec<&'static str>,
    cause: Vec<String>,
    audio_hash: Vec<Option<String>>,
}

/// The words for the two kinds of failure.
pub(crate) const SKIPPED: &str = "skipped";
pub(crate) const DAMAGED: &str = "damaged";

impl Failures {
    pub(super) fn push(
        &mut self,
        track: &Track,
        kind: &'static str,
        cause: String,
        audio_hash: Option<&str>,
    ) {
        self.tracks.push(track, track.further.len());
        self.kind.push(kind);
        self.cause.push(cause);
        self.audio_hash.push(audio_hash.map(str::to_owned));
    }

    /// Number of rows of a kind.
    pub(super) fn count(&self, kind: &str) -> usize {
        self.kind.iter().filter(|of| **of == kind).count()
    }

    pub(super) fn write(mut self, file: File, job: &Job) -> Result<()> {
        let mut fields = track_fields(job);
        fields.push(Field::new("kind", DataType::Utf8, false));
        fields.push(Field::new("cause", DataType::Utf8, false));
        fields.push(Field::new("audio_hash", DataType::Utf8, true));
        let mut columns = self.tracks.take();
        columns.push(Arc::new(StringArray::from(self.kind)));
        columns.push(Arc::new(StringArray::from(self.cause)));
        columns.push(Arc::new(StringArray::from(self.audio_hash)));
        let schema = Arc::new(Schema::new(fields));
        let mut writer =
            ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties(&[], GROUP_ROWS.1)))?;
        writer.write(&RecordBatch::try_new(schema, columns)?)?;
        writer.close()?;
        Ok(())
    }
}
