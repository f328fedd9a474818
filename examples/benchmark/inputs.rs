//! Features made of published ones.

use anyhow::Result;
use cepstrum::dataset::{FeatureSet, gtzan};
use ndarray::{Array1, Array3, ArrayView2, Axis};

use crate::gtzan::Published;

/// Bound of a tag's probability before its logit is taken: the smallest tags in the tables are near it.
const LEAST_TAG: f32 = 1e-6;
/// Bound of a variance before its logarithm is taken, far below the least of the table.
const LEAST_VARIANCE: f32 = 1e-12;

/// A statistic of a track's windows.
#[derive(Clone, Copy)]
pub(crate) enum Statistic {
    Mean,
    Deviation,
    Max,
}

impl Statistic {
    fn of(self, windows: &ArrayView2<'_, f32>) -> Array1<f32> {
        match self {
            Self::Mean => windows.sum_axis(Axis(0)) / windows.nrows() as f32,
            Self::Deviation => windows.std_axis(Axis(0), 0.0),
            Self::Max => windows.fold_axis(Axis(0), f32::NEG_INFINITY, |a, b| a.max(*b)),
        }
    }
}

/// A row per track: statistics of its windows, one after the other.
pub(crate) fn summarized(windows: &FeatureSet, statistics: &[Statistic]) -> Result<FeatureSet> {
    let (n_tracks, n_columns) = (windows.track_names().len(), windows.segment_shape()[1]);
    let mut of_track = vec![Vec::new(); n_tracks];
    for (window, &track) in windows.track_ids().iter().enumerate() {
        of_track[track].push(window);
    }
    let mut values = Vec::with_capacity(n_tracks * n_columns * statistics.len());
    let flat = windows.features().index_axis(Axis(1), 0);
    for rows in &of_track {
        let rows = flat.select(Axis(0), rows);
        values.extend(statistics.iter().flat_map(|statistic| statistic.of(&rows.view())));
    }
    let labels = of_track.iter().map(|rows| windows.labels()[rows[0]]).collect();
    let features = Array3::from_shape_vec((n_tracks, 1, n_columns * statistics.len()), values)?;
    let (classes, names) = (windows.classes().to_vec(), windows.track_names().to_vec());
    Ok(FeatureSet::new(features, labels, classes, names, None)?)
}

/// `ln(p / (1 - p))` of every tag: a tag that hardly ever sounds differs from one that never does.
pub(crate) fn logits(tags: &FeatureSet) -> Result<FeatureSet> {
    let logit = |tag: f32| {
        let tag = tag.clamp(LEAST_TAG, 1.0 - LEAST_TAG);
        (tag / (1.0 - tag)).ln()
    };
    with_features(tags, tags.features().mapv(logit))
}

/// The 57 columns with logarithms in place of variances, whose tails are long.
pub(crate) fn log_variances(columns: &FeatureSet) -> Result<FeatureSet> {
    let mut features = columns.features().clone();
    for (name, mut column) in gtzan::FEATURE_COLUMNS.iter().zip(features.axis_iter_mut(Axis(2))) {
        if name.ends_with("_var") {
            column.mapv_inplace(|variance| variance.max(LEAST_VARIANCE).ln());
        }
    }
    with_features(columns, features)
}

/// Every fourth window: neighbors overlap by two thirds.
pub(crate) fn thinned(windows: &FeatureSet) -> FeatureSet {
    let kept: Vec<usize> =
        (0..windows.len()).filter(|&window| windows.positions()[window].is_multiple_of(4)).collect();
    windows.select(&kept)
}

/// Number of windows of training and test tracks.
pub(crate) fn n_windows(published: &Published) -> usize {
    published.tags.iter().map(FeatureSet::len).sum()
}

fn with_features(set: &FeatureSet, features: Array3<f32>) -> Result<FeatureSet> {
    let tracks = set.track_ids().iter().map(|&track| set.track_names()[track].clone()).collect();
    Ok(FeatureSet::new(features, set.labels().to_vec(), set.classes().to_vec(), tracks, None)?)
}
