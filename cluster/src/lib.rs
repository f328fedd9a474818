#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod deal;
#[cfg(feature = "engine")]
pub mod engine;
mod error;
mod job;
mod local;
mod location;
mod manifest;
mod objects;
mod plan;
mod roots;
mod shard;
mod status;
mod storage;

pub use cepstrum_dataset;
pub use cepstrum_models;

pub use deal::{Shard, deal};
pub use error::{Error, Result};
pub use job::{Damaged, Done, Job, JobSettings, Limits, VERSION, Work};
pub use local::run_local;
pub use location::{Location, Remote};
pub use manifest::{Manifest, Track};
pub use objects::Objects;
pub use plan::{commit, plan, remaining};
pub use roots::Roots;
pub use shard::Worker;
pub use status::Status;
pub use storage::Storage;

/// The first 16 hexadecimal digits of the hash of some bytes, which name a model in an output folder.
pub fn short_hash(bytes: &[u8]) -> String {
    manifest::short(&blake3::hash(bytes))
}
