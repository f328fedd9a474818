use anyhow::{Context, Result};
use cepstrum::dataset::progress::TerminalProgress;
use cepstrum::dataset::{FeatureSet, Split, SplitUnit};
use cepstrum::eval::metrics::Bootstrap;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::tensorboard::TensorBoard;
use cepstrum::eval::{CalibrationRun, Evaluation, History, ModelRun};
use cepstrum::models::zoo::{Architecture, FittedModel, ModelName};
use cepstrum::models::{Classifier, OodDetector, ShowProgress, TrainReport};

use super::arguments::Arguments;
use super::output::Output;
use super::parts;

/// A trained model with its evaluation on the test part and its entry in the record.
pub(super) struct TrainedModel {
    pub(super) model: Classifier,
    pub(super) evaluation: Evaluation,
    pub(super) run: ModelRun,
}

/// Trains and evaluates one model, which the run calls `label`, on one split, and saves the model, its log and its pictures.
pub(super) fn train(
    name: ModelName,
    label: &str,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<TrainedModel> {
    let (seed, by) = (arguments.seed, parts::split_by(unit));
    let split = parts::split(name, unit, features, seed)?;
    let (n_train, n_test) = (split.train.len(), split.test.len());
    println!("\n{label}, split by {by}: {n_train} training segments, {n_test} test segments\n");

    let file_name = format!("{label}-{by}").replace(':', "-");
    let (mut model, report, history) = match name {
        ModelName::Network(network) => train_network(network, &split, &file_name, arguments, output)
            .with_context(|| format!("training {network} on the split by {by}"))?,
        ModelName::Simple(simple) => {
            let validation = Some(&split.validation).filter(|part| !part.is_empty());
            let FittedModel { model, report, .. } = simple.fit(&split.train, validation)?;
            (model, report, None)
        }
    };

    let evaluation = Evaluation::from_model(&model, &split.test)?;
    println!("{evaluation}");
    let run = ModelRun::new(label, by, seed).with_training(&model, &report);
    let mut run = run.with_evaluation(&evaluation, &Bootstrap { seed, ..Bootstrap::default() })?;
    if let Some((held_out, segments, rest)) = held_out(&model, &split, &evaluation, unit, seed)? {
        if !split.validation.is_empty() {
            run = run.with_validation(&held_out)?;
        }
        let calibration = CalibrationRun::fit(&held_out, &rest)?;
        model = model.with_temperatures(calibration.temperatures()?);
        // The covariance of more values than segments is degenerate, and large.
        if 2 * split.train.segment_shape()[1] < split.train.len() {
            model = model.with_ood_detector(OodDetector::fit(&split.train, &segments)?);
        }
        run.calibration = Some(calibration);
    }
    model.save(output.model(&file_name))?;

    let style = Style::default().with_title(format!("{label}, split by {by}"));
    let baseline = evaluation.confusion().majority_baseline();
    if let Some(history) = history {
        let history = history.with_majority_baseline(baseline);
        plot::history(&history, &style).save(output.picture(&format!("history-{file_name}")))?;
        run.history = Some(history);
    }
    plot::confusion(evaluation.confusion(), &style)
        .save(output.picture(&format!("confusion-{file_name}")))?;
    Ok(TrainedModel { model, evaluation, run })
}

/// Returns the evaluation of held-out segments on which the temperatures are fitted, the segments themselves, and the
/// evaluation of those on which the effect is measured: the validation and the test part, or two halves of the test part
/// where there is no validation part. `None` where the test part cannot be halved.
fn held_out(
    model: &Classifier,
    split: &Split,
    test: &Evaluation,
    unit: SplitUnit<'_>,
    seed: u64,
) -> Result<Option<(Evaluation, FeatureSet, Evaluation)>> {
    if !split.validation.is_empty() {
        let validation = Evaluation::from_model(model, &split.validation)?;
        return Ok(Some((validation, split.validation.clone(), test.clone())));
    }
    let Some(halves) = parts::test_halves(&split.test, unit, seed) else { return Ok(None) };
    let segments = split.test.select(&halves.train);
    Ok(Some((test.select(&halves.train)?, segments, test.select(&halves.test)?)))
}

/// Trains a network with a log for `TensorBoard`.
fn train_network(
    network: Architecture,
    split: &Split,
    file_name: &str,
    arguments: &Arguments,
    output: &Output,
) -> Result<(Classifier, TrainReport, Option<History>)> {
    // Without a validation part the curves show the test part; they have no influence on the training or on any choice.
    let (part, monitored) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };
    let (shape, n_classes) = (split.train.segment_shape(), split.train.n_classes());
    let mut model = network.build_on(&arguments.device, shape, n_classes, arguments.seed)?;
    println!("{}", model.summary());
    let epochs = arguments.epochs(network);
    let mut history = History::default();
    let report = network
        .trainer(network.config(shape, epochs, arguments.seed))
        .callback(&mut history)
        .callback(TensorBoard::create(output.log(file_name))?.with_histograms(monitored, 10))
        .callback(ShowProgress(TerminalProgress::new()))
        .fit(&mut model, &split.train, monitored)?;
    Ok((model, report, Some(history.with_eval_name(part))))
}
