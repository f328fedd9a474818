//! A job on this machine, without an engine.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::job::{Done, Job};
use crate::shard::Worker;
use crate::storage::Storage;
use crate::{Error, Result};

/// Number of times that a shard is tried when a disk or a store fails, as an engine tries a task.
const TRIES: u32 = 3;

/// Works on shards with several threads, and calls `progress` after each.
///
/// # Errors
/// The first error of a shard, once the shards that others work on are done.
pub fn run_local(
    worker: &Worker,
    job: &Job,
    storage: &Storage,
    shards: &[u32],
    threads: usize,
    progress: impl Fn(&Done) + Sync,
) -> Result<()> {
    let queue = Mutex::new(shards.iter());
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next().copied();
                    let Some(shard) = next else { break };
                    match run_shard(worker, job, storage, shard) {
                        Ok(done) => progress(&done),
                        Err(error) => {
                            stop.store(true, Ordering::Relaxed);
                            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn run_shard(worker: &Worker, job: &Job, storage: &Storage, shard: u32) -> Result<Done> {
    let mut tries = 1;
    loop {
        match worker.run(job, storage, shard) {
            Err(error) if error.is_transient() && tries < TRIES => {
                log::warn!("shard {shard} is tried again: {error}");
                std::thread::sleep(Duration::from_secs(1) * tries);
                tries += 1;
            }
            result => return result,
        }
    }
}
