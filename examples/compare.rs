//! Networks against each other on stored features: both splits, several seeds, mean and spread.
//!
//! ```sh
//! cargo run --release --example notebook -- --models ffnn5 --epochs 1      # writes cepstrum-out/features.safetensors
//! cargo run --release --example compare -- cepstrum-out/features.safetensors --models cnn:256-128-64-32,compact,crnn
//! ```

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit};
use cepstrum::models::zoo::{Beyond, Experiment};
use cepstrum::models::{Classifier, Standardization, TrainConfig, Trainer};
use clap::Parser;

/// Trains networks on both splits over several seeds and prints what they are worth on the test part.
#[derive(Parser)]
struct Arguments {
    /// Features as the `notebook` example stores them
    features: PathBuf,

    /// Networks, separated by commas: ffnn1 to ffnn6, cnn:F-F-F-F, compact, crnn
    #[arg(long, default_value = "cnn:256-128-64-32,compact,crnn", value_delimiter = ',')]
    models: Vec<String>,

    /// Epochs at most
    #[arg(long, default_value_t = 60)]
    epochs: usize,

    /// Seeds 0, 1, ... of splits, initial weights and everything else random
    #[arg(long, default_value_t = 5)]
    seeds: u64,

    /// Splits, separated by commas
    #[arg(long, default_value = "track,segment", value_delimiter = ',')]
    splits: Vec<String>,
}

enum Network {
    Reference(Experiment),
    Beyond(Beyond),
}

impl Network {
    fn parse(name: &str) -> Result<Self, cepstrum::models::Error> {
        name.parse().map(Self::Beyond).or_else(|_| name.parse().map(Self::Reference))
    }

    fn build(&self, features: &FeatureSet, seed: u64) -> Result<Classifier, cepstrum::models::Error> {
        match self {
            Self::Reference(network) => network.build(features.shape(), features.n_classes(), seed),
            Self::Beyond(network) => network.build(features.shape(), features.n_classes(), seed),
        }
    }

    /// Each with its own recipe; the feed-forward ones standardised, without which they often learn nothing.
    fn trainer(&self, epochs: usize, seed: u64) -> Trainer<'static> {
        match self {
            Self::Reference(network) => {
                let recipe = network.recipe();
                let standardize = match network {
                    Experiment::Ffnn(_) => Standardization::PerCoefficient,
                    Experiment::Cnn(_) => Standardization::Off,
                };
                recipe.trainer(TrainConfig { epochs, standardize, ..recipe.config(seed) })
            }
            Self::Beyond(network) => network.trainer(network.config(epochs, seed)),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let features = FeatureSet::load(&arguments.features)?;
    println!("{} segments, {} epochs at most\n", features.len(), arguments.epochs);
    println!("| network | split | seeds | accuracy, % | spread | parameters | s a training |");
    println!("|---|---|---|---|---|---|---|");
    for split in &arguments.splits {
        let unit = match split.as_str() {
            "track" => SplitUnit::Track,
            "segment" => SplitUnit::Segment,
            other => anyhow::bail!("no split is called {other:?}: there are track and segment"),
        };
        for name in &arguments.models {
            row(&features, name, split, unit, &arguments).with_context(|| format!("{name} by {split}"))?;
        }
    }
    Ok(())
}

fn row(
    features: &FeatureSet,
    name: &str,
    split: &str,
    unit: SplitUnit<'_>,
    arguments: &Arguments,
) -> Result<()> {
    let network = Network::parse(name)?;
    let (mut accuracies, mut parameters) = (Vec::new(), 0);
    let begun = Instant::now();
    for seed in 0..arguments.seeds {
        let parts = SplitConfig { unit, seed, ..SplitConfig::default() }.split(features)?;
        let mut model = network.build(features, seed)?;
        let report =
            network.trainer(arguments.epochs, seed).fit(&mut model, &parts.train, &parts.validation)?;
        let accuracy = 100.0 * model.evaluate(&parts.test)?.accuracy;
        eprintln!("{name} by {split}, seed {seed}: {accuracy:.1} % after {} epochs", report.epochs);
        accuracies.push(accuracy);
        parameters = model.n_parameters();
    }
    let n = accuracies.len() as f64;
    let mean = accuracies.iter().sum::<f64>() / n;
    let variance =
        accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let seconds = begun.elapsed().as_secs_f64() / n;
    let spread = variance.sqrt();
    println!("| {name} | {split} | {n} | {mean:.1} | {spread:.1} | {parameters} | {seconds:.0} |");
    Ok(())
}
