//! Deletion and insertion: computed by hand for a network of eight weights, and for the reference experiment's best network.

use candle_core::{Device, Tensor};
use cepstrum_dataset::{ExtractConfig, Extraction, FeatureSet, Split};
use cepstrum_models::explain::{self, DeletionInsertion, DeletionInsertionConfig, IntegratedGradients};
use cepstrum_models::{
    Adam, Classifier, Dense, Error, Flatten, Sequential, TrainConfig, Trainer, Weights, zoo,
};
use ndarray::{Array2, Array3, Axis, array};

use crate::styles::Styles;

/// The rounding of `f32` arithmetic.
const TOLERANCE: f32 = 1e-6;

/// Number of segments that are explained: more only take longer.
const MOST_SEGMENTS: usize = 12;

/// Two classes: the score of the first is a weighted sum of the four cells, that of the second is 0.
fn by_hand() -> Classifier {
    let mut network = Sequential::builder([2, 2]).layer(Flatten::new()).layer(Dense::new(2)).build().unwrap();
    let kernel = [0.5, 0.0, -1.0, 0.0, 2.0, 0.0, 0.25, 0.0_f32];
    let weights = Weights::new([
        ("dense/kernel".to_owned(), Tensor::from_slice(&kernel, (4, 2), &Device::Cpu).unwrap()),
        ("dense/bias".to_owned(), Tensor::zeros(2, candle_core::DType::F32, &Device::Cpu).unwrap()),
    ]);
    network.set_weights(&weights).unwrap();
    Classifier::new(network).unwrap()
}

fn evaluation(baseline: &Array2<f32>, steps: usize) -> DeletionInsertionConfig {
    DeletionInsertionConfig { steps, ..DeletionInsertionConfig::new(baseline.clone()) }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

fn near(actual: &[f32], expected: &[f32]) -> bool {
    actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < TOLERANCE)
}

#[test]
fn cells_are_deleted_and_inserted_in_the_order_of_the_map() {
    let model = by_hand();
    let input = array![[[1.0, 2.0], [3.0, 4.0]]];
    // The contributions of the cells to the score: 0.5, -2, 6, 1.
    let map = array![[[0.5, -2.0], [6.0, 1.0]]];
    let zero = Array2::zeros((2, 2));
    let curves = evaluation(&zero, 4).curves(&model, &input, &[0], &map).unwrap();
    assert!(near(&curves.deletion, &[5.5, -0.5, -1.5, -2.0, 0.0].map(sigmoid)), "{curves:?}");
    assert!(near(&curves.insertion, &[0.0, 6.0, 7.0, 7.5, 5.5].map(sigmoid)), "{curves:?}");
    // The probability of the other class is the rest.
    let other = evaluation(&zero, 2).curves(&model, &input, &[1], &map).unwrap();
    assert!(near(&other.deletion, &[-5.5, 1.5, 0.0].map(sigmoid)), "{other:?}");

    // The mean over several segments, equal values in the order of the frames, a baseline that is not 0.
    let input = array![[[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 0.0]]];
    let baseline = array![[0.0, 1.0], [0.0, 0.0]];
    let both = evaluation(&baseline, 2).curves(&model, &input, &[0, 1], &Array3::zeros((2, 2, 2))).unwrap();
    let first = [5.5, 6.0, -1.0].map(sigmoid);
    let second = [-0.5, 1.0, 1.0].map(sigmoid);
    let mean: Vec<f32> = first.iter().zip(second).map(|(a, b)| (a + b) / 2.0).collect();
    assert!(near(&both.deletion, &mean), "{both:?}");
}

#[test]
fn areas_are_those_of_trapezoids() {
    let curves =
        DeletionInsertion { deletion: vec![1.0, 0.5, 0.0], insertion: vec![0.0, 1.0, 1.0, 1.0, 1.0] };
    assert_eq!((curves.deletion_area(), curves.insertion_area()), (0.5, 0.875));
}

#[test]
fn random_maps_are_seeded_and_each_segment_has_its_own() {
    let maps = explain::random_maps((3, 5, 4), 1);
    assert_eq!(maps.slice(ndarray::s![..2, .., ..]), explain::random_maps((2, 5, 4), 1));
    assert_ne!(maps, explain::random_maps((3, 5, 4), 2));
    assert_ne!(maps.index_axis(Axis(0), 0), maps.index_axis(Axis(0), 1));
    assert!(maps.iter().all(|value| (0.0..1.0).contains(value)));
}

#[test]
fn bad_requests_are_refused() {
    let model = by_hand();
    let (input, zero) = (array![[[1.0, 2.0], [3.0, 4.0]]], Array2::zeros((2, 2)));
    let ask = |input: &Array3<f32>, map: &Array3<f32>, baseline: &Array2<f32>, steps| {
        let classes = vec![0; input.dim().0];
        evaluation(baseline, steps).curves(&model, input, &classes, map).unwrap_err()
    };
    for steps in [0, 5] {
        let error = ask(&input, &input, &zero, steps);
        assert!(matches!(error, Error::Setting { setting: "steps", .. }), "{error}");
    }
    let error = ask(&input, &Array3::zeros((1, 2, 3)), &zero, 2);
    assert!(matches!(error, Error::ExplainedMaps { expected: [1, 2, 2], actual: [1, 2, 3] }), "{error}");
    let error = ask(&input, &array![[[0.0, 0.0], [f32::NAN, 0.0]]], &zero, 2);
    assert!(
        matches!(error, Error::NonFiniteFeature { part: "map", frame: 1, coefficient: 0, .. }),
        "{error}"
    );
    let error = ask(&input, &input, &Array2::zeros((1, 4)), 2);
    assert!(matches!(error, Error::FeatureShape { n_frames: 1, n_coefficients: 4, .. }), "{error}");
    let error = ask(&input, &input, &array![[0.0, f32::INFINITY], [0.0, 0.0]], 2);
    assert!(matches!(error, Error::NonFiniteFeature { part: "baseline", .. }), "{error}");
    let none = Array3::zeros((0, 2, 2));
    assert!(matches!(ask(&none, &none, &zero, 2), Error::NoData { .. }));
}

/// The best network of the reference experiment, trained on a few short synthetic tracks. Batches are small because the
/// moving statistics of its batch normalizations need some hundred steps.
fn trained() -> (Classifier, Split) {
    let songs = Styles::new(12, 9.0, 3);
    let features = Extraction::new(ExtractConfig::default()).run(&songs).unwrap().features;
    let split = Split::by_track(&features, 0.7, 3).unwrap();
    let mut model = zoo::cnn([256, 128, 64, 32], features.segment_shape(), features.n_classes(), 3).unwrap();
    Trainer::new(TrainConfig { epochs: 16, batch_size: 8, seed: 3, ..TrainConfig::default() })
        .optimizer(Adam::new(3e-4))
        .fit_unvalidated(&mut model, &split.train)
        .unwrap();
    (model, split)
}

/// The segments that the model classifies correctly, and their classes.
fn right(model: &Classifier, set: &FeatureSet) -> (Array3<f32>, Vec<usize>) {
    let probabilities = model.predict_proba(set).unwrap();
    let best = probabilities.outer_iter().map(|row| {
        let winner = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        winner.0
    });
    let right: Vec<usize> = best
        .zip(set.labels())
        .enumerate()
        .filter(|(_, (best, label))| best == *label)
        .map(|(i, _)| i)
        .collect();
    println!("{} of {} held-out segments are classified correctly", right.len(), set.len());
    let right = &right[..right.len().min(MOST_SEGMENTS)];
    let classes = right.iter().map(|i| set.labels()[*i]).collect();
    (set.features().select(Axis(0), right), classes)
}

#[test]
fn maps_of_the_best_network_beat_random_ones() {
    let (model, split) = trained();
    let (segments, classes) = right(&model, &split.test);
    assert!(classes.len() >= 8, "{} segments are classified correctly", classes.len());
    let baseline = split.train.features().mean_axis(Axis(0)).unwrap();
    let measured = |name: &str, maps: &Array3<f32>| {
        let curves = evaluation(&baseline, 13).curves(&model, &segments, &classes, maps).unwrap();
        println!("{name}: deletion {:.3}, insertion {:.3}", curves.deletion_area(), curves.insertion_area());
        curves
    };
    let random = measured("random", &explain::random_maps(segments.dim(), 0));
    let map = IntegratedGradients { steps: 20, ..IntegratedGradients::new(baseline.clone()) }
        .maps(&model, &segments, &classes)
        .unwrap();
    let integrated = measured("Integrated Gradients", &map);
    assert!(integrated.deletion_area() < random.deletion_area());
    assert!(integrated.insertion_area() > random.insertion_area());
}
