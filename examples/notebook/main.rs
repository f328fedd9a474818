//! The reference notebook, whole: audio (or the synthetic set) to trained, measured, explained and drawn models, and a
//! page about them.
//!
//! `cargo run --release --example notebook -- --help`

mod arguments;
mod circumstances;
mod compose;
mod data;
mod explain;
mod explore;
mod outcome;
mod output;
mod parts;
mod songs;
mod training;
mod validate;
mod wav;

use std::time::Instant;

use anyhow::Result;
use cepstrum::eval::{Comparison, LeakageRun, Run, report};
use clap::Parser;

use arguments::Arguments;
use output::Output;
use training::TrainedModel;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (seed, started) = (arguments.seed, Instant::now());
    let output = Output::create(&arguments.out)?;

    let data = data::gather(&arguments)?;
    outcome::print_data(&data, seed);
    data.features.save(output.features())?;

    let mut run = Run { command: circumstances::command(), seed, data: data.summary, ..Run::default() };
    (run.skipped, run.versions, run.machine) =
        (data.skipped, circumstances::versions(), circumstances::machine());
    run.figures.extend(data.overview);
    for unit in parts::units(&data.features) {
        let split = parts::split(None, unit, &data.features, seed)?;
        let leakage = LeakageRun::of(parts::protocol(unit), &split.train, &split.test);
        println!("\n{leakage}");
        run.leakage.push(leakage);
        let mut trained: Vec<TrainedModel> = Vec::new();
        for experiment in arguments.models() {
            trained.push(training::train(experiment, unit, &data.features, &arguments, &output)?);
        }
        // The first split is the one to believe; its best models are explained and let loose on songs.
        let mut ranked: Vec<&TrainedModel> = trained.iter().collect();
        ranked.sort_by(|a, b| b.run.test_accuracy.total_cmp(&a.run.test_accuracy));
        if run.models.is_empty() {
            if let Some(best) = ranked.iter().find(|trained| trained.run.name.starts_with("cnn")) {
                explain::explain(best, &split, seed, &output, &mut run)?;
            }
            run.songs = songs::classify(&ranked[0].model, &split.test, &arguments, &output)?;
        }
        if let [first, second, ..] = ranked.as_slice() {
            let pair = [first, second].map(|it| (it.run.name.as_str(), &it.evaluation));
            run.comparisons.push(Comparison::of(parts::protocol(unit), pair)?);
        }
        run.models.extend(trained.into_iter().map(|trained| trained.run));
    }

    for (network, k) in arguments.models().into_iter().zip(arguments.folds.into_iter().cycle()) {
        let epochs = arguments.epochs(network.epochs());
        run.folds.push(validate::by_track(network, &data.features, k, epochs, seed)?);
    }

    run.seconds = started.elapsed().as_secs_f64();
    run.save(output.run())?;
    report::write(output.run(), output.report())?;
    outcome::print_results(&run);
    println!("\nSeed {seed}, {:.0} s. To be read in a browser: {}", run.seconds, output.report().display());
    Ok(())
}
