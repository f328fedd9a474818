//! Small data that networks can learn within a second.

use cepstrum_dataset::rng::stream;
use cepstrum_dataset::{ExtractConfig, FeatureSet};
use ndarray::Array3;
use rand::Rng;

/// Shape of every segment.
pub(crate) const SHAPE: [usize; 2] = [20, 13];

/// Three classes that differ in the mean of one coefficient each, under noise as strong as the difference.
pub(crate) fn set(n_segments: usize, seed: u64) -> FeatureSet {
    let mut rng = stream(seed, "test/set");
    let features = Array3::from_shape_fn((n_segments, SHAPE[0], SHAPE[1]), |(segment, _, coefficient)| {
        let signal = if coefficient == segment % 3 { 10.0 } else { 0.0 };
        signal + 20.0 * (rng.random::<f32>() - 0.5)
    });
    let labels = (0..n_segments).map(|segment| segment % 3).collect();
    let tracks = (0..n_segments).map(|segment| format!("{}/{segment}", CLASSES[segment % 3])).collect();
    FeatureSet::new(features, labels, classes(), tracks, Some(ExtractConfig::default())).unwrap()
}

pub(crate) const CLASSES: [&str; 3] = ["jazz", "metal", "rock"];

pub(crate) fn classes() -> Vec<String> {
    CLASSES.map(str::to_owned).to_vec()
}
