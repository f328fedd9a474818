//! Attribution maps against tf-keras-vis and TensorFlow: `golden/explain.json`, made by `golden/make_explain.py`.

use std::collections::BTreeMap;

use crate::ops_support::{numbers, tensor};
use cepstrum_models::explain::{self, IntegratedGradients};
use cepstrum_models::{
    BatchNorm, Classifier, Conv2d, Dense, Dropout, Flatten, MaxPool2d, Sequential, Weights,
};
use ndarray::{Array2, Array3};
use serde::Deserialize;

/// Least correlation of two maps: both sides compute in `f32`, so that only ties resolved differently lower it.
const CORRELATION: f64 = 0.99999;
/// Largest difference as a share of the map's largest value: both sides sum in `f32`, in different orders.
const TOLERANCE: f32 = 1e-4;

#[derive(Debug, Deserialize)]
struct Golden {
    samples: usize,
    share: f32,
    steps: usize,
    cases: Vec<Case>,
}

type Maps = Vec<Vec<f32>>;

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    /// Number of filters, side of the kernel, side of the pooling window.
    blocks: Vec<(usize, usize, usize)>,
    units: usize,
    n_classes: usize,
    shape: [usize; 2],
    classes: Vec<usize>,
    scores: Maps,
    saliency: Maps,
    smooth_grad: Maps,
    integrated_gradients: Maps,
    grad_cam: BTreeMap<String, Maps>,
}

impl Case {
    /// The network with the weights of the script.
    fn model(&self) -> Classifier {
        let mut builder = Sequential::builder([self.shape[0], self.shape[1], 1]);
        for &(filters, kernel, window) in &self.blocks {
            builder = builder
                .layer(Conv2d::new(filters, [kernel, kernel]).relu())
                .layer(MaxPool2d::new([window, window]).stride([2, 2]))
                .layer(BatchNorm::new())
                .layer(Dropout::new(0.2));
        }
        let dense =
            builder.layer(Flatten::new()).layer(Dense::new(self.units).relu()).layer(Dropout::new(0.3));
        let mut network = dense.layer(Dense::new(self.n_classes)).build().unwrap();
        let weights = network.weights().zip(1..).map(|(weight, salt)| {
            let (name, shape) = (weight.name(), weight.var().dims());
            let count = weight.var().elem_count();
            let values = if name.ends_with("kernel") {
                let fan_in: usize = shape[..shape.len() - 1].iter().product();
                numbers(count, salt, (6.0 / fan_in as f64).sqrt() as f32, None)
            } else {
                let around_one = name.ends_with("gamma") || name.ends_with("moving_variance");
                let middle = f32::from(u8::from(around_one));
                numbers(count, salt, 0.5, None).into_iter().map(|value| value + middle).collect()
            };
            (name.to_owned(), tensor(shape, values))
        });
        let weights = Weights::new(weights.collect::<Vec<_>>());
        network.set_weights(&weights).unwrap();
        Classifier::new(network).unwrap()
    }

    fn array(&self, salt: u64, scale: f32) -> Array3<f32> {
        let shape = (self.classes.len(), self.shape[0], self.shape[1]);
        let count = shape.0 * shape.1 * shape.2;
        Array3::from_shape_vec(shape, numbers(count, salt, scale, None)).unwrap()
    }

    fn baseline(&self) -> Array2<f32> {
        let [n_frames, n_coefficients] = self.shape;
        let values = numbers(n_frames * n_coefficients, 60, 0.5, None);
        Array2::from_shape_vec((n_frames, n_coefficients), values).unwrap()
    }
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/explain.json")).unwrap()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |x: &[f32]| x.iter().map(|x| f64::from(*x)).sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f32], mean_x: f64, y: &[f32], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (f64::from(*x) - mean_x) * (f64::from(*y) - mean_y)).sum()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}

/// Compares the maps of every segment, and prints the correlation and the largest difference.
fn check(name: &str, maps: &Array3<f32>, expected: &Maps) {
    assert_eq!(maps.dim().0, expected.len(), "{name}");
    for (segment, (map, expected)) in maps.outer_iter().zip(expected).enumerate() {
        let map: Vec<f32> = map.iter().copied().collect();
        let peak = expected.iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
        let worst = map.iter().zip(expected).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        let correlation = correlation(&map, expected);
        println!("{name}, segment {segment}: correlation {correlation:.7}, off by {:.1e}", worst / peak);
        assert!(peak > 0.0 && correlation > CORRELATION, "{name}, segment {segment}: {correlation}");
        assert!(worst < TOLERANCE * peak, "{name}, segment {segment}: {worst} of {peak}");
    }
}

#[test]
fn scores_are_those_of_keras() {
    for case in golden().cases {
        let model = case.model();
        let scores = model.forward(&model.input(&case.array(50, 2.0)).unwrap()).unwrap().to_vec2::<f32>();
        for (ours, theirs) in scores.unwrap().iter().flatten().zip(case.scores.iter().flatten()) {
            assert!((ours - theirs).abs() < 1e-4 * theirs.abs().max(1.0), "{}: {ours} {theirs}", case.name);
        }
    }
}

#[test]
fn saliency_is_that_of_tf_keras_vis() {
    for case in golden().cases {
        let maps = explain::saliency(&case.model(), &case.array(50, 2.0), &case.classes).unwrap();
        check(&format!("{}, saliency", case.name), &maps, &case.saliency);
    }
}

/// The noise is the script's. `explain.rs` checks that `SmoothGrad` averages over its own noise in the same way.
#[test]
fn averaged_noisy_saliency_is_the_smooth_grad_of_tf_keras_vis() {
    let Golden { samples, share, cases, .. } = golden();
    for case in cases {
        let (model, x) = (case.model(), case.array(50, 2.0));
        let (n, size) = (case.classes.len(), case.shape[0] * case.shape[1]);
        let noise = numbers(samples * n * size, 70, 1.0, None);
        let mut sum = Array3::zeros(x.dim());
        for noise in noise.chunks_exact(n * size) {
            let mut noisy = x.clone();
            for (mut segment, noise) in noisy.outer_iter_mut().zip(noise.chunks_exact(size)) {
                let fold = |f: fn(f32, f32) -> f32| segment.iter().copied().reduce(f).unwrap();
                let range = fold(f32::max) - fold(f32::min);
                segment.iter_mut().zip(noise).for_each(|(value, noise)| *value += share * range * noise);
            }
            sum += &explain::saliency(&model, &noisy, &case.classes).unwrap().abs();
        }
        check(&format!("{}, SmoothGrad", case.name), &(sum / samples as f32), &case.smooth_grad);
    }
}

#[test]
fn integrated_gradients_are_those_of_a_gradient_tape() {
    let Golden { steps, cases, .. } = golden();
    for case in cases {
        let (x, baseline) = (case.array(50, 2.0), case.baseline());
        let maps = IntegratedGradients { baseline, steps }.maps(&case.model(), &x, &case.classes).unwrap();
        check(&format!("{}, Integrated Gradients", case.name), &maps, &case.integrated_gradients);
    }
}

#[test]
fn grad_cam_is_that_of_tf_keras_vis_for_two_convolutions_each() {
    for case in golden().cases {
        let (model, x) = (case.model(), case.array(50, 2.0));
        assert_eq!(case.grad_cam.len(), 2);
        for (layer, expected) in &case.grad_cam {
            let maps = explain::grad_cam(&model, &x, &case.classes, layer).unwrap();
            check(&format!("{}, Grad-CAM of {layer}", case.name), &maps, expected);
        }
    }
}
