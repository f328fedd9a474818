//! Draws attribution maps of a saved model, for one test segment that it classifies correctly and one that it does not, and
//! writes them as sound where their audio is at hand.
//!
//! `cargo run --release --example explain -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors
//! cepstrum-out/features.safetensors --audio genres_original --sound explained`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit, load_audio};
use cepstrum::eval::plot::Style;
use cepstrum::eval::{AttributionPlot, Evaluation, Listening};
use cepstrum::models::Classifier;
use cepstrum::models::candle_core::Device;
use cepstrum::models::explain::SmoothGrad;
use cepstrum::models::explain::audible::{Audible, AudibleConfig};
use clap::Parser;

/// Draw a segment's features, their smoothed saliency and their Grad-CAM side by side, and write what spoke for its class
#[derive(Parser)]
struct Arguments {
    /// Model file of a convolutional network, as the notebook example saves it
    model: PathBuf,
    /// Feature store that it was trained and tested on
    features: PathBuf,
    /// Output picture: .png or .svg
    #[arg(long, default_value = "cepstrum-out/explanation.png")]
    out: PathBuf,
    /// Use the test part of a split by segment instead of by track, as for a model trained on that split
    #[arg(long)]
    by_segment: bool,
    /// Seed of the model's training run and of the noise that smooths the saliency
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Device that computes: cpu, cuda, cuda:1, metal (docs/training.md, "Devices")
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    device: Device,
    /// Folder of class folders that the store was made from, for --sound
    #[arg(long, requires = "sound")]
    audio: Option<PathBuf>,
    /// Output folder for the segments as WAV: the original, what the features keep, what spoke for the predicted class, what
    /// spoke against it, what is left
    #[arg(long, requires = "audio")]
    sound: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let model = Classifier::load_on(&arguments.device, &arguments.model)?;
    let unit = if arguments.by_segment { SplitUnit::Segment } else { SplitUnit::Track };
    let split = SplitConfig { unit, seed: arguments.seed, ..Default::default() };
    let test = split.split(&FeatureSet::load(&arguments.features)?)?.test;
    let evaluation = Evaluation::from_model(&model, &test)?;
    let smooth = SmoothGrad { seed: arguments.seed, ..Default::default() };
    let plot = AttributionPlot::compute(&model, &test, &evaluation, &smooth)?;
    plot.draw(&Style::default()).save(&arguments.out)?;
    for title in &plot.titles {
        println!("{title}");
    }
    println!("{}", arguments.out.display());
    if let (Some(audio), Some(sound)) = (&arguments.audio, &arguments.sound) {
        let mut audible = Audible::new(&model, AudibleConfig::default())?;
        for (i, title) in plot.titles.iter().enumerate() {
            let samples = segment(&test, plot.segments[i], audio, &audible)?;
            let listening = Listening::compute(&mut audible, &samples, plot.classes[i], title)?;
            let right = evaluation.truth()[plot.segments[i]] == plot.classes[i];
            write(&listening, &sound.join(if right { "right" } else { "wrong" }))?;
        }
    }
    Ok(())
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

/// Writes the sounds of a segment, and prints the probability of its class for each of them.
fn write(listening: &Listening, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    println!("\n{}\nprobability of {} for", listening.title, listening.class);
    for (sound, (path, factor)) in listening.sounds.iter().zip(listening.save(folder)?) {
        let scaled = if factor < 1.0 { format!(", scaled by {factor:.2}") } else { String::new() };
        println!("  {:<50} {:>4.0} %  {}{scaled}", sound.name, 100.0 * sound.probability, path.display());
    }
    Ok(())
}
