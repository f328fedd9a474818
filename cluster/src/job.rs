//! A job: what is computed, on which tracks, and where its files lie.

use cepstrum_dataset::{DamagePolicy, ExtractConfig};
use serde::{Deserialize, Serialize};

use crate::manifest::{Track, short};
use crate::storage::Storage;
use crate::{Error, Result};

/// The version that all programs of a job share.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The layout of the output folder and of its tables; it changes with them.
const FORMAT: u32 = 1;
/// The file that describes a job. It is written after the plan, so a folder with it has a whole plan.
pub(crate) const JOB_FILE: &str = "job.json";
/// The file that names the parts of a finished job.
pub(crate) const COMMIT_FILE: &str = "commit.json";
/// Folders of the output folder.
pub(crate) const PARTS: &str = "parts";
pub(crate) const FAILURES: &str = "failures";
pub(crate) const DONE: &str = "done";

/// What is computed of each track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The features of every segment.
    Extract(ExtractConfig),
    /// The verdict of a model.
    Classify {
        /// The model's file in the output folder.
        model: String,
        /// Whether each segment has one vote; otherwise log-probabilities are averaged.
        majority: bool,
    },
}

/// Treatment of a track that ends early or is corrupt inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damaged {
    /// The track is not used.
    #[default]
    Skip,
    /// What is whole before the damage is used, and the damage is told.
    Use,
}

impl From<DamagePolicy> for Damaged {
    fn from(policy: DamagePolicy) -> Self {
        if policy == DamagePolicy::KeepIntact { Self::Use } else { Self::Skip }
    }
}

/// The bounds of one track, beyond which it counts as unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest audio in seconds; 7,200 by default. The features of one track are in memory at a time.
    pub audio_seconds: u64,
    /// Longest time to read a track, and to decode and analyze it, in seconds; 300 by default.
    pub work_seconds: u64,
    /// Largest file in bytes; 4 GiB by default. Remote files above 64 MiB wait in the folder for temporary files.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { audio_seconds: 7200, work_seconds: 300, bytes: 4 << 30 }
    }
}

/// A job, as its file describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Layout of the output folder.
    pub format: u32,
    /// Version of the program that planned the job.
    pub version: String,
    /// What is computed.
    pub work: Work,
    /// Treatment of damaged tracks.
    pub damaged: Damaged,
    /// Bounds of one track.
    pub limits: Limits,
    /// A hash of everything that determines the values, given the audio.
    pub config_hash: String,
    /// A hash of the manifest.
    pub manifest_hash: String,
    /// A hash of what a fixed signal gives: processors whose instructions round otherwise have another. `None` admits all.
    pub probe: Option<String>,
    /// Names of the manifest's further columns.
    pub columns: Vec<String>,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of shards.
    pub shards: u32,
}

/// The settings of a job that are not those of its features or its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobSettings {
    /// Treatment of damaged tracks.
    pub damaged: Damaged,
    /// Bounds of one track.
    pub limits: Limits,
}

impl Job {
    /// Describes work; the tracks are those of a manifest, added by [`plan`](crate::plan()).
    ///
    /// # Errors
    /// [`Error::Json`] for settings that JSON cannot hold, such as NaN.
    pub fn new(work: Work, settings: JobSettings) -> Result<Self> {
        let JobSettings { damaged, limits } = settings;
        let determines = serde_json::to_string(&(FORMAT, &work, damaged, limits.audio_seconds))?;
        Ok(Self {
            format: FORMAT,
            version: VERSION.to_owned(),
            work,
            damaged,
            limits,
            config_hash: short(&blake3::hash(determines.as_bytes())),
            manifest_hash: String::new(),
            probe: None,
            columns: Vec::new(),
            tracks: 0,
            shards: 0,
        })
    }

    /// Reads the job of an output folder, if there is one.
    ///
    /// # Errors
    /// The errors of reading, and [`Error::InFile`] around [`Error::Json`].
    pub fn find(storage: &Storage) -> Result<Option<Self>> {
        let Some(bytes) = storage.read(JOB_FILE)? else { return Ok(None) };
        let job = serde_json::from_slice(&bytes);
        job.map(Some).map_err(|error| Error::from(error).in_file(format!("{}/{JOB_FILE}", storage.name())))
    }

    /// Reads the job of an output folder.
    ///
    /// # Errors
    /// [`Error::NoJob`], and those of [`find`](Self::find).
    pub fn load(storage: &Storage) -> Result<Self> {
        let none = || Error::NoJob { location: storage.name().to_owned(), file: JOB_FILE.to_owned() };
        Self::find(storage)?.ok_or_else(none)
    }

    /// Fails unless this job and that of the folder would write the same files.
    pub(crate) fn check_same(&self, there: &Self, storage: &Storage) -> Result<()> {
        for (what, expected, actual) in [
            ("version of this program", &self.version, &there.version),
            ("configuration", &self.config_hash, &there.config_hash),
            ("manifest", &self.manifest_hash, &there.manifest_hash),
        ] {
            if expected != actual {
                let location = storage.name().to_owned();
                return Err(Error::OtherJob {
                    location,
                    what,
                    expected: expected.clone(),
                    actual: actual.clone(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn part_file(&self, shard: u32) -> String {
        format!("{PARTS}/part-{shard:06}-{}.parquet", self.config_hash)
    }

    pub(crate) fn failures_file(&self, shard: u32) -> String {
        format!("{FAILURES}/failures-{shard:06}-{}.parquet", self.config_hash)
    }
}

/// The name of the file with the tracks of a shard.
pub(crate) fn plan_file(shard: u32) -> String {
    format!("plan/shard-{shard:06}.json")
}

/// The name of the record of a finished shard.
pub(crate) fn done_file(shard: u32) -> String {
    format!("{DONE}/shard-{shard:06}.json")
}

/// The record of a finished shard. It depends on the tracks and the configuration alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The shard.
    pub shard: u32,
    /// Its part.
    pub file: String,
    /// The table of tracks that could not be used, or not to their end; absent when there are none.
    pub failures: Option<String>,
    /// Number of tracks.
    pub tracks: usize,
    /// Number of tracks that could not be used.
    pub failed: usize,
    /// Number of tracks that were used up to their damage.
    pub damaged: usize,
    /// Number of rows of the part.
    pub rows: u64,
    /// Size of the part in bytes.
    pub bytes: u64,
    /// Hash of the part.
    pub blake3: String,
}

impl Done {
    /// Reads the record of a shard, if the shard is finished and its part is there.
    pub(crate) fn find(storage: &Storage, job: &Job, shard: u32) -> Result<Option<Self>> {
        let Some(bytes) = storage.read(&done_file(shard))? else { return Ok(None) };
        let Ok(done) = serde_json::from_slice::<Self>(&bytes) else { return Ok(None) };
        let is_whole = done.file == job.part_file(shard) && storage.size(&done.file)? == Some(done.bytes);
        Ok(is_whole.then_some(done))
    }
}

/// The tracks of one shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShardPlan {
    pub(crate) tracks: Vec<Track>,
}

impl ShardPlan {
    pub(crate) fn load(storage: &Storage, shard: u32) -> Result<Self> {
        let file = plan_file(shard);
        let none = || Error::NoJob { location: storage.name().to_owned(), file: file.clone() };
        let bytes = storage.read(&file)?.ok_or_else(none)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::from(error).in_file(format!("{}/{file}", storage.name())))
    }
}
