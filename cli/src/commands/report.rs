//! `cepstrum report`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use cepstrum::eval::report;
use serde_json::json;

use crate::settings::Settings;

/// The arguments of `cepstrum report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum report cepstrum-out/report/run.json")]
pub(crate) struct Report {
    /// The record of a run, `run.json`
    run: PathBuf,
    /// The page to write [default: index.html beside the record]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Report {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let console = settings.console;
        let out = self.out.unwrap_or_else(|| self.run.with_file_name("index.html"));
        report::write(&self.run, &out)?;
        console.text(out.display())?;
        console.object(&json!({ "page": out }))?;
        Ok(ExitCode::SUCCESS)
    }
}
