use std::time::Instant;

use anyhow::{Context, Result};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{FeatureSet, SplitConfig, SplitUnit};
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{Evaluation, History, ModelRun, Protocol};
use cepstrum::models::zoo::Experiment;
use cepstrum::models::{ShowProgress, Standardization, TrainConfig};

use crate::TRAIN_SHARE;
use crate::arguments::Arguments;
use crate::output::Output;

/// Trains and measures one network on one split; keeps the model and its pictures.
pub(crate) fn train(
    experiment: Experiment,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<ModelRun> {
    let (seed, recipe) = (arguments.seed, experiment.recipe());
    // Where nothing watches a validation part, its segments are better trained on, as the notebook does. The curves
    // then show the test part; nothing is chosen by them.
    let validation_share = if recipe.patience.is_some() { 0.2 } else { 0.0 };
    let split = SplitConfig { unit, train_share: TRAIN_SHARE, validation_share, seed }.split(features)?;
    let (part, watched) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };

    let mut model = experiment.build(features.shape(), features.n_classes(), seed)?;
    let protocol = protocol(unit);
    println!(
        "\n{experiment}, split by {protocol}: {} segments to train on, {} to test\n",
        split.train.len(),
        split.test.len()
    );
    println!("{}", model.summary());

    let config = TrainConfig {
        epochs: arguments.epochs.unwrap_or(arguments.default_epochs().min(recipe.epochs)),
        standardize: standardization(experiment),
        ..recipe.config(seed)
    };
    let mut history = History::default();
    let started = Instant::now();
    let report = recipe
        .trainer(config)
        .callback(&mut history)
        .callback(ShowProgress(TerminalProgress::new()))
        .fit(&mut model, &split.train, watched)
        .with_context(|| format!("training {experiment} on the split by {protocol}"))?;
    let seconds = started.elapsed().as_secs_f64();

    let evaluation = Evaluation::of(&model, &split.test)?;
    println!("{evaluation}");
    let name = format!("{experiment}-{protocol}").replace(':', "-");
    model.save(output.model(&name))?;
    let title = format!("{experiment}, split by {protocol}");
    let history =
        history.with_watched_part(part).with_trivial_accuracy(evaluation.confusion.trivial_accuracy());
    plot::history(&history, &Style::default().titled(&title))
        .save(output.picture(&format!("history-{name}")))?;
    plot::confusion(&evaluation.confusion, &Style::default().titled(&title))
        .save(output.picture(&format!("confusion-{name}")))?;

    Ok(ModelRun {
        parameters: model.n_parameters(),
        epochs: report.epochs,
        train_accuracy: report.last.train_accuracy,
        test_accuracy: evaluation.accuracy(),
        test_loss: evaluation.loss,
        seconds,
        history: Some(history),
        confusion: Some(evaluation.confusion),
        ..ModelRun::new(experiment.to_string(), protocol, seed)
    })
}

/// Feed-forward networks often die on raw MFCCs at their learning rate of 0.01. The convolutional ones normalise behind
/// their first layer anyway and, at 1e-4, learn faster from raw ones.
fn standardization(experiment: Experiment) -> Standardization {
    match experiment {
        Experiment::Ffnn(_) => Standardization::PerCoefficient,
        Experiment::Cnn(_) => Standardization::Off,
    }
}

fn protocol(unit: SplitUnit<'_>) -> Protocol {
    match unit {
        SplitUnit::Segment => Protocol::Segment,
        _ => Protocol::Track,
    }
}
