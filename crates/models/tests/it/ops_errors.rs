//! Arguments that do not fit: every operation returns an error that can be matched and names the argument; none panics.

use super::ops::{
    Activation, AdamConfig, AdamMoments, AdamStep, BatchNormParameters, OpError, Pool2d, Result, adam_update,
    batch_norm_inference, batch_norm_train, conv2d, conv2d_max_pool2d, dense, dropout, l2_penalty,
    max_pool2d, relu, softmax, softmax_cross_entropy,
};
use candle_core::{DType, Device, Tensor, Var};
use cepstrum_models::{Error, Flatten, Sequential};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()
}

fn doubles(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F64, &Device::Cpu).unwrap()
}

/// Checks that a message contains these parts.
fn names<T>(result: Result<T>, parts: &[&str]) {
    let message = result.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message:?} lacks one of {parts:?}");
}

#[test]
fn errors_can_be_matched() {
    let error = dense(&zeros(&[2, 3]), &zeros(&[4, 5]), &zeros(&[5]), Activation::Linear).unwrap_err();
    let OpError::Shape { op: "dense", argument: "kernel", expected, actual } = error else {
        panic!("{error:?}")
    };
    assert_eq!((expected, actual), (vec![3, 5], vec![4, 5]));
    let error =
        softmax_cross_entropy(&zeros(&[1, 3]), &Tensor::new(&[3_u32], &Device::Cpu).unwrap()).unwrap_err();
    assert!(matches!(error, OpError::Label { row: 0, label: 3, n_classes: 3, .. }), "{error:?}");
}

#[test]
fn a_network_passes_the_error_of_an_operation_on() {
    let network = Sequential::builder([2, 2])
        .layer(Flatten::new())
        .layer(cepstrum_models::Dense::new(3))
        .build()
        .unwrap();
    for error in [
        network.forward(&doubles(&[1, 2, 2])).unwrap_err(),
        network.forward_train(&doubles(&[1, 2, 2]), cepstrum_models::DropoutRng::Off).unwrap_err(),
    ] {
        let expected = OpError::Type { op: "dense", argument: "x", expected: DType::F32, actual: DType::F64 };
        assert!(matches!(&error, Error::Op(found) if found.to_string() == expected.to_string()), "{error:?}");
        assert!(matches!(error, Error::Op(OpError::Type { argument: "x", actual: DType::F64, .. })));
    }
}

#[test]
fn dense_names_the_argument() {
    let act = Activation::Relu;
    names(
        dense(&zeros(&[2, 3, 4]), &zeros(&[4, 5]), &zeros(&[5]), act),
        &["dense: x", "2 axes", "[2, 3, 4]"],
    );
    names(dense(&zeros(&[2, 3]), &zeros(&[4, 5]), &zeros(&[5]), act), &["kernel", "[3, 5]", "[4, 5]"]);
    names(dense(&zeros(&[2, 4]), &zeros(&[4, 5]), &zeros(&[4]), act), &["bias", "[5]", "[4]"]);
    names(dense(&doubles(&[2, 4]), &zeros(&[4, 5]), &zeros(&[5]), act), &["x", "F32", "F64"]);
    names(dense(&zeros(&[2, 4]), &doubles(&[4, 5]), &zeros(&[5]), act), &["kernel", "F32", "F64"]);
}

#[test]
fn conv2d_names_the_argument() {
    let act = Activation::Linear;
    names(conv2d(&zeros(&[2, 3, 4]), &zeros(&[1, 1, 4, 5]), &zeros(&[5]), act), &["conv2d: x", "4 axes"]);
    names(
        conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 4, 5]), &zeros(&[5]), act),
        &["kernel", "[1, 1, 1, 5]"],
    );
    names(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[4, 1, 1, 5]), &zeros(&[5]), act), &["[4, 1]", "[3, 4]"]);
    names(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[0, 1, 1, 5]), &zeros(&[5]), act), &["kernel is empty"]);
    names(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 0]), &zeros(&[0]), act), &["kernel is empty"]);
    names(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 5]), &zeros(&[4]), act), &["bias", "[5]", "[4]"]);
    let pooled = |window, stride| {
        let pool = Pool2d { window, stride };
        conv2d_max_pool2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 5]), &zeros(&[5]), act, pool)
    };
    names(pooled([0, 1], [1, 1]), &["window [0, 1]"]);
    names(pooled([2, 2], [1, 0]), &["stride [1, 0]"]);
}

#[test]
fn pooling_and_normalization_name_the_argument() {
    let pool = Pool2d { window: [2, 2], stride: [2, 2] };
    names(max_pool2d(&zeros(&[2, 3]), pool), &["max_pool2d: x", "4 axes"]);
    let wide = Pool2d { window: [256, 2], ..pool };
    names(max_pool2d(&zeros(&[1, 2, 2, 1]), wide), &["window [256, 2]", "255"]);
    names(max_pool2d(&doubles(&[1, 2, 2, 1]), pool), &["F64"]);
    let (x, two, three, four) = (zeros(&[2, 3]), zeros(&[2]), zeros(&[3]), zeros(&[4]));
    let train = |x: &Tensor, gamma: &Tensor, epsilon| {
        batch_norm_train(x, &BatchNormParameters { gamma, beta: &three, epsilon })
    };
    names(train(&zeros(&[0, 3]), &three, 1e-3), &["x is empty"]);
    names(train(&x, &two, 1e-3), &["gamma", "[3]", "[2]"]);
    names(train(&x, &three, 0.0), &["epsilon", "(0, inf)"]);
    names(train(&x, &three, f64::NAN), &["epsilon", "NaN"]);
    let parameters = BatchNormParameters { gamma: &three, beta: &three, epsilon: 1e-3 };
    names(batch_norm_inference(&x, &parameters, &four, &three), &["mean", "[4]"]);
    names(batch_norm_inference(&x, &parameters, &three, &doubles(&[3])), &["variance", "F64"]);
}

#[test]
fn element_wise_operations_name_the_argument() {
    names(relu(&doubles(&[2])), &["relu: x", "F64"]);
    names(softmax(&zeros(&[2, 0])), &["softmax: x is empty"]);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for rate in [1.0, -0.1, f64::NAN] {
        names(dropout(&zeros(&[2]), rate, &mut rng), &["dropout: rate", "[0, 1)"]);
    }
}

#[test]
fn losses_name_the_row_and_the_label() {
    let labels = |labels: &[u32]| Tensor::new(labels, &Device::Cpu).unwrap();
    names(softmax_cross_entropy(&zeros(&[2, 3]), &labels(&[0, 3])), &["label 3 in row 1", "3 classes"]);
    names(softmax_cross_entropy(&zeros(&[2, 3]), &labels(&[0])), &["labels", "[2]", "[1]"]);
    names(softmax_cross_entropy(&zeros(&[2, 3]), &zeros(&[2])), &["labels", "U32", "F32"]);
    names(softmax_cross_entropy(&zeros(&[0, 3]), &labels(&[])), &["logits is empty"]);
    names(l2_penalty(&zeros(&[2]), -1.0), &["factor", "-1"]);
    names(l2_penalty(&zeros(&[2]), f64::NAN), &["factor", "NaN"]);
}

#[test]
fn adam_names_the_argument() {
    let parameter = Var::from_tensor(&zeros(&[2, 3])).unwrap();
    let step = |number, learning_rate| AdamStep { number, learning_rate, config: AdamConfig::default() };
    let update = |gradient: &Tensor, n_moments, number, rate| {
        adam_update(&parameter, gradient, &mut AdamMoments::zeros(n_moments), &step(number, rate))
    };
    names(update(&zeros(&[3, 2]), 6, 1, 0.1), &["gradient", "[2, 3]", "[3, 2]"]);
    names(update(&zeros(&[2, 3]), 5, 1, 0.1), &["moment", "[6]", "[5]"]);
    names(update(&zeros(&[2, 3]), 6, 0, 0.1), &["step", "[1, inf)"]);
    names(update(&zeros(&[2, 3]), 6, 1, f64::NAN), &["learning_rate", "NaN"]);
    names(update(&doubles(&[2, 3]), 6, 1, 0.1), &["gradient", "F64"]);
    let doubles = Var::from_tensor(&doubles(&[2])).unwrap();
    names(
        adam_update(&doubles, &zeros(&[2]), &mut AdamMoments::zeros(2), &step(1, 0.1)),
        &["parameter", "F64"],
    );
}

#[test]
fn tensors_that_are_not_contiguous_are_accepted() {
    let x = Tensor::arange(0.0_f32, 24.0, &Device::Cpu).unwrap().reshape((2, 3, 4, 1)).unwrap();
    let transposed = x.transpose(1, 2).unwrap();
    let (kernel, bias) = (Tensor::ones((2, 2, 1, 3), DType::F32, &Device::Cpu).unwrap(), zeros(&[3]));
    let f = |x: &Tensor| {
        let y = conv2d(x, &kernel, &bias, Activation::Relu).unwrap();
        max_pool2d(&y.transpose(1, 2).unwrap(), Pool2d { window: [2, 2], stride: [1, 1] })
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
    };
    assert_eq!(f(&transposed).unwrap(), f(&transposed.contiguous().unwrap()).unwrap());
}

#[test]
fn no_images_give_no_results() {
    let y = conv2d(&zeros(&[0, 3, 3, 1]), &zeros(&[2, 2, 1, 3]), &zeros(&[3]), Activation::Relu).unwrap();
    assert_eq!(y.dims(), [0, 2, 2, 3]);
    let pooled = max_pool2d(&y, Pool2d { window: [2, 2], stride: [2, 2] }).unwrap();
    assert_eq!(pooled.dims(), [0, 1, 1, 3]);
    assert_eq!(
        dense(&zeros(&[0, 3]), &zeros(&[3, 2]), &zeros(&[2]), Activation::Linear).unwrap().dims(),
        [0, 2]
    );
}
