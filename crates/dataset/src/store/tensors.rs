//! The safetensors layout: eight bytes of header length, a JSON header, and the tensors back to back, little-endian.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use ndarray::Array3;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, FeatureSet, Result, StoreError};

const FEATURES: &str = "features";
const LABELS: &str = "labels";
const TRACK_OF: &str = "track_of";
const POSITIONS: &str = "positions";
const CLASSES: &str = "classes";
const TRACKS: &str = "tracks";
const CONFIG: &str = "config";
/// The name of the layout, which tells a store from other safetensors files.
const FORMAT: (&str, &str) = ("format", "cepstrum-features-1");

/// Greatest header length in bytes, a limit of the safetensors format itself.
const MAX_HEADER: u64 = 100_000_000;
/// Number of bytes converted at a time.
const CHUNK: usize = 1 << 16;

/// The header with its keys in a fixed order; the `safetensors` crate writes them in the changing order of a hash map.
#[derive(Serialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    tensors: BTreeMap<&'static str, TensorInfo>,
}

pub(super) fn write(set: &FeatureSet, mut writer: impl Write) -> Result<()> {
    let n = set.len();
    let [n_frames, n_coefficients] = set.segment_shape();
    let mut metadata = BTreeMap::from([
        (FORMAT.0, FORMAT.1.to_owned()),
        (CLASSES, to_json(set.classes())?),
        (TRACKS, to_json(set.track_names())?),
    ]);
    if let Some(config) = set.config() {
        metadata.insert(CONFIG, to_json(config)?);
    }
    let mut tensors = BTreeMap::new();
    let mut end = 0;
    let mut place = |name, dtype, shape: Vec<usize>| {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        tensors.insert(name, TensorInfo { dtype, shape, data_offsets: (start, end) });
    };
    place(FEATURES, Dtype::F32, vec![n, n_frames, n_coefficients]);
    place(LABELS, Dtype::U32, vec![n]);
    if set.has_tracks() {
        place(TRACK_OF, Dtype::U32, vec![n]);
        place(POSITIONS, Dtype::U32, vec![n]);
    }
    let mut header = to_json(&Header { metadata, tensors })?.into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    writer.write_all(&(header.len() as u64).to_le_bytes())?;
    writer.write_all(&header)?;
    let features = set.features().as_standard_layout();
    write_words(
        &mut writer,
        features.as_slice().unwrap_or_default().iter().map(|value| value.to_le_bytes()),
    )?;
    for indices in [set.labels(), set.track_ids(), set.positions()] {
        write_words(&mut writer, indices.iter().map(|&index| (index as u32).to_le_bytes()))?;
    }
    Ok(())
}

pub(super) fn to_json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    Ok(serde_json::to_string(value).map_err(io::Error::from)?)
}

fn write_words(writer: &mut impl Write, mut words: impl Iterator<Item = [u8; 4]>) -> io::Result<()> {
    let mut chunk = vec![[0; 4]; CHUNK / 4];
    loop {
        let mut filled = 0;
        for (place, word) in chunk.iter_mut().zip(&mut words) {
            *place = word;
            filled += 1;
        }
        if filled == 0 {
            return Ok(());
        }
        writer.write_all(chunk[..filled].as_flattened())?;
    }
}

pub(super) fn read(mut reader: impl Read) -> Result<FeatureSet> {
    let header = read_header(&mut reader)?;
    let texts = header.metadata().as_ref();
    let text = |key: &'static str| {
        texts.and_then(|texts| texts.get(key)).ok_or(Error::Store(StoreError::MissingKey { key }))
    };
    if text(FORMAT.0)? != FORMAT.1 {
        return Err(Error::Store(StoreError::MissingKey { key: FORMAT.1 }));
    }
    let classes: Vec<String> = parse(text(CLASSES)?)?;
    let track_names: Vec<String> = parse(text(TRACKS)?)?;
    let config = text(CONFIG).ok().map(|text| parse(text)).transpose()?;

    let mut tensors = Tensors::default();
    let mut position = 0;
    for name in header.offset_keys() {
        let Some(info) = header.info(&name) else { continue };
        tensors.read(&name, info, &mut reader, &mut position, header.data_len())?;
    }
    let (shape, values) = tensors.features.ok_or(Error::Store(StoreError::MissingKey { key: FEATURES }))?;
    let labels = tensors.labels.ok_or(Error::Store(StoreError::MissingKey { key: LABELS }))?;
    let n_values = values.len();
    let features = Array3::from_shape_vec(shape, values).map_err(|_| wrong_size(n_values))?;
    let tracks = name_tracks(&track_names, tensors.track_ids.unwrap_or_default())?;
    let set = FeatureSet::new(features, labels, classes, tracks, config)?;
    match tensors.positions {
        Some(positions) => set.with_positions(positions),
        None => Ok(set),
    }
}

fn read_header(reader: &mut impl Read) -> Result<Metadata> {
    let mut length = [0; 8];
    reader.read_exact(&mut length).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => broken(safetensors::SafeTensorError::HeaderTooSmall),
        _ => error.into(),
    })?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return Err(broken(safetensors::SafeTensorError::HeaderTooLarge));
    }
    let mut header = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut header)?;
    if (header.len() as u64) < length {
        return Err(Error::Store(StoreError::Truncated { expected: length, actual: header.len() as u64 }));
    }
    serde_json::from_slice(&header).map_err(broken)
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(broken)
}

fn broken(cause: impl Into<crate::Cause>) -> Error {
    Error::Store(StoreError::SafeTensors { cause: cause.into() })
}

fn wrong_size(n_values: usize) -> Error {
    Error::Store(StoreError::WrongTensor {
        tensor: FEATURES,
        expected: "as many values as its shape has",
        actual: format!("{n_values} values"),
    })
}

/// The tensors read so far.
#[derive(Default)]
struct Tensors {
    features: Option<([usize; 3], Vec<f32>)>,
    labels: Option<Vec<usize>>,
    track_ids: Option<Vec<usize>>,
    positions: Option<Vec<usize>>,
}

impl Tensors {
    /// Reads or skips the next tensor of the file.
    fn read(
        &mut self,
        name: &str,
        info: &TensorInfo,
        reader: &mut impl Read,
        position: &mut usize,
        data_len: usize,
    ) -> Result<()> {
        let n_bytes = (info.data_offsets.1 - info.data_offsets.0) as u64;
        let mut bytes = reader.by_ref().take(n_bytes);
        match name {
            FEATURES => {
                let shape = check(FEATURES, Dtype::F32, "an f32 tensor of three axes", info)?;
                self.features = Some((shape, read_words(&mut bytes, f32::from_le_bytes)?));
            }
            LABELS => self.labels = Some(read_indices(LABELS, info, &mut bytes)?),
            TRACK_OF => self.track_ids = Some(read_indices(TRACK_OF, info, &mut bytes)?),
            POSITIONS => self.positions = Some(read_indices(POSITIONS, info, &mut bytes)?),
            _ => {
                io::copy(&mut bytes, &mut io::sink())?;
            }
        }
        *position += (n_bytes - bytes.limit()) as usize;
        if bytes.limit() > 0 {
            return Err(Error::Store(StoreError::Truncated {
                expected: data_len as u64,
                actual: *position as u64,
            }));
        }
        Ok(())
    }
}

fn check<const N: usize>(
    tensor: &'static str,
    dtype: Dtype,
    expected: &'static str,
    info: &TensorInfo,
) -> Result<[usize; N]> {
    match <[usize; N]>::try_from(info.shape.as_slice()) {
        Ok(shape) if info.dtype == dtype => Ok(shape),
        _ => Err(Error::Store(StoreError::WrongTensor {
            tensor,
            expected,
            actual: format!("{:?} {:?}", info.dtype, info.shape),
        })),
    }
}

fn read_indices(tensor: &'static str, info: &TensorInfo, reader: &mut impl Read) -> Result<Vec<usize>> {
    check::<1>(tensor, Dtype::U32, "a u32 tensor of one axis", info)?;
    Ok(read_words(reader, |word| u32::from_le_bytes(word) as usize)?)
}

/// Reads all whole words of a reader.
fn read_words<T>(reader: &mut impl Read, from_le: impl Fn([u8; 4]) -> T) -> io::Result<Vec<T>> {
    let mut words = Vec::new();
    let mut chunk = Vec::with_capacity(CHUNK);
    loop {
        chunk.clear();
        reader.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(words);
        }
        words.extend(chunk.chunks_exact(4).map(|b| from_le([b[0], b[1], b[2], b[3]])));
    }
}

fn name_tracks(names: &[String], track_ids: Vec<usize>) -> Result<Vec<String>> {
    let name = |track: usize| {
        names.get(track).cloned().ok_or_else(|| {
            Error::Store(StoreError::WrongTensor {
                tensor: TRACK_OF,
                expected: "an index into the track names",
                actual: format!("{track} of {}", names.len()),
            })
        })
    };
    track_ids.into_iter().map(name).collect()
}
