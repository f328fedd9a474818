//! The program `cepstrum`: from a folder of music to a trained and measured genre classifier, and to the genres of songs.
//!
//! [`Cli`] is the command line; each command has a file in `commands`. They print through a `Console`, which knows whether
//! people or programs read.
//!
//! ```
//! use cepstrum_cli::Cli;
//! use clap::Parser;
//!
//! assert!(Cli::try_parse_from(["cepstrum", "check", "music"]).is_ok());
//! assert!(Cli::try_parse_from(["cepstrum", "chekc", "music"]).is_err()); // names `check`
//! ```

mod commands;
mod console;
mod interrupt;
mod listening;
mod neighbors;
mod notebook;
mod settings;
mod tags;
mod training;
mod verdict;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use commands::Command;
use console::Console;
use interrupt::Interrupt;
use settings::Settings;

/// The exit code after an interruption, as shells have it for SIGINT.
const INTERRUPTED: u8 = 130;

const EXIT_CODES: &str = "Exit codes:
  0    everything was done
  1    an error, or some files could not be used; each is named
  2    a command line that makes no sense
  130  interrupted; what was written until then stays";

/// From a folder of music to a trained and measured genre classifier, and to the genres of songs
#[derive(Debug, Parser)]
#[command(name = "cepstrum", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

/// The options that every command takes.
#[derive(Clone, Debug, clap::Args)]
struct Options {
    /// Print results as JSON, one object per line
    #[arg(long, global = true)]
    json: bool,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Number of threads [default: one per core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Seed of all random numbers: splits, initial weights, synthetic audio
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    seed: u64,
}

impl Cli {
    /// Runs the command, and prints an error to standard error.
    pub fn run(self) -> ExitCode {
        match self.outcome() {
            Ok(code) => code,
            // The reader of the results has seen enough (`cepstrum check DIR | head`).
            Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    fn outcome(self) -> Result<ExitCode> {
        let Options { json, quiet, threads, seed } = self.options;
        let interrupt = Interrupt::install().context("cannot wait for interruptions")?;
        if let Some(threads) = threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads.into())
                .build_global()
                .context("cannot start the threads")?;
        }
        let threads = threads.map_or(0, usize::from);
        let settings = Settings { console: Console::new(json, quiet), interrupt, seed, threads };
        match self.command.run(&settings) {
            // The command was about to do something that it could not finish.
            Err(error) if settings.interrupt.is_asked() && !is_closed_pipe(&error) => {
                eprintln!("{error:#}");
                Ok(settings.exit_code(0))
            }
            outcome => outcome,
        }
    }
}

/// Runs one command with the arguments of this process, as `cepstrum COMMAND ARGUMENTS...` does: the whole of an example that
/// has grown into a command.
pub fn run_command(command: &str) -> ExitCode {
    let name = [OsString::from("cepstrum"), OsString::from(command)];
    Cli::parse_from(name.into_iter().chain(std::env::args_os().skip(1))).run()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
