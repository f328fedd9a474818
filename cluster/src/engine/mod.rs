//! The engine: Apache DataFusion Ballista deals shards to executors, which work on them with a function of ours.
//!
//! A job is the query `SELECT cepstrum_shard(shard, out) FROM shards`. The table `shards` has one partition per shard, and so
//! a task per shard. The function does all the work and returns the shard's record as JSON. It finds its tracks in
//! the output folder, so that no message grows with their number.

mod client;
mod executor;
mod function;
mod scheduler;
mod table;

pub use client::Client;
pub use executor::ExecutorSettings;
pub use scheduler::SchedulerSettings;

/// Largest message between the programs, in bytes; the largest is a plan with all its shards.
const MAX_MESSAGE: u32 = 64 << 20;

/// The error of the engine with its whole message.
fn failed(error: impl std::fmt::Display) -> crate::Error {
    crate::Error::Engine { cause: error.to_string() }
}
