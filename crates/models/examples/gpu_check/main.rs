//! Checks and times a device beside this crate's own kernels on the CPU, for `tools/gpu/check.sh`.
//!
//! `gpu_check DEVICE [tiny]` prints one JSON object per line, each with its `kind`:
//!
//! - `network`: a network's input shape and layers, for other programs to build;
//! - `operation`: the largest error of an operation's result and gradients, as a share of the largest value;
//! - `trajectory`: the largest relative difference of the loss in 30 training steps;
//! - `training`: the accuracy after training on the CPU and on the device, for several seeds;
//! - `step`, `inference`, `epoch`: times.
//!
//! With the device `cpu`, the portable form of the operations runs on the CPU: a test of this program and of that form.
//! `tiny` makes everything small. The exit code is 1 when a check fails.

mod operations;
mod times;
mod training;

use std::error::Error;
use std::process::ExitCode;

use candle_core::Device;
use cepstrum_models::zoo::Architecture;
use cepstrum_models::{Adam, Classifier, Sequential, device};
use serde_json::{Value, json};

/// The place that is checked.
pub(crate) struct Place {
    pub(crate) device: Device,
    pub(crate) size: Size,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Full,
    Tiny,
}

/// Segments as the reference experiment has them.
pub(crate) const SHAPE: [usize; 2] = [130, 13];
pub(crate) const CLASSES: usize = 10;

impl Place {
    /// A network in the form that is checked, where it is checked.
    pub(crate) fn build(&self, network: Architecture, seed: u64) -> cepstrum_models::Result<Classifier> {
        self.build_for(network, self.shape(), seed)
    }

    /// The same for segments of another shape.
    pub(crate) fn build_for(
        &self,
        network: Architecture,
        shape: [usize; 2],
        seed: u64,
    ) -> cepstrum_models::Result<Classifier> {
        let builder = Sequential::builder(network.input_shape(shape)).layers(network.layers(shape, CLASSES));
        Classifier::new(builder.seed(seed).device(&self.device).tensor_operations().build()?)
    }

    /// Shape of a segment.
    pub(crate) fn shape(&self) -> [usize; 2] {
        if self.size == Size::Tiny { [40, 13] } else { SHAPE }
    }

    /// The networks to time: the experiment's best, a feed-forward one, and this crate's own.
    pub(crate) fn networks(&self) -> &'static [&'static str] {
        match self.size {
            Size::Full => &["ffnn5", "cnn:32-32-32-32", "cnn:256-128-64-32", "compact", "crnn", "deep"],
            Size::Tiny => &["ffnn5", "cnn:4-4-4-4"],
        }
    }
}

/// The optimizer in the form that is checked.
pub(crate) fn adam(learning_rate: f64) -> Adam {
    Adam::new(learning_rate).tensor_operations()
}

/// Prints one line.
pub(crate) fn report(kind: &str, mut values: Value) {
    values["kind"] = json!(kind);
    println!("{values}");
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, size) = match *arguments.as_slice() {
        [name] => (name, Size::Full),
        [name, "tiny"] => (name, Size::Tiny),
        _ => return Err("usage: gpu_check DEVICE [tiny]".into()),
    };
    let place = Place { device: device(name)?, size };
    report("device", json!({ "device": name }));
    for name in place.networks() {
        let network: Architecture = name.parse()?;
        let shape = place.shape();
        let layers = network.layers(shape, CLASSES);
        let input_shape = network.input_shape(shape);
        report("network", json!({ "network": name, "input_shape": input_shape, "layers": layers }));
    }
    let mut is_right = operations::check(&place)?;
    is_right &= training::trajectories(&place)?;
    is_right &= training::accuracies(&place)?;
    times::steps(&place)?;
    times::inference(&place)?;
    times::epoch(&place)?;
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
