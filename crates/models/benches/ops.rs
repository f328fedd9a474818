//! Every operation, forward and backward, at the sizes of the best network of the reference experiment (batch 32).
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use candle_core::{Device, Tensor, Var};
use cepstrum_models::ops::{
    self, Activation, AdamConfig, AdamMoments, AdamStep, BatchNormParameters, Momentum, Pool2d,
};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A variable with values in [-1, 1), the same in every run.
fn var(shape: &[usize]) -> Var {
    let values = (0..shape.iter().product::<usize>() as u32).map(|place| {
        let mixed = place.wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
        (mixed >> 8) as f32 / (1 << 23) as f32 - 1.0
    });
    Var::from_vec(values.collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap()
}

/// Measures `f` alone, and `f` with its backward pass.
fn both(c: &mut Criterion, name: &str, f: impl Fn() -> Tensor) {
    c.bench_function(&format!("{name}/forward"), |bencher| bencher.iter(|| black_box(f())));
    let backward = || f().sum_all().unwrap().backward().unwrap();
    c.bench_function(&format!("{name}/forward and backward"), |bencher| {
        bencher.iter(|| black_box(backward()));
    });
}

fn convolutions(c: &mut Criterion) {
    // One entry per block: input, kernel side, window side. The first layer's input gets no gradient.
    let blocks = [
        ([32, 130, 13, 1], 256, 3, 2),
        ([32, 64, 6, 256], 128, 3, 3),
        ([32, 31, 2, 128], 64, 2, 3),
        ([32, 15, 1, 64], 32, 1, 2),
    ];
    for (at, (input, filters, side, window)) in blocks.into_iter().enumerate() {
        let (x, bias) = (var(&input), var(&[filters]));
        let kernel = var(&[side, side, input[3], filters]);
        let x = if at == 0 { x.as_detached_tensor() } else { x.as_tensor().clone() };
        both(c, &format!("conv2d + max_pool2d, block {}", at + 1), || {
            let pool = Pool2d { window: [window, window], stride: [2, 2] };
            ops::conv2d_max_pool2d(&x, &kernel, &bias, Activation::Relu, pool).unwrap()
        });
    }
    // No number of channels may be much slower than the next one.
    for channels in [32, 37, 48, 64] {
        let (x, kernel) = (var(&[32, 64, 6, channels]), var(&[3, 3, channels, channels]));
        let bias = var(&[channels]);
        both(c, &format!("conv2d, {channels} channels"), || {
            ops::conv2d(&x, &kernel, &bias, Activation::Relu).unwrap()
        });
    }
}

fn others(c: &mut Criterion) {
    let (x, kernel, bias) = (var(&[32, 1690]), var(&[1690, 512]), var(&[512]));
    both(c, "dense, 1690 to 512", || ops::dense(&x, &kernel, &bias, Activation::Relu).unwrap());
    let x = var(&[32, 64, 6, 256]);
    let pool = Pool2d { window: [3, 3], stride: [2, 2] };
    both(c, "max_pool2d", || ops::max_pool2d(&x, pool).unwrap());
    let (gamma, beta) = (var(&[256]), var(&[256]));
    let parameters = BatchNormParameters { gamma: &gamma, beta: &beta, epsilon: 1e-3 };
    both(c, "batch_norm", || ops::batch_norm_train(&x, &parameters).unwrap().y);
    let rng = || ChaCha8Rng::seed_from_u64(1);
    both(c, "batch_norm + dropout", || {
        ops::batch_norm_dropout_train(&x, &parameters, 0.2, &mut rng()).unwrap().y
    });
    both(c, "dropout", || ops::dropout(&x, 0.2, &mut rng()).unwrap());
    let (projected, kernel, bias) = (var(&[32, 31, 192]), var(&[64, 192]), var(&[192]));
    both(c, "gru, 31 steps of 64 units", || ops::gru(&projected, &kernel, &bias).unwrap());
    let labels = Tensor::from_vec((0..32_u32).map(|row| row % 10).collect(), 32, &Device::Cpu).unwrap();
    let logits = var(&[32, 10]);
    both(c, "softmax_cross_entropy", || ops::softmax_cross_entropy(&logits, &labels).unwrap());
    let kernel = var(&[1690, 512]);
    both(c, "l2_penalty", || ops::l2_penalty(&kernel, 1e-3).unwrap());
}

fn optimizers(c: &mut Criterion) {
    let (parameter, gradient) = (var(&[1690, 512]), var(&[1690, 512]));
    let mut moments = AdamMoments::zeros(1690 * 512);
    c.bench_function("adam_update, 865,280 weights", |bencher| {
        let step = AdamStep { number: 9, learning_rate: 1e-4, config: AdamConfig::default() };
        bencher.iter(|| ops::adam_update(&parameter, &gradient, &mut moments, &step).unwrap());
    });
    let mut velocity = vec![0.0; 1690 * 512];
    c.bench_function("sgd_update, 865,280 weights", |bencher| {
        let momentum = Momentum::Classic(0.9);
        bencher.iter(|| ops::sgd_update(&parameter, &gradient, &mut velocity, 1e-4, momentum).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = convolutions, others, optimizers
}
criterion_main!(benches);
