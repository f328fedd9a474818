use anyhow::{Context, Result};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{FeatureSet, SplitUnit};
use cepstrum::eval::metrics::Bootstrap;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::tensorboard::TensorBoard;
use cepstrum::eval::{CalibrationRun, Evaluation, History, ModelRun};
use cepstrum::models::zoo::Architecture;
use cepstrum::models::{Classifier, OodDetector, ShowProgress};

use crate::arguments::Arguments;
use crate::output::Output;
use crate::parts;

/// A model and what is known of it.
pub(crate) struct TrainedModel {
    pub(crate) model: Classifier,
    pub(crate) evaluation: Evaluation,
    pub(crate) run: ModelRun,
}

/// Trains and measures one network on one split; keeps the model, its log and its pictures.
pub(crate) fn train(
    architecture: Architecture,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<TrainedModel> {
    let (seed, protocol) = (arguments.seed, parts::protocol(unit));
    let split = parts::split(Some(architecture), unit, features, seed)?;
    // Without a validation part the curves show the test part; nothing is chosen by them.
    let (part, watched) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };
    let mut model = architecture.build(features.segment_shape(), features.n_classes(), seed)?;
    let (n_train, n_test) = (split.train.len(), split.test.len());
    println!("\n{architecture}, split by {protocol}: {n_train} segments to train on, {n_test} to test\n");
    println!("{}", model.summary());

    let name = format!("{architecture}-{protocol}").replace(':', "-");
    let epochs = arguments.epochs(architecture.epochs());
    let mut history = History::default();
    let report = architecture
        .trainer(architecture.config(features.segment_shape(), epochs, seed))
        .callback(&mut history)
        .callback(TensorBoard::create(output.log(&name))?.watching(watched, 10))
        .callback(ShowProgress(TerminalProgress::new()))
        .fit(&mut model, &split.train, watched)
        .with_context(|| format!("training {architecture} on the split by {protocol}"))?;

    let evaluation = Evaluation::of(&model, &split.test)?;
    println!("{evaluation}");
    let run = ModelRun::new(architecture.to_string(), protocol, seed).trained(&model, &report);
    let mut run = run.measured(&evaluation, &Bootstrap { seed, ..Bootstrap::default() })?;
    if let Some((held_out, rest)) = parts::held_out(&split, unit, seed) {
        let of = |set| Evaluation::of(&model, set);
        let calibration = CalibrationRun::of(&of(&held_out)?, &of(&rest)?)?;
        model = model.with_temperatures(calibration.temperatures()?);
        model = model.with_ood_detector(OodDetector::fit(&split.train, &held_out)?);
        run.calibration = Some(calibration);
    }
    model.save(output.model(&name))?;

    let style = Style::default().titled(format!("{architecture}, split by {protocol}"));
    let trivial = evaluation.confusion.majority_baseline();
    let history = history.with_eval_name(part).with_majority_baseline(trivial);
    plot::history(&history, &style).save(output.picture(&format!("history-{name}")))?;
    plot::confusion(&evaluation.confusion, &style).save(output.picture(&format!("confusion-{name}")))?;
    run.history = Some(history);
    Ok(TrainedModel { model, evaluation, run })
}
