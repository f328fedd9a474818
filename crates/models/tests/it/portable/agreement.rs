//! Results and gradients of both forms beside each other, where the golden files and the plain loops hold few shapes.

use candle_core::{Device, Tensor, Var};
use cepstrum_models::ops::{self as own, BatchNormParameters, Pool2d};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::ops;
use crate::ops_support::reference::wide;
use crate::ops_support::{gradients, hashed_values, relative_error, tensor, values, var};

/// Relative to the largest value.
const TOLERANCE: f64 = 1e-5;

fn compare(what: &str, inputs: &[Var], own: impl Fn(&[Var]) -> Tensor, portable: impl Fn(&[Var]) -> Tensor) {
    let (expected, expected_gradients) = gradients(inputs, own);
    let (y, found) = gradients(inputs, portable);
    let error = relative_error(&y, &wide(&expected));
    assert!(error < TOLERANCE, "{what}: {error:e}");
    for (index, (found, expected)) in found.iter().zip(&expected_gradients).enumerate() {
        let error = relative_error(found, &wide(expected));
        assert!(error < TOLERANCE, "{what}: gradient {index}: {error:e}");
    }
}

#[test]
fn dropout_has_the_very_mask() {
    let x = var(&[31, 17, 5], 1, 1.0);
    for rate in [0.0, 0.2, 0.5, 0.93] {
        let rng = || ChaCha8Rng::seed_from_u64(7);
        let own = gradients(std::slice::from_ref(&x), |x| own::dropout(&x[0], rate, &mut rng()).unwrap());
        let portable =
            gradients(std::slice::from_ref(&x), |x| ops::dropout(&x[0], rate, &mut rng()).unwrap());
        assert_eq!(own, portable, "{rate}");
    }
}

#[test]
fn normalization_with_dropout_draws_the_same_and_normalizes_the_same() {
    let inputs = [var(&[6, 9, 5, 8], 1, 3.0), var(&[8], 2, 1.0), var(&[8], 3, 1.0)];
    let parameters = |x: &[Var]| -> [Tensor; 2] { [x[1].as_tensor().clone(), x[2].as_tensor().clone()] };
    let run = |x: &[Var], is_portable: bool| {
        let [gamma, beta] = &parameters(x);
        let parameters = BatchNormParameters { gamma, beta, epsilon: 1e-3 };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let out = if is_portable {
            ops::batch_norm_dropout_train(&x[0], &parameters, 0.3, &mut rng)
        } else {
            own::batch_norm_dropout_train(&x[0], &parameters, 0.3, &mut rng)
        };
        out.unwrap().y
    };
    compare("batch_norm_dropout", &inputs, |x| run(x, false), |x| run(x, true));
}

#[test]
fn a_recurrent_unit_of_any_number_of_steps() {
    for (n, steps, units) in [(1, 1, 1), (3, 2, 5), (4, 7, 16), (2, 65, 8), (5, 130, 3)] {
        let scale = (units as f32).powf(-0.5);
        let inputs = [
            var(&[n, steps, 3 * units], 1, 1.0),
            var(&[units, 3 * units], 2, scale),
            var(&[3 * units], 3, 0.1),
        ];
        compare(
            &format!("gru {n} {steps} {units}"),
            &inputs,
            |x| own::gru(&x[0], &x[1], &x[2]).unwrap(),
            |x| ops::gru(&x[0], &x[1], &x[2]).unwrap(),
        );
    }
}

#[test]
fn long_kernels_and_windows_as_musicnn_has_them() {
    let inputs = [var(&[2, 60, 40, 1], 1, 1.0), var(&[7, 34, 1, 12], 2, 0.1), var(&[12], 3, 0.1)];
    let pool = Pool2d { window: [1, 7], stride: [1, 7] };
    let activation = ops::Activation::Relu;
    compare(
        "a kernel of 7 x 34 and a pooling over all bands",
        &inputs,
        |x| own::conv2d_max_pool2d(&x[0], &x[1], &x[2], activation, pool).unwrap(),
        |x| ops::conv2d_max_pool2d(&x[0], &x[1], &x[2], activation, pool).unwrap(),
    );
    for (window, stride) in [([60, 1], [60, 1]), ([4, 1], [4, 1]), ([5, 3], [2, 5]), ([3, 7], [7, 2])] {
        let pool = Pool2d { window, stride };
        let x = [Var::from_tensor(&tensor(&[2, 61, 13, 3], hashed_values(4758, 4, 1.0, Some(3.0)))).unwrap()];
        compare(
            &format!("{window:?} {stride:?}"),
            &x,
            |x| own::max_pool2d(&x[0], pool).unwrap(),
            |x| ops::max_pool2d(&x[0], pool).unwrap(),
        );
    }
}

#[test]
fn a_class_without_target_adds_nothing_to_the_loss() {
    let logits = Var::from_tensor(&tensor(&[2, 3], vec![3e38, -3e38, 0.0, 1.0, 2.0, -1e30])).unwrap();
    let targets = tensor(&[2, 3], vec![1.0, 0.0, 0.0, 0.5, 0.25, 0.0]);
    let loss = ops::soft_cross_entropy(&logits, &targets).unwrap();
    let expected = own::soft_cross_entropy(&logits, &targets).unwrap();
    assert!(relative_error(&values(&loss), &wide(&values(&expected))) < TOLERANCE);
    let gradient = values(loss.backward().unwrap().get(&logits).unwrap());
    let expected = values(expected.backward().unwrap().get(&logits).unwrap());
    assert!(relative_error(&gradient, &wide(&expected)) < TOLERANCE);
}

#[test]
fn an_input_that_nothing_tracks_has_no_gradient_and_no_tape() {
    let x = Tensor::ones((2, 6, 6, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
    let (kernel, bias) = (var(&[3, 3, 1, 4], 1, 1.0), var(&[4], 2, 1.0));
    let y = ops::conv2d(&x, &kernel, &bias, ops::Activation::Relu).unwrap();
    let store = y.sum_all().unwrap().backward().unwrap();
    assert!(store.get(&kernel).is_some() && store.get(&bias).is_some() && store.get(&x).is_none());
    let constant = ops::conv2d(&x, &kernel.detach(), &bias.detach(), ops::Activation::Relu).unwrap();
    assert!(!constant.track_op());
    assert_eq!(values(&y), values(&constant));
}
