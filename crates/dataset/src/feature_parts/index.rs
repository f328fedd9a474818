//! What is known of all segments without their features.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Piece;
use crate::{Error, ExtractConfig, Result, StoreError};

/// Labels, tracks and places of all segments.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) shape: [usize; 2],
    pub(super) config: Option<ExtractConfig>,
    pub(super) classes: Vec<String>,
    pub(super) track_names: Vec<String>,
    pub(super) labels: Vec<u32>,
    pub(super) tracks: Vec<u32>,
    /// The piece of each segment, and its row there.
    pub(super) places: Vec<(u32, u32)>,
    pub(super) pieces: Vec<Piece>,
}

/// The parts that are read so far; labels are numbered in the order of their appearance.
struct Reading {
    index: Index,
    class_ids: HashMap<String, u32>,
    track_ids: HashMap<String, u32>,
}

impl Index {
    pub(super) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut reading: Option<Reading> = None;
        for file in files {
            let named = |error: Error| error.in_file(file);
            let builder = File::open(file)
                .map_err(Error::from)
                .and_then(|opened| ParquetRecordBatchReaderBuilder::try_new(opened).map_err(Error::from));
            let builder = builder.map_err(named)?;
            let (shape, config) = settings(&builder).map_err(named)?;
            let reading = reading.get_or_insert_with(|| Reading::new(shape, config.clone()));
            reading.check(shape, config.as_ref()).map_err(named)?;
            reading.add(&Arc::new(file.clone()), builder).map_err(named)?;
        }
        let none = Error::NothingUsable { skipped: 0, first: None };
        let index = reading.ok_or(none)?.finish();
        if index.labels.is_empty() {
            return Err(Error::NothingUsable { skipped: 0, first: None });
        }
        Ok(index)
    }

    pub(super) fn segment_len(&self) -> usize {
        self.shape[0] * self.shape[1]
    }

    pub(super) fn select(&self, keep: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.labels.len()).filter(|&segment| keep(segment)).collect();
        let of_kept = |values: &[u32]| kept.iter().map(|&segment| values[segment]).collect::<Vec<_>>();
        let tracks = of_kept(&self.tracks);
        // Only the names that are left, in their order.
        let present: BTreeSet<u32> = tracks.iter().copied().collect();
        let new_ids: HashMap<u32, u32> = present.iter().copied().zip(0..).collect();
        Self {
            labels: of_kept(&self.labels),
            tracks: tracks.iter().map(|track| new_ids[track]).collect(),
            track_names: present.iter().map(|&track| self.track_names[track as usize].clone()).collect(),
            places: kept.iter().map(|&segment| self.places[segment]).collect(),
            shape: self.shape,
            config: self.config.clone(),
            classes: self.classes.clone(),
            pieces: self.pieces.clone(),
        }
    }
}

impl Reading {
    fn new(shape: [usize; 2], config: Option<ExtractConfig>) -> Self {
        let index = Index {
            shape,
            config,
            classes: Vec::new(),
            track_names: Vec::new(),
            labels: Vec::new(),
            tracks: Vec::new(),
            places: Vec::new(),
            pieces: Vec::new(),
        };
        Self { index, class_ids: HashMap::new(), track_ids: HashMap::new() }
    }

    /// Fails for a part that does not fit those before.
    fn check(&self, shape: [usize; 2], config: Option<&ExtractConfig>) -> Result<()> {
        if shape != self.index.shape {
            let actual = format!("{shape:?} after {:?}", self.index.shape);
            return Err(wrong("features", "of the same shape in all parts", actual));
        }
        if config != self.index.config.as_ref() {
            return Err(wrong("features", "of the same configuration in all parts", "of another".to_owned()));
        }
        Ok(())
    }

    fn add(&mut self, file: &Arc<PathBuf>, builder: ParquetRecordBatchReaderBuilder<File>) -> Result<()> {
        let schema = builder.schema();
        let is_text = schema.field_with_name("label").is_ok_and(|field| *field.data_type() == DataType::Utf8);
        let label = if is_text { "label" } else { "class" };
        if schema.field_with_name("path").is_err() || schema.field_with_name(label).is_err() {
            return Err(Error::Store(StoreError::MissingKey { key: "path, label or class" }));
        }
        let sizes: Vec<usize> =
            builder.metadata().row_groups().iter().map(|group| group.num_rows() as usize).collect();
        for (row_group, &rows) in sizes.iter().enumerate() {
            let piece = self.index.pieces.len() as u32;
            self.index.places.extend((0..rows as u32).map(|row| (piece, row)));
            self.index.pieces.push(Piece { file: Arc::clone(file), row_group, rows });
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), ["path", label]);
        for batch in builder.with_projection(mask).build()? {
            self.add_rows(&batch?, label)?;
        }
        let (expected, actual) = (self.index.places.len(), self.index.labels.len());
        if expected != actual {
            return Err(Error::LengthMismatch { what: "rows of a part", expected, actual });
        }
        Ok(())
    }

    fn add_rows(&mut self, batch: &RecordBatch, label: &'static str) -> Result<()> {
        let (paths, labels) = (text(batch, "path")?, text(batch, label)?);
        for row in 0..batch.num_rows() {
            if labels.is_null(row) || paths.is_null(row) {
                let path = if paths.is_null(row) { "a segment" } else { paths.value(row) };
                return Err(wrong("label", "known for every segment", format!("missing for {path}")));
            }
            let track = number(&mut self.track_ids, &mut self.index.track_names, paths.value(row));
            let class = number(&mut self.class_ids, &mut self.index.classes, labels.value(row));
            self.index.tracks.push(track);
            self.index.labels.push(class);
        }
        Ok(())
    }

    /// Sorts the classes.
    fn finish(self) -> Index {
        let mut index = self.index;
        let mut order: Vec<usize> = (0..index.classes.len()).collect();
        order.sort_unstable_by(|&a, &b| index.classes[a].cmp(&index.classes[b]));
        let mut rank = vec![0; order.len()];
        for (new, &old) in (0..).zip(&order) {
            rank[old] = new;
        }
        for label in &mut index.labels {
            *label = rank[*label as usize];
        }
        index.classes.sort_unstable();
        index
    }
}

/// The number of a name, the next one for a new name.
fn number(ids: &mut HashMap<String, u32>, names: &mut Vec<String>, name: &str) -> u32 {
    if let Some(&id) = ids.get(name) {
        return id;
    }
    let id = names.len() as u32;
    ids.insert(name.to_owned(), id);
    names.push(name.to_owned());
    id
}

fn text<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a StringArray> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt());
    column.ok_or_else(|| wrong(name, "text", "another type".to_owned()))
}

/// The shape and the configuration in a part's metadata.
fn settings(builder: &ParquetRecordBatchReaderBuilder<File>) -> Result<([usize; 2], Option<ExtractConfig>)> {
    let pairs = builder.metadata().file_metadata().key_value_metadata();
    let value = |key: &str| pairs?.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref());
    let size = |key: &'static str| {
        let missing = Error::Store(StoreError::MissingKey { key });
        value(key).and_then(|text| text.parse::<usize>().ok()).filter(|&size| size > 0).ok_or(missing)
    };
    let shape = [size("n_frames")?, size("n_coefficients")?];
    let features = builder.schema().field_with_name("features");
    let length = match features.map(Field::data_type) {
        Ok(DataType::FixedSizeList(item, length)) if *item.data_type() == DataType::Float32 => {
            *length as usize
        }
        Ok(_) => return Err(super::wrong_features()),
        Err(_) => return Err(Error::Store(StoreError::MissingKey { key: "features" })),
    };
    if shape[0].checked_mul(shape[1]) != Some(length) {
        return Err(wrong("features", "of n_frames * n_coefficients values", format!("of {length}")));
    }
    Ok((shape, value("config").map(ExtractConfig::from_json).transpose()?))
}

fn wrong(tensor: &'static str, expected: &'static str, actual: String) -> Error {
    Error::Store(StoreError::WrongTensor { tensor, expected, actual })
}
