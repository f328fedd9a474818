//! The program `cepstrum`; see the library beside it.

use std::process::ExitCode;

use cepstrum_cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    Cli::parse().run()
}
