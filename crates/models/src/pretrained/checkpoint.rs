//! The reader of `TensorFlow` checkpoints of the second format ("tensor bundles").
//!
//! A checkpoint is two files. `.index` is a sorted table of strings, in `LevelDB`'s layout, from the name of every tensor
//! to a `BundleEntryProto`: type, shape, and the place of its bytes in `.data-00000-of-00001`, which is nothing but the
//! values, little-endian.

use std::collections::BTreeMap;
use std::ops::Range;

use super::crc32c::masked_crc32c;
use super::wire::{Field, Wire};

/// A reason why bytes are not a checkpoint that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointProblem {
    /// The index is not a sorted string table.
    #[error("the index is not a sorted string table")]
    NotATable,
    /// A block of the index lies beyond its end.
    #[error("the index is truncated: a block ends at byte {end} of {length}")]
    BlockBeyondEnd {
        /// End of the block.
        end: u64,
        /// Length of the index.
        length: usize,
    },
    /// A block of the index is compressed.
    #[error("the index is compressed (type {kind}), which TensorFlow never does")]
    Compressed {
        /// The type of compression.
        kind: u8,
    },
    /// A block of the index, or a tensor, does not have the checksum stored with it.
    #[error("the checksum of {part} does not match")]
    Checksum {
        /// The tensor, or `the index`.
        part: String,
    },
    /// An entry of the index cannot be decoded.
    #[error("the entry of {part} in the index cannot be decoded")]
    Entry {
        /// The tensor, or `the index`.
        part: String,
    },
    /// The checkpoint has several data files, or is not little-endian.
    #[error("only checkpoints of one little-endian data file are read, this one has {shards} files")]
    Layout {
        /// Number of data files.
        shards: u64,
    },
    /// A tensor does not hold `f32`.
    #[error("tensor `{tensor}` has type {actual} of TensorFlow's DataType, expected 1 (DT_FLOAT)")]
    Type {
        /// Its name.
        tensor: String,
        /// The number of its type.
        actual: u64,
    },
    /// A tensor lies beyond the end of the data file.
    #[error("the data file is truncated: tensor `{tensor}` ends at byte {end} of {length}")]
    DataBeyondEnd {
        /// Its name.
        tensor: String,
        /// End of its bytes.
        end: u64,
        /// Length of the data file.
        length: usize,
    },
    /// A tensor's length in bytes is not that of its shape.
    #[error("tensor `{tensor}` of shape {shape:?} has {bytes} bytes")]
    Size {
        /// Its name.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its length.
        bytes: u64,
    },
}

use CheckpointProblem as Problem;

/// The result of reading a part of a checkpoint.
type Result<T> = std::result::Result<T, CheckpointProblem>;

/// Number that ends every sorted string table.
const MAGIC: u64 = 0xdb47_7524_8b80_fb57;
/// Length of the end of a table: two places of up to 20 bytes, padded, and the magic number.
const FOOTER: usize = 48;
/// Compression type and checksum behind every block.
const TRAILER: usize = 5;
/// `DT_FLOAT`.
const FLOAT: u64 = 1;

/// The index of a checkpoint, and its data.
#[derive(Debug)]
pub struct Checkpoint<'a> {
    entries: BTreeMap<String, Entry>,
    data: &'a [u8],
}

/// The type, shape and place of a tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    dtype: u64,
    shape: Vec<usize>,
    offset: u64,
    size: u64,
    checksum: Option<u32>,
}

impl<'a> Checkpoint<'a> {
    /// Reads the index of a checkpoint whose values are in `data`.
    ///
    /// # Errors
    /// The first [`CheckpointProblem`] of the index.
    pub fn new(index: &[u8], data: &'a [u8]) -> Result<Self> {
        let places = block(index, footer(index)?)?;
        let mut entries = BTreeMap::new();
        for (_, place) in rows(places)? {
            for (key, value) in rows(block(index, handle(&mut Wire::new(place)).ok_or(Problem::NotATable)?)?)?
            {
                if key.is_empty() {
                    check_header(value)?;
                    continue;
                }
                let name = String::from_utf8_lossy(&key).into_owned();
                let entry = Entry::parse(value).ok_or_else(|| Problem::Entry { part: name.clone() })?;
                entries.insert(name, entry);
            }
        }
        Ok(Self { entries, data })
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Shape and values of a tensor; `None` when the checkpoint has no tensor of this name.
    ///
    /// # Errors
    /// [`CheckpointProblem::Type`], [`CheckpointProblem::Size`], [`CheckpointProblem::DataBeyondEnd`] or
    /// [`CheckpointProblem::Checksum`] with its name.
    pub fn tensor(&self, name: &str) -> Result<Option<(Vec<usize>, Vec<f32>)>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let tensor = name.to_owned();
        if entry.dtype != FLOAT {
            return Err(Problem::Type { tensor, actual: entry.dtype });
        }
        let elements = entry.shape.iter().try_fold(4_u64, |product, &side| product.checked_mul(side as u64));
        if elements != Some(entry.size) {
            return Err(Problem::Size { tensor, shape: entry.shape.clone(), bytes: entry.size });
        }
        let (end, length) = (entry.offset.saturating_add(entry.size), self.data.len());
        let bytes = (usize::try_from(entry.offset).ok().zip(usize::try_from(end).ok()))
            .and_then(|(start, end)| self.data.get(start..end));
        let Some(bytes) = bytes else { return Err(Problem::DataBeyondEnd { tensor, end, length }) };
        if entry.checksum.is_some_and(|checksum| masked_crc32c(bytes) != checksum) {
            return Err(Problem::Checksum { part: format!("tensor `{tensor}`") });
        }
        let values = bytes.as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)).collect();
        Ok(Some((entry.shape.clone(), values)))
    }
}

impl Entry {
    /// Decodes a `BundleEntryProto`.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut entry = Self::default();
        let mut wire = Wire::new(bytes);
        while let Some((number, field)) = wire.field()? {
            match (number, field) {
                (1, Field::Number(dtype)) => entry.dtype = dtype,
                (2, Field::Bytes(shape)) => entry.shape = parse_shape(shape)?,
                // Parts of a tensor that was cut, or in another data file.
                (3, Field::Number(1..)) | (7, _) => return None,
                (4, Field::Number(offset)) => entry.offset = offset,
                (5, Field::Number(size)) => entry.size = size,
                (6, Field::Fixed32(checksum)) => entry.checksum = Some(checksum),
                _ => {}
            }
        }
        Some(entry)
    }
}

/// Decodes a `TensorShapeProto`: field 2 is a list of dimensions, whose field 1 is their length.
fn parse_shape(bytes: &[u8]) -> Option<Vec<usize>> {
    let (mut shape, mut wire) = (Vec::new(), Wire::new(bytes));
    while let Some((number, field)) = wire.field()? {
        if let (2, Field::Bytes(dimension)) = (number, field) {
            let (mut side, mut wire) = (0, Wire::new(dimension));
            while let Some((number, field)) = wire.field()? {
                if let (1, Field::Number(length)) = (number, field) {
                    side = usize::try_from(length).ok()?;
                }
            }
            shape.push(side);
        }
    }
    Some(shape)
}

/// Checks the `BundleHeaderProto`: one data file, little-endian.
fn check_header(bytes: &[u8]) -> Result<()> {
    let broken = || Problem::Entry { part: "the index".to_owned() };
    let (mut shards, mut big_endian, mut wire) = (0, 0, Wire::new(bytes));
    while let Some((number, field)) = wire.field().ok_or_else(broken)? {
        match (number, field) {
            (1, Field::Number(number)) => shards = number,
            (2, Field::Number(endianness)) => big_endian = endianness,
            _ => {}
        }
    }
    if shards == 1 && big_endian == 0 { Ok(()) } else { Err(Problem::Layout { shards }) }
}

/// The place of the block of blocks, from the end of a table.
fn footer(index: &[u8]) -> Result<Range<u64>> {
    let footer = index.len().checked_sub(FOOTER).map(|start| &index[start..]).ok_or(Problem::NotATable)?;
    let (places, magic) = footer.split_at(FOOTER - 8);
    if magic != MAGIC.to_le_bytes() {
        return Err(Problem::NotATable);
    }
    let mut wire = Wire::new(places);
    handle(&mut wire).and_then(|_metaindex| handle(&mut wire)).ok_or(Problem::NotATable)
}

/// Decodes the place of a block: offset and size.
fn handle(wire: &mut Wire<'_>) -> Option<Range<u64>> {
    let (offset, size) = (wire.varint()?, wire.varint()?);
    Some(offset..offset.checked_add(size)?)
}

/// The contents of a block, once its checksum is found right.
fn block(index: &[u8], place: Range<u64>) -> Result<&[u8]> {
    let length = index.len();
    let beyond = || Problem::BlockBeyondEnd { end: place.end, length };
    let (Ok(start), Ok(end)) = (usize::try_from(place.start), usize::try_from(place.end)) else {
        return Err(beyond());
    };
    let with_type = end.checked_add(1).and_then(|end| index.get(start..end)).ok_or_else(beyond)?;
    let checksum = index.get(end + 1..).and_then(|rest| rest.first_chunk::<{ TRAILER - 1 }>());
    if masked_crc32c(with_type) != u32::from_le_bytes(*checksum.ok_or_else(beyond)?) {
        return Err(Problem::Checksum { part: "the index".to_owned() });
    }
    match index[end] {
        0 => Ok(&index[start..end]),
        kind => Err(Problem::Compressed { kind }),
    }
}

/// The rows of a block. A key is stored as the number of bytes that it shares with the one before it, and the others.
fn rows(block: &[u8]) -> Result<Vec<(Vec<u8>, &[u8])>> {
    parse_rows(block).ok_or(Problem::NotATable)
}

fn parse_rows(block: &[u8]) -> Option<Vec<(Vec<u8>, &[u8])>> {
    // The block ends with the places of its whole keys, and their number.
    let (rest, n_restarts) = block.split_last_chunk::<4>()?;
    let n_restarts = usize::try_from(u32::from_le_bytes(*n_restarts)).ok()?;
    let rest = &rest[..rest.len().checked_sub(n_restarts.checked_mul(4)?)?];
    let (mut found, mut key, mut wire) = (Vec::new(), Vec::new(), Wire::new(rest));
    while !wire.is_empty() {
        let (shared, own, length) = (wire.length()?, wire.length()?, wire.length()?);
        if shared > key.len() {
            return None;
        }
        key.truncate(shared);
        key.extend_from_slice(wire.take(own)?);
        found.push((key.clone(), wire.take(length)?));
    }
    Some(found)
}
