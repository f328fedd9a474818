//! Manifests by pattern.

use futures::TryStreamExt;
use glob::{MatchOptions, Pattern};
use object_store::path::Path as ObjectPath;

use super::Track;
use crate::location::Location;
use crate::objects::Objects;
use crate::{Error, Result};

/// `*` stays within a folder, `**` does not, and hidden files need a dot in the pattern.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Lists the files that match, sorted.
pub(super) fn matching(pattern: &str, objects: &Objects) -> Result<Vec<Track>> {
    let mut tracks = match pattern.split_once("://") {
        Some(("s3", _)) => in_store(pattern, objects)?,
        _ => on_disk(pattern.strip_prefix("file://").unwrap_or(pattern))?,
    };
    tracks.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(tracks)
}

fn on_disk(pattern: &str) -> Result<Vec<Track>> {
    let mut tracks = Vec::new();
    let found = glob::glob_with(pattern, OPTIONS).map_err(|error| illegal(pattern, &error))?;
    for path in found {
        let path = path.map_err(std::io::Error::from)?;
        let metadata = path.metadata()?;
        if metadata.is_file() {
            let path = path.to_string_lossy().into_owned();
            tracks.push(Track { path, bytes: Some(metadata.len()), ..Track::default() });
        }
    }
    Ok(tracks)
}

fn in_store(pattern: &str, objects: &Objects) -> Result<Vec<Track>> {
    let fixed = pattern.find(['*', '?', '[']).map_or(pattern, |at| &pattern[..at]);
    // The scheme ends in slashes, so there is one.
    let folder = fixed.rsplit_once('/').map_or(fixed, |(folder, _)| folder);
    let Location::Remote(remote) = Location::parse(folder)? else { return Ok(Vec::new()) };
    let bucket = format!("{}/", remote.base.as_str().trim_end_matches('/'));
    let rest = pattern.strip_prefix(&bucket).unwrap_or(pattern);
    let rest = Pattern::new(rest).map_err(|error| illegal(pattern, &error))?;
    let client = objects.client(&remote)?;
    let prefix = (remote.path != ObjectPath::ROOT).then_some(&remote.path);
    let found: Vec<_> = objects.wait(client.list(prefix).try_collect())?;
    let found = found.into_iter().filter(|meta| rest.matches_with(meta.location.as_ref(), OPTIONS));
    Ok(found
        .map(|meta| Track {
            path: format!("{bucket}{}", meta.location),
            bytes: Some(meta.size),
            ..Track::default()
        })
        .collect())
}

fn illegal(pattern: &str, error: &glob::PatternError) -> Error {
    let input = std::io::ErrorKind::InvalidInput;
    Error::from(std::io::Error::new(input, error.to_string())).in_file(pattern)
}
