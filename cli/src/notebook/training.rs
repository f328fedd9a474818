use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, Split, SplitUnit};
use cepstrum::eval::History;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::tensorboard::TensorBoard;
use cepstrum::models::zoo::ModelName;
use cepstrum::models::{Classifier, ShowProgress, TrainReport};

use super::arguments::Arguments;
use super::output::Output;
use super::parts;
use crate::training::{self, Fit, Trained};

/// Trains and evaluates one model, which the run calls `label`, on one split, and saves the model, its log and its pictures.
pub(super) fn train(
    name: ModelName,
    label: &str,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
    output: &Output,
) -> Result<Trained> {
    let (seed, by) = (arguments.settings.seed, training::split_by(unit));
    let split = parts::split(name, unit, features, seed)?;
    let (n_train, n_test) = (split.train.len(), split.test.len());
    arguments.say(format_args!(
        "\n{label}, split by {by}: {n_train} training segments, {n_test} test segments\n"
    ))?;

    let file_name = format!("{label}-{by}").replace(':', "-");
    let (fitted, history) = match name {
        ModelName::Network(network) => train_network(name, &split, &file_name, arguments, output)
            .with_context(|| format!("training {network} on the split by {by}"))?,
        ModelName::Simple(_) => (fit(name, &split, arguments).run()?, None),
    };
    let mut trained = training::measure(fitted, label, &split, unit, seed)?;
    arguments.say(&trained.evaluation)?;
    trained.model.save(output.model(&file_name))?;

    let style = Style::default().with_title(format!("{label}, split by {by}"));
    let confusion = trained.evaluation.confusion();
    if let Some(history) = history {
        let history = history.with_majority_baseline(confusion.majority_baseline());
        plot::history(&history, &style).save(output.picture(&format!("history-{file_name}")))?;
        trained.run.history = Some(history);
    }
    plot::confusion(confusion, &style).save(output.picture(&format!("confusion-{file_name}")))?;
    Ok(trained)
}

/// A model on the parts of a split, with the experiment's settings.
pub(super) fn fit<'a>(name: ModelName, split: &'a Split, arguments: &'a Arguments) -> Fit<'a> {
    let epochs = match name {
        ModelName::Network(network) => Some(arguments.epochs(network)),
        ModelName::Simple(_) => None,
    };
    Fit { epochs, ..Fit::new(name, split, &arguments.device, &arguments.settings) }
}

/// Trains a network with a log for `TensorBoard`.
fn train_network(
    name: ModelName,
    split: &Split,
    file_name: &str,
    arguments: &Arguments,
    output: &Output,
) -> Result<((Classifier, TrainReport), Option<History>)> {
    // Without a validation part the curves show the test part; they have no influence on the training or on any choice.
    let (part, monitored) =
        if split.validation.is_empty() { ("test", &split.test) } else { ("validation", &split.validation) };
    let mut history = History::default();
    let log = TensorBoard::create(output.log(file_name))?.with_histograms(monitored, 10);
    let fit = Fit { validation: Some(monitored), ..fit(name, split, arguments) };
    let fitted = fit.run_with(|model, trainer| {
        arguments.say(model.summary())?;
        let trainer = trainer.callback(&mut history).callback(log);
        Ok(trainer.callback(ShowProgress(arguments.settings.console.progress())))
    })?;
    Ok((fitted, Some(history.with_eval_name(part))))
}
