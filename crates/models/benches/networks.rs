//! A training step (batch 32) and inference of 32 segments, for every network of the zoo.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{Adam, Classifier, TrainConfig, Trainer};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array3;

const SHAPE: [usize; 2] = [130, 13];

fn networks(c: &mut Criterion) {
    let batch = batch();
    for network in Architecture::all() {
        let (name, mut model) = (network.to_string(), network.build(SHAPE, 10, 1).unwrap());
        c.bench_function(&format!("{name}/step"), |bencher| {
            bencher.iter_custom(|steps| train(&mut model, &batch, steps));
        });
        let x = model.input(batch.features()).unwrap();
        c.bench_function(&format!("{name}/inference"), |bencher| {
            bencher.iter(|| black_box(model.forward(&x).unwrap()));
        });
    }
}

fn batch() -> FeatureSet {
    let features = Array3::from_shape_fn((32, SHAPE[0], SHAPE[1]), |(segment, frame, coefficient)| {
        let place = ((segment * SHAPE[0] + frame) * SHAPE[1] + coefficient) as u32;
        (place.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 23) as f32 - 1.0
    });
    let classes = (0..10).map(|class| class.to_string()).collect();
    FeatureSet::new(features, (0..32).map(|row| row % 10).collect(), classes, Vec::new(), None).unwrap()
}

/// The time of `steps` training steps, in epochs of one step each.
fn train(model: &mut Classifier, batch: &FeatureSet, steps: u64) -> Duration {
    let config = TrainConfig { epochs: steps as usize, batch_size: 32, ..TrainConfig::default() };
    let trainer = Trainer::new(config).optimizer(Adam::new(1e-4));
    let start = Instant::now();
    trainer.fit_unvalidated(model, batch).unwrap();
    start.elapsed()
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = networks
}
criterion_main!(benches);
