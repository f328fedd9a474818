//! Names of tracks, in the forms in which lists and tables write them.

use std::collections::HashMap;

use crate::{Error, Result, SplitError};

/// An index of tracks by the forms of their names that lists use.
pub(crate) struct TrackNames<'a> {
    names: &'a [String],
    by_name: HashMap<&'a str, usize>,
    by_stem: HashMap<String, Vec<usize>>,
}

impl<'a> TrackNames<'a> {
    pub(crate) fn new(names: &'a [String]) -> Self {
        let mut by_stem: HashMap<String, Vec<usize>> = HashMap::new();
        for (track, name) in names.iter().enumerate() {
            by_stem.entry(stem(name)).or_default().push(track);
        }
        let by_name = names.iter().enumerate().map(|(track, name)| (name.as_str(), track)).collect();
        Self { names, by_name, by_stem }
    }

    pub(crate) fn find(&self, name: &str) -> Result<Option<usize>> {
        if let Some(&track) = self.by_name.get(name) {
            return Ok(Some(track));
        }
        let Some(candidates) = self.by_stem.get(&stem(name)) else { return Ok(None) };
        let wanted = folder(name);
        let fits = |&&track: &&usize| wanted.is_none() || folder(&self.names[track]) == wanted;
        let mut fitting = candidates.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (found, None) => Ok(found.copied()),
            _ => Err(Error::Split(SplitError::AmbiguousTrack { name: name.to_owned() })),
        }
    }
}

/// The file name without its extension, with `.` for `_`; a number after the last dot is not an extension.
fn stem(name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = match file.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty() && !extension.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            stem
        }
        _ => file,
    };
    stem.replace('_', ".")
}

/// The last folder of a name, if it has one.
fn folder(name: &str) -> Option<&str> {
    let (folders, _) = name.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    (!folder.is_empty() && folder != ".").then_some(folder)
}
