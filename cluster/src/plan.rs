//! The plan of a job: its tracks dealt into shards, in the output folder.

use std::collections::BTreeMap;
use std::fs;

use futures::{StreamExt, stream};
use object_store::ObjectStoreExt;

use crate::deal::deal;
use crate::job::{COMMIT_FILE, DONE, Done, FAILURES, JOB_FILE, Job, PARTS, ShardPlan, done_file, plan_file};
use crate::location::{Location, Remote};
use crate::manifest::{Manifest, Track};
use crate::shard::Worker;
use crate::storage::Storage;
use crate::{Error, Result};

/// Writes the plan of a job into an output folder, or takes the one that is there.
///
/// Sizes that the manifest lacks are asked of the disk or the store. A folder with a plan keeps it, so that
/// an interrupted job goes on with the shards that it began with.
///
/// # Errors
/// [`Error::OtherJob`] for a folder of another configuration, manifest or version, and the errors of writing.
pub fn plan(
    mut job: Job,
    manifest: &Manifest,
    storage: &Storage,
    worker: &Worker,
    shard_bytes: u64,
) -> Result<Job> {
    job.manifest_hash = manifest.hash();
    if let Some(there) = Job::find(storage)? {
        job.check_same(&there, storage)?;
        return Ok(there);
    }
    let mut tracks = manifest.tracks.clone();
    ask_sizes(&mut tracks, worker);
    let shards = deal(&tracks, shard_bytes);
    for (shard, indices) in (0..).zip(&shards) {
        let tracks = indices.iter().map(|&at| tracks[at].clone()).collect();
        storage.write(&plan_file(shard), &serde_json::to_vec(&ShardPlan { tracks })?)?;
    }
    let (n_tracks, n_shards) = (tracks.len(), shards.len() as u32);
    let job = Job { tracks: n_tracks, shards: n_shards, columns: manifest.columns.clone(), ..job };
    storage.write(JOB_FILE, &serde_json::to_vec_pretty(&job)?)?;
    Ok(job)
}

/// Asks for the sizes that a manifest lacks. What cannot be asked stays unknown: reading it will tell why.
fn ask_sizes(tracks: &mut [Track], worker: &Worker) {
    let mut remote = Vec::new();
    for (at, track) in tracks.iter_mut().enumerate().filter(|(_, track)| track.bytes.is_none()) {
        match worker.roots.readable(&track.path) {
            Ok(Location::Local(path)) => {
                track.bytes = fs::metadata(path).ok().map(|metadata| metadata.len());
            }
            Ok(Location::Remote(place)) => remote.push((at, place)),
            Err(_) => {}
        }
    }
    let size = |(at, place): (usize, Remote)| async move {
        let client = worker.objects.client(&place).ok()?;
        Some((at, client.head(&place.path).await.ok()?.size))
    };
    let sizes = worker.objects.wait(stream::iter(remote).map(size).buffered(REQUESTS).collect::<Vec<_>>());
    for (at, size) in sizes.into_iter().flatten() {
        tracks[at].bytes = Some(size);
    }
}

/// Number of sizes that are asked for at a time.
const REQUESTS: usize = 64;

/// Returns the shards that are not done, in their order.
///
/// # Errors
/// The errors of reading.
pub fn remaining(job: &Job, storage: &Storage) -> Result<Vec<u32>> {
    let (records, parts) = (storage.list(DONE)?, storage.list(PARTS)?);
    let has = |files: &BTreeMap<String, u64>, file: &str| {
        files.contains_key(file.rsplit('/').next().unwrap_or_default())
    };
    let is_left = |&shard: &u32| !(has(&records, &done_file(shard)) && has(&parts, &job.part_file(shard)));
    Ok((0..job.shards).filter(is_left).collect())
}

/// Reads the records of all shards; `None` where there is none, or where its part is not there.
pub(crate) fn records(job: &Job, storage: &Storage) -> Result<Vec<Option<Done>>> {
    let mut records: Vec<Option<Done>> = vec![None; job.shards as usize];
    let left = remaining(job, storage)?;
    let part = records.len().div_ceil(storage.concurrency()).max(1);
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (first, records) in (0..).step_by(part).zip(records.chunks_mut(part)) {
            let left = &left;
            threads.push(scope.spawn(move || -> Result<()> {
                for (shard, record) in (first..).zip(records) {
                    if left.binary_search(&shard).is_err() {
                        *record = Done::find(storage, job, shard)?;
                    }
                }
                Ok(())
            }));
        }
        let panicked = || Err(std::io::Error::other("reading the records panicked").into());
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| panicked()))
    })?;
    Ok(records)
}

/// Writes the list of parts, which makes a job finished: readers take the parts that it names and no others.
///
/// # Errors
/// [`Error::Incomplete`] when a shard is missing, and the errors of reading and writing.
pub fn commit(job: &Job, storage: &Storage) -> Result<Vec<Done>> {
    let records = records(job, storage)?;
    let missing = records.iter().filter(|record| record.is_none()).count();
    if let Some(first) = records.iter().position(Option::is_none) {
        return Err(Error::Incomplete { missing, shards: records.len(), first: first as u32 });
    }
    let all: Vec<Done> = records.into_iter().flatten().collect();
    for folder in [PARTS, FAILURES, DONE] {
        storage.sweep(folder)?;
    }
    let parts = serde_json::json!({ "config_hash": job.config_hash, "parts": all });
    storage.write(COMMIT_FILE, &serde_json::to_vec_pretty(&parts)?)?;
    Ok(all)
}
