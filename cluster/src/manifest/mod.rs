//! The list of tracks that a job works on.

mod pattern;
mod table;

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::InFile;
use crate::location::Location;
use crate::objects::Objects;
use crate::roots::check_steps;
use crate::{Error, Result};

/// A list of tracks.
///
/// A file of comma-separated values or Parquet has the column `path`, and may have `label` and `group` (text) and `bytes` (size
/// of the file). Further columns pass through to the results as text. A pattern such as `music/**/*.flac` or
/// `s3://bucket/music/**` lists paths alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Names of the further columns.
    pub columns: Vec<String>,
    /// The tracks, in the order of the rows.
    pub tracks: Vec<Track>,
}

/// One row of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// Path or address of the audio; a relative path lies in the executor's first root.
    pub path: String,
    /// Class of the track, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What must stay on one side of a split: an artist, an album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Size of the file, for an even deal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The values of the further columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Option<String>>,
}

/// Names of columns of the results that are not in a manifest.
const TAKEN: [&str; 10] = [
    "segment",
    "start_second",
    "features",
    "audio_hash",
    "config_hash",
    "verdict",
    "confidence",
    "probabilities",
    "cause",
    "kind",
];

impl Manifest {
    /// Reads a manifest, or lists what a pattern with `*`, `?` or `[` matches.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::MissingColumn`], [`Error::TakenColumn`], [`Error::ManifestValue`],
    /// [`Error::DuplicatePath`], [`Error::OutsideRoots`] for a path with steps upward, [`Error::NoTracks`],
    /// and the errors of reading.
    pub fn read(source: &str, objects: &Objects) -> Result<Self> {
        let manifest = if source.contains(['*', '?', '[']) {
            let tracks = pattern::matching(source, objects);
            tracks.map(|tracks| Self { columns: Vec::new(), tracks })
        } else if Path::new(source).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
            table::parquet(source)
        } else {
            table::csv(source)
        };
        manifest.and_then(Self::checked).in_file(source)
    }

    /// Checks rows and columns.
    ///
    /// # Errors
    /// Those of [`read`](Self::read), but for reading.
    pub fn checked(self) -> Result<Self> {
        if let Some(column) = self.columns.iter().find(|name| TAKEN.contains(&name.as_str())) {
            return Err(Error::TakenColumn { column: column.clone() });
        }
        if self.tracks.is_empty() {
            return Err(Error::NoTracks);
        }
        let mut rows = HashMap::with_capacity(self.tracks.len());
        for (row, Track { path, .. }) in (1..).zip(&self.tracks) {
            if path.is_empty() || path.chars().any(char::is_control) {
                let (column, bound) = ("path", "a path without control characters");
                return Err(Error::ManifestValue { row, column, bound, value: path.clone() });
            }
            if let Location::Local(local) = Location::parse(path)? {
                check_steps(path, &local)?;
            }
            if let Some(first) = rows.insert(path.as_str(), row) {
                return Err(Error::DuplicatePath { path: path.clone(), first, second: row });
            }
        }
        Ok(self)
    }

    /// A hash of all that the results depend on: paths, labels, groups and further columns. 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut text = |text: Option<&str>| {
            hasher.update(&text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        };
        self.columns.iter().for_each(|name| text(Some(name)));
        for track in &self.tracks {
            text(Some(&track.path));
            text(track.label.as_deref());
            text(track.group.as_deref());
            track.further.iter().for_each(|value| text(value.as_deref()));
        }
        short(&hasher.finalize())
    }
}

/// The first 16 digits of a hash, which name a job.
pub(crate) fn short(hash: &blake3::Hash) -> String {
    hash.to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest> {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Manifest::read(file.path().to_str().unwrap(), &Objects::start().unwrap())
    }

    #[test]
    fn columns_in_any_order_and_further_ones() {
        let manifest = read("year,label,path,bytes\n1959,jazz,a.mp3,7\n,,b.mp3,\n").unwrap();
        assert_eq!(manifest.columns, ["year"]);
        let [a, b] = &manifest.tracks[..] else { panic!() };
        assert_eq!((a.path.as_str(), a.label.as_deref(), a.bytes), ("a.mp3", Some("jazz"), Some(7)));
        assert_eq!((a.further[0].as_deref(), &b.further[0], &b.label), (Some("1959"), &None, &None));
        assert_ne!(manifest.hash(), read("path,label\na.mp3,jazz\nb.mp3,\n").unwrap().hash());
    }

    #[test]
    fn bad_manifests_are_named() {
        for (text, message) in [
            ("file,label\na,b\n", "no column \"path\"; it has file, label"),
            ("path\na\nb\na\n", "rows 1 and 3 of the manifest name the same path, a"),
            ("path\na\n../b\n", "../b lies outside"),
            ("path,bytes\na,many\n", "row 1 of the manifest: bytes must be"),
            ("path,features\na,1\n", "\"features\" has the name of a column of the results"),
            ("path\n", "no track"),
            ("path\ngopher://a\n", "the scheme must be"),
            ("path,label\na\n", "record"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
            assert!(error.contains(".csv"), "{error}");
        }
    }
}
