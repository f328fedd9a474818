//! The work on one shard: from its tracks to its part, its table of failures and its record.

mod analysis;
mod attended;
mod fetch;
mod rows;

use std::sync::Arc;
use std::time::Duration;

use cepstrum_models::pretrained::MusiCnn;
use tempfile::NamedTempFile;

pub(crate) use rows::{DAMAGED, SKIPPED};

use crate::error::InFile;
use crate::job::{Done, Job, Limits, ShardPlan, VERSION, done_file};
use crate::manifest::Track;
use crate::objects::Objects;
use crate::roots::Roots;
use crate::storage::Storage;
use crate::{Error, Result};
use analysis::{Analysis, Input, Output};
use attended::{Attended, Lost, Task};
use fetch::{Fetched, Unread, fetch};
use rows::{Failures, PartWriter};

/// A program that works on shards: an executor, or a run on one machine.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Name of the executor, for messages.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// The folders that it reads and writes.
    pub roots: Roots,
    /// Its clients of object stores.
    pub objects: Objects,
    /// The network for features that one computes.
    pub network: Option<Arc<MusiCnn>>,
}

/// Time that a thread has to end by itself after the limit of a track.
const GRACE: Duration = Duration::from_secs(5);
/// Number of threads that may hang before a shard is given up.
const MAX_HANGING: usize = 8;

impl Worker {
    /// Creates a worker of this program's version.
    pub fn new(name: impl Into<String>, roots: Roots, objects: Objects) -> Self {
        Self { name: name.into(), version: VERSION.to_owned(), roots, objects, network: None }
    }

    /// Works on a shard of the job in an output folder that lies in the roots, unless it is done.
    ///
    /// # Errors
    /// [`Error::OtherExecutor`], [`Error::OutsideRoots`] for the output folder, [`Error::Hanging`], and the errors of
    /// reading the job and writing the part. Tracks that cannot be used are no errors.
    pub fn run_in(&self, out: &str, shard: u32) -> Result<Done> {
        let place = self.roots.writable(out).in_file(out)?;
        let storage = Storage::at(out, place, &self.objects)?;
        self.run(&Job::load(&storage)?, &storage, shard)
    }

    /// Works on a shard, unless it is done.
    ///
    /// # Errors
    /// As [`run_in`](Self::run_in).
    pub fn run(&self, job: &Job, storage: &Storage, shard: u32) -> Result<Done> {
        self.check("version", &job.version, &self.version)?;
        if let Some(done) = Done::find(storage, job, shard)? {
            return Ok(done);
        }
        let mut analysis = Analysis::new(job, storage, self.network.as_ref())?;
        if let Some(expected) = &job.probe {
            self.check("a processor that computes", expected, &analysis.probe()?)?;
        }
        let plan = ShardPlan::load(storage, shard)?;
        let part_file = job.part_file(shard);
        let part = storage.unfinished(&part_file)?;
        let handle = part.reopen().in_file(format!("{}/{part_file}", storage.name()))?;
        let mut run = Run {
            shard,
            limits: job.limits,
            part: PartWriter::new(handle, job, analysis.row_shape(job)?, shard)?,
            failures: Failures::default(),
            reading: self.reading(job.limits),
            analyzing: self.analyzing(job, storage),
        };
        drop(analysis);
        run.tracks(&plan.tracks).map_err(|error| written(error, storage, &part_file))?;
        let Run { part: writer, failures, .. } = run;
        let rows = writer.finish().map_err(|error| written(error, storage, &part_file))?;
        finish(job, storage, shard, Finished { tracks: plan.tracks.len(), rows, part, failures })
    }

    /// What a fixed signal gives here.
    ///
    /// # Errors
    /// The errors of planning the features, or of reading the model.
    pub fn probe(&self, job: &Job, storage: &Storage) -> Result<String> {
        Analysis::new(job, storage, self.network.as_ref())?.probe()
    }

    fn check(&self, what: &'static str, expected: &str, actual: &str) -> Result<()> {
        if expected == actual {
            return Ok(());
        }
        let (executor, expected, actual) = (self.name.clone(), expected.to_owned(), actual.to_owned());
        Err(Error::OtherExecutor { executor, what, expected, actual })
    }

    fn reading(&self, limits: Limits) -> Attended<String, Result<Fetched, Unread>> {
        let (roots, objects) = (self.roots.clone(), self.objects.clone());
        Attended::new("reading", move || {
            let (roots, objects) = (roots.clone(), objects.clone());
            let task = move |path: String| fetch(&path, limits.bytes, &roots, &objects);
            Ok(Box::new(task) as Task<_, _>)
        })
    }

    fn analyzing(&self, job: &Job, storage: &Storage) -> Attended<Input, Result<Output, String>> {
        let (job, storage, network) = (job.clone(), storage.clone(), self.network.clone());
        Attended::new("analyzing", move || {
            let mut analysis = Analysis::new(&job, &storage, network.as_ref())?;
            Ok(Box::new(move |input| analysis.track(input)) as Task<_, _>)
        })
    }
}

/// A shard that is being worked on.
struct Run {
    shard: u32,
    limits: Limits,
    part: PartWriter,
    failures: Failures,
    reading: Attended<String, Result<Fetched, Unread>>,
    analyzing: Attended<Input, Result<Output, String>>,
}

impl Run {
    /// Works on the tracks in their order; the next one is read while one is decoded.
    fn tracks(&mut self, tracks: &[Track]) -> Result<()> {
        let Some(first) = tracks.first() else { return Ok(()) };
        self.reading.submit(first.path.clone())?;
        for (track, next) in tracks.iter().zip(tracks.iter().skip(1).map(Some).chain([None])) {
            let fetched = self.fetched(track)?;
            if let Some(next) = next {
                self.reading.submit(next.path.clone())?;
            }
            match fetched {
                Ok(fetched) => self.track(track, fetched)?,
                Err(cause) => self.failures.push(track, SKIPPED, cause, None),
            }
        }
        Ok(())
    }

    /// The bytes of a track, or the cause why there are none.
    fn fetched(&mut self, track: &Track) -> Result<Result<Fetched, String>> {
        match self.reading.wait(Duration::from_secs(self.limits.work_seconds)) {
            Ok(Ok(fetched)) => Ok(Ok(fetched)),
            Ok(Err(Unread::Unusable(cause))) => Ok(Err(cause)),
            Ok(Err(Unread::Failed(error))) => Err(error),
            Err(lost) => self.lost(lost, track).map(Err),
        }
    }

    fn track(&mut self, track: &Track, fetched: Fetched) -> Result<()> {
        let hash = fetched.hash.clone();
        self.analyzing.submit(Input::new(&track.path, fetched))?;
        let limit = Duration::from_secs(self.limits.work_seconds) + GRACE;
        match self.analyzing.wait(limit) {
            Ok(Ok(Output { values, damage })) => {
                self.part.push(track, &hash, &values)?;
                if let Some(damage) = damage {
                    self.failures.push(track, DAMAGED, damage, Some(&hash));
                }
            }
            Ok(Err(cause)) => self.failures.push(track, SKIPPED, cause, Some(&hash)),
            Err(lost) => {
                let cause = self.lost(lost, track)?;
                self.failures.push(track, SKIPPED, cause, Some(&hash));
            }
        }
        Ok(())
    }

    /// The cause for a track whose thread gave no answer.
    fn lost(&self, lost: Lost, track: &Track) -> Result<String> {
        match lost {
            Lost::Unprepared(error) => Err(error),
            Lost::Panicked(text) => Ok(format!("the decoder panicked: {text}")),
            Lost::TimedOut => {
                let count = self.reading.abandoned + self.analyzing.abandoned;
                if count > MAX_HANGING {
                    return Err(Error::Hanging { count, shard: self.shard, path: track.path.clone() });
                }
                Ok(analysis::too_slow(self.limits))
            }
        }
    }
}

/// The results of a shard, before they are in their places.
struct Finished {
    tracks: usize,
    rows: u64,
    part: NamedTempFile,
    failures: Failures,
}

/// Puts the files of a shard into their places: the record last, which makes the others count.
fn finish(job: &Job, storage: &Storage, shard: u32, finished: Finished) -> Result<Done> {
    let Finished { tracks, rows, part, failures } = finished;
    let file = job.part_file(shard);
    let (failed, damaged) = (failures.count(SKIPPED), failures.count(DAMAGED));
    let failures_file = (failed + damaged > 0).then(|| job.failures_file(shard));
    if let Some(name) = &failures_file {
        let table = storage.unfinished(name)?;
        let handle = table.reopen().in_file(format!("{}/{name}", storage.name()))?;
        failures.write(handle, job).map_err(|error| written(error, storage, name))?;
        storage.finish(name, table)?;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(part.reopen()?)?;
    let bytes = part.as_file().metadata()?.len();
    storage.finish(&file, part)?;
    let blake3 = hasher.finalize().to_hex().to_string();
    let done = Done { shard, file, failures: failures_file, tracks, failed, damaged, rows, bytes, blake3 };
    storage.write(&done_file(shard), serde_json::to_string(&done)?.as_bytes())?;
    Ok(done)
}

/// An error of a Parquet writer is one of the file beneath it: a full disk, which another try may find with space.
fn written(error: Error, storage: &Storage, file: &str) -> Error {
    let path = format!("{}/{file}", storage.name());
    match error {
        Error::Parquet(cause) => Error::from(std::io::Error::other(cause)).in_file(path),
        other => other.in_file(path),
    }
}
