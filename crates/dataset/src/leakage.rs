//! The search for audio that a training part and a test part share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::FeatureSet;

/// Greatest distance between two fingerprints of the same audio, in standard deviations per value.
///
/// Independent values are 1.4 apart on average, and exact copies 0. The limit is wide enough for a copy that is quieter
/// and requantized; it is not meant for a remaster or another performance.
const MAX_DISTANCE: f32 = 0.15;
/// Least share of a test track's segments that have a near segment in the training track.
const MIN_SHARE: f64 = 0.5;

/// Tracks and audio that two parts of a split have in common.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Leakage {
    /// Names of the tracks with segments in both parts, sorted.
    pub shared_tracks: Vec<String>,
    /// Pairs of tracks with different names and nearly the same audio, sorted by test track.
    pub near_duplicates: Vec<NearDuplicate>,
}

/// Two tracks with nearly the same audio.
#[derive(Clone, Debug, PartialEq)]
pub struct NearDuplicate {
    /// The track in the training part.
    pub train: String,
    /// The track in the test part.
    pub test: String,
    /// Share of the test track's segments that have a near segment in the training track.
    pub share: f64,
}

impl Leakage {
    /// Returns whether the two parts have nothing in common.
    pub fn is_empty(&self) -> bool {
        self.shared_tracks.is_empty() && self.near_duplicates.is_empty()
    }
}

impl fmt::Display for Leakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tracks on both sides", self.shared_tracks.len())?;
        write!(f, ", {} near-duplicates under other names", self.near_duplicates.len())
    }
}

/// Finds tracks, and nearly the same audio under other names, on both sides of a split.
///
/// The fingerprint of a segment is the mean and the standard deviation of every coefficient over its frames, without
/// the mean of the first (the loudness), divided by the spread of that value over the training part. That of a segment of
/// a single frame, such as a network's tags of one window, is the frame. A pair of tracks
/// is reported when at least half of the test track's segments have a near segment in the training track. Segments
/// without any change in them, such as silence, are left out. Without track names every segment counts as a track of
/// its own. The search runs on rayon's current thread pool.
pub fn leakage(train: &FeatureSet, test: &FeatureSet) -> Leakage {
    let names = |set: &FeatureSet| -> BTreeSet<String> { set.track_names().iter().cloned().collect() };
    let shared_tracks = names(train).intersection(&names(test)).cloned().collect();

    let (train_prints, test_prints) = (fingerprints(train), fingerprints(test));
    let scale = spread(&train_prints);
    let limit = MAX_DISTANCE * MAX_DISTANCE * scale.len() as f32;
    let scaled = |prints: &[Vec<f32>]| -> Vec<Vec<f32>> {
        prints
            .iter()
            .map(|print| print.iter().zip(&scale).map(|(value, scale)| value * scale).collect())
            .collect()
    };
    let (scaled_train, scaled_test) = (scaled(&train_prints), scaled(&test_prints));
    let mut segments_of: BTreeMap<String, usize> = BTreeMap::new();
    for segment in (0..test.len()).filter(|&segment| !test_prints[segment].is_empty()) {
        *segments_of.entry(track_name(test, segment)).or_default() += 1;
    }
    let near: Vec<BTreeSet<String>> = (0..test.len())
        .into_par_iter()
        .map(|segment| near_tracks(train, &scaled_train, &scaled_test[segment], limit))
        .collect();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (segment, trains) in near.into_iter().enumerate() {
        let name = track_name(test, segment);
        for train in trains.into_iter().filter(|train| *train != name) {
            *counts.entry((name.clone(), train)).or_default() += 1;
        }
    }
    let near_duplicates = counts
        .into_iter()
        .map(|((test, train), n)| NearDuplicate { share: n as f64 / segments_of[&test] as f64, train, test })
        .filter(|pair| pair.share >= MIN_SHARE)
        .collect();
    Leakage { shared_tracks, near_duplicates }
}

/// Names of the training tracks with a segment near a fingerprint.
fn near_tracks(train: &FeatureSet, prints: &[Vec<f32>], print: &[f32], limit: f32) -> BTreeSet<String> {
    let near = |candidate: &Vec<f32>| {
        !print.is_empty() && candidate.len() == print.len() && {
            let distance: f32 = candidate.iter().zip(print).map(|(a, b)| (a - b) * (a - b)).sum();
            distance <= limit
        }
    };
    let found = prints.iter().enumerate().filter(|(_, candidate)| near(candidate));
    found.map(|(segment, _)| track_name(train, segment)).collect()
}

fn track_name(set: &FeatureSet, segment: usize) -> String {
    match set.track_ids().get(segment) {
        Some(&track) => set.track_names()[track].clone(),
        None => format!("segment {segment}"),
    }
}

/// The fingerprint of every segment; empty for a segment that never changes.
fn fingerprints(set: &FeatureSet) -> Vec<Vec<f32>> {
    set.features().axis_iter(Axis(0)).map(|segment| fingerprint(&segment)).collect()
}

fn fingerprint(segment: &ArrayView2<'_, f32>) -> Vec<f32> {
    if segment.nrows() == 1 {
        return segment.iter().copied().collect();
    }
    let (Some(mean), deviation) = (segment.mean_axis(Axis(0)), segment.std_axis(Axis(0), 0.0)) else {
        return Vec::new();
    };
    if deviation.iter().all(|&deviation| deviation < 1e-3) {
        return Vec::new();
    }
    mean.into_iter().skip(1).chain(deviation).collect()
}

/// The reciprocal of the standard deviation of every fingerprint value.
fn spread(prints: &[Vec<f32>]) -> Vec<f32> {
    let prints: Vec<_> = prints.iter().filter(|print| !print.is_empty()).collect();
    let n = prints.len() as f32;
    let length = prints.first().map_or(0, |print| print.len());
    let inverse_deviation = |i: usize| {
        let mean = prints.iter().map(|print| print[i]).sum::<f32>() / n;
        let variance = prints.iter().map(|print| (print[i] - mean).powi(2)).sum::<f32>() / n;
        variance.sqrt().max(f32::MIN_POSITIVE).recip().min(1e6)
    };
    (0..length).map(inverse_deviation).collect()
}
