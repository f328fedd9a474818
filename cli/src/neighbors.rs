//! The tracks of a store that sound most like a song.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use cepstrum::dataset::{ExtractConfig, FeatureConfig, FeatureSet, Segment, segment_features};
use ndarray::{Array1, Array2, ArrayView3, Axis};
use serde::Serialize;

/// The tracks of a store of features, each as mean and standard deviation of its coefficients over time.
///
/// All values are divided by their standard deviation over the tracks; the distance of two tracks is the root mean square of the
/// differences. It compares what the features hold, not what a network makes of them.
#[derive(Debug)]
pub(crate) struct Neighbors {
    config: ExtractConfig,
    /// Name and class of every track.
    tracks: Vec<(String, String)>,
    /// `[n_tracks, 2 n_coefficients]`, divided by `scale`.
    summaries: Array2<f32>,
    scale: Array1<f32>,
}

/// A track near a song.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Neighbor {
    /// Its name in the store, such as `blues/blues.00012.wav`.
    pub(crate) track: String,
    pub(crate) class: String,
    /// 0 for the same features; about 1.4 for two tracks taken at random.
    pub(crate) distance: f32,
}

/// Number of neighbors that are told.
const N_NEIGHBORS: usize = 5;

impl Neighbors {
    /// Reads a store; `sample_rate` is that of the songs to come.
    pub(crate) fn load(path: &Path, sample_rate: u32) -> Result<Self> {
        let set = FeatureSet::load(path)?;
        Self::new(&set, sample_rate).with_context(|| path.display().to_string())
    }

    fn new(set: &FeatureSet, sample_rate: u32) -> Result<Self> {
        let config = set.config().context("the store does not say how its features are computed")?.clone();
        if matches!(config.features, FeatureConfig::Front(_)) {
            bail!("the store holds features of a published network; take one of MFCCs or log-mel bands");
        }
        ensure!(set.has_tracks(), "the store does not name its tracks");
        let rate = config.sample_rate();
        ensure!(rate == sample_rate, "the store is at {rate} Hz, the model at {sample_rate} Hz");
        let mut segments_of = vec![Vec::new(); set.track_names().len()];
        set.track_ids().iter().enumerate().for_each(|(segment, &track)| segments_of[track].push(segment));
        let (mut tracks, mut rows) = (Vec::new(), Vec::new());
        for (name, segments) in set.track_names().iter().zip(&segments_of) {
            let Some(&first) = segments.first() else { continue };
            tracks.push((name.clone(), set.classes()[set.labels()[first]].clone()));
            rows.extend(summary(&set.features().select(Axis(0), segments).view()));
        }
        let n_values = rows.len() / tracks.len().max(1);
        let mut summaries = Array2::from_shape_vec((tracks.len(), n_values), rows)?;
        let scale =
            summaries.std_axis(Axis(0), 0.0).mapv(|deviation| if deviation > 0.0 { deviation } else { 1.0 });
        summaries /= &scale;
        let config = ExtractConfig { segment: Segment::Seconds(config.segment.seconds()), ..config };
        Ok(Self { config, tracks, summaries, scale })
    }

    /// The nearest tracks of mono samples at the store's rate, the nearest first.
    pub(crate) fn nearest(&self, samples: &[f32]) -> Result<Vec<Neighbor>> {
        let features = segment_features(samples, &self.config)?;
        let song = Array1::from(summary(&features.view())) / &self.scale;
        let distance = |row: ndarray::ArrayView1<'_, f32>| {
            let squares: f32 = row.iter().zip(&song).map(|(a, b)| (a - b).powi(2)).sum();
            (squares / song.len().max(1) as f32).sqrt()
        };
        let mut found: Vec<Neighbor> = self
            .tracks
            .iter()
            .zip(self.summaries.outer_iter())
            .map(|((track, class), row)| Neighbor {
                track: track.clone(),
                class: class.clone(),
                distance: distance(row),
            })
            .collect();
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| a.track.cmp(&b.track)));
        found.truncate(N_NEIGHBORS);
        Ok(found)
    }
}

/// Mean and standard deviation of every coefficient over all frames of `[n_segments, n_frames, n_coefficients]`.
fn summary(segments: &ArrayView3<'_, f32>) -> Vec<f32> {
    let n_coefficients = segments.len_of(Axis(2));
    let column = |coefficient| segments.index_axis(Axis(2), coefficient);
    let means = (0..n_coefficients).map(|coefficient| column(coefficient).mean().unwrap_or(0.0));
    let deviations = (0..n_coefficients).map(|coefficient| column(coefficient).std(0.0));
    means.chain(deviations).collect()
}
