//! The noise of the golden script, its golden file, and distances.
//!
//! `cepstrum-features` has a similar module. The two are not shared: a packed crate must be testable alone.

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

/// Rounds to single precision.
pub(crate) fn narrow(samples: &[f64]) -> Vec<f32> {
    samples.iter().map(|&x| x as f32).collect()
}

/// The cases of one function in `golden/dsp.json`; at least one.
pub(crate) fn golden(function: &str) -> Vec<Value> {
    golden_of("dsp.json", function)
}

/// The cases of one function in a golden file; at least one.
pub(crate) fn golden_of(file: &str, function: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let golden: Value = serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap();
    let cases = golden[function].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "no golden case of {function}");
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
pub(crate) fn distance<T: Copy + Into<f64>>(ours: &[T], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "number of values");
    let differences = ours.iter().zip(theirs).map(|(&a, b)| (a.into() - b).abs());
    differences.fold(0.0, |max, d| if d > max || d.is_nan() { d } else { max })
}

/// The energy of `theirs` over the energy of the difference, dB.
pub(crate) fn signal_to_noise(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len(), "number of values");
    let noise: f64 = ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum();
    10.0 * (theirs.iter().map(|x| x * x).sum::<f64>() / noise).log10()
}
