//! `cepstrum classify`.

mod library;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{DamagePolicy, LoadConfig, audio_files, load_audio_with};
use cepstrum::dsp::resample;
use cepstrum::eval::timeline;
use cepstrum::models::{Classification, GenreClassifier, Vote};
use serde_json::json;

use super::{exit_code, genre_classifier};
use crate::Console;
use library::Library;

/// The arguments of `cepstrum classify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cepstrum classify genre.safetensors song.mp3
  cepstrum classify genre.safetensors ~/Music --out genres.csv --playlists playlists
  ffmpeg -i song.wma -ac 1 -ar 44100 -f f32le - | cepstrum classify genre.safetensors - --rate 44100")]
pub(crate) struct Classify {
    /// Model file
    model: PathBuf,
    /// Songs, folders of songs, or - for mono PCM on standard input (32-bit floats, little-endian)
    #[arg(required = true, value_name = "SONG")]
    songs: Vec<PathBuf>,
    /// Table of verdicts, one row per song: a song that it names already is skipped, so that a run can go on
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// Folder for one M3U playlist per class, from the table of --out
    #[arg(long, value_name = "DIR", requires = "out")]
    playlists: Option<PathBuf>,
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
    /// Sample rate of the samples on standard input, in Hz
    #[arg(long, value_name = "HZ")]
    rate: Option<u32>,
}

/// Number of tags that are printed.
const N_TAGS: usize = 5;

/// The classification of a song, with its tags and its damage.
struct Verdict {
    song: Classification,
    /// The most probable tags, on request.
    tags: Vec<(String, f32)>,
    /// The damage that ends what was classified.
    damage: Option<String>,
}

impl Classify {
    pub(crate) fn run(self, console: Console) -> Result<ExitCode> {
        let classifier = self.classifier()?;
        let library = self.out.as_deref().map(|out| Library::open(out, &self.model)).transpose()?;
        let mut failures = 0;
        for path in &self.songs {
            if path == Path::new("-") {
                let samples = self.standard_input(classifier.sample_rate())?;
                let verdict = self.verdict(&classifier, &samples, None)?;
                self.print("-", &verdict, console)?;
                continue;
            }
            let files = match audio_files(path) {
                Ok(files) => files,
                Err(error) => {
                    failures += 1;
                    report_failure(path, &error.into(), console)?;
                    continue;
                }
            };
            for file in files {
                if library.as_ref().is_some_and(|library| library.has(&file)) {
                    continue;
                }
                match self.classify(&classifier, &file) {
                    Ok(verdict) => {
                        if let Some(library) = &library {
                            library.add(&file, &verdict)?;
                        }
                        self.print(&file.display().to_string(), &verdict, console)?;
                    }
                    Err(error) => {
                        failures += 1;
                        if let Some(library) = &library {
                            library.add_failure(&file, &error)?;
                        }
                        report_failure(&file, &error, console)?;
                    }
                }
            }
        }
        if let (Some(library), Some(dir)) = (library, &self.playlists) {
            library.write_playlists(dir)?;
        }
        Ok(exit_code(failures))
    }

    /// The model, with the network that computes its features where it is given.
    fn classifier(&self) -> Result<GenreClassifier> {
        let vote = if self.majority { Vote::Majority } else { Vote::MeanLogProbability };
        Ok(genre_classifier(&self.model, self.pretrained.as_deref())?.vote(vote))
    }

    fn classify(&self, classifier: &GenreClassifier, path: &Path) -> Result<Verdict> {
        let sample_rate = classifier.sample_rate();
        let config = LoadConfig { sample_rate, damaged: self.damaged, ..LoadConfig::default() };
        let loaded = load_audio_with(path, &config)?;
        let damage = loaded.damage.map(|damage| damage.cause().to_string());
        self.verdict(classifier, &loaded.samples, damage).with_context(|| path.display().to_string())
    }

    fn verdict(
        &self,
        classifier: &GenreClassifier,
        samples: &[f32],
        damage: Option<String>,
    ) -> Result<Verdict> {
        let song = classifier.classify_samples(samples)?;
        let tags = if self.tags { classifier.tags(samples)? } else { Vec::new() };
        Ok(Verdict { song, tags: tags.into_iter().take(N_TAGS).collect(), damage })
    }

    /// The samples on standard input at the model's rate.
    fn standard_input(&self, sample_rate: u32) -> Result<Vec<f32>> {
        let rate = self.rate.context("standard input has no header: its sample rate is --rate")?;
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        let (samples, rest) = bytes.as_chunks::<4>();
        ensure!(
            rest.is_empty(),
            "standard input ends within a sample: is it 32-bit floating point (-f f32le)?"
        );
        let samples: Vec<f32> = samples.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        resample(&samples, rate, sample_rate).context("standard input")
    }

    fn print(&self, name: &str, verdict: &Verdict, console: Console) -> Result<()> {
        let Verdict { song, tags, damage } = verdict;
        if console.is_json() {
            let mut object = serde_json::to_value(song)?;
            if self.tags {
                object["tags"] =
                    tags.iter().map(|(tag, share)| json!({ "tag": tag, "probability": share })).collect();
            }
            if let Some(damage) = damage {
                object["damage"] = json!(damage);
            }
            object["file"] = json!(name);
            console.object(&object)?;
            return Ok(());
        }
        let summary = if self.segments { format!("{song:#}") } else { song.to_string() };
        console.line(format_args!("{name}: {summary}"))?;
        if let Some(damage) = damage {
            console.warn(format_args!("{name}: only what is whole was classified: {damage}"));
        }
        if !tags.is_empty() {
            let tags: Vec<_> =
                tags.iter().map(|(tag, share)| format!("{tag} {:.0} %", 100.0 * share)).collect();
            console.line(format_args!("  {}", tags.join(", ")))?;
        }
        console.line(timeline(song, Console::colors()))?;
        Ok(())
    }
}

fn report_failure(path: &Path, error: &anyhow::Error, console: Console) -> Result<()> {
    if console.is_json() {
        console.object(&json!({ "file": path, "error": format!("{error:#}") }))?;
    } else {
        console.warn(format_args!("{error:#}"));
    }
    Ok(())
}
