//! Verdicts in the tags of songs.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::console::Console;
use crate::tags::{Change, Log};
use crate::verdict::Verdict;

/// A finding about a song, of this run or of an earlier one.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Empty for a song that could not be used.
    pub(super) genre: String,
    pub(super) confidence: f32,
    pub(super) is_unlike_training: bool,
}

impl From<&Verdict> for Found {
    fn from(Verdict { song, .. }: &Verdict) -> Self {
        Self {
            genre: song.top_class().to_owned(),
            confidence: song.confidence(),
            is_unlike_training: song.is_out_of_distribution(),
        }
    }
}

/// Writes the genres of songs into their tags.
#[derive(Debug)]
pub(super) struct Tagger {
    log: Log,
    dry_run: bool,
    /// The least confidence for a tag.
    sure: f32,
}

impl Tagger {
    pub(super) fn new(log: &Path, dry_run: bool, sure: f32) -> Self {
        Self { log: Log::new(log), dry_run, sure }
    }

    /// Tags a song of whose genre the model is sure, and says what it did. Returns false if that failed.
    pub(super) fn tag(&self, file: &Path, found: &Found, console: Console) -> bool {
        match self.change(file, found, console) {
            Ok(()) => true,
            Err(error) => {
                // The song itself has had its line of results.
                console.warn(format_args!("{error:#}"));
                false
            }
        }
    }

    fn change(&self, file: &Path, found: &Found, console: Console) -> Result<()> {
        let Found { genre, confidence, is_unlike_training } = found;
        if genre.is_empty() || *is_unlike_training || *confidence < self.sure {
            return Ok(());
        }
        let Some(change) = Change::plan(file, genre)? else { return Ok(()) };
        if !self.dry_run {
            self.log.add(&change)?;
            change.apply()?;
        }
        let before = if change.before.is_empty() { "no genre".to_owned() } else { change.before.join(", ") };
        let tense = if self.dry_run { "would be" } else { "was" };
        console.text(format_args!("  the tag {tense} changed from {before} to {genre}"))?;
        console.object(&json!({
            "file": file,
            "tagged": genre,
            "before": change.before,
            "dry_run": self.dry_run,
        }))?;
        Ok(())
    }
}
