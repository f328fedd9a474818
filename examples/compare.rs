//! Compares models on stored features, on both splits and over several seeds.
//!
//! `cargo run --release --example compare -- cepstrum-out/features.safetensors --models logistic,crnn`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::metrics::{Spread, Vote};
use cepstrum::eval::{Evaluation, SplitBy};
use cepstrum::models::Classifier;
use cepstrum::models::zoo::ModelName;
use clap::Parser;

/// Train models on both splits over several seeds, and print mean and spread of their test accuracy
#[derive(Parser)]
struct Arguments {
    /// Feature store, as the preprocess and the notebook examples write it
    features: PathBuf,
    /// Models, separated by commas: majority, knn, logistic, ffnn1 to ffnn6, cnn:F-F-F-F with the filters of its four
    /// blocks, compact, crnn, deep, head
    #[arg(long, default_value = "logistic,cnn:256-128-64-32,compact,crnn", value_delimiter = ',')]
    models: Vec<ModelName>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Number of seeds (0, 1, ...) of the splits, the initial weights and all other random numbers
    #[arg(long, default_value_t = 5)]
    seeds: u64,
}

fn main() -> Result<()> {
    let Arguments { features, models, epochs, seeds } = Arguments::parse();
    let features = FeatureSet::load(features)?;
    println!(
        "| model | split | test tracks | test segments | parameters | training time, s |\n|---|---|---|---|---|---|"
    );
    for name in models {
        for by in [SplitBy::Track, SplitBy::Segment] {
            let (mut tracks, mut segments, mut parameters) = (Vec::new(), Vec::new(), 0);
            let start = Instant::now();
            for seed in 0..seeds {
                let parts = match by {
                    SplitBy::Track => Split::by_track(&features, 0.7, seed)?,
                    SplitBy::Segment => Split::by_segment(&features, 0.7, seed)?,
                };
                let model = train(name, &parts, epochs, seed)
                    .with_context(|| format!("{name}, split by {by}, seed {seed}"))?;
                let evaluation = Evaluation::from_model(&model, &parts.test)?;
                if by == SplitBy::Track {
                    tracks.push(evaluation.by_track(Vote::default())?.accuracy());
                }
                segments.push(evaluation.accuracy());
                eprintln!("{name}, split by {by}, seed {seed}: {:.3} of the segments", evaluation.accuracy());
                parameters = model.n_parameters();
            }
            let seconds = start.elapsed().as_secs_f64() / seeds as f64;
            let segments = Spread::from_values(&segments)?;
            let tracks =
                Spread::from_values(&tracks).map_or_else(|_| "–".to_owned(), |spread| spread.to_string());
            println!("| {name} | {by} | {tracks} | {segments} | {parameters} | {seconds:.0} |");
        }
    }
    Ok(())
}

fn train(name: ModelName, parts: &Split, epochs: usize, seed: u64) -> Result<Classifier> {
    let network = match name {
        ModelName::Simple(simple) => return Ok(simple.fit(&parts.train, Some(&parts.validation))?.model),
        ModelName::Network(network) => network,
    };
    let shape = parts.train.segment_shape();
    let mut model = network.build(shape, parts.train.n_classes(), seed)?;
    network.trainer(network.config(shape, epochs, seed)).fit(&mut model, &parts.train, &parts.validation)?;
    Ok(model)
}
