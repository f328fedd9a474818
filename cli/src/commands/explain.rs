//! `cepstrum explain`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit, load_audio};
use cepstrum::eval::plot::Style;
use cepstrum::eval::{AttributionPlot, Evaluation, Listening};
use cepstrum::models::Classifier;
use cepstrum::models::explain::SmoothGrad;
use cepstrum::models::explain::audible::{Audible, AudibleConfig};
use serde_json::{Value, json};

use crate::console::Console;
use crate::settings::{DeviceOption, Settings};

/// The arguments of `cepstrum explain`.
///
/// A test segment that the model classifies correctly and one that it does not stand side by side: their features, the smoothed
/// saliency and the Grad-CAM.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cepstrum notebook --data genres_original
  cepstrum explain cepstrum-out/models/cnn-256-128-64-32-track.safetensors cepstrum-out/features.safetensors \\
      --audio genres_original --sound explained")]
pub(crate) struct Explain {
    /// Model file of a convolutional network
    model: PathBuf,
    /// Store of features that it was trained and tested on
    features: PathBuf,
    /// Output picture: .png or .svg
    #[arg(long, default_value = "cepstrum-out/explanation.png")]
    out: PathBuf,
    /// Use the test part of a split by segment instead of by track, as for a model trained on that split
    #[arg(long)]
    by_segment: bool,
    /// Folder of class folders that the store was made from, for --sound
    #[arg(long, requires = "sound")]
    audio: Option<PathBuf>,
    /// Output folder for the segments as WAV: the original, what the features keep, what spoke for the predicted class, what
    /// spoke against it, what is left
    #[arg(long, requires = "audio")]
    sound: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceOption,
}

impl Explain {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        let (console, seed) = (settings.console, settings.seed);
        let model = Classifier::load_on(&self.device.device, &self.model)?;
        let unit = if self.by_segment { SplitUnit::Segment } else { SplitUnit::Track };
        let split = SplitConfig { unit, seed, ..SplitConfig::default() };
        let test = split.split(&FeatureSet::load(&self.features)?)?.test;
        let evaluation = Evaluation::from_model(&model, &test)?;
        let smooth = SmoothGrad { seed, ..SmoothGrad::default() };
        let plot = AttributionPlot::compute(&model, &test, &evaluation, &smooth)
            .with_context(|| self.model.display().to_string())?;
        if let Some(folder) = self.out.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        plot.draw(&Style::default()).save(&self.out)?;
        plot.titles.iter().try_for_each(|title| console.text(title))?;
        console.text(self.out.display())?;
        let mut sounds = vec![Value::Null; plot.titles.len()];
        if let (Some(audio), Some(sound)) = (&self.audio, &self.sound) {
            let mut audible = Audible::new(&model, AudibleConfig::default())?;
            for (i, title) in plot.titles.iter().enumerate() {
                let samples = segment(&test, plot.segments[i], audio, &audible)?;
                let listening = Listening::compute(&mut audible, &samples, plot.classes[i], title)?;
                let right = evaluation.truth()[plot.segments[i]] == plot.classes[i];
                sounds[i] = write(&listening, &sound.join(if right { "right" } else { "wrong" }), console)?;
            }
        }
        let segments = plot.titles.iter().zip(&plot.classes).zip(sounds).map(|((title, &class), sounds)| {
            json!({ "title": title, "class": model.classes()[class], "sounds": sounds })
        });
        console.object(&json!({ "picture": self.out, "segments": segments.collect::<Vec<_>>() }))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The samples of a segment of the set, from the folder that it was made from.
fn segment(set: &FeatureSet, segment: usize, audio: &Path, audible: &Audible<'_>) -> Result<Vec<f32>> {
    let track = set.track_ids().get(segment).map(|&track| &set.track_names()[track]);
    let (track, start) =
        track.zip(set.start_seconds(segment)).context("--sound: the store does not name its tracks")?;
    let (path, rate) = (audio.join(track), audible.sample_rate());
    let samples = load_audio(&path, rate)?;
    let first = (start * f64::from(rate)).round() as usize;
    let end = first + audible.segment_samples();
    ensure!(end <= samples.len(), "{}: shorter than the track of the store", path.display());
    Ok(samples[first..end].to_vec())
}

/// Writes the sounds of a segment, prints the probability of its class for each of them, and returns the same for programs.
fn write(listening: &Listening, folder: &Path, console: Console) -> Result<Value> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    console.text(format_args!("\n{}\nprobability of {} for", listening.title, listening.class))?;
    let mut told = Vec::new();
    for (sound, (path, factor)) in listening.sounds.iter().zip(listening.save(folder)?) {
        let scaled = if factor < 1.0 { format!(", scaled by {factor:.2}") } else { String::new() };
        let (name, share) = (&sound.name, 100.0 * sound.probability);
        console.text(format_args!("  {name:<50} {share:>4.0} %  {}{scaled}", path.display()))?;
        told.push(json!({ "name": name, "file": path, "probability": sound.probability, "factor": factor }));
    }
    Ok(told.into())
}
