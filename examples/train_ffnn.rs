//! Trains the feed-forward networks of the reference experiment on stored features, and draws their histories.
//!
//! `cargo run --release --example train_ffnn -- cepstrum-out/features.safetensors`

use std::path::PathBuf;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::metrics::Bootstrap;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{Evaluation, History, ModelRun, SplitBy, results_table};
use cepstrum::models::candle_core::Device;
use cepstrum::models::zoo::Architecture;
use clap::Parser;

/// Train the feed-forward networks (plain, regularized, stopped early, normalized) on a split by track
#[derive(Parser)]
struct Arguments {
    /// Feature store, as the preprocess and the notebook examples write it
    features: PathBuf,
    /// Networks, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "ffnn1,ffnn2,ffnn3,ffnn4,ffnn5,ffnn6")]
    networks: Vec<Architecture>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 30)]
    epochs: usize,
    /// Seed of the split, the initial weights and all other random numbers
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Device that computes: cpu, cuda, cuda:1, metal (docs/training.md, "Devices")
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    device: Device,
    /// Output picture of all histories: .png or .svg
    #[arg(long, default_value = "ffnn-histories.png")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Arguments { features, networks, epochs, seed, device, out } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    let split = Split::by_track(&features, 0.7, seed)?;
    let (mut runs, mut histories) = (Vec::new(), Vec::new());
    for network in networks {
        let mut model = network.build_on(&device, features.segment_shape(), features.n_classes(), seed)?;
        println!("{network}\n{}", model.summary());
        let mut history = History::default();
        let trainer =
            network.trainer(network.config(features.segment_shape(), epochs, seed)).callback(&mut history);
        let report = trainer.fit(&mut model, &split.train, &split.validation)?;
        let evaluation = Evaluation::from_model(&model, &split.test)?;
        let run = ModelRun::new(network.to_string(), SplitBy::Track, seed).with_training(&model, &report);
        runs.push(run.with_evaluation(&evaluation, &Bootstrap::default())?);
        histories.push((network.to_string(), history));
    }
    println!("{}", results_table(&runs));
    let curves: Vec<_> = histories.iter().map(|(name, history)| (name.as_str(), history)).collect();
    plot::histories(&curves, &Style::default()).save(&out)?;
    println!("{}", out.display());
    Ok(())
}
