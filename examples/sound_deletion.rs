//! Deletion and insertion in the domain of sound: whether what an explanation plays is what a network responds to.
//!
//! `cargo run --release --example sound_deletion -- --data ../shared/data/esc10`

use std::path::PathBuf;

use anyhow::{Result, ensure};
use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum::dataset::{AudioFolder, Collection, ExtractConfig, Extraction, FeatureSet, Segment, Split};
use cepstrum::eval::Evaluation;
use cepstrum::models::Classifier;
use cepstrum::models::explain::audible::{Audible, AudibleConfig, KeepRemove};
use cepstrum::models::zoo::Architecture;
use clap::Parser;

/// Train networks, keep and remove the share of the energy that their explanations name first, and classify what is left
#[derive(Parser)]
struct Arguments {
    /// Folder with one folder of audio files per class [default: the synthetic set]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Networks, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "compact,cnn:32-32-32-32,crnn")]
    networks: Vec<Architecture>,
    /// Maximum number of epochs
    #[arg(long, default_value_t = 60)]
    epochs: usize,
    /// Share of the energy that is kept or removed
    #[arg(long, default_value_t = 0.2)]
    share: f64,
    /// Most segments that are explained per network
    #[arg(long, default_value_t = 60)]
    segments: usize,
    /// Seed of the split, of the networks and of the random orders
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Some(folder) = &arguments.data else {
        let config = SyntheticConfig { tracks_per_class: 16, seed: arguments.seed, ..Default::default() };
        return measure(&SyntheticSet::new(config)?, &arguments);
    };
    measure(&AudioFolder::scan(folder)?, &arguments)
}

/// Trains every network on a split by track, and prints a row of a table for each order of the bins.
fn measure(collection: &impl Collection, arguments: &Arguments) -> Result<()> {
    let config = ExtractConfig { segment: Segment::Seconds(3.0), ..ExtractConfig::default() };
    let features = Extraction::new(config).run(collection)?.features;
    let split = Split::by_track(&features, 0.7, arguments.seed)?;
    println!("| network | accuracy | segments | order of the bins | kept | removed |");
    println!("|---|---|---|---|---|---|");
    for &network in &arguments.networks {
        let shape = features.segment_shape();
        let mut model = network.build(shape, features.n_classes(), arguments.seed)?;
        let config = network.config(shape, arguments.epochs, arguments.seed);
        network.trainer(config).fit(&mut model, &split.train, &split.validation)?;
        let untrained = network
            .build(shape, features.n_classes(), arguments.seed + 1)?
            .with_metadata(model.metadata().clone())?;
        let cases = cases(&model, &split.test, collection, arguments.segments)?;
        ensure!(!cases.is_empty(), "{network} classifies no test segment correctly");
        let accuracy = Evaluation::from_model(&model, &split.test)?.accuracy();
        let start = format!("| {network} | {:.1} % | {} |", 100.0 * accuracy, cases.len());
        let whole = cases.iter().map(|case| case.probability).sum::<f32>() / cases.len() as f32;
        println!("{start} (the whole sound) | {whole:.3} | |");
        for (order, [kept, removed]) in ORDERS.iter().zip(trials(&model, &untrained, &cases, arguments)?) {
            println!("{start} {order} | {kept:.3} | {removed:.3} |");
        }
    }
    Ok(())
}

/// A test segment that the network classifies correctly.
struct Case {
    samples: Vec<f32>,
    class: usize,
    probability: f32,
}

/// The test segments that a network classifies correctly, in turn over the classes.
fn cases(
    model: &Classifier,
    test: &FeatureSet,
    collection: &impl Collection,
    most: usize,
) -> Result<Vec<Case>> {
    let mut audible = Audible::new(model, AudibleConfig::default())?;
    let (rate, length) = (audible.sample_rate(), audible.segment_samples());
    let mut per_class = vec![0; test.n_classes()];
    let mut cases = Vec::new();
    for segment in 0..test.len() {
        let class = test.labels()[segment];
        let name = &test.track_names()[test.track_ids()[segment]];
        if per_class[class] == most.div_ceil(test.n_classes()) || cases.len() == most {
            continue;
        }
        let Some(index) = (0..collection.n_tracks()).find(|&i| collection.track(i).name == *name) else {
            continue;
        };
        let first = (test.start_seconds(segment).unwrap_or_default() * f64::from(rate)).round() as usize;
        let track = collection.load(index, rate)?;
        let Some(samples) = track.get(first..first + length) else { continue };
        let probabilities = audible.probabilities(samples)?;
        if probabilities.iter().all(|&p| p <= probabilities[class]) {
            per_class[class] += 1;
            cases.push(Case { samples: samples.to_vec(), class, probability: probabilities[class] });
        }
    }
    Ok(cases)
}

/// The orders in which bins are kept or removed. The last is Adebayo's check: a network of the same shape with random weights.
const ORDERS: [&str; 4] = ["relevance", "loudness", "chance", "relevance for random weights"];

/// For each order, the mean probability of the segments' classes with only the bins that come first, and without them.
fn trials(
    model: &Classifier,
    untrained: &Classifier,
    cases: &[Case],
    arguments: &Arguments,
) -> Result<[[f32; 2]; ORDERS.len()]> {
    let mut audible = Audible::new(model, AudibleConfig::default())?;
    let mut other = Audible::new(untrained, AudibleConfig::default())?;
    let mut sums = [[0.0; 2]; ORDERS.len()];
    for (seed, Case { samples, class, .. }) in (arguments.seed..).zip(cases) {
        let relevance = audible.relevance(samples, *class)?;
        let truth = audible.truth(samples, *class, &relevance, arguments.share, seed)?;
        let order = other.relevance_order(samples, *class)?;
        let random_weights = audible.keep_remove(samples, *class, &order, arguments.share)?;
        let found = [truth.relevance, truth.loudness, truth.chance, random_weights];
        for (sum, KeepRemove { kept, removed }) in sums.iter_mut().zip(found) {
            sum[0] += kept;
            sum[1] += removed;
        }
    }
    Ok(sums.map(|sum| sum.map(|it| it / cases.len() as f32)))
}
