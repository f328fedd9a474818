//! Labelled features of a set of tracks.

use std::collections::HashMap;

use ndarray::{Array3, ArrayView2, Axis};

use crate::{Error, ExtractConfig, Result};

/// Features of many segments, with their labels, class names and tracks.
///
/// # Shapes
/// Features `[n_segments, n_frames, n_coefficients]`; one label per segment.
///
/// ```
/// use cepstrum_dataset::FeatureSet;
/// use ndarray::Array3;
///
/// let set = FeatureSet::new(
///     Array3::zeros((3, 130, 13)),
///     vec![0, 0, 1],
///     vec!["jazz".into(), "rock".into()],
///     vec!["jazz/a.wav".into(), "jazz/a.wav".into(), "rock/b.wav".into()],
///     None,
/// )?;
/// assert_eq!(set.segment_shape(), [130, 13]);
/// assert_eq!(set.track_names(), ["jazz/a.wav", "rock/b.wav"]);
/// assert_eq!(set.track_ids(), [0, 0, 1]);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSet {
    features: Array3<f32>,
    labels: Vec<usize>,
    classes: Vec<String>,
    track_names: Vec<String>,
    track_ids: Vec<usize>,
    positions: Vec<usize>,
    config: Option<ExtractConfig>,
}

impl FeatureSet {
    /// Assembles a set from its parts.
    ///
    /// `tracks` holds the track name of every segment, or is empty when the tracks are unknown. The segments of a track
    /// are taken to follow each other from its start.
    ///
    /// # Errors
    /// - [`Error::LengthMismatch`] when `labels` or `tracks` has not one entry per segment;
    /// - [`Error::LabelOutOfRange`] when a label is not an index into `classes`;
    /// - [`Error::DuplicateClass`] when two classes have the same name;
    /// - [`Error::TrackInTwoClasses`] when a track has segments of two classes;
    /// - [`Error::NonFiniteFeature`] when a value is NaN or infinite.
    pub fn new(
        features: Array3<f32>,
        labels: Vec<usize>,
        classes: Vec<String>,
        tracks: Vec<String>,
        config: Option<ExtractConfig>,
    ) -> Result<Self> {
        let n = features.len_of(Axis(0));
        check_length("labels", n, labels.len())?;
        if !tracks.is_empty() {
            check_length("tracks", n, tracks.len())?;
        }
        check_classes(&classes)?;
        check_finite(&features)?;
        if let Some((segment, &label)) = labels.iter().enumerate().find(|&(_, &label)| label >= classes.len())
        {
            return Err(Error::LabelOutOfRange { segment, label, n_classes: classes.len() });
        }
        let (track_names, track_ids) = distinct(tracks);
        check_tracks(&track_names, &track_ids, &labels, &classes)?;
        let positions = positions(&track_ids, track_names.len());
        Ok(Self { features, labels, classes, track_names, track_ids, positions, config })
    }

    /// The track name of every segment; none when the tracks are unknown.
    pub(crate) fn segment_tracks(&self) -> impl Iterator<Item = &str> + Clone {
        self.track_ids.iter().map(|&track| self.track_names[track].as_str())
    }

    /// Replaces the positions of the segments in their tracks, which [`new`](Self::new) counts from 0.
    pub(crate) fn with_positions(self, positions: Vec<usize>) -> Result<Self> {
        check_length("positions", self.track_ids.len(), positions.len())?;
        Ok(Self { positions, ..self })
    }

    /// The features `[n_segments, n_frames, n_coefficients]`.
    pub fn features(&self) -> &Array3<f32> {
        &self.features
    }

    /// The label of every segment: an index into [`classes`](Self::classes).
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Class names in the order of their labels.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Number of classes, including those without a segment.
    pub fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns whether the set has no segment.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Shape of one segment: `[n_frames, n_coefficients]`.
    pub fn segment_shape(&self) -> [usize; 2] {
        [self.features.len_of(Axis(1)), self.features.len_of(Axis(2))]
    }

    /// The distinct track names in the order of their first segments; empty when the tracks are unknown.
    pub fn track_names(&self) -> &[String] {
        &self.track_names
    }

    /// The track of every segment: an index into [`track_names`](Self::track_names); empty when the tracks are unknown.
    pub fn track_ids(&self) -> &[usize] {
        &self.track_ids
    }

    /// The position of every segment in its track, from 0; empty when the tracks are unknown.
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// Start of a segment in its track, in seconds; `None` when the tracks or the configuration are unknown.
    ///
    /// # Panics
    /// If the tracks and the configuration are known and `segment` is not below [`len`](Self::len).
    pub fn start_seconds(&self, segment: usize) -> Option<f64> {
        let config = self.config.as_ref().filter(|_| self.has_tracks())?;
        Some(self.positions[segment] as f64 * config.segment.seconds())
    }

    /// Returns whether the track of each segment is known. A store written by other programs may lack the tracks.
    pub fn has_tracks(&self) -> bool {
        !self.track_names.is_empty()
    }

    /// The configuration of the extraction, if it is known.
    pub fn config(&self) -> Option<&ExtractConfig> {
        self.config.as_ref()
    }

    /// Copies the segments at `indices`, in that order, into a set with the same classes and configuration.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let names = |&index: &usize| self.track_names[self.track_ids[index]].clone();
        let tracks = if self.has_tracks() { indices.iter().map(names).collect() } else { Vec::new() };
        let (track_names, track_ids) = distinct(tracks);
        Self {
            features: self.features.select(Axis(0), indices),
            labels: indices.iter().map(|&index| self.labels[index]).collect(),
            classes: self.classes.clone(),
            track_names,
            track_ids,
            positions: indices.iter().filter_map(|&index| self.positions.get(index).copied()).collect(),
            config: self.config.clone(),
        }
    }

    /// Number of segments per class.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_classes()];
        for &label in &self.labels {
            counts[label] += 1;
        }
        counts
    }
}

fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    if expected == actual { Ok(()) } else { Err(Error::LengthMismatch { what, expected, actual }) }
}

fn check_finite(features: &Array3<f32>) -> Result<()> {
    // Without an early exit the loop over a segment becomes vector code.
    let is_finite =
        |segment: ArrayView2<f32>| segment.iter().fold(true, |all, value| all & value.is_finite());
    match features.axis_iter(Axis(0)).position(|segment| !is_finite(segment)) {
        Some(segment) => Err(Error::NonFiniteFeature { segment }),
        None => Ok(()),
    }
}

fn check_classes(classes: &[String]) -> Result<()> {
    let mut sorted: Vec<_> = classes.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::DuplicateClass { class: pair[0].clone() }),
        None => Ok(()),
    }
}

/// The distinct names in the order of their first appearance, and the index of each entry's name among them.
fn distinct(tracks: Vec<String>) -> (Vec<String>, Vec<usize>) {
    let mut names = Vec::new();
    let mut index_of = HashMap::new();
    let track_ids = tracks
        .into_iter()
        .map(|track| {
            *index_of.entry(track).or_insert_with_key(|track| {
                names.push(track.clone());
                names.len() - 1
            })
        })
        .collect();
    (names, track_ids)
}

/// The number of segments of the same track before each segment.
fn positions(track_ids: &[usize], n_tracks: usize) -> Vec<usize> {
    let mut next = vec![0; n_tracks];
    let place = |&track: &usize| {
        next[track] += 1;
        next[track] - 1
    };
    track_ids.iter().map(place).collect()
}

fn check_tracks(names: &[String], track_ids: &[usize], labels: &[usize], classes: &[String]) -> Result<()> {
    let mut class_of = vec![None; names.len()];
    for (&track, &label) in track_ids.iter().zip(labels) {
        let first = *class_of[track].get_or_insert(label);
        if first != label {
            return Err(Error::TrackInTwoClasses {
                track: names[track].clone(),
                first: classes[first].clone(),
                second: classes[label].clone(),
            });
        }
    }
    Ok(())
}
