//! Small data that networks can learn within a second, and helpers that several test files share.

use std::collections::HashMap;

use cepstrum_dataset::rng::stream;
use cepstrum_dataset::{ExtractConfig, FeatureSet};
use cepstrum_models::{Classifier, Weight};
use ndarray::Array3;
use rand::Rng;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

/// Shape of every segment.
pub(crate) const SHAPE: [usize; 2] = [20, 13];

pub(crate) const CLASSES: [&str; 3] = ["jazz", "metal", "rock"];

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

pub(crate) fn classes() -> Vec<String> {
    CLASSES.map(str::to_owned).to_vec()
}

/// The bits of all weights, in the network's order.
pub(crate) fn weight_bits(model: &Classifier) -> Vec<u32> {
    let values = |weight: &Weight| weight.var().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    model.network().weights().flat_map(values).map(f32::to_bits).collect()
}

pub(crate) type Tensors<'a> = Vec<(String, TensorView<'a>)>;

/// A safetensors file with other metadata or tensors.
pub(crate) fn rewritten(
    bytes: &[u8],
    change: impl FnOnce(&mut HashMap<String, String>, &mut Tensors<'_>),
) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let mut entries = metadata.metadata().clone().unwrap_or_default();
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut tensors = file.tensors();
    change(&mut entries, &mut tensors);
    safetensors::serialize(tensors, Some(entries)).unwrap()
}
