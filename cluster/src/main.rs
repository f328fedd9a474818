//! `cepstrum-cluster`: features and verdicts of millions of tracks.
#![forbid(unsafe_code)]

mod commands;
mod logger;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Features and verdicts of millions of tracks on many machines.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Tell more: -v what the program does, -vv what the engine does
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

fn main() -> ExitCode {
    let Arguments { command, verbose } = Arguments::parse();
    logger::start(verbose);
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
