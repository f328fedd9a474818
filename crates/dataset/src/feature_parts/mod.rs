//! Labelled features in Parquet parts, which need not fit in memory.

mod cache;
mod index;
mod list;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::{Error, ExtractConfig, FeatureSet, Result, StoreError};
use cache::Cache;
use index::Index;

/// Features of a labelled set in a folder of Parquet parts, such as a cluster writes, read piece by piece.
///
/// A piece is a row group of a part. Memory holds 16 bytes per segment and a number of pieces, which
/// [`open`](Self::open) bounds, so a set larger than memory can train a network: [`pieces`](Self::pieces) tells a shuffle
/// which segments are read together.
///
/// A part has the columns `path`, `label` (or `class`) and `features`, and `n_frames`, `n_coefficients` and perhaps `config` in
/// its metadata; [`FeatureSet::export_parquet`] also writes one. Requires the feature `parquet`.
///
/// ```
/// use cepstrum_dataset::{FeatureParts, FeatureSet};
/// use ndarray::Array3;
///
/// let classes = vec!["jazz".into(), "rock".into()];
/// let tracks = vec!["a.wav".into(), "a.wav".into(), "b.wav".into()];
/// let set = FeatureSet::new(Array3::ones((3, 4, 2)), vec![0, 0, 1], classes, tracks, None)?;
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// set.export_parquet(folder.join("set.parquet"))?;
///
/// let parts = FeatureParts::open(folder, 1 << 28)?;
/// assert_eq!((parts.len(), parts.segment_shape()), (3, [4, 2]));
/// assert_eq!(parts.track_names(), ["a.wav", "b.wav"]);
/// let rock = parts.select(|segment| parts.labels()[segment] == 1);
/// assert_eq!(rock.load()?.track_names(), ["b.wav"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FeatureParts {
    index: Index,
    cache: Mutex<Cache>,
}

/// One row group of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    file: Arc<PathBuf>,
    row_group: usize,
    rows: usize,
}

impl FeatureParts {
    /// Opens the parts of a folder: those that its `commit.json` names, or, without one, all files that end in `.parquet`, by
    /// name. Reads paths and labels, not the features. `memory` bounds the bytes of the features that are held at a time; at
    /// least one piece is.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] for a folder or part that cannot be read; around [`StoreError::MissingKey`] for
    /// a part without one of the columns, or a folder with a job that is not finished; around
    /// [`StoreError::WrongTensor`] for a part of another shape or configuration than the first, and for a segment without
    /// a label; around [`Error::NothingUsable`] when there is no segment.
    pub fn open(folder: impl AsRef<Path>, memory: usize) -> Result<Self> {
        let folder = folder.as_ref();
        let files = list::parts(folder).map_err(|error| error.in_file(folder))?;
        let index = Index::read(&files).map_err(|error| error.in_file(folder))?;
        Ok(Self { index, cache: Mutex::new(Cache::new(memory)) })
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.index.labels.len()
    }

    /// Returns whether there is no segment, as after a selection of none.
    pub fn is_empty(&self) -> bool {
        self.index.labels.is_empty()
    }

    /// Shape of a segment, `[n_frames, n_coefficients]`.
    pub fn segment_shape(&self) -> [usize; 2] {
        self.index.shape
    }

    /// Class names, sorted.
    pub fn classes(&self) -> &[String] {
        &self.index.classes
    }

    /// The label of every segment: an index into [`classes`](Self::classes).
    pub fn labels(&self) -> &[u32] {
        &self.index.labels
    }

    /// The track of every segment: an index into [`track_names`](Self::track_names).
    pub fn track_ids(&self) -> &[u32] {
        &self.index.tracks
    }

    /// The paths of the tracks, in the order of the parts.
    pub fn track_names(&self) -> &[String] {
        &self.index.track_names
    }

    /// The settings that the features were extracted with, if they are known.
    pub fn config(&self) -> Option<&ExtractConfig> {
        self.index.config.as_ref()
    }

    /// The numbers of segments that are read together, in the order of the segments, and how many such pieces are in memory
    /// at a time.
    pub fn pieces(&self) -> (Vec<usize>, usize) {
        let mut lengths = Vec::new();
        let mut last = None;
        for &(piece, _) in &self.index.places {
            if last == Some(piece) {
                if let Some(length) = lengths.last_mut() {
                    *length += 1;
                }
            } else {
                lengths.push(1);
                last = Some(piece);
            }
        }
        let largest = self.index.pieces.iter().map(|piece| piece.rows).max().unwrap_or(1);
        let capacity = self.lock().capacity(4 * largest * self.index.segment_len());
        (lengths, capacity)
    }

    /// The segments that a function keeps, of the same parts; classes stay the same.
    #[must_use]
    pub fn select(&self, keep: impl Fn(usize) -> bool) -> Self {
        let cache = Cache::new(self.lock().memory());
        Self { index: self.index.select(keep), cache: Mutex::new(cache) }
    }

    /// Reads segments into `features`, one after the other, frame by frame. Fast where they lie in few pieces.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] or [`StoreError::Parquet`]; [`Error::LengthMismatch`] when `features` is not of
    /// the length of the segments.
    ///
    /// # Panics
    /// If a segment is not below [`len`](Self::len).
    pub fn read(&self, segments: &[usize], features: &mut [f32]) -> Result<()> {
        let length = self.index.segment_len();
        let (expected, actual) = (segments.len() * length, features.len());
        if expected != actual {
            return Err(Error::LengthMismatch { what: "features", expected, actual });
        }
        let mut cache = self.lock();
        for (row, &segment) in features.chunks_exact_mut(length).zip(segments) {
            let (piece, at) = self.index.places[segment];
            let values = cache.get(piece, || self.read_piece(&self.index.pieces[piece as usize]))?;
            row.copy_from_slice(&values[at as usize * length..][..length]);
        }
        Ok(())
    }

    /// Reads all segments into memory.
    ///
    /// # Errors
    /// Those of [`read`](Self::read) and of [`FeatureSet::new`].
    pub fn load(&self) -> Result<FeatureSet> {
        let [n_frames, n_coefficients] = self.segment_shape();
        let mut features = ndarray::Array3::zeros((self.len(), n_frames, n_coefficients));
        let all: Vec<usize> = (0..self.len()).collect();
        if let Some(values) = features.as_slice_mut() {
            self.read(&all, values)?;
        }
        let tracks = self.track_ids().iter().map(|&track| self.track_names()[track as usize].clone());
        FeatureSet::new(
            features,
            self.labels().iter().map(|&label| label as usize).collect(),
            self.classes().to_vec(),
            tracks.collect(),
            self.config().cloned(),
        )
    }

    fn read_piece(&self, piece: &Piece) -> Result<Vec<f32>> {
        let read = || -> Result<Vec<f32>> {
            let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(piece.file.as_path())?)?;
            let mask = ProjectionMask::columns(builder.parquet_schema(), ["features"]);
            let mut values = Vec::with_capacity(piece.rows * self.index.segment_len());
            for batch in builder.with_row_groups(vec![piece.row_group]).with_projection(mask).build()? {
                let batch = batch?;
                let column = batch.column(0).as_fixed_size_list_opt().ok_or_else(wrong_features)?;
                let row = column.values().as_primitive_opt::<Float32Type>().ok_or_else(wrong_features)?;
                values.extend_from_slice(row.values());
            }
            let (expected, actual) = (piece.rows * self.index.segment_len(), values.len());
            if expected != actual {
                return Err(Error::LengthMismatch { what: "features of a part", expected, actual });
            }
            Ok(values)
        };
        read().map_err(|error| error.in_file(piece.file.as_path()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrong_features() -> Error {
    let expected = "a fixed-size list of f32";
    Error::Store(StoreError::WrongTensor { tensor: "features", expected, actual: "another type".to_owned() })
}
