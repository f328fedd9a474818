//! Every operation and every gradient, compared element by element with plain `f64` loops.

use super::ops::{
    Activation, AdamConfig, AdamMoments, AdamStep, BatchNormOutput, BatchNormParameters, Pool2d, adam_update,
    batch_norm_train, conv2d, conv2d_max_pool2d, dense, dropout, max_pool2d, relu, softmax,
    softmax_cross_entropy,
};
use crate::ops_support::reference::{self, Layer, wide};
use crate::ops_support::{gradients, hashed_values, relative_error, tensor, values, var};
use candle_core::{Device, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Relative to the largest value: `f32` sums of up to a few thousand terms against `f64`.
pub(crate) const TOLERANCE: f64 = 4e-6;

fn weights(y: &[f64]) -> Vec<f64> {
    wide(&hashed_values(y.len(), 9, 1.0, None))
}

fn check(what: &str, inputs: &[Var], f: impl Fn(&[Var]) -> Tensor, expected: &Layer) {
    let (y, grads) = gradients(inputs, f);
    let error = relative_error(&y, &expected.y);
    assert!(error < TOLERANCE, "{what}: output {error:e}");
    for (index, (grad, expected)) in grads.iter().zip(&expected.gradients).enumerate() {
        let error = relative_error(grad, expected);
        assert!(error < TOLERANCE, "{what}: gradient {index} {error:e}");
    }
}

pub(crate) fn inputs([n, h, w, c, kh, kw, o]: [usize; 7]) -> [Var; 3] {
    let scale = ((kh * kw * c) as f64).powf(-0.5) as f32;
    [var(&[n, h, w, c], 1, 1.0), var(&[kh, kw, c, o], 2, scale), var(&[o], 3, 0.1)]
}

fn wide_values(inputs: &[Var]) -> Vec<Vec<f64>> {
    inputs.iter().map(|input| wide(&values(input))).collect()
}

/// The shapes `[n, h, w, c, kh, kw, o]`: channels 1, 3, 10, 32, 37 and 256, odd and even sides, one image and seven,
/// kernels with sides of 1 to 4.
pub(crate) const CONVOLUTIONS: [[usize; 7]; 18] = [
    [1, 5, 5, 1, 3, 3, 10],
    [7, 9, 7, 1, 3, 3, 37],
    [2, 40, 13, 1, 3, 3, 256],
    [2, 8, 6, 3, 2, 3, 32],
    [2, 5, 5, 10, 3, 3, 3],
    [7, 11, 6, 10, 3, 3, 37],
    [1, 12, 6, 256, 3, 3, 32],
    [2, 13, 7, 32, 3, 3, 37],
    [3, 4, 4, 37, 3, 3, 1],
    [1, 3, 3, 32, 3, 3, 32],
    [2, 7, 3, 32, 3, 3, 32],
    [2, 3, 7, 32, 3, 3, 48],
    [7, 9, 2, 32, 2, 2, 10],
    [7, 4, 1, 37, 1, 1, 256],
    [1, 6, 7, 3, 1, 4, 5],
    [1, 7, 6, 20, 4, 1, 5],
    [2, 5, 6, 256, 2, 2, 3],
    [70, 5, 2, 20, 2, 2, 5],
];

#[test]
fn convolution() {
    for shape in CONVOLUTIONS {
        for activation in [Activation::Linear, Activation::Relu] {
            let inputs = inputs(shape);
            let [x, kernel, bias] = wide_values(&inputs).try_into().unwrap();
            let expected = reference::conv2d(&x, &kernel, &bias, shape, activation, weights);
            check(
                &format!("{shape:?} {activation:?}"),
                &inputs,
                |x| conv2d(&x[0], &x[1], &x[2], activation).unwrap(),
                &expected,
            );
        }
    }
}

#[test]
fn convolution_of_a_constant_image() {
    // The first layer's input is no variable, and its kernel's gradient is computed in another way.
    for shape in CONVOLUTIONS {
        let [x, kernel, bias] = inputs(shape);
        let [wide_x, wide_kernel, wide_bias] =
            wide_values(&[x.clone(), kernel.clone(), bias.clone()]).try_into().unwrap();
        let mut expected =
            reference::conv2d(&wide_x, &wide_kernel, &wide_bias, shape, Activation::Relu, weights);
        expected.gradients.remove(0);
        let x = x.as_tensor().detach();
        let f = |p: &[Var]| conv2d(&x, &p[0], &p[1], Activation::Relu).unwrap();
        check(&format!("{shape:?}"), &[kernel, bias], f, &expected);
    }
}

#[test]
fn fully_connected() {
    for (n, n_in, n_out) in
        [(1, 1, 1), (1, 3, 10), (7, 37, 32), (32, 256, 37), (32, 700, 100), (100, 10, 256), (200, 300, 3)]
    {
        for activation in [Activation::Linear, Activation::Relu] {
            let shape = [n, 1, 1, n_in, 1, 1, n_out];
            let [x, kernel, bias] = inputs(shape);
            let x = Var::from_tensor(&x.reshape((n, n_in)).unwrap()).unwrap();
            let kernel = Var::from_tensor(&kernel.reshape((n_in, n_out)).unwrap()).unwrap();
            let inputs = [x, kernel, bias];
            let [x, kernel, bias] = wide_values(&inputs).try_into().unwrap();
            let expected = reference::conv2d(&x, &kernel, &bias, shape, activation, weights);
            check(
                &format!("{shape:?} {activation:?}"),
                &inputs,
                |x| dense(&x[0], &x[1], &x[2], activation).unwrap(),
                &expected,
            );
        }
    }
}

#[test]
fn max_pooling_for_every_parity_with_ties() {
    for (h, w) in [(1, 1), (4, 4), (5, 4), (4, 5), (5, 5), (9, 2), (2, 9), (6, 1)] {
        for (window, stride) in
            [([2, 2], [2, 2]), ([3, 3], [2, 2]), ([1, 1], [1, 1]), ([3, 2], [1, 3]), ([9, 4], [4, 1])]
        {
            let pool = Pool2d { window, stride };
            for (n, c) in [(1, 1), (7, 3), (2, 37)] {
                let shape = [n, h, w, c];
                let x = hashed_values(n * h * w * c, 1, 1.0, Some(2.0));
                let (y, places) = reference::max_pool2d(&wide(&x), shape, pool);
                let mut d_x = vec![0.0; x.len()];
                places.iter().zip(weights(&y)).for_each(|(&place, d)| d_x[place] += d);
                let x = Var::from_tensor(&tensor(&shape, x)).unwrap();
                let expected = Layer { y, gradients: vec![d_x] };
                check(
                    &format!("{shape:?} {window:?} {stride:?}"),
                    &[x],
                    |x| max_pool2d(&x[0], pool).unwrap(),
                    &expected,
                );
            }
        }
    }
}

fn train(inputs: &[Var]) -> BatchNormOutput {
    let parameters = BatchNormParameters { gamma: &inputs[1], beta: &inputs[2], epsilon: 1e-3 };
    batch_norm_train(&inputs[0], &parameters).unwrap()
}

#[test]
fn batch_normalization() {
    for shape in
        [vec![7, 3], vec![1, 9, 1, 256], vec![2, 5, 3, 10], vec![300, 37], vec![7, 40, 8, 32], vec![9, 1]]
    {
        let c = *shape.last().unwrap();
        // A mean far from zero, like that of raw MFCCs: sums of squares alone would lose the variance.
        let x: Vec<f32> =
            hashed_values(shape.iter().product(), 1, 3.0, None).iter().map(|x| x - 200.0).collect();
        let inputs = [Var::from_tensor(&tensor(&shape, x)).unwrap(), var(&[c], 2, 1.0), var(&[c], 3, 1.0)];
        let [x, gamma, beta] = wide_values(&inputs).try_into().unwrap();
        let (expected, [mean, variance]) = reference::batch_norm(&x, &gamma, &beta, 1e-3, weights);
        let output = train(&inputs);
        assert!(relative_error(&values(&output.mean), &mean) < 1e-7, "{shape:?}");
        assert!(relative_error(&values(&output.variance), &variance) < TOLERANCE, "{shape:?}");
        // The mean itself is rounded to f32 at -200, which is 1e-5 of the spread.
        let (y, grads) = gradients(&inputs, |x| train(x).y);
        assert!(relative_error(&y, &expected.y) < 2e-5, "{shape:?}");
        for (index, (grad, expected)) in grads.iter().zip(&expected.gradients).enumerate() {
            let error = relative_error(grad, expected);
            assert!(error < 4e-5, "{shape:?}: gradient {index} {error:e}");
        }
    }
}

#[test]
fn dropout_keeps_its_share_and_its_mask() {
    let x =
        Var::from_tensor(&Tensor::ones((50, 400), candle_core::DType::F32, &Device::Cpu).unwrap()).unwrap();
    for rate in [0.0, 0.2, 0.5, 0.9] {
        let masked = |seed| dropout(&x, rate, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
        let (y, again, other) = (masked(1), masked(1), masked(2));
        let grad = y.sum_all().unwrap().backward().unwrap();
        let kept = values(&y).iter().filter(|&&y| y != 0.0).count() as f64 / 20_000.0;
        // Four standard deviations of a share among 20,000 elements.
        assert!(
            (kept - (1.0 - rate)).abs() <= 4.0 * (rate * (1.0 - rate) / 20_000.0_f64).sqrt(),
            "{rate}: {kept}"
        );
        let scale = (1.0 / (1.0 - rate)) as f32;
        assert!(values(&y).iter().all(|&y| y == 0.0 || (y - scale).abs() < 1e-6 * scale));
        assert_eq!(values(&y), values(&again));
        assert_eq!(values(grad.get(&x).unwrap()), values(&y));
        assert!(rate == 0.0 || values(&y) != values(&other));
    }
}

#[test]
fn dropout_is_uncorrelated_along_rows_and_columns() {
    let x = Tensor::ones((512, 512), candle_core::DType::F32, &Device::Cpu).unwrap();
    let y: Vec<Vec<f32>> = dropout(&x, 0.5, &mut ChaCha8Rng::seed_from_u64(3)).unwrap().to_vec2().unwrap();
    for (di, dj) in [(0, 1), (1, 0), (1, 1), (0, 8), (8, 0), (0, 64), (64, 0), (0, 256)] {
        let pairs = (0..512 - di).flat_map(|i| (0..512 - dj).map(move |j| (i, j)));
        let (mut sum, mut count) = (0.0, 0.0);
        for (i, j) in pairs {
            sum += f64::from((y[i][j] - 1.0) * (y[i + di][j + dj] - 1.0));
            count += 1.0;
        }
        assert!((sum / count).abs() < 5.0 / f64::sqrt(count), "lag ({di}, {dj}): {}", sum / count);
    }
}

#[test]
fn the_rectifier_has_no_gradient_at_zero() {
    let x = Var::new(&[-1.0_f32, -0.0, 0.0, 2.0, f32::NAN], &Device::Cpu).unwrap();
    let y = relu(&x).unwrap();
    assert_eq!(values(&y)[..4], [0.0, 0.0, 0.0, 2.0]);
    assert!(values(&y)[4].is_nan(), "a NaN must stay visible");
    assert_eq!(values(y.backward().unwrap().get(&x).unwrap()), [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn cross_entropy() {
    for (n, k) in [(1, 3), (7, 10), (32, 37)] {
        let logits = var(&[n, k], 1, 5.0);
        let labels: Vec<u32> = (0..n).map(|row| (row * 5 % k) as u32).collect();
        let wide_logits = wide(&values(&logits));
        let (mut loss, mut d_logits) = (0.0, Vec::new());
        for (row, &label) in wide_logits.chunks(k).zip(&labels) {
            let sum: f64 = row.iter().map(|x| x.exp()).sum();
            loss += (sum.ln() - row[label as usize]) / n as f64;
            d_logits.extend(
                row.iter()
                    .enumerate()
                    .map(|(c, x)| (x.exp() / sum - f64::from(c == label as usize)) / n as f64),
            );
        }
        let actual = softmax_cross_entropy(&logits, &Tensor::new(labels, &Device::Cpu).unwrap()).unwrap();
        assert!(relative_error(&values(&actual), &[loss]) < 1e-6);
        assert!(relative_error(&values(actual.backward().unwrap().get(&logits).unwrap()), &d_logits) < 1e-6);
    }
}

#[test]
fn softmax_along_the_last_axis() {
    let x = var(&[2, 3, 10], 1, 5.0);
    let (mut y, mut d_x) = (Vec::new(), Vec::new());
    for row in wide(&values(&x)).chunks(10) {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        y.extend(row.iter().map(|x| x.exp() / sum));
    }
    for (y, d) in y.chunks(10).zip(weights(&y).chunks(10)) {
        let product: f64 = y.iter().zip(d).map(|(y, d)| y * d).sum();
        d_x.extend(y.iter().zip(d).map(|(y, d)| y * (d - product)));
    }
    check("softmax", &[x], |x| softmax(&x[0]).unwrap(), &Layer { y, gradients: vec![d_x] });
}

#[test]
fn adam_follows_its_formula() {
    let parameter = var(&[37], 1, 1.0);
    let mut moments = AdamMoments::zeros(37);
    let mut p = wide(&values(&parameter));
    let (mut m, mut v) = (vec![0.0; 37], vec![0.0; 37]);
    for step in 1..=50_u32 {
        let gradient = hashed_values(37, 100 + u64::from(step), 0.1, None);
        for (i, g) in wide(&gradient).into_iter().enumerate() {
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            let bias = (1.0 - 0.999_f64.powi(step as i32)).sqrt() / (1.0 - 0.9_f64.powi(step as i32));
            p[i] -= 0.01 * bias * m[i] / (v[i].sqrt() + 1e-7);
        }
        let gradient = tensor(&[37], gradient);
        let step = AdamStep { number: u64::from(step), learning_rate: 0.01, config: AdamConfig::default() };
        adam_update(&parameter, &gradient, &mut moments, &step).unwrap();
    }
    assert!(relative_error(&values(&parameter), &p) < TOLERANCE);
    assert!(
        relative_error(&moments.first, &m) < TOLERANCE && relative_error(&moments.second, &v) < TOLERANCE
    );
}

#[test]
fn two_forwards_before_a_backward_do_not_disturb_each_other() {
    let shape = [2, 9, 7, 3, 3, 3, 10];
    let [x, kernel, bias] = inputs(shape);
    let other = var(&shape[..4], 77, 1.0);
    let pool = Pool2d { window: [2, 2], stride: [2, 2] };
    let f = |x: &Var| conv2d_max_pool2d(x, &kernel, &bias, Activation::Relu, pool).unwrap();
    let alone = f(&x).sum_all().unwrap().backward().unwrap();
    let (first, second) = (f(&x), f(&other));
    let after = first.sum_all().unwrap().backward().unwrap();
    second.sum_all().unwrap().backward().unwrap();
    assert_eq!(values(alone.get(&x).unwrap()), values(after.get(&x).unwrap()));
    assert_eq!(values(alone.get(&kernel).unwrap()), values(after.get(&kernel).unwrap()));
}
