//! One step of training (batch 32) and inference of 32 segments, for every network of the zoo.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use candle_core::{Device, Tensor};
use cepstrum_models::zoo::{Beyond, Experiment};
use cepstrum_models::{Adam, Classifier, Noise, Optimizer, Weight, ops};
use criterion::{Criterion, criterion_group, criterion_main};

const SHAPE: [usize; 2] = [130, 13];

fn networks(c: &mut Criterion) {
    let experiment = Experiment::all().into_iter();
    let mut models: Vec<_> =
        experiment.map(|network| (network.to_string(), network.build(SHAPE, 10, 1).unwrap())).collect();
    models.extend(Beyond::ALL.map(|network| (network.to_string(), network.build(SHAPE, 10, 1).unwrap())));
    for (name, mut model) in models {
        let x = input(&model);
        let labels = Tensor::from_vec((0..32_u32).map(|row| row % 10).collect(), 32, &Device::Cpu).unwrap();
        let mut optimizer = Adam::new(1e-4);
        c.bench_function(&format!("{name}/step"), |bencher| {
            bencher.iter(|| step(&mut model, &mut optimizer, &x, &labels));
        });
        c.bench_function(&format!("{name}/inference"), |bencher| {
            bencher.iter(|| black_box(model.forward(&x).unwrap()));
        });
    }
}

fn input(model: &Classifier) -> Tensor {
    let values = (0..(32 * SHAPE[0] * SHAPE[1]) as u32)
        .map(|place| (place.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0);
    let shape: Vec<usize> = [&[32], model.network().input_shape()].concat();
    Tensor::from_vec(values.collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap()
}

fn step(model: &mut Classifier, optimizer: &mut Adam, x: &Tensor, labels: &Tensor) {
    let network = model.network_mut();
    let pass = network.forward_train(x, Noise::Seeded { seed: 1, step: 1 }).unwrap();
    let mut loss = ops::softmax_cross_entropy(&pass.logits, labels).unwrap();
    if let Some(penalty) = network.penalty().unwrap() {
        loss = (loss + penalty).unwrap();
    }
    let mut store = loss.backward().unwrap();
    let weights: Vec<_> = network.trainable_weights().map(Weight::var).collect();
    let gradients: Vec<_> = weights.iter().map(|weight| store.remove(weight).unwrap()).collect();
    optimizer.step(&weights, &gradients).unwrap();
    network.apply_moving(&pass.moving).unwrap();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = networks
}
criterion_main!(benches);
