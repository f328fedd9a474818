//! The commands of the program.

#[cfg(feature = "engine")]
mod executor;
mod run;
#[cfg(feature = "engine")]
mod scheduler;
mod status;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use cepstrum_cluster::cepstrum_models::pretrained::MusiCnn;
use cepstrum_cluster::{Objects, Roots, Worker};

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Deal out the shards of jobs to executors
    #[cfg(feature = "engine")]
    Scheduler(scheduler::Scheduler),
    /// Work on shards
    #[cfg(feature = "engine")]
    Executor(executor::Executor),
    /// Compute the features of all tracks of a manifest
    Extract(work::Extract),
    /// Classify all tracks of a manifest
    Classify(work::Classify),
    /// Tell what is done of a job, what failed and why, and what is left
    Status(status::Status),
}

impl Command {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            #[cfg(feature = "engine")]
            Self::Scheduler(command) => command.run(),
            #[cfg(feature = "engine")]
            Self::Executor(command) => command.run(),
            Self::Extract(command) => command.run(),
            Self::Classify(command) => command.run(),
            Self::Status(command) => command.run(),
        }
    }
}

/// What a program needs that works on shards.
#[derive(Debug, clap::Args)]
pub(crate) struct WorkerArguments {
    /// Folder or address (`s3://bucket/prefix`) that may be read and written, and nothing else; may be repeated
    /// [default: the working folder]
    #[arg(long = "root", value_name = "DIR")]
    roots: Vec<String>,
    /// Wheel of the package `musicnn`, for features that this network computes
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
}

impl WorkerArguments {
    fn worker(&self, name: String, objects: &Objects) -> Result<Worker> {
        let mut worker = Worker::new(name, Roots::new(&self.roots)?, objects.clone());
        if let Some(wheel) = &self.pretrained {
            worker.network = Some(Arc::new(MusiCnn::from_wheel(wheel)?));
        }
        Ok(worker)
    }
}
