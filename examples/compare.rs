//! Compares networks on stored features, on both splits and over several seeds.
//!
//! `cargo run --release --example compare -- cepstrum-out/features.safetensors --networks
//! cnn:256-128-64-32,compact,crnn`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::SplitBy;
use cepstrum::eval::metrics::Spread;
use cepstrum::models::zoo::Architecture;
use clap::Parser;

/// Train networks on both splits over several seeds, and print mean and spread of their test accuracy
#[derive(Parser)]
struct Arguments {
    /// Feature store, as the preprocess and the notebook examples write it
    features: PathBuf,
    /// Networks, separated by commas: ffnn1 to ffnn6, cnn:F-F-F-F with the filters of its four blocks, compact, crnn
    #[arg(long, default_value = "cnn:256-128-64-32,compact,crnn", value_delimiter = ',')]
    networks: Vec<Architecture>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Number of seeds (0, 1, ...) of the splits, the initial weights and all other random numbers
    #[arg(long, default_value_t = 5)]
    seeds: u64,
}

fn main() -> Result<()> {
    let Arguments { features, networks, epochs, seeds } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    println!("| network | split | test accuracy | parameters | training time, s |\n|---|---|---|---|---|");
    for network in networks {
        for by in [SplitBy::Track, SplitBy::Segment] {
            let (mut accuracies, mut parameters, start) = (Vec::new(), 0, Instant::now());
            for seed in 0..seeds {
                let parts = match by {
                    SplitBy::Track => Split::by_track(&features, 0.7, seed)?,
                    SplitBy::Segment => Split::by_segment(&features, 0.7, seed)?,
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
            let (spread, seconds) =
                (Spread::from_values(&accuracies)?, start.elapsed().as_secs_f64() / seeds as f64);
            println!("| {network} | {by} | {spread} | {parameters} | {seconds:.0} |");
        }
    }
    Ok(())
}
