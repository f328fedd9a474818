//! Trains convolutional networks on stored features, on both splits over several seeds or fold by fold.
//!
//! `cargo run --release --example train_cnn -- cepstrum-out/features.safetensors --seeds 3`

use std::path::PathBuf;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, KFold, Split};
use cepstrum::eval::metrics::{Bootstrap, Vote};
use cepstrum::eval::plot::Style;
use cepstrum::eval::{CrossValidation, Evaluation, ModelRun, SplitBy, results_chart, results_table};
use cepstrum::models::candle_core::Device;
use cepstrum::models::zoo::Architecture;
use cepstrum::models::{Classifier, TrainReport};
use clap::Parser;

/// Train convolutional networks, and draw their test accuracies with error bars over the seeds
#[derive(Parser)]
struct Arguments {
    /// Feature store, as the preprocess and the notebook examples write it
    features: PathBuf,
    /// Networks, separated by commas: cnn:F-F-F-F with the filters of its four blocks
    #[arg(long, value_delimiter = ',', default_value = "cnn:32-32-32-32")]
    networks: Vec<Architecture>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 40)]
    epochs: usize,
    /// Number of seeds (0, 1, ...) per network and split
    #[arg(long, default_value_t = 2)]
    seeds: u64,
    /// Cross-validate by track with this number of folds instead
    #[arg(long)]
    folds: Option<usize>,
    /// Device that computes: cpu, cuda, cuda:1, metal (docs/training.md, "Devices")
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    device: Device,
    /// Output picture of the results: .png or .svg
    #[arg(long, default_value = "cnn-results.png")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { features, networks, epochs, seeds, folds, device, out } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    if let Some(k) = folds {
        for network in networks {
            let folds = KFold { k, ..Default::default() };
            let train = |fold, parts: &Split| Ok(train(network, parts, epochs, fold as u64, &device)?.0);
            let outcome = CrossValidation::run::<anyhow::Error>(&features, &folds, train)?;
            println!("{network}: segments {}", outcome.accuracy()?);
            println!("{network}: tracks {}", outcome.track_accuracy(Vote::default())?);
        }
        return Ok(());
    }
    let mut runs = Vec::new();
    for (network, seed) in networks.iter().flat_map(|&network| (0..seeds).map(move |seed| (network, seed))) {
        for by in [SplitBy::Track, SplitBy::Segment] {
            let parts = match by {
                SplitBy::Track => Split::by_track(&features, 0.7, seed)?,
                SplitBy::Segment => Split::by_segment(&features, 0.7, seed)?,
            };
            let (model, report) = train(network, &parts, epochs, seed, &device)?;
            let run = ModelRun::new(network.to_string(), by, seed).with_training(&model, &report);
            let evaluation = Evaluation::from_model(&model, &parts.test)?;
            runs.push(run.with_evaluation(&evaluation, &Bootstrap::default())?);
        }
    }
    println!("{}", results_table(&runs));
    results_chart(&runs, &Style::default()).save(&out)?;
    println!("{}", out.display());
    Ok(())
}

fn train(
    network: Architecture,
    parts: &Split,
    epochs: usize,
    seed: u64,
    device: &Device,
) -> Result<(Classifier, TrainReport)> {
    let shape = parts.train.segment_shape();
    let mut model = network.build_on(device, shape, parts.train.n_classes(), seed)?;
    let report = network.trainer(network.config(shape, epochs, seed)).fit(
        &mut model,
        &parts.train,
        &parts.validation,
    )?;
    Ok((model, report))
}
