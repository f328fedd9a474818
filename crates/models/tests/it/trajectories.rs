//! Thirty training steps of whole networks, compared with Keras step by step; its losses are
//! `golden/trajectories.json`, made by `golden/make_trajectories.py`.

use super::{compared_steps, ops, optimizer, placed};
use crate::ops_support::{hashed_values, tensor};
use candle_core::{Tensor, Var};
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{Adam, DropoutRng, LayerSpec, Optimizer, Sequential, Weight};
use serde::Deserialize;

const SHAPE: [usize; 2] = [130, 13];
const CLASSES: usize = 10;
const SEGMENTS: usize = 80;
const BATCH: usize = 32;

/// Share of the loss by which the two may differ. It is more only where Keras's own `f32` is that far from its `f64`.
const TOLERANCE: f64 = 1e-3;

/// Steps of FFNN 1 that are compared. Adam moves a weight by the whole learning rate, however small its first gradients
/// are. A unit that becomes active for one segment on one side only is therefore a jump, not a rounding error: at the
/// learning rate of 0.01, without normalization or penalty, the two sides diverge at the ninth step.
const FFNN1_STEPS: usize = 8;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    network: String,
    /// Keras's loss at every step, penalties included.
    losses: Vec<f64>,
    /// The same losses, computed by Keras in `f64`.
    losses_in_f64: Vec<f64>,
}

/// A network of the reference experiment without dropout, its kernels filled by the formula of the script.
fn network(architecture: Architecture) -> Sequential {
    let input = architecture.input_shape(SHAPE);
    let layers = architecture.layers(SHAPE, CLASSES);
    let layers = layers.into_iter().filter(|layer| !matches!(layer, LayerSpec::Dropout(_)));
    let network = placed(Sequential::builder(input).layers(layers)).build().unwrap();
    let kernels = network.weights().filter(|weight| weight.name().ends_with("kernel"));
    for (kernel, salt) in kernels.zip(100..) {
        let (taps, sides) = kernel.var().dims().split_at(kernel.var().dims().len() - 2);
        let limit = (6.0 / (taps.iter().product::<usize>() * (sides[0] + sides[1])) as f64).sqrt();
        let values = hashed_values(kernel.len(), salt, limit as f32, None);
        kernel.var().set(&tensor(kernel.var().dims(), values)).unwrap();
    }
    network
}

/// Takes one step as [`Trainer`](cepstrum_models::Trainer) does, and returns the loss before it.
fn step(network: &mut Sequential, optimizer: &mut Adam, x: &Tensor, labels: &Tensor) -> f64 {
    let tape = network.forward_train(x, DropoutRng::Off).unwrap();
    let logits = Var::from_tensor(&tape.logits).unwrap();
    let cross_entropy = ops::softmax_cross_entropy(&logits, labels).unwrap();
    let loss = match network.penalty().unwrap() {
        Some(penalty) => (&cross_entropy + penalty).unwrap(),
        None => cross_entropy.clone(),
    };
    let d_logits = cross_entropy.backward().unwrap().remove(&logits).unwrap();
    let gradients = network.backward(tape, d_logits).unwrap();
    let weights: Vec<_> = network.trainable_weights().map(Weight::var).collect();
    optimizer.step(&weights, &gradients).unwrap();
    f64::from(loss.to_scalar::<f32>().unwrap())
}

fn trajectory(architecture: Architecture, steps: usize) -> Vec<f64> {
    let mut network = network(architecture);
    let rate = if matches!(architecture, Architecture::Ffnn(_)) { 0.01 } else { 1e-4 };
    let mut optimizer = optimizer(Adam::new(rate));
    let size: usize = SHAPE.iter().product();
    let features = hashed_values(SEGMENTS * size, 1, 1.75, None);
    let labels: Vec<u32> = (0..SEGMENTS).map(|segment| (segment * 7 % CLASSES) as u32).collect();
    (0..steps)
        .map(|at| {
            let start = at % SEGMENTS.div_ceil(BATCH) * BATCH;
            let end = SEGMENTS.min(start + BATCH);
            let shape: Vec<usize> = [&[end - start], network.input_shape()].concat();
            let x = tensor(&shape, features[start * size..end * size].to_vec());
            let labels = Tensor::new(&labels[start..end], network.device()).unwrap();
            step(&mut network, &mut optimizer, &x, &labels)
        })
        .collect()
}

#[test]
fn the_loss_at_every_step_is_that_of_keras() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/trajectories.json")).unwrap();
    assert_eq!(golden.cases.len(), 6);
    for Case { network, losses, losses_in_f64 } in golden.cases {
        let steps = compared_steps(&network, losses.len());
        let ours = trajectory(network.parse().unwrap(), steps);
        let compared = if network == "ffnn1" { FFNN1_STEPS } else { losses.len() };
        let mut keras_error = 0.0_f64;
        for (at, (ours, theirs)) in ours.iter().zip(&losses).enumerate() {
            let error = (ours / theirs - 1.0).abs();
            keras_error = keras_error.max((theirs / losses_in_f64[at] - 1.0).abs());
            println!("{network}, step {}: {ours}, Keras has {theirs}: {error:.1e}", at + 1);
            let is_close = error < TOLERANCE.max(4.0 * keras_error) || at >= compared;
            assert!(is_close, "{network}, step {}: {ours}, Keras has {theirs}", at + 1);
        }
    }
}
