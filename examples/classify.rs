//! Says which class each song sounds like, segment by segment and as a whole, with a model that the `notebook` example saved.
//!
//! `cargo run --release --example classify -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors song.mp3 folder ...`

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use cepstrum::dataset::audio_files;
use cepstrum::eval::{ColorMode, timeline};
use cepstrum::models::{Classification, GenreClassifier, Vote};
use clap::Parser;
use serde_json::json;

/// Prints the classes of audio files with their probabilities, and a letter a segment.
#[derive(Parser)]
struct Arguments {
    /// A model file: network, class names and feature configuration
    model: PathBuf,
    /// Audio files (wav, flac, mp3, ogg, m4a, aiff or au), or folders of them
    #[arg(required = true)]
    audio: Vec<PathBuf>,
    /// Give every segment one vote, instead of averaging the logarithms of their probabilities
    #[arg(long)]
    majority: bool,
    /// List every segment with its likeliest classes
    #[arg(long)]
    segments: bool,
    /// Print one JSON object a file, for scripts
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let vote = if arguments.majority { Vote::Majority } else { Vote::MeanLogProbability };
    let genre = GenreClassifier::load(&arguments.model)?.vote(vote);
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
                    match genre.classify(&file) {
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
    let told = if arguments.segments { format!("{song:#}") } else { song.to_string() };
    println!("{}: {told}", path.display());
    println!("{}", timeline(song, if colored { ColorMode::Ansi } else { ColorMode::Plain }));
    Ok(())
}
