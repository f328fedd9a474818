//! Classifies songs, segment by segment and as a whole, with a saved model.
//!
//! `cargo run --release --example classify -- MODEL song.mp3 folder ... --sound explained`; the same as `cepstrum classify`, whose code is in `cli/src/commands/classify.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cepstrum_cli::run_command("classify")
}
