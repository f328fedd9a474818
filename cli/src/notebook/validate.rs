use anyhow::Result;
use cepstrum::dataset::{FeatureSet, KFold, Split};
use cepstrum::eval::metrics::Vote;
use cepstrum::eval::{CrossValidation, CrossValidationRun, SplitBy};
use cepstrum::models::zoo::ModelName;

use super::arguments::Arguments;

/// Cross-validates a model by track with `k` folds, each with its own initial weights.
pub(super) fn by_track(
    name: ModelName,
    features: &FeatureSet,
    k: usize,
    arguments: &Arguments,
) -> Result<CrossValidationRun> {
    let validation_share = if name.needs_validation() { 0.2 } else { 0.0 };
    let folds = KFold { k, validation_share, seed: arguments.seed, ..KFold::default() };
    let train = |fold: usize, parts: &Split| -> Result<_> {
        let seed = arguments.seed.wrapping_add(fold as u64);
        let validation = Some(&parts.validation).filter(|part| !part.is_empty());
        let model = match name {
            ModelName::Simple(simple) => simple.fit(&parts.train, validation)?.model,
            ModelName::Network(network) => {
                let (shape, epochs) = (features.segment_shape(), arguments.epochs(network));
                let mut model = network.build_on(&arguments.device, shape, features.n_classes(), seed)?;
                let trainer = network.trainer(network.config(shape, epochs, seed));
                match validation {
                    Some(validation) => trainer.fit(&mut model, &parts.train, validation)?,
                    None => trainer.fit_unvalidated(&mut model, &parts.train)?,
                };
                model
            }
        };
        println!("{name}: fold {} of {k}", fold + 1);
        Ok(model)
    };
    let outcome = CrossValidation::run(features, &folds, train)?;
    let (accuracy, tracks) = (outcome.accuracy()?, outcome.track_accuracy(Vote::default())?);
    println!("{name}, {k} folds by track: segments {accuracy}, tracks {tracks}");
    Ok(CrossValidationRun {
        name: name.to_string(),
        split: SplitBy::Track,
        accuracy,
        track_accuracy: Some(tracks),
    })
}
