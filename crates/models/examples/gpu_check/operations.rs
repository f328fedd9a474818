//! Every operation with its gradients, on the device and on the CPU's own kernels.

use candle_core::{Device, Result, Tensor, Var};
use cepstrum_models::ops::{self, Activation, BatchNormParameters, Pool2d, tensor_operations as portable};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::{Place, report};

/// The largest error, as a share of the largest value: both sides sum in `f32`, a device in an order of its own.
const TOLERANCE: f64 = 1e-4;

type Operation = fn(&[Var]) -> ops::Result<Tensor>;

/// An operation on inputs of these shapes: by the own kernels, and in the portable form.
struct Case {
    name: &'static str,
    shapes: &'static [&'static [usize]],
    own: Operation,
    portable: Operation,
}

/// One operation by the name of its call.
macro_rules! case {
    ($name:literal, $shapes:expr, $run:ident) => {
        Case { name: $name, shapes: $shapes, own: run::own::$run, portable: run::portable::$run }
    };
}

/// The calls, written once for both modules.
macro_rules! calls {
    ($($module:ident = $ops:ident),*) => {$(
        pub(super) mod $module {
            use super::*;

            const HALVES: Pool2d = Pool2d { window: [2, 2], stride: [2, 2] };
            const OVERLAPPING: Pool2d = Pool2d { window: [3, 2], stride: [2, 1] };

            pub(crate) fn dense(x: &[Var]) -> ops::Result<Tensor> {
                $ops::dense(&x[0], &x[1], &x[2], Activation::Relu)
            }

            pub(crate) fn conv2d(x: &[Var]) -> ops::Result<Tensor> {
                $ops::conv2d(&x[0], &x[1], &x[2], Activation::Relu)
            }

            pub(crate) fn conv2d_max_pool2d(x: &[Var]) -> ops::Result<Tensor> {
                $ops::conv2d_max_pool2d(&x[0], &x[1], &x[2], Activation::Relu, HALVES)
            }

            pub(crate) fn max_pool2d(x: &[Var]) -> ops::Result<Tensor> {
                $ops::max_pool2d(&x[0], OVERLAPPING)
            }

            pub(crate) fn batch_norm(x: &[Var]) -> ops::Result<Tensor> {
                let parameters = BatchNormParameters { gamma: &x[1], beta: &x[2], epsilon: 1e-3 };
                Ok($ops::batch_norm_train(&x[0], &parameters)?.y)
            }

            pub(crate) fn dropout(x: &[Var]) -> ops::Result<Tensor> {
                $ops::dropout(&x[0], 0.3, &mut ChaCha8Rng::seed_from_u64(1))
            }

            pub(crate) fn gru(x: &[Var]) -> ops::Result<Tensor> {
                $ops::gru(&x[0], &x[1], &x[2])
            }

            pub(crate) fn relu(x: &[Var]) -> ops::Result<Tensor> {
                $ops::relu(&x[0])
            }

            pub(crate) fn softmax(x: &[Var]) -> ops::Result<Tensor> {
                $ops::softmax(&x[0])
            }

            pub(crate) fn cross_entropy(x: &[Var]) -> ops::Result<Tensor> {
                let n = x[0].dim(0)?;
                let labels: Vec<u32> = (0..n).map(|row| (row * 7 % 10) as u32).collect();
                $ops::softmax_cross_entropy(&x[0], &Tensor::from_vec(labels, n, &Device::Cpu)?)
            }

            pub(crate) fn l2_penalty(x: &[Var]) -> ops::Result<Tensor> {
                $ops::l2_penalty(&x[0], 1e-3)
            }
        }
    )*};
}

mod run {
    use super::{
        Activation, BatchNormParameters, ChaCha8Rng, Device, Pool2d, SeedableRng, Tensor, Var, ops,
        portable as tensors,
    };

    calls!(own = ops, portable = tensors);
}

fn cases() -> Vec<Case> {
    vec![
        case!("dense", &[&[64, 300], &[300, 70], &[70]], dense),
        case!("conv2d", &[&[8, 20, 13, 5], &[3, 3, 5, 32], &[32]], conv2d),
        case!("conv2d, long kernel", &[&[2, 60, 40, 1], &[7, 34, 1, 12], &[12]], conv2d),
        case!("conv2d_max_pool2d", &[&[8, 21, 13, 5], &[2, 2, 5, 16], &[16]], conv2d_max_pool2d),
        case!("max_pool2d", &[&[3, 11, 8, 7]], max_pool2d),
        case!("batch_norm", &[&[6, 9, 5, 32], &[32], &[32]], batch_norm),
        case!("dropout", &[&[31, 17, 5]], dropout),
        case!("gru", &[&[4, 33, 48], &[16, 48], &[48]], gru),
        case!("relu", &[&[300, 7]], relu),
        case!("softmax", &[&[30, 10]], softmax),
        case!("softmax_cross_entropy", &[&[30, 10]], cross_entropy),
        case!("l2_penalty", &[&[3, 3, 8, 16]], l2_penalty),
    ]
}

/// Checks all operations; false if one is not close.
pub(crate) fn check(place: &Place) -> Result<bool> {
    let mut are_right = true;
    for Case { name, shapes, own, portable } in cases() {
        let expected = outcome(own, shapes, &Device::Cpu)?;
        let found = outcome(portable, shapes, &place.device)?;
        let error = expected.iter().zip(&found).map(|(expected, found)| difference(found, expected));
        let error = error.fold(0.0, f64::max);
        let is_right = error < TOLERANCE;
        are_right &= is_right;
        report("operation", json!({ "operation": name, "error": error, "ok": is_right }));
    }
    Ok(are_right)
}

/// The result, and the gradients of a weighted sum of it.
fn outcome(operation: Operation, shapes: &[&[usize]], device: &Device) -> Result<Vec<Vec<f32>>> {
    let inputs = shapes.iter().zip(1..).map(|(shape, salt)| {
        let scale = if salt == 1 { 1.0 } else { 0.2 };
        Var::from_tensor(&Tensor::from_vec(hashed(shape.iter().product(), salt, scale), *shape, device)?)
    });
    let inputs = inputs.collect::<Result<Vec<_>>>()?;
    let y = operation(&inputs)?;
    let weights = Tensor::from_vec(hashed(y.elem_count(), 9, 1.0), y.shape(), device)?;
    let store = (&y * weights)?.sum_all()?.backward()?;
    let gradients = inputs.iter().filter_map(|input| store.get(input));
    std::iter::once(&y).chain(gradients).map(|tensor| tensor.flatten_all()?.to_vec1()).collect()
}

fn difference(found: &[f32], expected: &[f32]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let peak = expected.iter().fold(1e-12_f64, |peak, value| peak.max(f64::from(value.abs())));
    let worst = found.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs()));
    worst.fold(0.0, |worst: f64, x| if x.is_nan() { f64::INFINITY } else { worst.max(x) }) / peak
}

/// Values in [-scale, scale) by a hash of their place.
pub(crate) fn hashed(count: usize, salt: u64, scale: f32) -> Vec<f32> {
    let value = |place: u64| {
        let mixed = (place + salt * 1_000_003) * 2_654_435_761 % (1 << 32);
        let mixed = (mixed ^ (mixed >> 15)) * 2_246_822_519 % (1 << 32);
        ((mixed >> 8) as f32 / (1 << 23) as f32 - 1.0) * scale
    };
    (0..count as u64).map(value).collect()
}
