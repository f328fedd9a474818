//! Lists of tracks: fixed parts, exclusions, groups.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{SplitIndices, TrackNames};
use crate::read_file::read_file;
use crate::{Error, FeatureSet, Result, SplitError};

/// A list of track names, such as a published part of a collection or the files to leave out.
///
/// A name matches a track by the whole name (`blues/blues.00029.wav`), or else by the file name without its extension,
/// where `_` equals `.` (`blues.00029`, `./blues_00029.au`): lists are published in all these forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackList {
    names: Vec<String>,
}

impl TrackList {
    /// Reads a file with one name per line. Text after a tab, empty lines and lines that begin with `#` are ignored.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        read_file(path, Self::read_from)
    }

    /// Reads a list, in the format of [`read`](Self::read), from a reader such as `&[u8]`.
    ///
    /// # Errors
    /// [`Error::Io`], also for bytes that are not UTF-8.
    pub fn read_from(reader: impl Read) -> Result<Self> {
        let mut names = Vec::new();
        for_each_line(reader, |_, fields| {
            names.push(fields.0.to_owned());
            Ok(())
        })?;
        Ok(Self { names })
    }

    /// The names in the order of the list.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names that match no track of a set.
    ///
    /// # Errors
    /// [`SplitError::AmbiguousTrack`] when a name matches several tracks.
    pub fn missing_in(&self, set: &FeatureSet) -> Result<Vec<&str>> {
        let tracks = TrackNames::new(set.track_names());
        let mut missing = Vec::new();
        for name in &self.names {
            if tracks.find(name)?.is_none() {
                missing.push(name.as_str());
            }
        }
        Ok(missing)
    }

    /// The tracks that the names match, as indices into the set's track names, in the order of the list.
    ///
    /// # Errors
    /// [`SplitError::UnknownTrack`] for a name that matches no track, [`SplitError::RepeatedTrack`] for the second of two names of
    /// one track, [`SplitError::AmbiguousTrack`] for a name that matches several tracks.
    pub fn tracks_in(&self, set: &FeatureSet) -> Result<Vec<usize>> {
        let tracks = TrackNames::new(set.track_names());
        let mut is_taken = vec![false; set.track_names().len()];
        let find = |(place, name): (usize, &String)| {
            let (entry, unknown) = (place + 1, name.clone());
            let track =
                tracks.find(name)?.ok_or(Error::Split(SplitError::UnknownTrack { entry, name: unknown }))?;
            if std::mem::replace(&mut is_taken[track], true) {
                return Err(Error::Split(SplitError::RepeatedTrack { entry, name: name.clone() }));
            }
            Ok(track)
        };
        self.names.iter().enumerate().map(find).collect()
    }
}

impl<S: Into<String>> FromIterator<S> for TrackList {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self { names: names.into_iter().map(Into::into).collect() }
    }
}

/// The group of every track, such as its artist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Groups {
    /// Pairs of track and group, in the order given.
    pairs: Vec<(String, String)>,
}

impl Groups {
    /// Reads a file with a line `track<TAB>group` per track. Empty lines and lines that begin with `#` are ignored.
    /// Names match tracks as those of a [`TrackList`] do.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] or [`SplitError::NoGroupInLine`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        read_file(path, Self::read_from)
    }

    /// Reads groups, in the format of [`read`](Self::read), from a reader such as `&[u8]`.
    ///
    /// # Errors
    /// [`SplitError::NoGroupInLine`], and [`Error::Io`], also for bytes that are not UTF-8.
    pub fn read_from(reader: impl Read) -> Result<Self> {
        let mut pairs = Vec::new();
        for_each_line(reader, |line, (track, group)| {
            let group = group
                .filter(|group| !group.is_empty())
                .ok_or(Error::Split(SplitError::NoGroupInLine { line }))?;
            pairs.push((track.to_owned(), group.to_owned()));
            Ok(())
        })?;
        Ok(Self { pairs })
    }

    /// The group of every track of a set, in the order of its track names.
    pub(super) fn of_tracks<'a>(&'a self, set: &FeatureSet) -> Result<Vec<&'a str>> {
        let tracks = TrackNames::new(set.track_names());
        let mut groups = vec![None; set.track_names().len()];
        for (name, group) in &self.pairs {
            let Some(track) = tracks.find(name)? else { continue };
            let first = *groups[track].get_or_insert(group.as_str());
            if first != group {
                return Err(Error::Split(SplitError::TrackInTwoGroups {
                    track: name.clone(),
                    first: first.to_owned(),
                    second: group.clone(),
                }));
            }
        }
        let named = |(track, group): (usize, Option<_>)| {
            group.ok_or_else(|| {
                Error::Split(SplitError::TrackWithoutGroup { track: set.track_names()[track].clone() })
            })
        };
        groups.into_iter().enumerate().map(named).collect()
    }
}

impl<T: Into<String>, G: Into<String>> FromIterator<(T, G)> for Groups {
    fn from_iter<I: IntoIterator<Item = (T, G)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(track, group)| (track.into(), group.into())).collect() }
    }
}

/// A published split: the tracks of each part by name.
///
/// Tracks in no list are left out, as fault-filtered lists intend. Names that match no track, such as those of files
/// that could not be decoded, are ignored; [`TrackList::missing_in`] lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FixedSplit {
    /// Tracks of the training part.
    pub train: TrackList,
    /// Tracks of the validation part.
    pub validation: TrackList,
    /// Tracks of the test part.
    pub test: TrackList,
}

impl FixedSplit {
    /// Finds the segments of each part.
    ///
    /// # Errors
    /// [`SplitError::TrackInTwoParts`], [`SplitError::AmbiguousTrack`], [`SplitError::TracksUnknown`], and [`SplitError::EmptyPart`] when
    /// no name of the training or the test part matches a track.
    pub fn indices(&self, set: &FeatureSet) -> Result<SplitIndices> {
        if !set.has_tracks() {
            return Err(Error::Split(SplitError::TracksUnknown));
        }
        let tracks = TrackNames::new(set.track_names());
        let mut part_of = vec![None; set.track_names().len()];
        for (part, list) in [&self.train, &self.validation, &self.test].into_iter().enumerate() {
            for name in &list.names {
                let Some(track) = tracks.find(name)? else { continue };
                if *part_of[track].get_or_insert(part) != part {
                    return Err(Error::Split(SplitError::TrackInTwoParts {
                        track: set.track_names()[track].clone(),
                    }));
                }
            }
        }
        let segments = |part| {
            (0..set.len()).filter(|&segment| part_of[set.track_ids()[segment]] == Some(part)).collect()
        };
        let indices = SplitIndices { train: segments(0), validation: segments(1), test: segments(2) };
        super::check_parts(&indices, set.len())?;
        Ok(indices)
    }
}

impl FeatureSet {
    /// Copies the segments of the listed tracks, in the order of the set.
    ///
    /// A name that matches no track, which [`FixedSplit`] ignores, is an error here.
    ///
    /// # Errors
    /// [`SplitError::TracksUnknown`] and the errors of [`TrackList::tracks_in`].
    pub fn including(&self, included: &TrackList) -> Result<Self> {
        if !self.has_tracks() {
            return Err(Error::Split(SplitError::TracksUnknown));
        }
        let mut is_included = vec![false; self.track_names().len()];
        for track in included.tracks_in(self)? {
            is_included[track] = true;
        }
        let kept: Vec<usize> =
            (0..self.len()).filter(|&segment| is_included[self.track_ids()[segment]]).collect();
        Ok(self.select(&kept))
    }

    /// Copies the set without the listed tracks, such as known duplicates.
    ///
    /// # Errors
    /// [`SplitError::AmbiguousTrack`] and [`SplitError::TracksUnknown`].
    pub fn excluding(&self, excluded: &TrackList) -> Result<Self> {
        if !self.has_tracks() {
            return Err(Error::Split(SplitError::TracksUnknown));
        }
        let tracks = TrackNames::new(self.track_names());
        let mut leave_out = vec![false; self.track_names().len()];
        for name in &excluded.names {
            if let Some(track) = tracks.find(name)? {
                leave_out[track] = true;
            }
        }
        let kept: Vec<usize> =
            (0..self.len()).filter(|&segment| !leave_out[self.track_ids()[segment]]).collect();
        Ok(self.select(&kept))
    }
}

/// Calls `act` with the number and the first two fields of every line that is neither empty nor a comment.
fn for_each_line(
    reader: impl Read,
    mut act: impl FnMut(usize, (&str, Option<&str>)) -> Result<()>,
) -> Result<()> {
    for (number, line) in BufReader::new(reader).lines().enumerate() {
        let line = line?;
        let mut fields = line.split('\t').map(str::trim);
        let first = fields.next().unwrap_or_default();
        if !first.is_empty() && !first.starts_with('#') {
            act(number + 1, (first, fields.next()))?;
        }
    }
    Ok(())
}
