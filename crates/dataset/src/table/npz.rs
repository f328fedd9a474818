//! Feature sets in `NumPy` archives.

use std::io::{Read, Seek};
use std::path::Path;

use ndarray::{Array3, Axis};
use serde::{Deserialize, Serialize};
use zip::ZipArchive;
use zip::result::ZipError;

use super::npy::Npy;
use super::{FINITE, TableError, track_name};
use crate::read_file::read_file;
use crate::{Error, FeatureSet, Result};

/// The meaning of the arrays in a `NumPy` archive (`.npz`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpzConfig {
    /// Array of the features, of `<f4` or `<f8`: `[n_segments, n_coefficients]` for segments of one frame, or
    /// `[n_segments, n_frames, n_coefficients]`.
    pub features: String,
    /// Array of the labels, of `<i4` or `<i8`: `[n_segments]`.
    pub labels: String,
    /// Array with the track name of every segment, of strings (`<U`): `[n_segments]`. Segments of a track follow each
    /// other. A name without a folder gets that of its class, as in a [`TableConfig`](crate::TableConfig).
    pub tracks: String,
    /// Class names in the order of the labels.
    pub classes: Vec<String>,
}

/// Reads a `NumPy` archive, as [`read_npz_from`] does, from a file.
///
/// # Errors
/// [`Error::InFile`] around any error of [`read_npz_from`].
pub fn read_npz(path: impl AsRef<Path>, config: &NpzConfig) -> Result<FeatureSet> {
    read_file(path.as_ref(), |file| read_npz_from(file, config))
}

/// Reads a `NumPy` archive, as `numpy.savez` and `numpy.savez_compressed` write it, from a reader, such as a file or a
/// cursor over bytes.
///
/// Numbers are little-endian and in the order of C, as on every usual machine. Arrays of Python objects are pickles, which
/// can run code; they are refused. Memory grows with the bytes that arrive, never with the sizes that a header claims.
///
/// # Errors
/// [`Error::Table`] with the array, and the row and column of a wrong value; [`Error::LengthMismatch`],
/// [`Error::TrackInTwoClasses`] and [`Error::DuplicateClass`].
pub fn read_npz_from(reader: impl Read + Seek, config: &NpzConfig) -> Result<FeatureSet> {
    let mut archive = ZipArchive::new(reader).map_err(npz_error)?;
    let bytes = array_bytes(&mut archive, &config.features)?;
    let features = features(&Npy::parse(&config.features, &bytes)?, &config.features)?;
    let bytes = array_bytes(&mut archive, &config.labels)?;
    let labels = labels(&Npy::parse(&config.labels, &bytes)?, config)?;
    let bytes = array_bytes(&mut archive, &config.tracks)?;
    let names = vector(&Npy::parse(&config.tracks, &bytes)?)?.strings()?;
    let class_of = |row: usize| labels.get(row).map_or("", |&label| config.classes[label].as_str());
    if names.len() != features.len_of(Axis(0)) {
        let expected = features.len_of(Axis(0));
        return Err(Error::LengthMismatch { what: "tracks", expected, actual: names.len() });
    }
    if names.is_empty() {
        return Err(TableError::NoRows.into());
    }
    let tracks = names.iter().enumerate().map(|(row, name)| track_name(name, class_of(row))).collect();
    FeatureSet::new(features, labels, config.classes.clone(), tracks, None)
}

/// The bytes of an array's file in the archive.
pub(crate) fn array_bytes<R: Read + Seek>(archive: &mut ZipArchive<R>, array: &str) -> Result<Vec<u8>> {
    let mut file = archive.by_name(&format!("{array}.npy")).map_err(|error| match error {
        ZipError::FileNotFound => TableError::MissingArray { array: array.to_owned() }.into(),
        error => npz_error(error),
    })?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| TableError::Npz { cause: Box::new(error) })?;
    Ok(bytes)
}

pub(crate) fn npz_error(error: ZipError) -> Error {
    TableError::Npz { cause: Box::new(error) }.into()
}

/// Finite numbers of two axes, for segments of one frame, or of three.
pub(crate) fn features(array: &Npy<'_>, name: &str) -> Result<Array3<f32>> {
    let shape = match *array.shape() {
        [n, coefficients] => (n, 1, coefficients),
        [n, frames, coefficients] => (n, frames, coefficients),
        _ => return Err(array.wrong_shape("of two or three axes".to_owned()).into()),
    };
    let values: Vec<f32> = array.floats()?.into_iter().map(|value| value as f32).collect();
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let (array, row_length) = (name.to_owned(), shape.1 * shape.2);
        let (row, column) = (place / row_length, place % row_length);
        let value = values[place].to_string();
        return Err(TableError::Value { array, row, column, value, expected: FINITE }.into());
    }
    let expected = format!("{shape:?} values");
    Array3::from_shape_vec(shape, values).map_err(|_| array.wrong_shape(expected).into())
}

fn labels(array: &Npy<'_>, config: &NpzConfig) -> Result<Vec<usize>> {
    indices(array, &config.labels, config.classes.len(), "the label of a class")
}

/// Whole numbers of one axis from 0 up to, but not including, `end`.
pub(crate) fn indices(array: &Npy<'_>, name: &str, end: usize, expected: &'static str) -> Result<Vec<usize>> {
    let index = |(row, value): (usize, i64)| {
        usize::try_from(value).ok().filter(|&index| index < end).ok_or_else(|| {
            let (array, value) = (name.to_owned(), value.to_string());
            TableError::Value { array, row, column: 0, value, expected }.into()
        })
    };
    vector(array)?.integers()?.into_iter().enumerate().map(index).collect()
}

/// The array, if it has one axis.
pub(crate) fn vector<'a, 'b>(array: &'b Npy<'a>) -> Result<&'b Npy<'a>> {
    let is_vector = array.shape().len() == 1;
    if is_vector { Ok(array) } else { Err(array.wrong_shape("of one axis".to_owned()).into()) }
}
