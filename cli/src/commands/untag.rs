//! `cepstrum untag`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use crate::settings::Settings;
use crate::tags::Log;

/// The arguments of `cepstrum untag`.
///
/// The latest change is undone first. A file whose genre was changed since by another program is left as it is.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cepstrum classify genre.safetensors ~/Music --tag genres-before.jsonl\n  cepstrum untag genres-before.jsonl"
)]
pub(crate) struct Untag {
    /// The log of `cepstrum classify --tag`
    log: PathBuf,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Untag {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, interrupt) = (settings.console, &settings.interrupt);
        let changes = Log::new(&self.log).backwards()?;
        interrupt.wait_for_command();
        let mut failures = 0;
        for change in changes.iter().take_while(|_| !interrupt.is_asked()) {
            let file = change.file.display();
            let before =
                if change.before.is_empty() { "no genre".to_owned() } else { change.before.join(", ") };
            let undone = if self.dry_run { Ok(true) } else { change.undo() };
            match undone {
                Ok(undone) => {
                    let words =
                        if undone { "back to" } else { "left alone, it was not there any more; before:" };
                    console.text(format_args!("{file}: {} {words} {before}", change.after))?;
                    console.object(&json!({
                        "file": change.file,
                        "genre": change.before,
                        "undone": undone,
                        "dry_run": self.dry_run,
                    }))?;
                }
                Err(error) => {
                    failures += 1;
                    console.failure(&change.file, &error)?;
                }
            }
        }
        Ok(settings.exit_code(failures))
    }
}
