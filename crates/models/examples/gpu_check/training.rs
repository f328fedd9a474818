//! Training on the device beside training on the CPU.

use std::error::Error;

use cepstrum_dataset::FeatureSet;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{
    Adam, Callback, Classifier, Result, Standardization, StepReport, TrainConfig, Trainer,
};
use ndarray::Array3;
use serde_json::json;

use crate::operations::hashed;
use crate::{CLASSES, Place, Size, adam, report};

/// The share by which the losses of a trajectory may differ.
const LOSS_TOLERANCE: f64 = 1e-3;

/// Steps of a trajectory.
const STEPS: usize = 30;

/// Learning rate at which rounding does not grow into another course within those steps.
const LEARNING_RATE: f64 = 1e-4;

/// Compares the losses of thirty steps; false if a network's are too far apart.
pub(crate) fn trajectories(place: &Place) -> std::result::Result<bool, Box<dyn Error>> {
    let steps = if place.size == Size::Tiny { 6 } else { STEPS };
    let data = learnable(place.shape(), 32 * steps, 1)?;
    let mut are_right = true;
    for name in place.networks() {
        let network: Architecture = name.parse()?;
        let run = |mut model: Classifier, optimizer: Adam| -> Result<Vec<f64>> {
            let mut losses = Losses::default();
            trainer(1, 0).optimizer(optimizer).callback(&mut losses).fit_unvalidated(&mut model, &data)?;
            Ok(losses.0)
        };
        let expected = run(network.build(place.shape(), CLASSES, 1)?, Adam::new(LEARNING_RATE))?;
        let found = run(place.build(network, 1)?, adam(LEARNING_RATE))?;
        let worst = found.iter().zip(&expected).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
        let is_right = worst < LOSS_TOLERANCE && found.len() == expected.len();
        are_right &= is_right;
        report("trajectory", json!({ "network": name, "steps": steps, "difference": worst, "ok": is_right }));
    }
    Ok(are_right)
}

/// Trains the best network and the head on values of a trained network; false if the device's mean accuracy is below the
/// CPU's by more than the CPU's spread over seeds.
pub(crate) fn accuracies(place: &Place) -> std::result::Result<bool, Box<dyn Error>> {
    let (best, n, epochs, seeds) = match place.size {
        Size::Full => ("cnn:256-128-64-32", 1200, 4, 3),
        Size::Tiny => ("cnn:4-4-4-4", 120, 2, 2),
    };
    let mut are_right = true;
    for (name, shape, rate) in [(best, place.shape(), 1e-3), ("head", [1, 50], 3e-3)] {
        let network: Architecture = name.parse()?;
        let (training, test) = (learnable(shape, n, 1)?, learnable(shape, n / 2, 2)?);
        let accuracy = |mut model: Classifier, optimizer: Adam, seed: u64| -> Result<f64> {
            trainer(epochs, seed).optimizer(optimizer).fit_unvalidated(&mut model, &training)?;
            Ok(model.evaluate(&test)?.accuracy)
        };
        let (mut cpu, mut there) = (Vec::new(), Vec::new());
        for seed in 0..seeds {
            cpu.push(accuracy(network.build(shape, CLASSES, seed)?, Adam::new(rate), seed)?);
            there.push(accuracy(place.build_for(network, shape, seed)?, adam(rate), seed)?);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let extreme = |f: fn(f64, f64) -> f64| cpu.iter().copied().reduce(f).unwrap_or(0.0);
        // One segment's worth, for runs that end in the same place.
        let spread = (extreme(f64::max) - extreme(f64::min)).max(2.0 / test.len() as f64);
        let is_right = (mean(&there) - mean(&cpu)).abs() <= spread;
        are_right &= is_right;
        report("training", json!({ "network": name, "cpu": cpu, "device": there, "ok": is_right }));
    }
    Ok(are_right)
}

/// Losses of all steps.
#[derive(Default)]
struct Losses(Vec<f64>);

impl Callback for Losses {
    fn on_step_end(&mut self, report: &StepReport) -> Result<()> {
        self.0.push(report.loss);
        Ok(())
    }
}

fn trainer(epochs: usize, seed: u64) -> Trainer<'static> {
    let standardize = Standardization::Off;
    Trainer::new(TrainConfig { epochs, seed, standardize, ..TrainConfig::default() })
}

/// Segments of ten classes, each with a pattern of its own under noise of the same size.
pub(crate) fn learnable(
    [frames, coefficients]: [usize; 2],
    n: usize,
    salt: u64,
) -> std::result::Result<FeatureSet, cepstrum_dataset::Error> {
    let size = frames * coefficients;
    let noise = hashed(n * size, 50 + salt, 1.0);
    let pattern = hashed(CLASSES * coefficients, 7, 1.0);
    let features = Array3::from_shape_fn((n, frames, coefficients), |(segment, frame, coefficient)| {
        let class = segment % CLASSES;
        noise[segment * size + frame * coefficients + coefficient]
            + pattern[class * coefficients + coefficient]
    });
    let labels = (0..n).map(|segment| segment % CLASSES).collect();
    FeatureSet::new(features, labels, (0..CLASSES).map(|c| c.to_string()).collect(), Vec::new(), None)
}
