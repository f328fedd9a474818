//! `cepstrum completions`.

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

/// The arguments of `cepstrum completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cepstrum completions bash > ~/.local/share/bash-completion/completions/cepstrum"
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Cli::command(), "cepstrum", &mut script);
        stdout().lock().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
