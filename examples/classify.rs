//! Classifies songs, segment by segment and as a whole, with a model that the `notebook` example saved.
//!
//! `cargo run --release --example classify -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors song.mp3 folder
//! ...`

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use cepstrum::dataset::audio_files;
use cepstrum::eval::{ColorMode, timeline};
use cepstrum::models::{Classification, GenreClassifier, Vote};
use clap::Parser;
use serde_json::json;

/// Classify audio files, and print the probabilities of their classes and a letter per segment
#[derive(Parser)]
struct Arguments {
    /// Model file, as the notebook example saves it
    model: PathBuf,
    /// Audio files (WAV, FLAC, MP3, Ogg, M4A, AIFF or AU), or folders of them
    #[arg(required = true)]
    audio: Vec<PathBuf>,
    /// Count one vote per segment instead of averaging the segments' log-probabilities
    #[arg(long)]
    majority: bool,
    /// List every segment with its most probable classes
    #[arg(long)]
    segments: bool,
    /// Print one JSON object per file, for scripts
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let vote = if arguments.majority { Vote::Majority } else { Vote::MeanLogProbability };
    let classifier = GenreClassifier::load(&arguments.model)?.vote(vote);
    let mut outcome = ExitCode::SUCCESS;
    let mut fail = |path: &Path, error: &dyn std::error::Error| {
        outcome = ExitCode::FAILURE;
        if arguments.json {
            println!("{}", json!({ "file": path, "error": error.to_string() }));
        } else {
            eprintln!("{error}");
        }
    };
    for path in &arguments.audio {
        match audio_files(path) {
            Ok(files) => {
                for file in files {
                    match classifier.classify(&file) {
                        Ok(song) => print(&file, &song, &arguments)?,
                        Err(error) => fail(&file, &error),
                    }
                }
            }
            Err(error) => fail(path, &error),
        }
    }
    Ok(outcome)
}

fn print(path: &Path, song: &Classification, arguments: &Arguments) -> Result<()> {
    if arguments.json {
        let mut object = serde_json::to_value(song)?;
        object["file"] = json!(path);
        println!("{object}");
        return Ok(());
    }
    let colored = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let summary = if arguments.segments { format!("{song:#}") } else { song.to_string() };
    println!("{}: {summary}", path.display());
    println!("{}", timeline(song, if colored { ColorMode::Ansi } else { ColorMode::Plain }));
    Ok(())
}
