//! The reference notebook, whole: audio (or the synthetic set) to trained, measured and drawn models.
//!
//! `cargo run --release --example notebook -- --help`

mod arguments;
mod data;
mod outcome;
mod output;
mod training;

use std::time::Instant;

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitUnit};
use cepstrum::eval::Run;
use clap::Parser;

use arguments::Arguments;
use output::Output;

/// The notebook trains on 70 % of the segments.
const TRAIN_SHARE: f64 = 0.7;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let output = Output::create(&arguments.out)?;

    let data = data::gather(&arguments)?;
    outcome::print_data(&data, arguments.seed);
    data.features.save(output.features())?;

    let mut models = Vec::new();
    for unit in units(&data.features) {
        for &experiment in arguments.models.iter() {
            let run = training::train(experiment, unit, &data.features, &arguments, &output)?;
            models.push(run);
        }
    }

    let run = Run {
        command: output::command(),
        seed: arguments.seed,
        seconds: started.elapsed().as_secs_f64(),
        versions: output::versions(),
        data: data.summary,
        skipped: data.skipped,
        models,
        ..Run::default()
    };
    run.save(output.run())?;
    outcome::print_results(&run);
    println!("\nSeed {}, {:.0} s. Everything is in {}", run.seed, run.seconds, output.folder().display());
    Ok(())
}

/// Both splits, or the one by segment where nobody knows which segments belong to one track.
fn units(features: &FeatureSet) -> Vec<SplitUnit<'static>> {
    if features.has_tracks() {
        return vec![SplitUnit::Track, SplitUnit::Segment];
    }
    println!("The features do not say which track a segment is of: only the split by segment is possible.");
    vec![SplitUnit::Segment]
}
