//! The genre in the tags of audio files, and the way back to what it was.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lofty::config::{ParseOptions, WriteOptions};
use lofty::file::{TaggedFile, TaggedFileExt};
use lofty::probe::Probe;
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem};
use serde::{Deserialize, Serialize};

/// A change of the genre in a file's tag: a line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// The file, absolute.
    pub(crate) file: PathBuf,
    /// The genres that stood there; a tag may hold several, or none.
    pub(crate) before: Vec<String>,
    /// False where the file had no tag of its format's kind at all.
    pub(crate) had_tag: bool,
    /// The genre that was written.
    pub(crate) after: String,
}

impl Change {
    /// Reads what a file has in place of the genre that it is to get; `None` where it has just that.
    pub(crate) fn plan(file: &Path, genre: &str) -> Result<Option<Self>> {
        let name = || file.display().to_string();
        let path = fs::canonicalize(file).with_context(name)?;
        let tagged = read(&path)?;
        let tag = tagged.primary_tag();
        let before: Vec<String> =
            tag.into_iter().flat_map(|tag| tag.get_strings(ItemKey::Genre)).map(str::to_owned).collect();
        let is_done = before.len() == 1 && before[0] == genre;
        let change = Self { file: path, before, had_tag: tag.is_some(), after: genre.to_owned() };
        Ok((!is_done).then_some(change))
    }

    /// Writes the genre into the file's tag.
    pub(crate) fn apply(&self) -> Result<()> {
        replace(&self.file, |path, tagged| {
            let mut tag =
                tagged.primary_tag().cloned().unwrap_or_else(|| Tag::new(tagged.primary_tag_type()));
            set_genres(&mut tag, std::slice::from_ref(&self.after));
            Ok(tag.save_to_path(path, WriteOptions::default())?)
        })
    }

    /// Writes back what stood there, unless the genre was changed since; returns whether it did.
    pub(crate) fn undo(&self) -> Result<bool> {
        let tagged = read(&self.file)?;
        let Some(tag) = tagged.primary_tag() else { return Ok(false) };
        if !tag.get_strings(ItemKey::Genre).eq([self.after.as_str()]) {
            return Ok(false);
        }
        let is_only_item =
            tag.item_count() == 1 && tag.picture_count() == 0 && !tag.has_format_specific_items();
        replace(&self.file, |path, tagged| {
            let kind = tagged.primary_tag_type();
            if !self.had_tag && is_only_item {
                return Ok(kind.remove_from_path(path)?);
            }
            let mut tag = tagged.primary_tag().cloned().unwrap_or_else(|| Tag::new(kind));
            set_genres(&mut tag, &self.before);
            Ok(tag.save_to_path(path, WriteOptions::default())?)
        })?;
        Ok(true)
    }
}

fn set_genres(tag: &mut Tag, genres: &[String]) {
    tag.remove_key(ItemKey::Genre);
    for genre in genres {
        tag.push(TagItem::new(ItemKey::Genre, ItemValue::Text(genre.clone())));
    }
}

/// Reads the tags of a file, by its content and not by its name.
fn read(path: &Path) -> Result<TaggedFile> {
    let name = || format!("{}: its tags cannot be read", path.display());
    let mut options = ParseOptions::new();
    options.read_properties(false);
    let probe = Probe::open(path).with_context(name)?.options(options);
    probe.guess_file_type().with_context(name)?.read().with_context(name)
}

/// Changes a copy of a file beside it and renames the copy, so that the file is whole at any time.
fn replace(path: &Path, change: impl FnOnce(&Path, &TaggedFile) -> Result<()>) -> Result<()> {
    let tagged = read(path)?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let name = || format!("cannot write the tag of {}", path.display());
    let copy = tempfile::Builder::new().prefix(".cepstrum-").tempfile_in(dir).with_context(name)?;
    fs::copy(path, copy.path()).with_context(name)?;
    change(copy.path(), &tagged).with_context(name)?;
    File::open(copy.path()).and_then(|file| file.sync_all()).with_context(name)?;
    copy.persist(path).with_context(name)?;
    Ok(())
}

/// A log of changes, a JSON object per line.
#[derive(Debug)]
pub(crate) struct Log(PathBuf);

impl Log {
    /// A log that is extended at its end; the file is created with the first change.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Writes a change that is about to happen. A change that did not happen after all does no harm: undoing it finds
    /// another genre and leaves the file alone.
    pub(crate) fn add(&self, change: &Change) -> Result<()> {
        let line = format!("{}\n", serde_json::to_string(change)?);
        let file = OpenOptions::new().create(true).append(true).open(&self.0);
        file.and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_data()))
            .with_context(|| format!("cannot write {}", self.0.display()))
    }

    /// The changes, the latest first.
    pub(crate) fn backwards(&self) -> Result<Vec<Change>> {
        let name = || self.0.display().to_string();
        let file = File::open(&self.0).with_context(name)?;
        let mut changes = Vec::new();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.with_context(name)?;
            let change = serde_json::from_str(&line)
                .with_context(|| format!("{}: line {} is no change of a tag", name(), number + 1))?;
            changes.push(change);
        }
        changes.reverse();
        Ok(changes)
    }
}
