//! Attribution maps against finite differences, and the properties that define them.

use cepstrum_dataset::rng::stream;
use cepstrum_models::explain::{self, IntegratedGradients, Sign, SmoothGrad};
use cepstrum_models::{Classifier, Error, Standardization, TrainConfig, Trainer, zoo};
use ndarray::{Array2, Array3};
use rand::Rng;

const SHAPE: [usize; 2] = [130, 13];
/// The error of a difference quotient of `f32` scores, as a share of the largest gradient. The network is piecewise linear:
/// only cells near a kink have a larger one.
const TOLERANCE: f32 = 0.02;
/// The error of the midpoint rule over the kinks of a piecewise linear network, as a share of the change of the score.
const COMPLETENESS: f32 = 0.02;

fn segments(n: usize) -> Array3<f32> {
    Array3::from_shape_fn((n, SHAPE[0], SHAPE[1]), |(i, j, k)| {
        let phase = (i * 7 + j * (k + 2)) as f32;
        (0.37 * phase).sin() + 0.5 * (0.11 * phase).cos()
    })
}

fn cnn(seed: u64) -> Classifier {
    zoo::cnn([8, 8, 8, 8], SHAPE, 4, seed).unwrap()
}

fn score(model: &Classifier, segments: &Array3<f32>, class: usize) -> f32 {
    model.forward(&model.input(segments).unwrap()).unwrap().to_vec2::<f32>().unwrap()[0][class]
}

fn correlation(a: &Array3<f32>, b: &Array3<f32>) -> f32 {
    let (a, b) = (a - a.mean().unwrap(), b - b.mean().unwrap());
    (&a * &b).sum() / ((&a * &a).sum() * (&b * &b).sum()).sqrt()
}

#[test]
fn saliency_is_the_difference_quotient() {
    const STEP: f32 = 2e-3;
    for model in [cnn(3), zoo::ffnn(1, SHAPE, 4, 3).unwrap()] {
        let input = segments(1);
        let map = explain::saliency(&model, &input, &[2]).unwrap();
        let largest = map.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        assert!(largest > 0.0);
        let cells =
            (0..130).step_by(7).flat_map(|frame| (0..13).map(move |coefficient| (frame, coefficient)));
        let (mut checked, mut wrong) = (0, 0);
        for (frame, coefficient) in cells {
            let moved = |by: f32| {
                let mut input = input.clone();
                input[[0, frame, coefficient]] += by;
                score(&model, &input, 2)
            };
            let quotient = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            checked += 1;
            wrong += usize::from((quotient - map[[0, frame, coefficient]]).abs() > TOLERANCE * largest);
        }
        assert!(wrong * 20 <= checked, "{wrong} of {checked} cells differ");
    }
}

#[test]
fn integrated_gradients_sum_to_the_change_of_the_score() {
    let (model, input) = (cnn(5), segments(3));
    let baseline = Array2::from_elem((SHAPE[0], SHAPE[1]), 0.1);
    let classes = [0, 3, 1];
    let maps = IntegratedGradients { steps: 100, ..IntegratedGradients::new(baseline.clone()) }
        .maps(&model, &input, &classes)
        .unwrap();
    let from = baseline.insert_axis(ndarray::Axis(0));
    for (i, class) in classes.into_iter().enumerate() {
        let one = input.slice(ndarray::s![i..=i, .., ..]).to_owned();
        let change = score(&model, &one, class) - score(&model, &from, class);
        let sum = maps.index_axis(ndarray::Axis(0), i).sum();
        assert!(
            (sum - change).abs() < COMPLETENESS * change.abs().max(0.05),
            "{sum} for a change of {change}"
        );
    }
}

#[test]
fn smooth_grad_without_noise_is_saliency_and_with_noise_is_seeded() {
    let (model, input, classes) = (cnn(2), segments(2), [1, 0]);
    let saliency = explain::saliency(&model, &input, &classes).unwrap();
    let still = SmoothGrad { samples: 1, noise: 0.0, sign: Sign::Signed, seed: 4 };
    assert_eq!(still.maps(&model, &input, &classes).unwrap(), saliency);
    let absolute = SmoothGrad { sign: Sign::Absolute, ..still };
    assert_eq!(absolute.maps(&model, &input, &classes).unwrap(), saliency.abs());
    let noisy = SmoothGrad { seed: 4, ..SmoothGrad::default() };
    let map = noisy.maps(&model, &input, &classes).unwrap();
    assert_eq!(map, noisy.maps(&model, &input, &classes).unwrap());
    assert_ne!(map, SmoothGrad { seed: 5, ..noisy }.maps(&model, &input, &classes).unwrap());
}

#[test]
fn settings_left_out_of_json_are_the_defaults() {
    let smooth: SmoothGrad = serde_json::from_str(r#"{"samples": 5, "sign": "signed"}"#).unwrap();
    assert_eq!(smooth, SmoothGrad { samples: 5, sign: Sign::Signed, ..SmoothGrad::default() });
    assert_eq!(serde_json::from_value::<SmoothGrad>(serde_json::to_value(smooth).unwrap()).unwrap(), smooth);
}

#[test]
fn smooth_grad_is_the_mean_over_its_noisy_copies() {
    let (model, input, classes) = (cnn(2), segments(2), [1, 0]);
    let smooth = SmoothGrad { samples: 3, noise: 0.1, sign: Sign::Absolute, seed: 8 };
    let mut expected = Array3::zeros(input.dim());
    for sample in 0..3 {
        let mut noisy = input.clone();
        for (i, mut segment) in noisy.outer_iter_mut().enumerate() {
            let mut rng = stream(8, &format!("smooth_grad/{i}/{sample}"));
            let range = segment.iter().copied().reduce(f32::max).unwrap()
                - segment.iter().copied().reduce(f32::min).unwrap();
            // The Box-Muller transform.
            segment.mapv_inplace(|value| {
                let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
                let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
                value + (0.1 * f64::from(range) * normal) as f32
            });
        }
        expected += &explain::saliency(&model, &noisy, &classes).unwrap().abs();
    }
    expected /= 3.0;
    let map = smooth.maps(&model, &input, &classes).unwrap();
    let largest = expected.iter().copied().reduce(f32::max).unwrap();
    assert!((map - expected).iter().all(|difference| difference.abs() < 1e-5 * largest));
}

#[test]
fn maps_of_many_segments_equal_those_of_each_alone() {
    let (model, input) = (cnn(6), segments(35));
    let classes: Vec<usize> = (0..35).map(|i| i % 4).collect();
    let saliency = explain::saliency(&model, &input, &classes).unwrap();
    let cam = explain::grad_cam(&model, &input, &classes, "conv2d_2").unwrap();
    for i in [0, 31, 32, 34] {
        let one = input.slice(ndarray::s![i..=i, .., ..]).to_owned();
        let part = |maps: &Array3<f32>| maps.slice(ndarray::s![i..=i, .., ..]).to_owned();
        let alone = explain::saliency(&model, &one, &classes[i..=i]).unwrap();
        assert!((part(&saliency) - alone).abs().iter().all(|difference| *difference < 1e-5));
        let alone = explain::grad_cam(&model, &one, &classes[i..=i], "conv2d_2").unwrap();
        assert!((part(&cam) - alone).abs().iter().all(|difference| *difference < 1e-5));
    }
}

#[test]
fn grad_cam_of_every_convolution_is_finite_and_not_negative() {
    let (model, input) = (cnn(6), segments(2));
    let convolutions = ["conv2d", "conv2d_1", "conv2d_2", "conv2d_3"];
    for layer in convolutions {
        let map = explain::grad_cam(&model, &input, &[0, 1], layer).unwrap();
        assert_eq!(map.dim(), input.dim());
        assert!(map.iter().all(|x| *x >= 0.0 && x.is_finite()), "{layer}");
    }
    let some = convolutions.map(|layer| explain::grad_cam(&model, &input, &[0, 1], layer).unwrap().sum());
    assert!(some.iter().any(|sum| *sum > 0.0), "{some:?}");
}

/// Adebayo et al. (2018), *Sanity checks for saliency maps*: a map that does not depend on the weights explains nothing.
#[test]
fn random_weights_have_other_maps() {
    let data = crate::common::set(240, 1);
    let mut trained = zoo::ffnn(1, crate::common::SHAPE, 3, 1).unwrap();
    let config =
        TrainConfig { epochs: 8, standardize: Standardization::PerCoefficient, ..TrainConfig::default() };
    Trainer::new(config).fit_unvalidated(&mut trained, &data).unwrap();
    let random = zoo::ffnn(1, crate::common::SHAPE, 3, 2).unwrap();
    let segments = data.features().slice(ndarray::s![..6, .., ..]).to_owned();
    let classes: Vec<usize> = data.labels()[..6].to_vec();
    let of = |model: &Classifier| explain::saliency(model, &segments, &classes).unwrap();
    let similar = correlation(&of(&trained), &of(&random));
    assert!(similar.abs() < 0.3, "correlation {similar}");

    // Coefficient c alone identifies class c: the map of the trained model must show it.
    let map = SmoothGrad { sign: Sign::Signed, ..SmoothGrad::default() }
        .maps(&trained, &segments, &classes)
        .unwrap();
    for (i, class) in classes.into_iter().enumerate() {
        let of = |coefficient: usize| map.slice(ndarray::s![i, .., coefficient]).sum();
        assert!((3..13).all(|other| of(class) > of(other).abs()), "segment {i}");
    }
}

#[test]
fn bad_requests_are_refused() {
    let (model, mut input) = (cnn(1), segments(2));
    let wrong = |error: Error| error.to_string();
    assert!(matches!(
        explain::saliency(&model, &input, &[0]),
        Err(Error::ExplainedClasses { expected: 2, actual: 1 })
    ));
    let error = explain::saliency(&model, &input, &[0, 9]).unwrap_err();
    assert!(matches!(error, Error::LabelOutOfRange { segment: 1, label: 9, n_classes: 4, .. }), "{error}");
    assert!(wrong(explain::grad_cam(&model, &input, &[0, 1], "nowhere").unwrap_err()).contains("nowhere"));
    assert!(wrong(explain::grad_cam(&model, &input, &[0, 1], "dense").unwrap_err()).contains("[64]"));
    let none = SmoothGrad { samples: 0, ..SmoothGrad::default() };
    assert!(matches!(none.maps(&model, &input, &[0, 1]), Err(Error::Setting { setting: "samples", .. })));
    let short = Array3::zeros((1, 7, 13));
    assert!(matches!(explain::saliency(&model, &short, &[0]), Err(Error::FeatureShape { n_frames: 7, .. })));
    input[[1, 4, 2]] = f32::NAN;
    let error = explain::saliency(&model, &input, &[0, 1]).unwrap_err();
    assert!(matches!(error, Error::NonFiniteFeature { segment: 1, frame: 4, coefficient: 2, .. }), "{error}");
}
