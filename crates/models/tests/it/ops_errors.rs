//! Arguments that do not fit: every operation says what is wrong, and none panics.

use candle_core::{DType, Device, Result, Tensor, Var};
use cepstrum_models::ops::{
    Activation, AdamConfig, AdamMoments, adam_update, batch_norm_inference, batch_norm_train, conv2d,
    conv2d_max_pool2d, dense, dropout, l2_penalty, max_pool2d, relu, softmax, softmax_cross_entropy,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()
}

fn doubles(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F64, &Device::Cpu).unwrap()
}

fn says<T>(result: Result<T>, parts: &[&str]) {
    let message = result.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message:?} lacks one of {parts:?}");
}

#[test]
fn dense_names_the_argument() {
    let act = Activation::Relu;
    says(dense(&zeros(&[2, 3, 4]), &zeros(&[4, 5]), &zeros(&[5]), act), &["dense: x", "2 axes", "[2, 3, 4]"]);
    says(dense(&zeros(&[2, 3]), &zeros(&[4, 5]), &zeros(&[5]), act), &["kernel", "[3, 5]", "[4, 5]"]);
    says(dense(&zeros(&[2, 4]), &zeros(&[4, 5]), &zeros(&[4]), act), &["bias", "[5]", "[4]"]);
    says(dense(&doubles(&[2, 4]), &zeros(&[4, 5]), &zeros(&[5]), act), &["x", "F32", "F64"]);
    says(dense(&zeros(&[2, 4]), &doubles(&[4, 5]), &zeros(&[5]), act), &["kernel", "F32", "F64"]);
}

#[test]
fn conv2d_names_the_argument() {
    let act = Activation::Linear;
    says(conv2d(&zeros(&[2, 3, 4]), &zeros(&[1, 1, 4, 5]), &zeros(&[5]), act), &["conv2d: x", "4 axes"]);
    says(
        conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 4, 5]), &zeros(&[5]), act),
        &["kernel", "[1, 1, 1, 5]"],
    );
    says(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[4, 1, 1, 5]), &zeros(&[5]), act), &["(4, 1)", "(3, 4)"]);
    says(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[0, 1, 1, 5]), &zeros(&[5]), act), &["kernel is empty"]);
    says(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 0]), &zeros(&[0]), act), &["kernel is empty"]);
    says(conv2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 5]), &zeros(&[4]), act), &["bias", "[5]", "[4]"]);
    let pooled = |window, stride| {
        conv2d_max_pool2d(&zeros(&[2, 3, 4, 1]), &zeros(&[1, 1, 1, 5]), &zeros(&[5]), act, window, stride)
    };
    says(pooled((0, 1), (1, 1)), &["window (0, 1)"]);
    says(pooled((2, 2), (1, 0)), &["stride (1, 0)"]);
}

#[test]
fn pooling_and_normalisation_name_the_argument() {
    says(max_pool2d(&zeros(&[2, 3]), (2, 2), (2, 2)), &["max_pool2d: x", "4 axes"]);
    says(max_pool2d(&zeros(&[1, 2, 2, 1]), (256, 2), (2, 2)), &["window (256, 2)", "255"]);
    says(max_pool2d(&doubles(&[1, 2, 2, 1]), (2, 2), (2, 2)), &["F64"]);
    says(batch_norm_train(&zeros(&[0, 3]), &zeros(&[3]), &zeros(&[3]), 1e-3), &["x is empty"]);
    says(batch_norm_train(&zeros(&[2, 3]), &zeros(&[2]), &zeros(&[3]), 1e-3), &["gamma", "[3]", "[2]"]);
    says(batch_norm_train(&zeros(&[2, 3]), &zeros(&[3]), &zeros(&[3]), 0.0), &["epsilon", "(0, inf)"]);
    says(batch_norm_train(&zeros(&[2, 3]), &zeros(&[3]), &zeros(&[3]), f64::NAN), &["epsilon", "NaN"]);
    let three = zeros(&[3]);
    says(batch_norm_inference(&zeros(&[2, 3]), &three, &three, &zeros(&[4]), &three, 1e-3), &["mean", "[4]"]);
    says(
        batch_norm_inference(&zeros(&[2, 3]), &three, &three, &three, &doubles(&[3]), 1e-3),
        &["variance", "F64"],
    );
}

#[test]
fn element_wise_operations_name_the_argument() {
    says(relu(&doubles(&[2])), &["relu: x", "F64"]);
    says(softmax(&zeros(&[2, 0])), &["softmax: x is empty"]);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for rate in [1.0, -0.1, f64::NAN] {
        says(dropout(&zeros(&[2]), rate, &mut rng), &["dropout: rate", "[0, 1)"]);
    }
}

#[test]
fn losses_name_the_row_and_the_label() {
    let labels = |labels: &[u32]| Tensor::new(labels, &Device::Cpu).unwrap();
    says(softmax_cross_entropy(&zeros(&[2, 3]), &labels(&[0, 3])), &["label 3 of row 1", "3 classes"]);
    says(softmax_cross_entropy(&zeros(&[2, 3]), &labels(&[0])), &["labels", "[2]", "[1]"]);
    says(softmax_cross_entropy(&zeros(&[2, 3]), &zeros(&[2])), &["labels", "U32", "F32"]);
    says(softmax_cross_entropy(&zeros(&[0, 3]), &labels(&[])), &["logits is empty"]);
    says(l2_penalty(&zeros(&[2]), -1.0), &["factor", "-1"]);
    says(l2_penalty(&zeros(&[2]), f64::NAN), &["factor", "NaN"]);
}

#[test]
fn adam_names_the_argument() {
    let parameter = Var::from_tensor(&zeros(&[2, 3])).unwrap();
    let config = AdamConfig::default();
    let update = |gradient: &Tensor, n_moments, step, rate| {
        adam_update(&parameter, gradient, &mut AdamMoments::zeros(n_moments), step, rate, &config)
    };
    says(update(&zeros(&[3, 2]), 6, 1, 0.1), &["gradient", "[2, 3]", "[3, 2]"]);
    says(update(&zeros(&[2, 3]), 5, 1, 0.1), &["moment", "[6]", "[5]"]);
    says(update(&zeros(&[2, 3]), 6, 0, 0.1), &["step", "[1, inf)"]);
    says(update(&zeros(&[2, 3]), 6, 1, f64::NAN), &["learning_rate", "NaN"]);
    says(update(&doubles(&[2, 3]), 6, 1, 0.1), &["gradient", "F64"]);
    let doubles = Var::from_tensor(&doubles(&[2])).unwrap();
    says(
        adam_update(&doubles, &zeros(&[2]), &mut AdamMoments::zeros(2), 1, 0.1, &config),
        &["parameter", "F64"],
    );
}

#[test]
fn tensors_that_are_not_contiguous_are_understood() {
    let x = Tensor::arange(0.0_f32, 24.0, &Device::Cpu).unwrap().reshape((2, 3, 4, 1)).unwrap();
    let turned = x.transpose(1, 2).unwrap();
    let (kernel, bias) = (Tensor::ones((2, 2, 1, 3), DType::F32, &Device::Cpu).unwrap(), zeros(&[3]));
    let f = |x: &Tensor| {
        let y = conv2d(x, &kernel, &bias, Activation::Relu).unwrap();
        max_pool2d(&y.transpose(1, 2).unwrap(), (2, 2), (1, 1))
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
    };
    assert_eq!(f(&turned).unwrap(), f(&turned.contiguous().unwrap()).unwrap());
}

#[test]
fn no_images_give_no_results() {
    let y = conv2d(&zeros(&[0, 3, 3, 1]), &zeros(&[2, 2, 1, 3]), &zeros(&[3]), Activation::Relu).unwrap();
    assert_eq!(y.dims(), [0, 2, 2, 3]);
    assert_eq!(max_pool2d(&y, (2, 2), (2, 2)).unwrap().dims(), [0, 1, 1, 3]);
    assert_eq!(
        dense(&zeros(&[0, 3]), &zeros(&[3, 2]), &zeros(&[2]), Activation::Linear).unwrap().dims(),
        [0, 2]
    );
}
