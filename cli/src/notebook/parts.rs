use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split, SplitConfig, SplitIndices, SplitUnit};
use cepstrum::eval::SplitBy;
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

/// Returns the halves of the test part for a split without a validation part: the segments on which the temperatures are
/// fitted, and those on which their effect is measured. `None` where the test part cannot be halved.
pub(super) fn test_halves(test: &FeatureSet, unit: SplitUnit<'_>, seed: u64) -> Option<SplitIndices> {
    SplitConfig { unit, train_share: 0.5, validation_share: 0.0, seed }.indices(test).ok()
}

/// The split's name in the record.
pub(super) fn split_by(unit: SplitUnit<'_>) -> SplitBy {
    match unit {
        SplitUnit::Segment => SplitBy::Segment,
        _ => SplitBy::Track,
    }
}

/// The units of both splits, or that of the split by segment where tracks are unknown.
pub(super) fn units(features: &FeatureSet) -> Vec<SplitUnit<'static>> {
    if features.has_tracks() {
        return vec![SplitUnit::Track, SplitUnit::Segment];
    }
    println!("The tracks of the segments are unknown: only the split by segment is possible.");
    vec![SplitUnit::Segment]
}
