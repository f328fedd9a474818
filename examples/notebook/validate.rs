use anyhow::Result;
use cepstrum::dataset::{FeatureSet, KFold, Split};
use cepstrum::eval::metrics::Vote;
use cepstrum::eval::{CrossValidation, CrossValidationRun, SplitBy};
use cepstrum::models::zoo::Architecture;

/// Cross-validates a network by track with `k` folds, each with its own initial weights.
pub(crate) fn by_track(
    network: Architecture,
    features: &FeatureSet,
    k: usize,
    epochs: usize,
    seed: u64,
) -> Result<CrossValidationRun> {
    let validation_share = if network.needs_validation() { 0.2 } else { 0.0 };
    let folds = KFold { k, validation_share, seed, ..KFold::default() };
    let train = |fold: usize, parts: &Split| -> Result<_> {
        let seed = seed.wrapping_add(fold as u64);
        let mut model = network.build(features.segment_shape(), features.n_classes(), seed)?;
        let trainer = network.trainer(network.config(features.segment_shape(), epochs, seed));
        if parts.validation.is_empty() {
            trainer.fit_unvalidated(&mut model, &parts.train)?;
        } else {
            trainer.fit(&mut model, &parts.train, &parts.validation)?;
        }
        println!("{network}: fold {} of {k}", fold + 1);
        Ok(model)
    };
    let outcome = CrossValidation::run(features, &folds, train)?;
    let (accuracy, tracks) = (outcome.accuracy()?, outcome.track_accuracy(Vote::default())?);
    println!("{network}, {k} folds by track: segments {accuracy}, tracks {tracks}");
    Ok(CrossValidationRun {
        name: network.to_string(),
        split: SplitBy::Track,
        accuracy,
        track_accuracy: Some(tracks),
    })
}
