//! Parity of deltas, descriptors and chroma with librosa 0.11 (`golden/make_features.py`).

use cepstrum_dsp::Float;
use cepstrum_features::{Chroma, ChromaConfig, Descriptors, DescriptorsConfig, SpectralDescriptors, delta};
use ndarray::Array2;
use serde_json::Value;

use crate::common::{distance, field, flat, golden, noise, signal, wide};

/// Tolerance for chromagrams of a click: its spectrum is flat, so that its partials, and with them the tuning, are rounding
/// noise.
const CHANCE_TUNING: f64 = 0.06;
/// Tolerance in single precision, relative to the largest value.
const SINGLE: f64 = 2e-5;

#[test]
fn deltas_are_librosas() {
    let data = Array2::from_shape_vec((30, 3), noise(90, 3)).unwrap();
    for case in golden("delta") {
        let (width, order) = (field(&case, "width"), field(&case, "order"));
        let expected = flat(&case["expected"]);
        let scale = expected.iter().fold(1.0, |max, x| f64::max(max, x.abs()));
        let found = delta(data.view(), width, order).unwrap();
        assert!(distance(found, &expected) < scale * 1e-7, "width {width}, order {order}");
        let single = data.mapv(|x| x as f32);
        let found = delta(single.view(), width, order).unwrap();
        assert!(distance(found, &expected) < scale * SINGLE, "width {width}, order {order} in f32");
    }
}

#[test]
fn descriptors_are_librosas() {
    for case in golden("descriptors") {
        let config: DescriptorsConfig = field(&case, "config");
        let samples = signal(case["signal"].as_str().unwrap());
        let double = Descriptors::new(&config).unwrap().process(&wide(&samples)).unwrap();
        check(&double, &case, 1e-7);
        let single = Descriptors::new(&config).unwrap().process(&samples).unwrap();
        check(&single, &case, 1e-3);
    }
}

/// Checks distances relative to the largest value of each descriptor. In single precision, sums over a click's flat
/// spectrum and the noise around pure tones differ by up to 3e-4.
fn check<T: Float + Into<f64>>(found: &SpectralDescriptors<T>, case: &Value, relative: f64) {
    for (name, ours) in [
        ("centroid", &found.centroid),
        ("bandwidth", &found.bandwidth),
        ("rolloff", &found.rolloff),
        ("zero_crossing_rate", &found.zero_crossing_rate),
        ("rms", &found.rms),
    ] {
        let expected = flat(&case["expected"][name]);
        let scale = expected.iter().copied().fold(1e-6, f64::max);
        let distance = distance(ours.iter().copied(), &expected);
        assert!(distance <= scale * relative, "{name}: {distance:e} of {scale:e}, {}", case["config"]);
    }
}

#[test]
fn chromagrams_are_librosas() {
    for case in golden("chroma") {
        let config: ChromaConfig = field(&case, "config");
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        let double = Chroma::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let distance_f64 = distance(double, &expected);
        let tolerance = if case["signal"] == "click" { CHANCE_TUNING } else { 1e-7 };
        assert!(distance_f64 < tolerance, "{distance_f64:e} {}", case["config"]);
        let single = Chroma::new(&config).unwrap().process(&samples).unwrap();
        let distance_f32 = distance(single, &expected);
        assert!(distance_f32 < tolerance.max(1e-4), "{distance_f32:e} {}", case["config"]);
    }
}
