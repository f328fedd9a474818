//! Attribution on spectra: finite differences through the whole path from power to logit, and completeness.

use std::sync::Arc;

use cepstrum_dataset::cepstrum_features::dsp::{DecibelConfig, MelConfig, StftConfig};
use cepstrum_dataset::cepstrum_features::{LogMelConfig, MfccConfig};
use cepstrum_dataset::rng::stream;
use cepstrum_dataset::{
    Error as DatasetError, ExtractConfig, FeatureConfig, Front, Segment, segment_features,
    segment_features_with,
};
use cepstrum_models::explain::{IntegratedSpectrum, SpectralPath};
use cepstrum_models::pretrained::{MusiCnnFront, MusiCnnOutput};
use cepstrum_models::{Classifier, Error, ModelMetadata, Standardizer, zoo};
use ndarray::{Array2, Axis};
use rand::Rng;

use crate::musicnn::random_musicnn;

/// Differences of scores in single precision, across the kinks of rectifiers, have about two digits. A gradient that lacks a
/// factor or a term is wrong by tens of percent.
const TOLERANCE: f32 = 0.05;
/// In a deep network maxima over bands and over time change hands within the step of a difference.
const DEEP_TOLERANCE: f32 = 0.15;
const N_CLASSES: usize = 3;
/// Number of random directions in which a gradient is compared.
const DIRECTIONS: usize = 6;

/// The same through a published network, which takes as long as it is large.
const DEEP_DIRECTIONS: usize = 2;

/// A tone that begins late and grows, and noise: quiet and loud frames, bands that `top_db` clips and bands that it does not,
/// and one band that is the loudest by far, since a gradient has a kink where the loudest changes.
fn samples(n: usize) -> Vec<f32> {
    let mut rng = stream(3, "test/spectral");
    let tone =
        |i: usize| if i > n / 3 { (i as f32 / n as f32).powi(3) * (i as f32 * 0.3).sin() } else { 0.0 };
    (0..n).map(|i| 0.4 * tone(i) + 0.01 * (rng.random::<f32>() - 0.5)).collect()
}

fn small_log_mel() -> LogMelConfig {
    LogMelConfig {
        sample_rate: 8_000,
        stft: StftConfig { n_fft: 256, hop_length: 128, ..StftConfig::default() },
        mel: MelConfig { n_mels: 24, ..MelConfig::default() },
        decibel: DecibelConfig { top_db: Some(45.0), ..DecibelConfig::default() },
        ..LogMelConfig::default()
    }
}

/// A network with a standardizer, on features of 0.25 s.
fn model(features: FeatureConfig) -> Classifier {
    let config = ExtractConfig { features, segment: Segment::Seconds(0.25) };
    let found = segment_features(&samples(2_000), &config).unwrap();
    let (_, n_frames, n_coefficients) = found.dim();
    let deviation = (0..n_coefficients).map(|k| 5.0 + k as f32).collect();
    let standardizer = Standardizer::new(vec![-3.0; n_coefficients], deviation);
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let metadata = ModelMetadata { classes, config: Some(config), standardizer };
    zoo::ffnn(1, [n_frames, n_coefficients], N_CLASSES, 7).unwrap().with_metadata(metadata).unwrap()
}

fn mfcc_model() -> Classifier {
    model(FeatureConfig::Mfcc(MfccConfig {
        n_mfcc: 10,
        lifter: 22.0,
        log_mel: small_log_mel(),
        ..MfccConfig::default()
    }))
}

/// A head on the published network's values, with random weights in both.
fn musicnn_model(output: MusiCnnOutput) -> Classifier {
    let network = random_musicnn(5);
    let front = MusiCnnFront::new(Arc::clone(&network), output).hop(40);
    let config =
        ExtractConfig { features: FeatureConfig::Front(front.config()), segment: Segment::Seconds(3.7) };
    let shape = front.shape(config.segment.n_samples(16_000).unwrap());
    let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
    let standardizer = Standardizer::new(vec![0.2; shape[1]], vec![0.5; shape[1]]);
    let metadata = ModelMetadata { classes, config: Some(config), standardizer };
    zoo::ffnn(1, shape, N_CLASSES, 7).unwrap().with_metadata(metadata).unwrap().with_embedded_front(network)
}

/// Compares the gradient with the change of the score in random directions of relative changes.
fn check_differences(
    path: &mut SpectralPath<'_>,
    power: &Array2<f32>,
    class: usize,
    directions: usize,
    [step, tolerance]: [f32; 2],
) {
    let gradient = path.saliency(power, class).unwrap();
    let by_change = &gradient.power * power;
    let mut rng = stream(8, "test/spectral/directions");
    let (mut difference, mut size) = (0.0, 0.0);
    for _ in 0..directions {
        // A random half of the frames, so that no direction is the loudness of all alone.
        let frames: Vec<f32> = (0..power.nrows()).map(|_| f32::from(rng.random::<bool>())).collect();
        let direction = Array2::from_shape_fn(power.dim(), |(t, _)| frames[t] * (rng.random::<f32>() + 0.5));
        let mut moved = |step: f32| {
            let mut moved = power.clone();
            moved.zip_mut_with(&direction, |p, d| *p *= 1.0 + step * d);
            path.logits(&moved).unwrap()[class]
        };
        let expected = (moved(step) - moved(-step)) / (2.0 * step);
        let actual = (&by_change * &direction).sum();
        difference += (actual - expected).powi(2);
        size += expected.powi(2);
    }
    let share = (difference / size).sqrt();
    println!("class {class}: differences of {:.3}, error {share:.1e}", (size / directions as f32).sqrt());
    assert!(size > 1e-4 && share < tolerance, "{size:e} {share:e}");
}

#[test]
fn gradients_are_finite_differences_from_power_to_logit() {
    for model in [mfcc_model(), model(FeatureConfig::LogMel(small_log_mel()))] {
        let mut path = SpectralPath::new(&model).unwrap();
        let power = path.power(&samples(2_000)).unwrap();
        for class in 0..N_CLASSES {
            check_differences(&mut path, &power, class, DIRECTIONS, [2e-3, TOLERANCE]);
        }
        let gradient = path.saliency(&power, 0).unwrap();
        assert_eq!(gradient.mel.dim(), (power.nrows(), 24));
        assert_eq!(gradient.log_mel.dim(), (power.nrows(), 24));
    }
}

#[test]
fn gradients_pass_through_a_published_network() {
    // What the features are of, and their last layer: the other values lie between.
    for output in [MusiCnnOutput::Pooled, MusiCnnOutput::Tags] {
        let model = musicnn_model(output);
        let mut path = SpectralPath::new(&model).unwrap();
        let signal = samples(59_200);
        let power = path.power(&signal).unwrap();
        println!("{output}");
        check_differences(&mut path, &power, 1, DEEP_DIRECTIONS, [1e-2, DEEP_TOLERANCE]);
        if output == MusiCnnOutput::Tags {
            let front = MusiCnnFront::new(model.embedded_front().unwrap().clone(), output).hop(40);
            let config = model.config().unwrap();
            let expected = segment_features_with(&signal, config, &(Arc::new(front) as _)).unwrap();
            let found = path.features(&power).unwrap();
            let difference = (&found - &expected.index_axis(Axis(0), 0)).mapv(f32::abs);
            assert!(
                difference.iter().all(|x| *x < 1e-4),
                "features of the spectrum are those of the samples"
            );
        }
    }
}

/// What bins and bands contribute adds up to the change of the score.
#[test]
fn contributions_add_up_to_the_change_of_the_score() {
    for model in [mfcc_model(), model(FeatureConfig::LogMel(small_log_mel()))] {
        let mut path = SpectralPath::new(&model).unwrap();
        let power = path.power(&samples(2_000)).unwrap();
        let frame = power.mean_axis(Axis(0)).unwrap();
        let mut baseline = Array2::zeros(power.dim());
        baseline.assign(&frame);
        for class in 0..N_CLASSES {
            let config = IntegratedSpectrum { steps: 400, ..IntegratedSpectrum::new(baseline.clone()) };
            let found = config.map(&mut path, &power, class).unwrap();
            let change = path.logits(&power).unwrap()[class] - path.logits(&baseline).unwrap()[class];
            println!("bins {}, bands {}, score {change}", found.power.sum(), found.mel.sum());
            assert!(change.abs() > 0.01);
            for sum in [found.power.sum(), found.mel.sum()] {
                assert!((sum - change).abs() < 0.02 * change.abs().max(0.2), "{sum} {change}");
            }
        }
    }
}

/// The features of the spectrum are those of the extraction, and silence has no gradient.
#[test]
fn the_path_has_the_features_of_the_extraction() {
    let model = mfcc_model();
    let mut path = SpectralPath::new(&model).unwrap();
    let samples = samples(2_000);
    let power = path.power(&samples).unwrap();
    let expected = segment_features(&samples, model.config().unwrap()).unwrap();
    let found = path.features(&power).unwrap();
    let difference = (&found - &expected.index_axis(Axis(0), 0)).mapv(f32::abs);
    assert!(difference.iter().all(|x| *x < 1e-2), "{difference:?}");
    let silence = Array2::zeros(power.dim());
    let gradient = path.saliency(&silence, 1).unwrap();
    assert!(gradient.power.iter().all(|g| *g == 0.0));
}

#[test]
fn bad_requests_are_named() {
    let unknown = zoo::ffnn(1, [16, 10], N_CLASSES, 7).unwrap();
    assert!(matches!(SpectralPath::new(&unknown).unwrap_err(), Error::NoExtractConfig));
    let musicnn = musicnn_model(MusiCnnOutput::Tags);
    let metadata = musicnn.metadata().clone();
    let shape = [musicnn.network().input_shape()[0], 50];
    let without = zoo::ffnn(1, shape, N_CLASSES, 7).unwrap().with_metadata(metadata).unwrap();
    let error = SpectralPath::new(&without).unwrap_err();
    assert!(matches!(error, Error::Dataset(DatasetError::FrontMissing { .. })), "{error}");

    let model = mfcc_model();
    let mut path = SpectralPath::new(&model).unwrap();
    let power = path.power(&samples(2_000)).unwrap();
    let error = path.saliency(&power, 3).unwrap_err();
    assert!(matches!(error, Error::LabelOutOfRange { label: 3, n_classes: 3, .. }), "{error}");
    let error = path.saliency(&Array2::zeros((16, 100)), 0).unwrap_err();
    assert!(
        error.to_string().starts_with("the power spectrogram must have shape [n_frames, 129]"),
        "{error}"
    );
    let error = path.saliency(&Array2::zeros((7, 129)), 0).unwrap_err();
    assert!(matches!(error, Error::FeatureShape { n_frames: 7, .. }), "{error}");
    let error = path.saliency(&(-&power), 0).unwrap_err();
    assert!(error.to_string().contains("finite and at least 0"), "{error}");
    let none = IntegratedSpectrum { steps: 0, ..IntegratedSpectrum::new(power.clone()) };
    assert!(matches!(none.map(&mut path, &power, 0).unwrap_err(), Error::Setting { setting: "steps", .. }));
    let other = IntegratedSpectrum::new(Array2::zeros((4, 129)));
    let error = other.map(&mut path, &power, 0).unwrap_err();
    assert!(matches!(error, Error::ExplainedMaps { actual: [1, 4, 129], .. }), "{error}");
    assert!(path.power(&[0.0, f32::NAN]).is_err() && path.power(&[]).is_err());
}
