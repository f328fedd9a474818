//! Draws attribution maps of a saved model, for one test segment that it classifies correctly and one that it does not.
//!
//! `cargo run --release --example explain -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors
//! cepstrum-out/features.safetensors`

use std::path::PathBuf;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit};
use cepstrum::eval::plot::Style;
use cepstrum::eval::{AttributionPlot, Evaluation};
use cepstrum::models::Classifier;
use cepstrum::models::candle_core::Device;
use cepstrum::models::explain::SmoothGrad;
use clap::Parser;

/// Draw a segment's features, their smoothed saliency and their Grad-CAM side by side
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
    Ok(())
}
