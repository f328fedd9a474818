//! The whole reference experiment: audio or the synthetic set to trained, evaluated and explained models, with a report.
//!
//! `cepstrum notebook` runs it, and so does the example `notebook`.

mod arguments;
mod choice;
mod circumstances;
mod compose;
mod data;
mod explain;
mod explore;
mod outcome;
mod output;
mod parts;
mod pretrained;
mod songs;
mod training;
mod validate;

use std::time::Instant;

use anyhow::{Result, ensure};
use cepstrum::eval::{Comparison, LeakageRun, Run, SplitBy, report};
use serde_json::json;

pub(crate) use arguments::Arguments;
use output::Output;

use crate::settings::Settings;
use crate::training::{Trained, split_by};

/// Runs the experiment, and prints what a person wants to know on the way. After an interruption it still reports on the models
/// that it has.
pub(crate) fn run(mut arguments: Arguments, settings: &Settings) -> Result<()> {
    let started = Instant::now();
    let (seed, interrupt) = (settings.seed, &settings.interrupt);
    arguments.settings = settings.clone();
    let output = Output::create(&arguments.out)?;

    let data = data::gather(&arguments)?;
    outcome::print_data(&data, &arguments)?;
    data.features.save(output.features())?;

    let mut run = Run { command: circumstances::command(), seed, data: data.summary, ..Run::default() };
    (run.skipped, run.versions, run.machine) =
        (data.skipped, circumstances::versions(), circumstances::machine());
    run.figures.extend(data.overview);
    let models = arguments.models();
    let (units, mut order) = (parts::units(&data.features), Vec::new());
    let first_split = split_by(units[0]);
    if !data.features.has_tracks() {
        arguments.say("The tracks of the segments are unknown: only the split by segment is possible.")?;
    }
    interrupt.wait_for_command();
    for unit in units {
        let by = split_by(unit);
        let split = parts::without_validation(unit, &data.features, seed)?;
        let leakage = LeakageRun::compute(by, &split.train, &split.test);
        arguments.say(format_args!("\n{leakage}"))?;
        run.leakage.push(leakage);
        let mut trained: Vec<Trained> = Vec::new();
        for &name in models.iter().take_while(|_| !interrupt.is_asked()) {
            let label = name.to_string();
            trained.push(training::train(name, &label, unit, &data.features, &arguments, &output)?);
        }
        if let Some(pretrained) = data.pretrained.as_ref().filter(|_| by == SplitBy::Track) {
            for (label, head) in pretrained::HEADS.into_iter().take_while(|_| !interrupt.is_asked()) {
                let model = training::train(head, label, unit, &pretrained.features, &arguments, &output)?;
                if arguments.embed {
                    pretrained.embed(&model.model)?.save(output.model(&format!("{label}-{by}")))?;
                }
                trained.push(model);
            }
        }
        // The first split is by track where tracks are known: its models are ranked, explained and classify songs.
        if trained.is_empty() {
            break;
        }
        if run.models.is_empty() {
            order = choice::order(&models, &mut trained, unit, &data.features, &arguments)?;
            let mut ranked = order.iter().map(|&model| &trained[model]);
            let best = &trained[order[0]].model;
            let best = match &data.pretrained {
                Some(pretrained) => pretrained.embed(best)?,
                None => best.try_clone()?,
            };
            let songs = songs::classify(best, &split.test, &arguments, &output)?;
            run.songs = songs.runs;
            run.skipped.extend(songs.skipped);
            if let Some(best) = ranked.find(|trained| trained.run.name.starts_with("cnn")) {
                explain::explain(best, &split, &arguments, &output, &mut run)?;
            }
        }
        // The published network is there for the first split only.
        let order: Vec<usize> = order.iter().copied().filter(|&model| model < trained.len()).collect();
        if let [first, second, ..] = order[..] {
            let chosen = [first, second].map(|model| &trained[model]);
            let pair = chosen.map(|it| (it.run.name.as_str(), &it.evaluation));
            let chosen_by = choice::criterion(chosen, first_split);
            run.comparisons.push(Comparison { chosen_by, ..Comparison::from_evaluations(by, pair)? });
        }
        run.models.extend(trained.into_iter().map(|trained| trained.run));
    }

    ensure!(!run.models.is_empty(), "interrupted before the first model was trained");
    for (name, k) in models.into_iter().zip(arguments.folds.into_iter().cycle()) {
        if interrupt.is_asked() {
            break;
        }
        run.folds.push(validate::by_track(name, &data.features, k, &arguments)?);
    }

    run.seconds = started.elapsed().as_secs_f64();
    run.save(output.run())?;
    report::write(output.run(), output.report())?;
    outcome::print_results(&run, &arguments)?;
    let report = output.report();
    arguments.say(format_args!("\nSeed {seed}, {:.0} s. Report: {}", run.seconds, report.display()))?;
    settings.console.object(&json!({ "report": report, "run": output.run(), "models": run.models }))?;
    Ok(())
}
