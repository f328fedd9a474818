//! Parity of contrast, flatness, polynomial features and tonal centroids with librosa 0.11 (`golden/make_spectral.py`), their
//! refusals, and what holds for any signal.

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{
    ContrastScale, Error, PolyFeatures, PolyFeaturesConfig, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, tonnetz,
};
use ndarray::Array2;
use serde_json::Value;

use crate::common::{distance, field, flat, golden_of, largest, noise, signal, wide};

/// Tolerance in double precision, relative to the largest value; golden values have nine digits.
const DOUBLE: f64 = 1e-7;
/// Tolerance in single precision, in which the smallest bins of a tone's spectrum are rounding noise.
const SINGLE: f64 = 1e-3;

fn cases(feature: &str) -> impl Iterator<Item = (Value, Vec<f32>, Vec<f64>)> {
    golden_of("spectral.json", feature).into_iter().map(|case| {
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        (case, samples, expected)
    })
}

#[test]
fn contrast_is_librosas() {
    /// Decibels of bins at the rounding noise of single precision, which lies 80 dB and more below the largest.
    const QUIET_BINS: f64 = 0.05;
    for (case, samples, expected) in cases("contrast") {
        let config: SpectralContrastConfig = field(&case, "config");
        let scale = largest(&expected, 1e-3);
        let double = SpectralContrast::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let found = distance(double, &expected);
        assert!(found <= scale * DOUBLE, "{found:e} of {scale:e}: {} {config:?}", case["signal"]);
        let single = SpectralContrast::new(&config).unwrap().process(&samples).unwrap();
        let found = distance(single, &expected);
        let tolerance = if config.scale == ContrastScale::Decibel { QUIET_BINS } else { SINGLE };
        assert!(found <= scale * tolerance, "{found:e} of {scale:e} in f32: {} {config:?}", case["signal"]);
    }
}

#[test]
fn flatness_is_librosas() {
    for (case, samples, expected) in cases("flatness") {
        let config: SpectralFlatnessConfig = field(&case, "config");
        let double = SpectralFlatness::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let found = distance(double, &expected);
        assert!(found <= DOUBLE, "{found:e}: {} {config:?}", case["signal"]);
        let single = SpectralFlatness::new(&config).unwrap().process(&samples).unwrap();
        let found = distance(single, &expected);
        assert!(found <= SINGLE, "{found:e} in f32: {} {config:?}", case["signal"]);
    }
}

#[test]
fn polynomial_features_are_librosas() {
    for (case, samples, expected) in cases("poly") {
        let config: PolyFeaturesConfig = field(&case, "config");
        let n = config.order + 1;
        let double = PolyFeatures::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let single = PolyFeatures::new(&config).unwrap().process(&samples).unwrap();
        // Each coefficient has a unit, and a size, of its own; those of a click, whose spectrum is flat, are rounding noise.
        let level = largest(&expected.iter().copied().skip(n - 1).step_by(n).collect::<Vec<_>>(), 1e-9);
        for i in 0..n {
            let expected: Vec<f64> = expected.iter().copied().skip(i).step_by(n).collect();
            let nyquist = f64::from(config.sample_rate) / 2.0;
            let scale = largest(&expected, 1e-3 * level / nyquist.powi((n - 1 - i) as i32));
            let found = distance(double.column(i).to_vec(), &expected);
            assert!(found <= scale * DOUBLE, "{found:e} of {scale:e}, {i}: {} {config:?}", case["signal"]);
            let found = distance(single.column(i).to_vec(), &expected);
            assert!(
                found <= scale * SINGLE,
                "{found:e} of {scale:e} in f32, {i}: {} {config:?}",
                case["signal"]
            );
        }
    }
}

#[test]
fn tonal_centroids_are_librosas() {
    for case in golden_of("spectral.json", "tonnetz") {
        let n: usize = field(&case, "n_chroma");
        let values = noise(10 * n, 8).iter().map(|x| x.abs()).collect();
        let mut chroma = Array2::from_shape_vec((10, n), values).unwrap();
        chroma.row_mut(3).fill(0.0);
        let expected = flat(&case["expected"]);
        assert!(distance(tonnetz(chroma.view()).unwrap(), &expected) < 1e-9, "{n}");
        let single = tonnetz(chroma.mapv(|x| x as f32).view()).unwrap();
        assert!(distance(single, &expected) < 1e-6, "{n} in f32");
    }
}

/// Loudness does not change flatness, and contrast in decibels does not either above the floor.
#[test]
fn flatness_and_contrast_ignore_loudness() {
    let samples = noise(8000, 4);
    let louder: Vec<f64> = samples.iter().map(|x| 10.0 * x).collect();
    let mut flatness = SpectralFlatness::new(&SpectralFlatnessConfig::default()).unwrap();
    let (quiet, loud) = (flatness.process(&samples).unwrap(), flatness.process(&louder).unwrap());
    assert!(distance(quiet.to_vec(), &loud.to_vec()) < 1e-9);
    assert!(quiet.iter().all(|x| (0.2..0.8).contains(x)), "noise is flat");
    let mut contrast = SpectralContrast::new(&SpectralContrastConfig::default()).unwrap();
    let (quiet, loud) = (contrast.process(&samples).unwrap(), contrast.process(&louder).unwrap());
    assert!(distance(quiet, &loud.into_raw_vec_and_offset().0) < 1e-9);
}

/// The mean magnitude is the polynomial of degree 0, and a polynomial of any degree has the same mean over the bins.
#[test]
fn polynomials_keep_the_mean() {
    let samples = noise(4000, 5);
    let fit = |order| {
        let config = PolyFeaturesConfig { order, ..Default::default() };
        PolyFeatures::new(&config).unwrap().process(&samples).unwrap()
    };
    let (mean, cubic) = (fit(0), fit(3));
    let hz = cepstrum_dsp::fft_frequencies(22_050, 2048).unwrap();
    for (mean, cubic) in mean.column(0).iter().zip(cubic.rows()) {
        let value = |f: f64| cubic.iter().fold(0.0, |sum, c| sum * f + c);
        let average = hz.iter().map(|&f| value(f)).sum::<f64>() / hz.len() as f64;
        assert!((average - mean).abs() < 1e-9 * mean, "{average} {mean}");
    }
}

#[test]
fn illegal_settings_are_named() {
    let contrast = |change: fn(&mut SpectralContrastConfig)| {
        let mut config = SpectralContrastConfig::default();
        change(&mut config);
        SpectralContrast::<f32>::new(&config).unwrap_err()
    };
    let bands = |actual| Error::Dsp(DspError::Count { name: "n_bands", min: 1, max: 6, actual });
    assert_eq!(contrast(|c| c.n_bands = 0), bands(0));
    assert_eq!(contrast(|c| c.n_bands = 7), bands(7));
    assert_eq!(contrast(|c| c.n_bands = usize::MAX), bands(usize::MAX));
    let few = Error::EmptyBand { band: 0, low: 0.0, high: 200.0, n_fft: 32 };
    assert_eq!(contrast(|c| c.stft.n_fft = 32), few);
    for (error, expected) in [
        (contrast(|c| c.f_min = 0.0), "f_min"),
        (contrast(|c| c.f_min = f64::NAN), "f_min"),
        (contrast(|c| c.quantile = 0.0), "quantile"),
        (contrast(|c| c.quantile = 1.0), "quantile"),
    ] {
        assert!(
            matches!(&error, Error::Dsp(DspError::Parameter { name, .. }) if *name == expected),
            "{error}"
        );
    }
    for (power, amin, expected) in [(0.0, 1e-10, "power"), (2.0, 0.0, "amin"), (2.0, f64::INFINITY, "amin")] {
        let config = SpectralFlatnessConfig { power, amin, ..Default::default() };
        let error = SpectralFlatness::<f32>::new(&config).unwrap_err();
        assert!(
            matches!(&error, Error::Dsp(DspError::Parameter { name, .. }) if *name == expected),
            "{error}"
        );
    }
    let config = PolyFeaturesConfig { order: 9, ..Default::default() };
    let expected = Error::Dsp(DspError::Count { name: "order", min: 0, max: 8, actual: 9 });
    assert_eq!(PolyFeatures::<f32>::new(&config).unwrap_err(), expected);
    assert_eq!(
        tonnetz(Array2::<f32>::from_elem((2, 12), f32::NAN).view()).unwrap_err(),
        Error::Dsp(DspError::NonFinite { index: 0 })
    );
    assert!(tonnetz(Array2::<f32>::zeros((2, 0)).view()).is_err());
}
