//! Networks against each other on stored features: both splits, several seeds, mean and spread; those beyond the
//! reference experiment too.
//!
//! `cargo run --release --example compare -- cepstrum-out/features.safetensors --networks cnn:256-128-64-32,compact,crnn`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::metrics::Spread;
use cepstrum::models::zoo::Architecture;
use clap::Parser;

/// Trains networks on both splits over several seeds and prints what they are worth on the test part.
#[derive(Parser)]
struct Arguments {
    /// Features as the preprocess or the notebook example stores them
    features: PathBuf,
    /// Networks, separated by commas: ffnn1 to ffnn6, cnn:F-F-F-F, compact, crnn
    #[arg(long, default_value = "cnn:256-128-64-32,compact,crnn", value_delimiter = ',')]
    networks: Vec<Architecture>,
    /// Epochs at most
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Seeds 0, 1, ... of splits, initial weights and everything else random
    #[arg(long, default_value_t = 5)]
    seeds: u64,
}

fn main() -> Result<()> {
    let Arguments { features, networks, epochs, seeds } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    println!(
        "| network | split | accuracy on the test part | parameters | s a training |\n|---|---|---|---|---|"
    );
    for network in networks {
        for by in ["track", "segment"] {
            let (mut accuracies, mut parameters, begun) = (Vec::new(), 0, Instant::now());
            for seed in 0..seeds {
                let parts = match by {
                    "track" => Split::by_track(&features, 0.7, seed)?,
                    _ => Split::by_segment(&features, 0.7, seed)?,
                };
                let shape = features.segment_shape();
                let mut model = network.build(shape, features.n_classes(), seed)?;
                let trainer = network.trainer(network.config(shape, epochs, seed));
                let trained = trainer.fit(&mut model, &parts.train, &parts.validation);
                let report = trained.with_context(|| format!("{network}, split by {by}, seed {seed}"))?;
                let accuracy = model.evaluate(&parts.test)?.accuracy;
                eprintln!(
                    "{network}, split by {by}, seed {seed}: {accuracy:.3} after {} epochs",
                    report.epochs
                );
                accuracies.push(accuracy);
                parameters = model.n_parameters();
            }
            let (spread, seconds) = (Spread::of(&accuracies)?, begun.elapsed().as_secs_f64() / seeds as f64);
            println!("| {network} | {by} | {spread} | {parameters} | {seconds:.0} |");
        }
    }
    Ok(())
}
