//! Trains convolutional networks on stored features: over several seeds on both splits, or fold by fold.
//!
//! `cargo run --release --example train_cnn -- cepstrum-out/features.safetensors --seeds 3`

use std::path::PathBuf;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, KFold, Split};
use cepstrum::eval::metrics::{Bootstrap, Vote};
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{CrossValidation, Evaluation, ModelRun, SplitBy, results_table};
use cepstrum::models::zoo::Architecture;
use cepstrum::models::{Classifier, TrainReport};
use clap::Parser;

/// Trains convolutional networks, and draws their accuracies with error bars over the seeds.
#[derive(Parser)]
struct Arguments {
    /// Features that the preprocess or the notebook example stored
    features: PathBuf,
    /// Networks, by the filters of their four blocks
    #[arg(long, value_delimiter = ',', default_value = "cnn:32-32-32-32")]
    networks: Vec<Architecture>,
    /// Epochs at most
    #[arg(long, default_value_t = 40)]
    epochs: usize,
    /// Trainings of every network on each split, with seeds 0, 1, ...
    #[arg(long, default_value_t = 2)]
    seeds: u64,
    /// Cross-validate by track in this many folds instead
    #[arg(long)]
    folds: Option<usize>,
    /// The picture of the results: .png or .svg
    #[arg(long, default_value = "cnn-results.png")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { features, networks, epochs, seeds, folds, out } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    if let Some(k) = folds {
        for network in networks {
            let folds = KFold { k, ..Default::default() };
            let train = |fold, parts: &Split| Ok(train(network, parts, epochs, fold as u64)?.0);
            let outcome = CrossValidation::run::<anyhow::Error>(&features, &folds, train)?;
            println!("{network}: segments {}", outcome.accuracy()?);
            println!("{network}: tracks {}", outcome.track_accuracy(Vote::default())?);
        }
        return Ok(());
    }
    let mut runs = Vec::new();
    for (network, seed) in networks.iter().flat_map(|&network| (0..seeds).map(move |seed| (network, seed))) {
        for protocol in [SplitBy::Track, SplitBy::Segment] {
            let parts = match protocol {
                SplitBy::Track => Split::by_track(&features, 0.7, seed)?,
                SplitBy::Segment => Split::by_segment(&features, 0.7, seed)?,
            };
            let (model, report) = train(network, &parts, epochs, seed)?;
            let run = ModelRun::new(network.to_string(), protocol, seed).trained(&model, &report);
            runs.push(run.measured(&Evaluation::of(&model, &parts.test)?, &Bootstrap::default())?);
        }
    }
    println!("{}", results_table(&runs));
    plot::results(&runs, &Style::default()).save(&out)?;
    println!("{}", out.display());
    Ok(())
}

fn train(
    network: Architecture,
    parts: &Split,
    epochs: usize,
    seed: u64,
) -> Result<(Classifier, TrainReport)> {
    let shape = parts.train.segment_shape();
    let mut model = network.build(shape, parts.train.n_classes(), seed)?;
    let report = network.trainer(network.config(shape, epochs, seed)).fit(
        &mut model,
        &parts.train,
        &parts.validation,
    )?;
    Ok((model, report))
}
