//! Derivatives by the power spectrum, beside finite differences of the features themselves.

use cepstrum_dsp::{DctNorm, DctType, DecibelConfig, MelConfig, Reference, StftConfig};
use cepstrum_features::inverse::ChainRule;
use cepstrum_features::{Error, LogMel, LogMelConfig, LogScale, Mfcc, MfccConfig, Spectrum};
use ndarray::Array2;

use crate::common::noise;

/// Central differences in double precision have about eight digits here.
const TOLERANCE: f64 = 1e-6;
const FRAMES: usize = 3;
const BINS: usize = 33;

/// A spectrum over eight decades, so that `top_db` and `amin` have something to clip.
fn power() -> Array2<f64> {
    let random = noise(FRAMES * BINS, 4);
    Array2::from_shape_fn((FRAMES, BINS), |(t, k)| 10.0_f64.powf(8.0 * random[t * BINS + k] - k as f64 / 8.0))
}

fn small(n_mels: usize) -> LogMelConfig {
    let stft = StftConfig { n_fft: 2 * (BINS - 1), hop_length: 16, ..StftConfig::default() };
    LogMelConfig { stft, mel: MelConfig { n_mels, ..MelConfig::default() }, ..LogMelConfig::default() }
}

/// A weighted sum of features, and its gradient by them.
fn weights(n: usize) -> Array2<f64> {
    let random = noise(FRAMES * n, 9);
    Array2::from_shape_fn((FRAMES, n), |(t, k)| random[t * n + k])
}

/// Compares the chain rule with differences of `sum(weights * features(power))`, bin by bin.
fn check(name: &str, rule: &ChainRule, mut features: impl FnMut(&Array2<f64>) -> Array2<f64>) {
    let (power, weights) = (power(), weights(rule.n_coefficients()));
    let found = rule.process(&power, &weights).unwrap();
    let mut score = |power: &Array2<f64>| (features(power) * &weights).sum();
    let mut largest: f64 = 0.0;
    for ((t, k), &p) in power.indexed_iter() {
        let mut moved = |share: f64| {
            let mut moved = power.clone();
            moved[[t, k]] = p * (1.0 + share);
            score(&moved)
        };
        // The change of the score for a relative change of the bin, which is of the same size in all of them.
        let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        let actual = found.power[[t, k]] * p;
        largest = largest.max(actual.abs());
        assert!((actual - expected).abs() < TOLERANCE, "{name}: frame {t}, bin {k}: {actual} {expected}");
    }
    assert!(largest > 0.01, "{name}: no bin matters");
}

#[test]
fn the_gradient_of_log_mel_is_its_finite_difference() {
    let decibel = |top_db, amin, reference| DecibelConfig { top_db, amin, reference };
    let with = |decibel| LogMelConfig { decibel, ..small(12) };
    let cases = [
        ("default", small(12)),
        ("narrow range", with(decibel(Some(25.0), 1e-10, Reference::Value(1.0)))),
        ("no range", with(decibel(None, 1e-10, Reference::Value(0.5)))),
        ("maximum", with(decibel(Some(30.0), 1e-10, Reference::Maximum))),
        ("high floor", with(decibel(None, 1e-3, Reference::Maximum))),
        ("magnitudes", LogMelConfig { spectrum: Spectrum::Magnitude, ..small(12) }),
        ("MusiCNN's logarithm", LogMelConfig { log: LogScale::Log10OfScaled { scale: 1e4 }, ..small(12) }),
        ("empty bands", small(40)),
    ];
    for (name, config) in cases {
        let mut log_mel = LogMel::<f64>::new(&config).unwrap();
        check(name, &ChainRule::log_mel(&config).unwrap(), |power| log_mel.process_power(power).unwrap());
    }
}

#[test]
fn the_gradient_of_mfccs_is_their_finite_difference() {
    for dct_type in [DctType::One, DctType::Two, DctType::Three] {
        for (dct_norm, lifter) in [(DctNorm::Orthonormal, 0.0), (DctNorm::None, 22.0)] {
            let config = MfccConfig { n_mfcc: 7, dct_type, dct_norm, lifter, log_mel: small(12) };
            let mut mfcc = Mfcc::<f64>::new(&config).unwrap();
            let rule = ChainRule::mfcc(&config).unwrap();
            check(&format!("{config:?}"), &rule, |power| mfcc.process_power(power).unwrap());
        }
    }
}

/// Which band `top_db` clips and which one it belongs to.
#[test]
fn clipped_bands_count_for_the_loudest() {
    let decibel = DecibelConfig { top_db: Some(20.0), ..DecibelConfig::default() };
    let config = LogMelConfig { decibel, ..small(12) };
    let rule = ChainRule::log_mel(&config).unwrap();
    let mut power = Array2::from_elem((2, BINS), 1e-4_f64);
    power.row_mut(1).slice_mut(ndarray::s![20..]).fill(100.0);
    let mut gradient = Array2::zeros((2, 12));
    gradient[[0, 3]] = 1.0;
    let found = rule.process(&power, &gradient).unwrap();
    let mel = LogMel::<f64>::new(&config).unwrap().process_power(&power).unwrap();
    let loudest = mel.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    let moved: Vec<_> = found.mel.indexed_iter().filter(|(_, g)| **g != 0.0).map(|(at, _)| at).collect();
    assert_eq!(moved, [loudest]);
    assert!(found.log_mel[[0, 3]] > 0.0 && found.power.row(0).iter().all(|g| *g == 0.0));
}

#[test]
fn silence_has_no_gradient() {
    for config in [small(12), LogMelConfig { spectrum: Spectrum::Magnitude, ..small(12) }] {
        let rule = ChainRule::log_mel(&config).unwrap();
        let found = rule.process(&Array2::zeros((FRAMES, BINS)), &weights(12)).unwrap();
        assert!(found.power.iter().chain(&found.mel).all(|g| *g == 0.0), "{config:?}");
    }
}

#[test]
fn bad_input_is_named() {
    let too_many = MfccConfig { n_mfcc: 13, log_mel: small(12), ..MfccConfig::default() };
    assert_eq!(ChainRule::mfcc(&too_many).unwrap_err(), Error::CoefficientCount { n_mfcc: 13, n_mels: 12 });
    let scale = LogMelConfig { log: LogScale::Log10OfScaled { scale: -1.0 }, ..small(12) };
    assert_eq!(ChainRule::log_mel(&scale).unwrap_err(), Error::LogScale { scale: -1.0 });
    let rule = ChainRule::log_mel(&small(12)).unwrap();
    let (power, gradient) = (power(), weights(12));
    let text =
        |power: &Array2<f64>, gradient: &Array2<f64>| rule.process(power, gradient).unwrap_err().to_string();
    assert!(text(&Array2::zeros((3, 20)), &gradient).starts_with("the power spectrogram must have shape"));
    assert!(text(&power, &Array2::zeros((3, 13))).contains("[n_frames, 12]"));
    assert!(
        text(&power, &Array2::zeros((2, 12)))
            .starts_with("the gradient by the features must have 36 elements")
    );
    assert!(text(&(-&power), &gradient).contains("finite and at least 0"));
    assert!(text(&power, &(&gradient * f64::NAN)).contains("must be finite, not NaN"));
}
