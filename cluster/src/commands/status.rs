//! `cepstrum-cluster status`.

use anyhow::Result;
use cepstrum_cluster::{Objects, Storage};

/// The arguments of `cepstrum-cluster status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Output folder of the job
    #[arg(long, value_name = "DIR")]
    out: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(self) -> Result<()> {
        let storage = Storage::open(&self.out, &Objects::start()?)?;
        let status = cepstrum_cluster::Status::read(&storage)?;
        if self.json {
            println!("{}", serde_json::to_string(&status)?);
        } else {
            print!("{status}");
        }
        Ok(())
    }
}
