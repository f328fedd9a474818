//! Single layers against Keras and TensorFlow, whose results are `golden/ops.json`, made by `golden/make_ops.py`.

use super::ops::{
    self, Activation, AdamConfig, AdamMoments, AdamStep, BatchNormParameters, Momentum, Pool2d, adam_update,
    batch_norm_inference, batch_norm_train, conv2d, conv2d_max_pool2d, dense, gru, l2_penalty, max_pool2d,
    sgd_update, soft_cross_entropy, softmax_cross_entropy,
};
use crate::ops_support::{gradients, hashed_values, relative_error, tensor, values, var};
use candle_core::{Device, Tensor, Var};
use serde_json::Value;

/// Relative to the largest value: both sides compute in `f32`, in different orders.
const TOLERANCE: f64 = 1e-5;

fn cases(op: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/ops.json")).unwrap();
    let cases: Vec<_> =
        all["cases"].as_array().unwrap().iter().filter(|case| case["op"] == op).cloned().collect();
    assert!(!cases.is_empty());
    cases
}

fn sides<const N: usize>(case: &Value, key: &str) -> [usize; N] {
    serde_json::from_value::<Vec<usize>>(case[key].clone()).unwrap().try_into().unwrap()
}

fn activation(case: &Value) -> Activation {
    serde_json::from_value(case["activation"].clone()).unwrap()
}

/// Compares a result with its stored sample.
fn check(what: &str, actual: &[f32], sample: &Value) {
    assert_eq!(actual.len() as u64, sample["count"].as_u64().unwrap(), "{what}");
    let step = sample["step"].as_u64().unwrap() as usize;
    let mut expected: Vec<f64> = serde_json::from_value(sample["values"].clone()).unwrap();
    let mut actual: Vec<f32> = actual.iter().step_by(step).copied().collect();
    // The largest value of the whole result, not of the sample, sets the scale.
    let peak = sample["peak"].as_f64().unwrap();
    expected.push(peak);
    actual.push(peak as f32);
    let error = relative_error(&actual, &expected);
    assert!(error < TOLERANCE, "{what}: {error:e}");
}

fn check_layer(case: &Value, inputs: &[Var], f: impl Fn(&[Var]) -> Tensor) {
    let (y, grads) = gradients(inputs, f);
    let name = format!("{} {} {}", case["op"], case["shape"], case["activation"]);
    check(&name, &y, &case["y"]);
    for (index, (grad, expected)) in grads.iter().zip(case["gradients"].as_array().unwrap()).enumerate() {
        check(&format!("{name}, gradient {index}"), grad, expected);
    }
}

#[test]
fn dense_is_that_of_keras() {
    for case in cases("dense") {
        let [n, n_in, n_out] = sides(&case, "shape");
        let inputs = [
            var(&[n, n_in], 1, 1.0),
            var(&[n_in, n_out], 2, (n_in as f64).powf(-0.5) as f32),
            var(&[n_out], 3, 0.1),
        ];
        check_layer(&case, &inputs, |x| dense(&x[0], &x[1], &x[2], activation(&case)).unwrap());
    }
}

#[test]
fn convolution_is_that_of_keras() {
    for case in cases("conv2d") {
        let [n, h, w, c, kh, kw, o] = sides(&case, "shape");
        let scale = ((kh * kw * c) as f64).powf(-0.5) as f32;
        let inputs = [var(&[n, h, w, c], 1, 1.0), var(&[kh, kw, c, o], 2, scale), var(&[o], 3, 0.1)];
        check_layer(&case, &inputs, |x| {
            if case["pool"].is_null() {
                return conv2d(&x[0], &x[1], &x[2], activation(&case)).unwrap();
            }
            let [a, b, s, t] = sides(&case, "pool");
            let pool = Pool2d { window: [a, b], stride: [s, t] };
            conv2d_max_pool2d(&x[0], &x[1], &x[2], activation(&case), pool).unwrap()
        });
    }
}

#[test]
fn max_pooling_is_that_of_tensorflow_with_ties_too() {
    for case in cases("max_pool2d") {
        let shape: [usize; 4] = sides(&case, "shape");
        let pool = Pool2d { window: sides(&case, "window"), stride: sides(&case, "stride") };
        let x = hashed_values(shape.iter().product(), 1, 1.0, case["levels"].as_f64());
        let x = Var::from_tensor(&tensor(&shape, x)).unwrap();
        check_layer(&case, &[x], |x| max_pool2d(&x[0], pool).unwrap());
    }
}

/// The scale and the shift among the inputs `[x, gamma, beta]`.
fn parameters(inputs: &[Var]) -> BatchNormParameters<'_> {
    BatchNormParameters { gamma: &inputs[1], beta: &inputs[2], epsilon: 1e-3 }
}

#[test]
fn batch_normalization_is_that_of_keras() {
    let plus = |count: usize, salt, scale, shift: f32| {
        let values = hashed_values(count, salt, scale, None).iter().map(|x| x + shift).collect();
        Var::from_vec(values, count, &Device::Cpu).unwrap()
    };
    for case in cases("batch_norm") {
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let (count, &c) = (shape.iter().product(), shape.last().unwrap());
        let x = Var::from_tensor(&plus(count, 1, 3.0, 2.0).reshape(shape.as_slice()).unwrap()).unwrap();
        let inputs = [x, plus(c, 2, 1.0, 1.5), plus(c, 3, 1.0, 0.0)];
        let (mean, variance) = (plus(c, 4, 1.0, 0.0), plus(c, 5, 1.0, 1.5));
        if case["training"] == false {
            check_layer(&case, &inputs, |x| {
                batch_norm_inference(&x[0], &parameters(x), &mean, &variance).unwrap()
            });
            continue;
        }
        check_layer(&case, &inputs, |x| batch_norm_train(&x[0], &parameters(x)).unwrap().y);
        let output = batch_norm_train(&inputs[0], &parameters(&inputs)).unwrap();
        for (index, (before, now)) in [(mean, output.mean), (variance, output.variance)].iter().enumerate() {
            let running = ((before.as_tensor() * 0.99).unwrap() + (now * 0.01).unwrap()).unwrap();
            check(&format!("running statistic {index}"), &values(&running), &case["running"][index]);
        }
    }
}

#[test]
fn cross_entropy_is_that_of_keras_for_huge_logits_too() {
    for case in cases("softmax_cross_entropy") {
        let [n, k] = sides(&case, "shape");
        let logits = var(&[n, k], 1, case["scale"].as_f64().unwrap() as f32);
        let labels: Vec<u32> = (0..n).map(|row| (row * 7 % k) as u32).collect();
        let labels = Tensor::new(labels, &Device::Cpu).unwrap();
        let loss = softmax_cross_entropy(&logits, &labels).unwrap();
        let grads = loss.backward().unwrap();
        check(&format!("loss of {case}"), &values(&loss), &case["y"]);
        check(&format!("gradient of {case}"), &values(grads.get(&logits).unwrap()), &case["gradients"][0]);
    }
}

#[test]
fn the_l2_penalty_is_that_of_keras() {
    for case in cases("l2_penalty") {
        let kernel = var(&sides::<2>(&case, "shape"), 1, 1.0);
        let loss = l2_penalty(&kernel, case["factor"].as_f64().unwrap()).unwrap();
        check("penalty", &values(&loss), &case["y"]);
        check("gradient", &values(loss.backward().unwrap().get(&kernel).unwrap()), &case["gradients"][0]);
    }
}

/// Compares a parameter over twenty steps of an optimizer with the stored values.
fn check_steps(case: &Value, mut update: impl FnMut(&Var, &Tensor, u64)) {
    let [count] = sides(case, "shape");
    let parameter = var(&[count], 1, 1.0);
    for step in 1..=20 {
        update(&parameter, &tensor(&[count], hashed_values(count, 99 + step, 0.5, None)), step);
        if let Some(known) = case["steps"].as_array().unwrap().iter().find(|known| known["step"] == step) {
            check(&format!("{} after step {step}", case["op"]), &values(&parameter), &known["parameter"]);
        }
    }
}

#[test]
fn adam_is_that_of_keras_over_twenty_steps() {
    for case in cases("adam").into_iter().chain(cases("adam_w")) {
        let mut moments = AdamMoments::zeros(sides::<1>(&case, "shape")[0]);
        let rate = case["learning_rate"].as_f64().unwrap();
        let weight_decay = case["weight_decay"].as_f64().unwrap_or(0.0);
        let config = AdamConfig { weight_decay, ..AdamConfig::default() };
        check_steps(&case, |parameter, gradient, step| {
            let step = AdamStep { number: step, learning_rate: rate, config };
            adam_update(parameter, gradient, &mut moments, &step).unwrap();
        });
    }
}

#[test]
fn gradient_descent_is_that_of_keras_over_twenty_steps() {
    for case in cases("sgd") {
        let mut velocity = vec![0.0; sides::<1>(&case, "shape")[0]];
        let [rate, share] = ["learning_rate", "momentum"].map(|key| case[key].as_f64().unwrap());
        let momentum = match case["nesterov"] == true {
            true => Momentum::Nesterov(share),
            false if share > 0.0 => Momentum::Classic(share),
            false => Momentum::Off,
        };
        check_steps(&case, |parameter, gradient, _| {
            sgd_update(parameter, gradient, &mut velocity, rate, momentum).unwrap();
        });
    }
}

#[test]
fn cross_entropy_with_soft_targets_is_that_of_keras() {
    for case in cases("soft_cross_entropy") {
        let [n, k] = sides(&case, "shape");
        let (logits, smoothing) = (var(&[n, k], 1, 3.0), case["smoothing"].as_f64().unwrap() as f32);
        let weights = hashed_values(n, 2, 1.0, None);
        let weight = |row: usize| if case["weighted"] == true { weights[row].abs() } else { 1.0 };
        let target = |row: usize, class: usize| {
            let hit = if class == row * 7 % k { 1.0 - smoothing } else { 0.0 };
            weight(row) * (hit + smoothing / k as f32)
        };
        let targets = (0..n).flat_map(|row| (0..k).map(move |class| (row, class)));
        let targets = tensor(&[n, k], targets.map(|(row, class)| target(row, class)).collect());
        let loss = soft_cross_entropy(&logits, &targets).unwrap();
        check(&format!("loss of {case}"), &values(&loss), &case["y"]);
        let grads = loss.backward().unwrap();
        check(&format!("gradient of {case}"), &values(grads.get(&logits).unwrap()), &case["gradients"][0]);
    }
}

#[test]
fn the_gated_recurrent_unit_is_that_of_keras() {
    for case in cases("gru") {
        let [n, steps, inputs, units] = sides(&case, "shape");
        let scale = |rows: usize| (rows as f64).powf(-0.5) as f32;
        let inputs = [
            var(&[n, steps, inputs], 1, 1.0),
            var(&[inputs, 3 * units], 2, scale(inputs)),
            var(&[units, 3 * units], 3, scale(units)),
            var(&[2, 3 * units], 4, scale(2)),
        ];
        check_layer(&case, &inputs, |x| {
            let rows = x[0].flatten(0, 1).unwrap();
            let projected = dense(&rows, &x[1], &x[3].get(0).unwrap(), Activation::Linear).unwrap();
            let projected = projected.reshape((n, steps, 3 * units)).unwrap();
            gru(&projected, &x[2], &x[3].get(1).unwrap()).unwrap()
        });
    }
}

#[test]
fn softmax_of_huge_logits_is_finite() {
    let x = tensor(&[2, 3], vec![3e38, 3e38, -3e38, 0.0, -1e30, 1.0]);
    let y = values(&ops::softmax(&x).unwrap());
    let e = f64::exp(1.0);
    assert!(relative_error(&y, &[0.5, 0.5, 0.0, 1.0 / (1.0 + e), 0.0, e / (1.0 + e)]) < 1e-6, "{y:?}");
}
