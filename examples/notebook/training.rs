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

/// A trained model with its evaluation on the test part and its entry in the record.
pub(crate) struct TrainedModel {
    pub(crate) model: Classifier,
    pub(crate) evaluation: Evaluation,
    pub(crate) run: ModelRun,
}

/// Trains and evaluates one network on one split, and saves the model, its log and its pictures.
pub(crate) fn train(
    network: Architecture,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<TrainedModel> {
    let (seed, by) = (arguments.seed, parts::split_by(unit));
    let split = parts::split(network, unit, features, seed)?;
    // Without a validation part the curves show the test part; they have no influence on the training or on any choice.
    let (part, monitored) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };
    let mut model = network.build(features.segment_shape(), features.n_classes(), seed)?;
    let (n_train, n_test) = (split.train.len(), split.test.len());
    println!("\n{network}, split by {by}: {n_train} training segments, {n_test} test segments\n");
    println!("{}", model.summary());

    let name = format!("{network}-{by}").replace(':', "-");
    let epochs = arguments.epochs(network.epochs());
    let mut history = History::default();
    let report = network
        .trainer(network.config(features.segment_shape(), epochs, seed))
        .callback(&mut history)
        .callback(TensorBoard::create(output.log(&name))?.with_histograms(monitored, 10))
        .callback(ShowProgress(TerminalProgress::new()))
        .fit(&mut model, &split.train, monitored)
        .with_context(|| format!("training {network} on the split by {by}"))?;

    let evaluation = Evaluation::from_model(&model, &split.test)?;
    println!("{evaluation}");
    let run = ModelRun::new(network.to_string(), by, seed).with_training(&model, &report);
    let mut run = run.with_evaluation(&evaluation, &Bootstrap { seed, ..Bootstrap::default() })?;
    if !split.validation.is_empty() {
        run.validation_accuracy = Some(model.evaluate(&split.validation)?.accuracy);
    }
    if let Some((held_out, rest)) = parts::held_out(&split, unit, seed) {
        let evaluate = |set| Evaluation::from_model(&model, set);
        let calibration = CalibrationRun::fit(&evaluate(&held_out)?, &evaluate(&rest)?)?;
        model = model.with_temperatures(calibration.temperatures()?);
        model = model.with_ood_detector(OodDetector::fit(&split.train, &held_out)?);
        run.calibration = Some(calibration);
    }
    model.save(output.model(&name))?;

    let style = Style::default().with_title(format!("{network}, split by {by}"));
    let baseline = evaluation.confusion().majority_baseline();
    let history = history.with_eval_name(part).with_majority_baseline(baseline);
    plot::history(&history, &style).save(output.picture(&format!("history-{name}")))?;
    plot::confusion(evaluation.confusion(), &style).save(output.picture(&format!("confusion-{name}")))?;
    run.history = Some(history);
    Ok(TrainedModel { model, evaluation, run })
}
