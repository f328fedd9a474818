//! Says which class each audio file sounds like, with a model that the `notebook` example saved.
//!
//! `cargo run --release --example classify -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors song.mp3 ...`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use cepstrum::models::GenreClassifier;
use clap::Parser;

/// Prints the classes of audio files with their probabilities.
#[derive(Parser)]
struct Arguments {
    /// A model file: network, class names and feature configuration
    model: PathBuf,
    /// Audio files: wav, flac, mp3, ogg, m4a, aiff or au
    #[arg(required = true)]
    audio: Vec<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let classifier = GenreClassifier::load(&arguments.model)?;
    let mut outcome = ExitCode::SUCCESS;
    for path in &arguments.audio {
        match classifier.classify(path) {
            Ok(verdict) => println!("{}: {verdict}", path.display()),
            Err(error) => {
                eprintln!("{error}");
                outcome = ExitCode::FAILURE;
            }
        }
    }
    Ok(outcome)
}
