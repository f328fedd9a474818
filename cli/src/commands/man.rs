//! `cepstrum man`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use serde_json::json;

use crate::settings::Settings;

/// The arguments of `cepstrum man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cepstrum man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder for `cepstrum.1` and a page per command; it is created
    dir: PathBuf,
}

impl Man {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let dir = self.dir;
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        clap_mangen::generate_to(crate::Cli::command(), &dir)
            .with_context(|| format!("cannot write the pages to {}", dir.display()))?;
        settings.console.text(format_args!("man -l {}", dir.join("cepstrum.1").display()))?;
        settings.console.object(&json!({ "folder": dir }))?;
        Ok(ExitCode::SUCCESS)
    }
}
