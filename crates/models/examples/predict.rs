//! Reads a model file and segments of raw little-endian `f32`, and prints the probability of every class as JSON.
//!
//! ```sh
//! cargo run --release -p cepstrum-models --example predict -- MODEL [SEGMENTS]   # from standard input without SEGMENTS
//! ```
//!
//! Segments follow one another without a header, each frame by frame as the network takes it, before standardization.
//! `tools/check_keras.py` compares the output with Keras's.

use std::error::Error;
use std::io::{Read, Write};

use candle_core::D;
use cepstrum_models::Classifier;
use ndarray::Array3;
use serde_json::json;

/// Segments in one forward pass.
const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (model, segments) = (arguments.next().ok_or("usage: predict MODEL [SEGMENTS]")?, arguments.next());
    let model = Classifier::load(model)?;
    let mut bytes = Vec::new();
    match segments {
        Some(path) => bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?,
        None => _ = std::io::stdin().read_to_end(&mut bytes)?,
    }
    let (chunks, rest) = bytes.as_chunks::<4>();
    let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let n_inputs: usize = model.network().input_shape().iter().product();
    if !rest.is_empty() || !values.len().is_multiple_of(n_inputs) {
        let n_bytes = bytes.len();
        return Err(format!("{n_bytes} bytes are not a whole number of segments of {n_inputs} f32").into());
    }
    let mut probabilities = Vec::new();
    for batch in values.chunks(BATCH * n_inputs) {
        probabilities.extend(predict(&model, batch)?);
    }
    let out = json!({ "classes": model.classes(), "config": model.config(), "probabilities": probabilities });
    writeln!(std::io::stdout().lock(), "{out}")?;
    Ok(())
}

/// Returns the probabilities of every class for each of the segments.
fn predict(model: &Classifier, values: &[f32]) -> Result<Vec<Vec<f32>>, Box<dyn Error>> {
    let shape = model.network().input_shape();
    let (n_frames, n_coefficients) =
        if let [n_frames, n_coefficients, ..] = *shape { (n_frames, n_coefficients) } else { (1, shape[0]) };
    let n_segments = values.len() / (n_frames * n_coefficients);
    let segments = Array3::from_shape_vec((n_segments, n_frames, n_coefficients), values.to_vec())?;
    let logits = model.forward(&model.input(&segments)?)?;
    Ok(candle_nn::ops::softmax(&logits, D::Minus1)?.to_vec2()?)
}
