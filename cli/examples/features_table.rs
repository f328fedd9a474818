//! Writes a table of features of a folder of class folders: the 57 columns of the Kaggle set's GTZAN tables.
//!
//! `cargo run --release --example features_table -- genres_original features.csv --kaggle`; the same as `cepstrum features`, whose code is in `cli/src/commands/features.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("features")
}
