//! `cepstrum notebook`.

use std::process::ExitCode;

use anyhow::Result;

use crate::notebook;
use crate::settings::Settings;

/// The arguments of `cepstrum notebook`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cepstrum notebook --quick\n  cepstrum notebook --data genres_original --full"
)]
pub(crate) struct Notebook {
    #[command(flatten)]
    arguments: notebook::Arguments,
}

impl Notebook {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        notebook::run(self.arguments, settings)?;
        Ok(settings.exit_code(0))
    }
}
