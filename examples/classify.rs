//! Classifies songs, segment by segment and as a whole, with a model that the `notebook` example saved.
//!
//! `cargo run --release --example classify -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors song.mp3 folder
//! ... --sound explained`

use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use cepstrum::dataset::{DamagePolicy, LoadConfig, WavFile, audio_files, load_audio_with, write_wav};
use cepstrum::eval::{ColorMode, timeline};
use cepstrum::features::inverse::GriffinLimConfig;
use cepstrum::models::candle_core::Device;
use cepstrum::models::explain::audible::{Audible, AudibleConfig, Unit};
use cepstrum::models::pretrained::MusiCnn;
use cepstrum::models::{Classification, Classifier, GenreClassifier, Vote, argmax};
use clap::Parser;
use serde_json::json;

/// Classify audio files, and print the probabilities of their classes and a letter per segment
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
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
    /// Wheel of the package `musicnn`, for a model whose features that network computes and that does not hold it
    #[arg(long, value_name = "WHEEL")]
    pretrained: Option<PathBuf>,
    /// Print the song's most probable tags, for a model on the features of `musicnn`
    #[arg(long)]
    tags: bool,
    /// Files that are truncated or damaged: name them as errors, or classify what is whole before the damage
    #[arg(long, default_value = "skip", value_name = "skip|use")]
    damaged: DamagePolicy,
    /// Device that computes: cpu, cuda, cuda:1, metal (docs/training.md, "Devices")
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    device: Device,
    /// Print one JSON object per file, for scripts
    #[arg(long)]
    json: bool,
    /// Write the songs as WAV into a folder each: what spoke for the verdict, what spoke against it, what is left without the
    /// former, and what the features keep of the first 30 s; and print the verdict without parts of the song
    #[arg(long, value_name = "DIR")]
    sound: Option<PathBuf>,
}

/// Number of tags that are printed.
const N_TAGS: usize = 5;
/// Seconds of a song of which `--sound` writes what the features keep, which takes memory in proportion.
const KEPT_SECONDS: usize = 30;
/// Number of spans that `--sound` takes out of a song in turn.
const N_SPANS: usize = 4;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let vote = if arguments.majority { Vote::Majority } else { Vote::MeanLogProbability };
    let classifier = classifier(&arguments)?.vote(vote);
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
                    match classify(&classifier, &file, &arguments) {
                        Ok(verdict) => print(&file, &verdict, &arguments)?,
                        Err(error) => fail(&file, &error),
                    }
                }
            }
            Err(error) => fail(path, &error),
        }
    }
    Ok(outcome)
}

/// The model, with the network that computes its features where it is given.
fn classifier(arguments: &Arguments) -> Result<GenreClassifier> {
    let Arguments { model, device, .. } = arguments;
    let Some(wheel) = &arguments.pretrained else { return Ok(GenreClassifier::load_on(device, model)?) };
    let front = MusiCnn::from_wheel(wheel)?.to_device(device)?;
    let model = Classifier::load_on(device, model)?.with_embedded_front(Arc::new(front));
    Ok(GenreClassifier::new(model)?)
}

/// What is printed of a song.
struct Verdict {
    song: Classification,
    /// The most probable tags, on request.
    tags: Vec<(String, f32)>,
    /// The damage that ends what was classified.
    damage: Option<String>,
    /// What the verdict would be without parts of the song, on request.
    without: Vec<String>,
}

fn classify(
    classifier: &GenreClassifier,
    path: &Path,
    arguments: &Arguments,
) -> cepstrum::models::Result<Verdict> {
    let config = LoadConfig {
        sample_rate: classifier.sample_rate(),
        damaged: arguments.damaged,
        ..Default::default()
    };
    let loaded = load_audio_with(path, &config)?;
    let song = classifier.classify_samples(&loaded.samples).map_err(|error| error.in_file(path))?;
    let tags = if arguments.tags { classifier.tags(&loaded.samples)? } else { Vec::new() };
    let damage = loaded.damage.map(|damage| damage.cause().to_string());
    let without = match &arguments.sound {
        Some(folder) => {
            let folder = folder.join(path.file_stem().unwrap_or_default());
            explain(classifier, &loaded.samples, &song, &folder).map_err(|error| error.in_file(path))?
        }
        None => Vec::new(),
    };
    Ok(Verdict { song, tags: tags.into_iter().take(N_TAGS).collect(), damage, without })
}

/// Writes a song's explanation as sound, and returns what the verdict would be without parts of it.
fn explain(
    classifier: &GenreClassifier,
    samples: &[f32],
    song: &Classification,
    folder: &Path,
) -> cepstrum::models::Result<Vec<String>> {
    let (rate, class) = (classifier.sample_rate(), argmax(&song.song().to_vec()));
    let mut audible = Audible::new(classifier.model(), AudibleConfig::default())?;
    fs::create_dir_all(folder)?;
    let file = |name: &str| WavFile::create(folder.join(name), rate);
    let (mut spoke_for, mut against, mut without) =
        (file("for.wav")?, file("against.wav")?, file("without.wav")?);
    audible.song(samples, class, |parts| {
        spoke_for.push(&parts.spoke_for)?;
        against.push(&parts.spoke_against)?;
        Ok(without.push(&parts.without)?)
    })?;
    let start = &samples[..samples.len().min(KEPT_SECONDS * rate as usize)];
    let kept = audible.kept_by_features(start, &GriffinLimConfig::default())?;
    let factors = [
        ("kept.wav", write_wav(folder.join("kept.wav"), &kept, rate)?),
        ("for.wav", spoke_for.finish()?),
        ("against.wav", against.finish()?),
        ("without.wav", without.finish()?),
    ];
    for (name, factor) in factors.into_iter().filter(|(_, factor)| *factor < 1.0) {
        eprintln!("{}: scaled by {factor:.2}", folder.join(name).display());
    }
    let units = Unit::of_song(samples.len() as f64 / f64::from(rate), N_SPANS);
    let effects = classifier.classify_without(samples, &units)?;
    Ok(effects.iter().map(|effect| effect.in_words(song)).collect())
}

fn print(path: &Path, verdict: &Verdict, arguments: &Arguments) -> Result<()> {
    let Verdict { song, tags, damage, without } = verdict;
    if arguments.json {
        let mut object = serde_json::to_value(song)?;
        if arguments.tags {
            object["tags"] =
                tags.iter().map(|(tag, share)| json!({ "tag": tag, "probability": share })).collect();
        }
        if let Some(damage) = damage {
            object["damage"] = json!(damage);
        }
        if !without.is_empty() {
            object["without"] = json!(without);
        }
        object["file"] = json!(path);
        println!("{object}");
        return Ok(());
    }
    let colored = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let summary = if arguments.segments { format!("{song:#}") } else { song.to_string() };
    println!("{}: {summary}", path.display());
    if let Some(damage) = damage {
        eprintln!("{}: only what is whole was classified: {damage}", path.display());
    }
    if !tags.is_empty() {
        let tags: Vec<_> = tags.iter().map(|(tag, share)| format!("{tag} {:.0} %", 100.0 * share)).collect();
        println!("  {}", tags.join(", "));
    }
    println!("{}", timeline(song, if colored { ColorMode::Ansi } else { ColorMode::Plain }));
    for sentence in without {
        println!("  {sentence}");
    }
    Ok(())
}
