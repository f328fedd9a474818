//! What is done of a job, what failed and why, and what is left.

use std::collections::BTreeMap;
use std::fmt;

use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use crate::error::InFile;
use crate::job::{COMMIT_FILE, Done, Job};
use crate::plan::records;
use crate::storage::Storage;
use crate::{Error, Result};

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Number of shards, and of those that are done.
    pub shards: u32,
    /// Number of shards that are done.
    pub shards_done: u32,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of tracks in shards that are done.
    pub tracks_done: usize,
    /// Number of tracks that could not be used.
    pub failed: usize,
    /// Number of tracks that were used up to their damage.
    pub damaged: usize,
    /// Number of rows.
    pub rows: u64,
    /// Bytes of the parts.
    pub bytes: u64,
    /// Whether the list of parts is written.
    pub committed: bool,
    /// Number of tracks by cause, and one of them.
    pub causes: BTreeMap<String, (usize, String)>,
}

impl Status {
    /// Reads the state of the job in an output folder.
    ///
    /// # Errors
    /// [`Error::NoJob`], and the errors of reading.
    pub fn read(storage: &Storage) -> Result<Self> {
        let job = Job::load(storage)?;
        let done: Vec<Done> = records(&job, storage)?.into_iter().flatten().collect();
        let mut status = Self {
            shards: job.shards,
            shards_done: done.len() as u32,
            tracks: job.tracks,
            tracks_done: 0,
            failed: 0,
            damaged: 0,
            rows: 0,
            bytes: 0,
            committed: storage.size(COMMIT_FILE)?.is_some(),
            causes: BTreeMap::new(),
        };
        for record in &done {
            status.add(record, storage)?;
        }
        Ok(status)
    }

    fn add(&mut self, done: &Done, storage: &Storage) -> Result<()> {
        self.tracks_done += done.tracks;
        self.failed += done.failed;
        self.damaged += done.damaged;
        self.rows += done.rows;
        self.bytes += done.bytes;
        let Some(file) = &done.failures else { return Ok(()) };
        let none = || Error::NoJob { location: storage.name().to_owned(), file: file.clone() };
        let bytes = storage.read(file)?.ok_or_else(none)?;
        self.add_causes(bytes).in_file(format!("{}/{file}", storage.name()))
    }

    fn add_causes(&mut self, bytes: Vec<u8>) -> Result<()> {
        // `Bytes` of the version that Parquet's reader takes.
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))?.build()?;
        for batch in reader {
            let batch = batch?;
            let text = |name| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            let (Some(paths), Some(causes)) = (text("path"), text("cause")) else { continue };
            for (path, cause) in paths.iter().flatten().zip(causes.iter().flatten()) {
                let kind = self.causes.entry(kind(cause)).or_insert_with(|| (0, path.to_owned()));
                kind.0 += 1;
            }
        }
        Ok(())
    }
}

/// A cause without the numbers in it, so that like ones are counted together.
fn kind(cause: &str) -> String {
    let mut kind = String::with_capacity(cause.len());
    let mut in_number = false;
    for letter in cause.chars() {
        let is_number = letter.is_ascii_digit() || in_number && matches!(letter, '.' | ',');
        if !is_number {
            kind.push(letter);
        } else if !in_number {
            kind.push('N');
        }
        in_number = is_number;
    }
    kind
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shards, shards_done, tracks, tracks_done, failed, damaged, rows, bytes, .. } = self;
        let state = match (shards_done == shards, self.committed) {
            (true, true) => "finished",
            (true, false) => "done but for the list of parts; run the command again",
            (false, _) => "unfinished; run the command again",
        };
        writeln!(f, "{state}: {shards_done} of {shards} shards, {tracks_done} of {tracks} tracks")?;
        writeln!(
            f,
            "{rows} rows in {bytes} bytes; {failed} tracks not used, {damaged} used up to their damage"
        )?;
        let mut causes: Vec<_> = self.causes.iter().collect();
        causes.sort_by(|(a_cause, a), (b_cause, b)| b.0.cmp(&a.0).then_with(|| a_cause.cmp(b_cause)));
        for (cause, (count, path)) in causes {
            writeln!(f, "{count:>8}  {cause}, such as {path}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_that_differ_in_numbers_are_one() {
        assert_eq!(kind("ends early: 1,024 of 2048.5 samples."), "ends early: N of N samples.");
        assert_eq!(kind("not audio"), "not audio");
    }
}
