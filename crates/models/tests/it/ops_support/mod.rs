//! Values and plain `f64` arithmetic for the tests of the operations.

use candle_core::{Device, Tensor, Var};

pub(crate) mod reference;

/// Values in [-scale, scale), by the hash of `golden/make_ops.py`. With `levels` they are few distinct ones, for ties.
pub(crate) fn numbers(count: usize, salt: u64, scale: f32, levels: Option<f64>) -> Vec<f32> {
    (0..count as u64)
        .map(|place| {
            let mixed = (place + salt * 1_000_003) * 2_654_435_761 % (1 << 32);
            let mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % (1 << 32);
            let unit = (mixed >> 8) as f64 / f64::from(1 << 23) - 1.0;
            let unit = levels.map_or(unit, |levels| (unit * levels).floor() / levels);
            (unit * f64::from(scale)) as f32
        })
        .collect()
}

pub(crate) fn tensor(shape: &[usize], values: Vec<f32>) -> Tensor {
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

pub(crate) fn var(shape: &[usize], salt: u64, scale: f32) -> Var {
    Var::from_tensor(&tensor(shape, numbers(shape.iter().product(), salt, scale, None))).unwrap()
}

pub(crate) fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The output of `f`, and the gradients of the sum of `weights * output` with respect to the inputs.
pub(crate) fn gradients(inputs: &[Var], f: impl Fn(&[Var]) -> Tensor) -> (Vec<f32>, Vec<Vec<f32>>) {
    let y = f(inputs);
    let weights = tensor(y.dims(), numbers(y.elem_count(), 9, 1.0, None));
    let grads = (&y * weights).unwrap().sum_all().unwrap().backward().unwrap();
    (
        values(&y),
        inputs.iter().map(|input| values(grads.get(input).expect("a gradient for every input"))).collect(),
    )
}

/// The largest difference, as a share of the largest expected value; infinite if there is a NaN.
pub(crate) fn relative_error(actual: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let peak = expected.iter().fold(1e-12, |peak: f64, x| peak.max(x.abs()));
    let worst = actual.iter().zip(expected).map(|(a, e)| (f64::from(*a) - e).abs());
    worst.fold(0.0, |worst, x| if x.is_nan() { f64::INFINITY } else { worst.max(x) }) / peak
}
