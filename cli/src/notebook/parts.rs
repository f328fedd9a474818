use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split, SplitConfig, SplitUnit};
use cepstrum::models::zoo::ModelName;

/// The training share of the reference experiment.
const TRAIN_SHARE: f64 = 0.7;

/// Splits the features into the parts that a model is trained and tested on.
///
/// Only a model whose training uses validation data has a validation part; the others train on these segments as well,
/// as in the reference experiment.
pub(super) fn split(
    model: ModelName,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    seed: u64,
) -> Result<Split> {
    if model.needs_validation() {
        with_validation(unit, features, seed)
    } else {
        without_validation(unit, features, seed)
    }
}

/// Splits the features into a training, a validation and a test part.
pub(super) fn with_validation(unit: SplitUnit<'_>, features: &FeatureSet, seed: u64) -> Result<Split> {
    Ok(SplitConfig { unit, train_share: TRAIN_SHARE, validation_share: 0.2, seed }.split(features)?)
}

/// Splits the features into a training and a test part, which is the same as with a validation part.
pub(super) fn without_validation(unit: SplitUnit<'_>, features: &FeatureSet, seed: u64) -> Result<Split> {
    Ok(SplitConfig { unit, train_share: TRAIN_SHARE, validation_share: 0.0, seed }.split(features)?)
}

/// The units of both splits, or that of the split by segment where tracks are unknown.
pub(super) fn units(features: &FeatureSet) -> Vec<SplitUnit<'static>> {
    if features.has_tracks() { vec![SplitUnit::Track, SplitUnit::Segment] } else { vec![SplitUnit::Segment] }
}
