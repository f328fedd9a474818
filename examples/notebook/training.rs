use anyhow::{Context, Result};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{FeatureSet, Split, SplitConfig, SplitUnit};
use cepstrum::eval::metrics::Bootstrap;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::tensorboard::TensorBoard;
use cepstrum::eval::{CalibrationRun, Evaluation, History, ModelRun, Protocol};
use cepstrum::models::zoo::Experiment;
use cepstrum::models::{Classifier, Familiarity, ShowProgress, TrainConfig};

use crate::arguments::Arguments;
use crate::output::Output;

/// The notebook trains on 70 % of the segments.
const TRAIN_SHARE: f64 = 0.7;

/// A model and what is known of it.
pub(crate) struct Trained {
    pub(crate) model: Classifier,
    pub(crate) evaluation: Evaluation,
    pub(crate) run: ModelRun,
}

/// The parts that an experiment is trained and tested on.
///
/// Where nothing watches a validation part, its segments are better trained on, as the notebook does.
pub(crate) fn split(
    experiment: Option<Experiment>,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    seed: u64,
) -> Result<Split> {
    let watched = experiment.is_some_and(|experiment| experiment.recipe().patience.is_some());
    let validation_share = if watched { 0.2 } else { 0.0 };
    Ok(SplitConfig { unit, train_share: TRAIN_SHARE, validation_share, seed }.split(features)?)
}

/// Trains and measures one network on one split; keeps the model, its log and its pictures.
pub(crate) fn train(
    experiment: Experiment,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<Trained> {
    let (seed, recipe, protocol) = (arguments.seed, experiment.recipe(), protocol(unit));
    let split = split(Some(experiment), unit, features, seed)?;
    // Without a validation part the curves show the test part; nothing is chosen by them.
    let (part, watched) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };
    let mut model = experiment.build(features.shape(), features.n_classes(), seed)?;
    let (n_train, n_test) = (split.train.len(), split.test.len());
    println!("\n{experiment}, split by {protocol}: {n_train} segments to train on, {n_test} to test\n");
    println!("{}", model.summary());

    let name = format!("{experiment}-{protocol}").replace(':', "-");
    let epochs = arguments.epochs(recipe.epochs);
    let config = TrainConfig { epochs, standardize: experiment.standardization(), ..recipe.config(seed) };
    let mut history = History::default();
    let report = recipe
        .trainer(config)
        .callback(&mut history)
        .callback(TensorBoard::create(output.log(&name))?.watching(watched, 10))
        .callback(ShowProgress(TerminalProgress::new()))
        .fit(&mut model, &split.train, watched)
        .with_context(|| format!("training {experiment} on the split by {protocol}"))?;

    let evaluation = Evaluation::of(&model, &split.test)?;
    println!("{evaluation}");
    let run = ModelRun::new(experiment.to_string(), protocol, seed).trained(&model, &report);
    let mut run = run.measured(&evaluation, &Bootstrap { seed, ..Bootstrap::default() })?;
    if let Some((held_out, rest)) = held_out(&split, unit, seed) {
        let of = |set| Evaluation::of(&model, set);
        let calibration = CalibrationRun::of(&of(&held_out)?, &of(&rest)?)?;
        model = model.with_temperatures(calibration.temperatures()?);
        model = model.with_familiarity(Familiarity::fit(&split.train, &held_out)?);
        run.calibration = Some(calibration);
    }
    model.save(output.model(&name))?;

    let style = Style::default().titled(format!("{experiment}, split by {protocol}"));
    let trivial = evaluation.confusion.trivial_accuracy();
    let history = history.with_watched_part(part).with_trivial_accuracy(trivial);
    plot::history(&history, &style).save(output.picture(&format!("history-{name}")))?;
    plot::confusion(&evaluation.confusion, &style).save(output.picture(&format!("confusion-{name}")))?;
    run.history = Some(history);
    Ok(Trained { model, evaluation, run })
}

/// What confidences are fitted on, and what they are measured on: the validation and the test part, or two halves of the
/// test part where there is no validation part. `None` where the test part cannot be halved.
fn held_out(split: &Split, unit: SplitUnit<'_>, seed: u64) -> Option<(FeatureSet, FeatureSet)> {
    if !split.validation.is_empty() {
        return Some((split.validation.clone(), split.test.clone()));
    }
    let halves =
        SplitConfig { unit, train_share: 0.5, validation_share: 0.0, seed }.split(&split.test).ok()?;
    Some((halves.train, halves.test))
}

pub(crate) fn protocol(unit: SplitUnit<'_>) -> Protocol {
    match unit {
        SplitUnit::Segment => Protocol::Segment,
        _ => Protocol::Track,
    }
}
