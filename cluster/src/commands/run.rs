//! The run of a job, on this machine or on executors.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use cepstrum_cluster::cepstrum_dataset::DamagePolicy;
use cepstrum_cluster::{
    Done, Job, JobSettings, Limits, Manifest, Objects, Status, Storage, Worker, commit, plan, remaining,
    run_local,
};

use super::WorkerArguments;

/// The arguments of both kinds of job.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// List of tracks: CSV or Parquet with the column `path`, and `label`, `group`, `bytes` and others; or a pattern (`music/**/*.mp3`)
    #[arg(long, value_name = "FILE")]
    manifest: String,
    /// Output folder: a path or an address (`s3://bucket/prefix`)
    #[arg(long, value_name = "DIR")]
    pub(super) out: String,
    /// Address of the scheduler
    #[cfg(feature = "engine")]
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "local", conflicts_with = "local")]
    scheduler: Option<String>,
    /// Work in this process, with this number of threads
    #[arg(long, value_name = "N")]
    local: Option<usize>,
    /// Audio of a shard, in MB: one task and one part
    #[arg(long, default_value_t = 1000, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    shard_mb: u64,
    /// Longest audio of a track, in seconds; a longer one is listed as unusable
    #[arg(long, default_value_t = Limits::default().audio_seconds, value_name = "S")]
    max_seconds: u64,
    /// Longest time for reading, decoding and analyzing a track, in seconds
    #[arg(long, default_value_t = Limits::default().work_seconds, value_name = "S")]
    time_limit: u64,
    /// Largest file, in MB
    #[arg(long, default_value_t = Limits::default().bytes >> 20, value_name = "MB")]
    max_file_mb: u64,
    /// Admit executors whose processors round otherwise: their values differ from this machine's in the last bits
    #[arg(long)]
    mixed_processors: bool,
    /// Seconds to wait for the first executor
    #[cfg(feature = "engine")]
    #[arg(long, default_value_t = 60, value_name = "S")]
    grace: u64,
    /// Shards of one query, at least four for each core of the executors; the next query begins when all are done
    #[cfg(feature = "engine")]
    #[arg(long, default_value_t = 4096, value_name = "N")]
    wave: usize,
    #[command(flatten)]
    worker: WorkerArguments,
}

impl RunArguments {
    pub(super) fn settings(&self, damaged: DamagePolicy) -> Result<JobSettings> {
        ensure!(
            damaged != DamagePolicy::Stop,
            "--damaged stop: a bad track never ends a job of many; skip or use"
        );
        ensure!(self.max_seconds > 0 && self.time_limit > 0, "limits must be at least 1 s");
        let limits = Limits {
            audio_seconds: self.max_seconds,
            work_seconds: self.time_limit,
            bytes: self.max_file_mb << 20,
        };
        Ok(JobSettings { damaged: damaged.into(), limits })
    }

    pub(super) fn run(self, mut job: Job, objects: &Objects) -> Result<()> {
        let storage = Storage::open(&self.out, objects)?;
        let worker = self.worker.worker("this machine".to_owned(), objects)?;
        if !self.mixed_processors {
            job.probe = Some(worker.probe(&job, &storage)?);
        }
        let manifest = Manifest::read(&self.manifest, objects)?;
        let job = plan(job, &manifest, &storage, &worker, self.shard_mb * 1_000_000)?;
        let shards = remaining(&job, &storage)?;
        eprintln!(
            "{} tracks in {} shards, {} of them done",
            job.tracks,
            job.shards,
            job.shards as usize - shards.len()
        );
        if !shards.is_empty() {
            self.work(&worker, &job, &storage, &shards)?;
        }
        commit(&job, &storage)?;
        print!("{}", Status::read(&storage)?);
        Ok(())
    }

    fn work(&self, worker: &Worker, job: &Job, storage: &Storage, shards: &[u32]) -> Result<()> {
        let progress = Progress::new(shards.len());
        if let Some(threads) = self.local {
            return Ok(run_local(worker, job, storage, shards, threads, |done| progress.report(done))?);
        }
        #[cfg(feature = "engine")]
        if let Some(scheduler) = &self.scheduler {
            let client = cepstrum_cluster::engine::Client {
                scheduler: scheduler.clone(),
                grace: std::time::Duration::from_secs(self.grace),
                wave: self.wave,
            };
            // Executors need not share this process's working folder.
            let out = absolute(&self.out)?;
            return Ok(client.run(&out, shards, |done| progress.report(done))?);
        }
        bail!("name a scheduler, or --local N");
    }
}

#[cfg(feature = "engine")]
fn absolute(out: &str) -> Result<String> {
    if out.contains("://") {
        return Ok(out.to_owned());
    }
    Ok(std::fs::canonicalize(out)?.to_string_lossy().into_owned())
}

/// A line on a terminal, rewritten after each shard.
struct Progress {
    shards: usize,
    finished: AtomicUsize,
    last: Mutex<Instant>,
}

impl Progress {
    fn new(shards: usize) -> Self {
        Self { shards, finished: AtomicUsize::new(0), last: Mutex::new(Instant::now()) }
    }

    fn report(&self, done: &Done) {
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        log::info!("shard {}: {} rows, {} tracks not used", done.shard, done.rows, done.failed);
        if let (true, Ok(mut last)) = (std::io::stderr().is_terminal(), self.last.lock())
            && (last.elapsed().as_millis() > 200 || finished == self.shards)
        {
            *last = Instant::now();
            eprint!("\r{finished} of {} shards", self.shards);
            if finished == self.shards {
                eprintln!();
            }
        }
    }
}
