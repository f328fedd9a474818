//! A safetensors file with one description in its metadata.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use cepstrum_dataset::write_atomically;
use ndarray::Array2;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, Result};

/// Named tensors and a description in JSON, as they stand in a file.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) description: String,
    pub(crate) tensors: BTreeMap<String, Values>,
}

/// A tensor of `f32` on its own.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Values {
    pub(crate) fn vector(values: &[f32]) -> Self {
        Self::owned(values.to_vec())
    }

    pub(crate) fn owned(values: Vec<f32>) -> Self {
        Self { shape: vec![values.len()], values }
    }

    pub(crate) fn matrix(values: &Array2<f32>) -> Self {
        Self { shape: values.shape().to_vec(), values: values.iter().copied().collect() }
    }

    /// The tensor as a matrix; `None` when it has another number of axes.
    pub(crate) fn into_matrix(self) -> Option<Array2<f32>> {
        let &[rows, columns] = self.shape.as_slice() else { return None };
        Array2::from_shape_vec((rows, columns), self.values).ok()
    }
}

impl Container {
    /// Writes a file of this kind, whole or not at all.
    pub(crate) fn write(&self, path: &Path, kind: &str) -> Result<()> {
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
        // A single entry: the map's order cannot show in the file.
        let metadata = HashMap::from([(kind.to_owned(), self.description.clone())]);
        let file = safetensors::serialize(views, Some(metadata))?;
        write_atomically(path, |out| out.write_all(&file).map_err(|error| Error::from(error).in_file(path)))
    }

    /// Reads a file of this kind; errors do not name it yet.
    pub(crate) fn read(path: &Path, kind: &'static str) -> Result<Self> {
        let file = std::fs::read(path)?;
        let (_, metadata) = SafeTensors::read_metadata(&file)?;
        let description = metadata.metadata().as_ref().and_then(|entries| entries.get(kind));
        let description = description.cloned().ok_or(Error::Format { expected: kind, key: kind })?;
        let parsed = SafeTensors::deserialize(&file)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in parsed.iter() {
            tensors.insert(name.to_owned(), read_values(name, &view)?);
        }
        Ok(Self { description, tensors })
    }
}

fn read_values(name: &str, view: &TensorView<'_>) -> Result<Values> {
    if view.dtype() != Dtype::F32 {
        return Err(Error::TensorType { tensor: name.to_owned(), actual: format!("{:?}", view.dtype()) });
    }
    let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Values { shape: view.shape().to_vec(), values })
}
