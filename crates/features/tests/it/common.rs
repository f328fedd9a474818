//! The signals of the golden scripts, golden files, and distances.
//!
//! `cepstrum-dsp` has a similar module. The two are not shared: a packed crate must be testable alone.

use std::f64::consts::PI;
use std::path::Path;

use serde_json::Value;

/// Noise, uniform between -1/2 and 1/2, of a linear congruential generator (Numerical Recipes' constants).
pub(crate) fn noise(n: usize, seed: u32) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 16_777_216.0 - 0.5
    };
    (0..n).map(|_| next()).collect()
}

/// The signals of `golden/signals.py`.
pub(crate) fn signal(name: &str) -> Vec<f32> {
    let noise_1 = noise(8000, 1);
    let mix = |i: usize| {
        let t = i as f64 / 22_050.0;
        0.4 * (2.0 * PI * 220.0 * t).sin()
            + 0.2 * (2.0 * PI * (700.0 + 2000.0 * t) * t).sin()
            + 0.1 * (2.0 * PI * 5000.0 * t).sin()
            + 0.02 * noise_1[i]
    };
    let make = |n: usize, f: &dyn Fn(usize) -> f64| (0..n).map(|i| f(i) as f32).collect();
    match name {
        "mix" => make(8000, &mix),
        "click" => make(8000, &|i| if i == 3000 { 1.0 } else { 0.0 }),
        "silence" => make(8000, &|_| 0.0),
        "dc" => make(8000, &|_| 0.5),
        "square" => make(8000, &|i| if i / 25 % 2 == 0 { 1.0 } else { -1.0 }),
        "fade" => make(8000, &|i| mix(i) * (-(i as f64) / 400.0).exp()),
        "short" => make(300, &mix),
        "denormal" => noise(8000, 2).iter().map(|x| (1e-40 * x) as f32).collect(),
        _ => panic!("no such signal: {name}"),
    }
}

/// Widens to double precision.
pub(crate) fn wide(samples: &[f32]) -> Vec<f64> {
    samples.iter().map(|&x| f64::from(x)).collect()
}

/// The cases of one feature in `golden/features.json`; at least one.
pub(crate) fn golden(feature: &str) -> Vec<Value> {
    golden_in("features.json", feature)
}

/// The cases of one feature in a golden file; at least one.
pub(crate) fn golden_in(file: &str, feature: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let golden: Value = serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap();
    let cases = golden[feature].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "no golden case of {feature}");
    cases
}

/// Deserializes a field of a case.
pub(crate) fn field<D: serde::de::DeserializeOwned>(case: &Value, name: &str) -> D {
    serde_json::from_value(case[name].clone()).unwrap()
}

/// The values of a nested list, row after row.
pub(crate) fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// The largest absolute difference; NaN if any is NaN.
pub(crate) fn distance<T: Copy + Into<f64>>(ours: impl IntoIterator<Item = T>, theirs: &[f64]) -> f64 {
    let ours: Vec<f64> = ours.into_iter().map(Into::into).collect();
    assert_eq!(ours.len(), theirs.len(), "number of values");
    ours.iter()
        .zip(theirs)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |max, d| if d > max || d.is_nan() { d } else { max })
}
