//! A `NumPy` archive: what `numpy.savez` writes and `numpy.load` reads.

use std::io::{self, Cursor, Read, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{ZipArchive, ZipWriter};

use super::tensors::to_json;
use crate::table::npy::{Npy, write_header};
use crate::table::npz::{array_bytes, features, indices, npz_error, vector};
use crate::{Error, FeatureSet, Result, StoreError, StoreFormat, TableError};

const FEATURES: &str = "features";
const LABELS: &str = "labels";
const CLASSES: &str = "classes";
const TRACKS: &str = "tracks";
const POSITIONS: &str = "positions";
const CONFIG: &str = "config";

pub(super) fn write(set: &FeatureSet, writer: impl Write) -> Result<()> {
    let writer = Latched { writer, error: None };
    let mut out = Archive(ZipWriter::new_stream(writer));
    let n = set.len();
    let [n_frames, n_coefficients] = set.segment_shape();
    let values = set.features().iter().map(|value| value.to_le_bytes());
    out.array(FEATURES, "<f4", &[n, n_frames, n_coefficients], values)?;
    out.integers(LABELS, set.labels())?;
    out.strings(CLASSES, set.classes().iter().map(String::as_str))?;
    if set.has_tracks() {
        out.strings(TRACKS, set.segment_tracks())?;
        out.integers(POSITIONS, set.positions())?;
    }
    if let Some(config) = set.config() {
        out.string(CONFIG, &to_json(config)?)?;
    }
    let writer = out.0.finish().map_err(npz_error)?.into_inner();
    writer.error.map_or(Ok(()), |error| Err(error.into()))
}

/// A writer that keeps its first error and swallows what follows: an unfinished `ZipWriter` finishes itself when it is
/// dropped, and prints an error to the standard error stream.
struct Latched<W> {
    writer: W,
    error: Option<io::Error>,
}

impl<W: Write> Write for Latched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none()
            && let Err(error) = self.writer.write_all(bytes)
        {
            self.error = Some(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.error.is_none() { self.writer.flush() } else { Ok(()) }
    }
}

/// An archive that is being written.
struct Archive<W: Write>(ZipWriter<StreamWriter<W>>);

impl<W: Write> Archive<W> {
    fn array<const N: usize>(
        &mut self,
        name: &str,
        dtype: &str,
        shape: &[usize],
        items: impl Iterator<Item = [u8; N]>,
    ) -> Result<()> {
        // Not compressed, as `numpy.savez` does it. A large file has room for its sizes.
        let n_bytes = shape.iter().product::<usize>().saturating_mul(N);
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .large_file(n_bytes > 1 << 31);
        self.0.start_file(format!("{name}.npy"), options).map_err(npz_error)?;
        write_header(&mut self.0, dtype, shape)?;
        let mut chunk = Vec::with_capacity(1 << 16);
        for item in items {
            chunk.extend(item);
            if chunk.len() + N > 1 << 16 {
                self.0.write_all(&chunk)?;
                chunk.clear();
            }
        }
        Ok(self.0.write_all(&chunk)?)
    }

    fn integers(&mut self, name: &str, values: &[usize]) -> Result<()> {
        self.array(name, "<i8", &[values.len()], values.iter().map(|&value| (value as u64).to_le_bytes()))
    }

    fn strings<'a>(&mut self, name: &str, texts: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        let shape = [texts.clone().count()];
        self.texts(name, &shape, texts)
    }

    /// An array without an axis.
    fn string(&mut self, name: &str, text: &str) -> Result<()> {
        self.texts(name, &[], std::iter::once(text))
    }

    fn texts<'a>(
        &mut self,
        name: &str,
        shape: &[usize],
        texts: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<()> {
        if let Some(text) = texts.clone().find(|text| text.contains('\0')) {
            let what = format!("the name {text:?}, which holds a zero character");
            return Err(Error::Store(StoreError::NotInFormat { format: StoreFormat::Npz, what }));
        }
        // Each string is filled up with zeros to the longest one.
        let width = texts.clone().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
        let units = texts.flat_map(|text| {
            let text = text.chars().map(u32::from);
            text.chain(std::iter::repeat(0)).take(width).map(u32::to_le_bytes)
        });
        self.array(name, &format!("<U{width}"), shape, units)
    }
}

pub(super) fn read(mut reader: impl Read) -> Result<FeatureSet> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(npz_error)?;
    let mut array = |name: &str| array_bytes(&mut archive, name);

    let bytes = array(FEATURES)?;
    let features = features(&Npy::parse(FEATURES, &bytes)?, FEATURES)?;
    let bytes = array(CLASSES)?;
    let classes = vector(&Npy::parse(CLASSES, &bytes)?)?.strings()?;
    let bytes = array(LABELS)?;
    let labels = Npy::parse(LABELS, &bytes)?;
    let labels = indices(&labels, LABELS, classes.len(), "the label of a class")?;
    let tracks = match optional(array(TRACKS))? {
        Some(bytes) => vector(&Npy::parse(TRACKS, &bytes)?)?.strings()?,
        None => Vec::new(),
    };
    let config = match optional(array(CONFIG))? {
        Some(bytes) => Some(parse_config(&Npy::parse(CONFIG, &bytes)?)?),
        None => None,
    };
    let set = FeatureSet::new(features, labels, classes, tracks, config)?;
    match optional(array(POSITIONS))? {
        Some(bytes) => {
            let positions = Npy::parse(POSITIONS, &bytes)?;
            set.with_positions(indices(&positions, POSITIONS, usize::MAX, "a position from 0")?)
        }
        None => Ok(set),
    }
}

/// The bytes of an array that need not be there.
fn optional(bytes: Result<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    match bytes {
        Err(Error::Table(TableError::MissingArray { .. })) => Ok(None),
        bytes => bytes.map(Some),
    }
}

fn parse_config(array: &Npy<'_>) -> Result<crate::ExtractConfig> {
    let text = array.strings()?.pop().unwrap_or_default();
    crate::ExtractConfig::from_json(&text)
}
