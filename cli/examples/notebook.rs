//! The whole reference experiment: audio or the synthetic set to trained, evaluated and explained models, with a report.
//!
//! `cargo run --release --example notebook -- --help`; the same as `cepstrum notebook`, whose code is in `cli/src/notebook`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("notebook")
}
