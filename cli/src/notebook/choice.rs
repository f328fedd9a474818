use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitUnit};
use cepstrum::eval::{Evaluation, SplitBy, rank_models};
use cepstrum::models::zoo::ModelName;

use super::arguments::Arguments;
use super::parts;
use super::training;
use crate::training::{Fit, Trained};

/// The indices of the trained models by falling validation accuracy over tracks, so that no model is chosen by the test
/// part on which it is then compared.
pub(super) fn order(
    models: &[ModelName],
    trained: &mut [Trained],
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Vec<usize>> {
    if let [_, _, ..] = models {
        for (&name, Trained { run, .. }) in models.iter().zip(trained.iter_mut()) {
            if run.validation_accuracy.is_none()
                && let Some(validation) = of_a_second_model(name, unit, features, arguments)?
            {
                *run = run.clone().with_validation(&validation)?;
            }
            let words = |share: Option<f64>| {
                share.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", 100.0 * it))
            };
            let [tracks, segments] = [run.validation_track_accuracy, run.validation_accuracy].map(words);
            arguments.say(format_args!(
                "{name}: {tracks} of the validation tracks, {segments} of their segments"
            ))?;
        }
    }
    Ok(rank_models(trained.iter().map(|trained| &trained.run)))
}

/// The criterion by which two of the models were chosen, in words.
pub(super) fn criterion(chosen: [&Trained; 2], first_split: SplitBy) -> String {
    if chosen.iter().all(|trained| trained.run.validation_accuracy.is_some()) {
        format!("validation accuracy, split by {first_split}")
    } else {
        "the order given".to_owned()
    }
}

/// The validation of a model that trains without validation data: that of a second one, trained without the segments on
/// which the others are validated. `None` where there are too few tracks for a validation part, and after an interruption.
fn of_a_second_model(
    name: ModelName,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Option<Evaluation>> {
    if arguments.settings.interrupt.is_asked() {
        return Ok(None);
    }
    let Ok(split) = parts::with_validation(unit, features, arguments.settings.seed) else { return Ok(None) };
    let fit = Fit { validation: None, ..training::fit(name, &split, arguments) };
    let (model, _) = fit.run()?;
    if arguments.settings.interrupt.is_asked() {
        return Ok(None);
    }
    Ok(Some(Evaluation::from_model(&model, &split.validation)?))
}
