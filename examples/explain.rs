//! Draws what a saved model looks at, for one test segment that it classifies rightly and one that it does not.
//!
//! `cargo run --release --example explain -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors cepstrum-out/features.safetensors`

use std::path::PathBuf;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit};
use cepstrum::eval::plot::Style;
use cepstrum::eval::{AttributionPlot, Evaluation};
use cepstrum::models::Classifier;
use cepstrum::models::explain::SmoothGrad;
use clap::Parser;

/// Draws the input, its `SmoothGrad` saliency and its Grad-CAM side by side.
#[derive(Parser)]
struct Arguments {
    /// A convolutional model that the notebook example saved
    model: PathBuf,
    /// The features that it was trained and tested on
    features: PathBuf,
    /// The picture: .png or .svg
    #[arg(long, default_value = "cepstrum-out/explanation.png")]
    out: PathBuf,
    /// The model was trained on a split by segment, not by track
    #[arg(long)]
    by_segment: bool,
    /// Seed of the training's split, and of the noise of `SmoothGrad`
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let model = Classifier::load(&arguments.model)?;
    let unit = if arguments.by_segment { SplitUnit::Segment } else { SplitUnit::Track };
    let split = SplitConfig { unit, seed: arguments.seed, ..Default::default() };
    let test = split.split(&FeatureSet::load(&arguments.features)?)?.test;
    let evaluation = Evaluation::of(&model, &test)?;
    let smooth = SmoothGrad { seed: arguments.seed, ..Default::default() };
    let explanation = AttributionPlot::of(&model, &test, &evaluation, &smooth)?;
    explanation.draw(&Style::default()).save(&arguments.out)?;
    for title in &explanation.titles {
        println!("{title}");
    }
    println!("{}", arguments.out.display());
    Ok(())
}
