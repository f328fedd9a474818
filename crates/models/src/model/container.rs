//! Model files and checkpoints: safetensors with one JSON description in the metadata.
//!
//! The feature store of `cepstrum-dataset` writes safetensors as well, but streams gigabytes of mixed types under a header
//! of several entries, which it has to put in a fixed order itself. Here everything is `f32` and already in memory, and
//! the single entry leaves [`safetensors::serialize`] nothing to reorder: one shared writer would be longer than both.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::Path;

use cepstrum_dataset::write_atomically;
use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, Result};

/// Named tensors and a JSON description, as they stand in a file.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) description: String,
    pub(crate) tensors: BTreeMap<String, Values>,
}

/// A tensor of `f32`.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Values {
    /// A copy of a slice, with one axis.
    pub(crate) fn vector(values: &[f32]) -> Self {
        Self::owned(values.to_vec())
    }

    /// A tensor with one axis.
    pub(crate) fn owned(values: Vec<f32>) -> Self {
        Self { shape: vec![values.len()], values }
    }

    /// A copy of a matrix.
    pub(crate) fn matrix(values: &Array2<f32>) -> Self {
        Self { shape: values.shape().to_vec(), values: values.iter().copied().collect() }
    }

    /// The tensor as a matrix; `None` unless it has two axes.
    pub(crate) fn into_matrix(self) -> Option<Array2<f32>> {
        let &[rows, columns] = self.shape.as_slice() else { return None };
        Array2::from_shape_vec((rows, columns), self.values).ok()
    }
}

impl Container {
    /// Reads the bytes of a file of this kind.
    pub(crate) fn from_bytes(bytes: &[u8], kind: &'static str) -> Result<Self> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let description = metadata.metadata().as_ref().and_then(|entries| entries.get(kind));
        let description = description.cloned().ok_or(Error::Format { expected: kind, key: kind })?;
        let parsed = SafeTensors::deserialize(bytes)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in parsed.iter() {
            tensors.insert(name.to_owned(), read_values(name, &view)?);
        }
        Ok(Self { description, tensors })
    }

    /// Writes the bytes of a file of this kind; the same container always makes the same bytes.
    pub(crate) fn write_to(&self, mut writer: impl Write, kind: &str) -> Result<()> {
        let bytes: Vec<(&str, &[usize], Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, Values { shape, values })| {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                (name.as_str(), shape.as_slice(), bytes)
            })
            .collect();
        let mut views = Vec::with_capacity(bytes.len());
        for (name, shape, bytes) in &bytes {
            views.push((*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?));
        }
        // A single entry: the order of the hash map cannot show in the file.
        let metadata = HashMap::from([(kind.to_owned(), self.description.clone())]);
        Ok(writer.write_all(&safetensors::serialize(views, Some(metadata))?)?)
    }

    /// Writes a file of this kind, whole or not at all.
    pub(crate) fn save(&self, path: &Path, kind: &str) -> Result<()> {
        write_atomically(path, |out| self.write_to(out, kind).map_err(|error| error.in_file(path)))
    }
}

/// All bytes of a reader.
pub(crate) fn read_all(mut reader: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file and parses it; an error names the file.
pub(crate) fn load<T>(path: &Path, parse: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    let read = || parse(&std::fs::read(path)?);
    read().map_err(|error: Error| error.in_file(path))
}

fn read_values(name: &str, view: &TensorView<'_>) -> Result<Values> {
    if view.dtype() != Dtype::F32 {
        return Err(Error::TensorType { tensor: name.to_owned(), actual: format!("{:?}", view.dtype()) });
    }
    let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Values { shape: view.shape().to_vec(), values })
}
