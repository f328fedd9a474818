use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split, SplitConfig, SplitUnit};
use cepstrum::eval::SplitBy;
use cepstrum::models::zoo::Architecture;

/// The notebook trains on 70 % of the segments.
const TRAIN_SHARE: f64 = 0.7;

/// The parts that an experiment is trained and tested on.
///
/// Where nothing watches a validation part, its segments are better trained on, as the notebook does.
pub(crate) fn split(
    architecture: Option<Architecture>,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    seed: u64,
) -> Result<Split> {
    let watched = architecture.is_some_and(Architecture::needs_validation);
    let validation_share = if watched { 0.2 } else { 0.0 };
    Ok(SplitConfig { unit, train_share: TRAIN_SHARE, validation_share, seed }.split(features)?)
}

/// What confidences are fitted on, and what they are measured on: the validation and the test part, or two halves of the
/// test part where there is no validation part. `None` where the test part cannot be halved.
pub(crate) fn held_out(split: &Split, unit: SplitUnit<'_>, seed: u64) -> Option<(FeatureSet, FeatureSet)> {
    if !split.validation.is_empty() {
        return Some((split.validation.clone(), split.test.clone()));
    }
    let halves =
        SplitConfig { unit, train_share: 0.5, validation_share: 0.0, seed }.split(&split.test).ok()?;
    Some((halves.train, halves.test))
}

pub(crate) fn protocol(unit: SplitUnit<'_>) -> SplitBy {
    match unit {
        SplitUnit::Segment => SplitBy::Segment,
        _ => SplitBy::Track,
    }
}

/// Both splits, or the one by segment where nobody knows which segments belong to one track.
pub(crate) fn units(features: &FeatureSet) -> Vec<SplitUnit<'static>> {
    if features.has_tracks() {
        return vec![SplitUnit::Track, SplitUnit::Segment];
    }
    println!("The features do not say which track a segment is of: only the split by segment is possible.");
    vec![SplitUnit::Segment]
}
