//! `cepstrum-cluster extract` and `cepstrum-cluster classify`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cepstrum_cluster::cepstrum_dataset::{DamagePolicy, ExtractConfig};
use cepstrum_cluster::{Job, Objects, Storage, Work};

use super::run::RunArguments;

/// The arguments of `cepstrum-cluster extract`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cepstrum-cluster extract --local 2 --manifest tracks.csv --config extract.json --out features")]
pub(crate) struct Extract {
    /// Settings of the features and the segments in a JSON file, as `cepstrum extract` takes it [default: 13 MFCCs]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Files that are truncated or damaged: skip them, or use their segments before the damage
    #[arg(long, default_value = "skip", value_name = "skip|use")]
    damaged: DamagePolicy,
    #[command(flatten)]
    run: RunArguments,
}

impl Extract {
    pub(crate) fn run(self) -> Result<()> {
        let config = self.config.map_or_else(|| Ok(ExtractConfig::default()), ExtractConfig::load)?;
        let job = Job::new(Work::Extract(config), self.run.settings(self.damaged)?)?;
        self.run.run(job, &Objects::start()?)
    }
}

/// The arguments of `cepstrum-cluster classify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cepstrum-cluster classify --local 2 --manifest tracks.csv --model genre.safetensors --out verdicts")]
pub(crate) struct Classify {
    /// Model file; it is copied into the output folder, where executors read it
    #[arg(long)]
    model: PathBuf,
    /// Count one vote per segment instead of averaging the segments' log-probabilities
    #[arg(long)]
    majority: bool,
    /// Files that are truncated or damaged: skip them, or classify what is whole before the damage
    #[arg(long, default_value = "skip", value_name = "skip|use")]
    damaged: DamagePolicy,
    #[command(flatten)]
    run: RunArguments,
}

impl Classify {
    pub(crate) fn run(self) -> Result<()> {
        let objects = Objects::start()?;
        let bytes = std::fs::read(&self.model).with_context(|| self.model.display().to_string())?;
        let hash = cepstrum_cluster::short_hash(&bytes);
        let model = format!("model-{hash}.safetensors");
        let work = Work::Classify { model: model.clone(), majority: self.majority };
        let job = Job::new(work, self.run.settings(self.damaged)?)?;
        let storage = Storage::open(&self.run.out, &objects)?;
        if storage.size(&model)?.is_none() {
            storage.write(&model, &bytes)?;
        }
        self.run.run(job, &objects)
    }
}
