//! The cache of track features between runs.
//!
//! `index/` holds the content hash of every file with its size and modification time, so that an unchanged file is not
//! read again. `tracks/` holds the features by content hash and configuration. Every entry carries its own checksum and
//! is renamed into place, so that an entry of a killed or a concurrent process is either whole or ignored.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blake3::Hash;

use crate::atomic::write_unsynced;
use crate::{Error, ExtractConfig, Result};

/// The version of the entries, part of every key: it changes when an entry would have other bytes or other values.
const VERSION: &str = concat!("cepstrum-cache-1 ", env!("CARGO_PKG_VERSION"));
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
/// Least age of a file whose modification time can be trusted: a younger file may change again within the resolution of
/// its time.
const SETTLED: Duration = Duration::from_secs(2);

/// A cache folder, for one configuration.
#[derive(Debug)]
pub(super) struct Cache {
    index: PathBuf,
    tracks: PathBuf,
    configuration: Hash,
}

impl Cache {
    /// Creates the folders.
    pub(super) fn open(folder: &Path, config: &ExtractConfig) -> Result<Self> {
        let (index, tracks) = (folder.join("index"), folder.join("tracks"));
        for folder in [&index, &tracks] {
            fs::create_dir_all(folder).map_err(|error| Error::from(error).in_file(folder))?;
        }
        let text = format!("{VERSION} {}", serde_json::to_string(config).map_err(io::Error::from)?);
        Ok(Self { index, tracks, configuration: blake3::hash(text.as_bytes()) })
    }

    /// The key of a file's features: a hash of its contents and of the configuration.
    pub(super) fn key(&self, file: &Path) -> Result<Hash> {
        let stamp = FileStamp::of(file).map_err(|error| error.in_file(file))?;
        let name = fs::canonicalize(file).map_err(|error| Error::from(error).in_file(file))?;
        let entry = self.index.join(blake3::hash(name.as_os_str().as_encoded_bytes()).to_hex().as_str());
        let known = read_checked(&entry, &mut Vec::new()).and_then(|bytes| stamp.remembered(bytes));
        let contents = if let Some(contents) = known {
            contents
        } else {
            let contents = hash_file(file).map_err(|error| error.in_file(file))?;
            if stamp.settled {
                write_checked(&entry, &[&stamp.bytes[..], contents.as_bytes()].concat())?;
            }
            contents
        };
        Ok(blake3::hash(&[contents.as_bytes().as_slice(), self.configuration.as_bytes()].concat()))
    }

    /// Returns the features under a key, if their entry is whole; `scratch` is a reusable buffer for the file.
    pub(super) fn get(&self, key: &Hash, scratch: &mut Vec<u8>) -> Option<Vec<f32>> {
        let bytes = read_checked(&self.tracks.join(key.to_hex().as_str()), scratch)?;
        Some(bytes.as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)).collect())
    }

    /// Stores features under a key.
    pub(super) fn put(&self, key: &Hash, values: &[f32]) -> Result<()> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        write_checked(&self.tracks.join(key.to_hex().as_str()), &bytes)
    }
}

/// The size and modification time of a file, which show a change without reading the file.
struct FileStamp {
    /// Size in bytes and nanoseconds since the epoch, little-endian.
    bytes: [u8; 24],
    /// True when the file is old enough for its modification time to be trusted.
    settled: bool,
}

impl FileStamp {
    fn of(file: &Path) -> Result<Self> {
        let metadata = fs::metadata(file)?;
        let modified = metadata.modified()?;
        let since_epoch = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&metadata.len().to_le_bytes());
        bytes[8..].copy_from_slice(&since_epoch.as_nanos().to_le_bytes());
        let age = SystemTime::now().duration_since(modified).unwrap_or_default();
        Ok(Self { bytes, settled: age >= SETTLED })
    }

    /// The content hash in an index entry, if the entry has this stamp.
    fn remembered(&self, entry: &[u8]) -> Option<Hash> {
        let (stamp, contents) = entry.split_at_checked(self.bytes.len())?;
        (stamp == self.bytes).then(|| Hash::from_slice(contents).ok()).flatten()
    }
}

fn hash_file(file: &Path) -> Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file)?)?;
    Ok(hasher.finalize())
}

/// The contents of an entry without its checksum; `None` when the entry is missing or not whole.
fn read_checked<'a>(path: &Path, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    scratch.clear();
    File::open(path).ok()?.read_to_end(scratch).ok()?;
    let (contents, checksum) = scratch.split_at_checked(scratch.len().checked_sub(CHECKSUM_BYTES)?)?;
    (blake3::hash(contents).as_bytes() == checksum).then_some(contents)
}

fn write_checked(path: &Path, contents: &[u8]) -> Result<()> {
    write_unsynced(path, |file| {
        file.write_all(contents)?;
        Ok(file.write_all(blake3::hash(contents).as_bytes())?)
    })
    .map_err(|error: Error| error.in_file(path))
}
