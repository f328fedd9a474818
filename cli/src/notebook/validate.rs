use anyhow::Result;
use cepstrum::dataset::{FeatureSet, KFold, Split};
use cepstrum::eval::metrics::Vote;
use cepstrum::eval::{CrossValidation, CrossValidationRun, SplitBy};
use cepstrum::models::zoo::ModelName;

use super::arguments::Arguments;
use super::training;
use crate::training::Fit;

/// Cross-validates a model by track with `k` folds, each with its own initial weights.
pub(super) fn by_track(
    name: ModelName,
    features: &FeatureSet,
    k: usize,
    arguments: &Arguments,
) -> Result<CrossValidationRun> {
    let validation_share = if name.needs_validation() { 0.2 } else { 0.0 };
    let folds = KFold { k, validation_share, seed: arguments.settings.seed, ..KFold::default() };
    let train = |fold: usize, parts: &Split| -> Result<_> {
        let seed = arguments.settings.seed.wrapping_add(fold as u64);
        let (model, _) = Fit { seed, ..training::fit(name, parts, arguments) }.run()?;
        arguments.say(format_args!("{name}: fold {} of {k}", fold + 1))?;
        Ok(model)
    };
    let outcome = CrossValidation::run(features, &folds, train)?;
    let (accuracy, tracks) = (outcome.accuracy()?, outcome.track_accuracy(Vote::default())?);
    arguments.say(format_args!("{name}, {k} folds by track: segments {accuracy}, tracks {tracks}"))?;
    Ok(CrossValidationRun {
        name: name.to_string(),
        split: SplitBy::Track,
        accuracy,
        track_accuracy: Some(tracks),
    })
}
