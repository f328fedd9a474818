//! The features of a segment as operators: short-time transform, mel bands, logarithm, cosine transform.

use cepstrum_dataset::cepstrum_features::dsp::{
    Dct, MelFilterBank, Padding, Reference, StftConfig, Symmetry,
};
use cepstrum_dataset::cepstrum_features::{LogMelConfig, LogScale, MfccConfig, Spectrum};
use cepstrum_dataset::{ExtractConfig, FeatureConfig};

use super::graph::Graph;
use super::proto::Attribute::{Int, Ints, Text};
use crate::{Error, Result};

/// Axes of a tensor `[batch, n_frames, n_values]` over which the loudest value of a segment is looked for.
const SEGMENT: [i64; 2] = [1, 2];

/// Appends the computation of the features of `[batch, n_samples]`; returns the number of samples.
///
/// The logarithms and sums are those of the library; the transform is the runtime's own.
pub(super) fn append(graph: &mut Graph, config: &ExtractConfig) -> Result<usize> {
    let n_samples = config.segment.n_samples(config.sample_rate())?;
    match &config.features {
        FeatureConfig::Mfcc(mfcc) => {
            log_mel(graph, &mfcc.log_mel)?;
            cepstrum(graph, mfcc)?;
        }
        FeatureConfig::LogMel(config) => log_mel(graph, config)?,
        FeatureConfig::Front(front) => {
            return Err(Error::NotInOnnx { layer: format!("front {}", front.network) });
        }
        // Features that this file does not know yet.
        _ => return Err(Error::NotInOnnx { layer: "features".to_owned() }),
    }
    Ok(n_samples)
}

fn log_mel(graph: &mut Graph, config: &LogMelConfig) -> Result<()> {
    power(graph, &config.stft)?;
    if config.spectrum == Spectrum::Magnitude {
        graph.push("Sqrt", &[], &[]);
    }
    let filters = MelFilterBank::<f32>::new(&config.mel, config.sample_rate, config.stft.n_fft)
        .map_err(cepstrum_dataset::Error::from)?;
    let (n_bins, n_mels) = (filters.n_bins(), filters.n_mels());
    let mut matrix = vec![0.0; n_bins * n_mels];
    for band in 0..n_mels {
        let (first, weights) = filters.weights(band);
        for (bin, weight) in (first..).zip(weights) {
            matrix[bin * n_mels + band] = *weight;
        }
    }
    let matrix = graph.floats(&[n_bins, n_mels], &matrix);
    graph.push("MatMul", &[&matrix], &[]);
    match config.log {
        LogScale::Decibel => decibels(graph, config),
        LogScale::Log10OfScaled { scale } => {
            multiply(graph, scale);
            let one = graph.floats(&[], &[1.0]);
            graph.push("Add", &[&one], &[]);
            graph.push("Log", &[], &[]);
            multiply(graph, std::f64::consts::LN_10.recip());
        }
    }
    Ok(())
}

/// The power of every bin, `[batch, n_frames, n_bins]`.
fn power(graph: &mut Graph, config: &StftConfig) -> Result<()> {
    let mode = match config.padding {
        Padding::None => None,
        Padding::Zero => Some("constant"),
        Padding::Reflect => Some("reflect"),
        Padding::Edge => Some("edge"),
    };
    if let Some(mode) = mode {
        let half = (config.n_fft / 2) as i64;
        let pads = graph.integers(&[0, half, 0, half]);
        graph.push("Pad", &[&pads], &[("mode", Text(mode))]);
    }
    let last = graph.integers(&[2]);
    graph.push("Unsqueeze", &[&last], &[]);
    // A window that is shorter than the frame stands in its middle.
    let length = config.win_length.unwrap_or(config.n_fft).min(config.n_fft);
    let values = config.window.samples(length, Symmetry::Periodic).map_err(cepstrum_dataset::Error::from)?;
    let mut window = vec![0.0; config.n_fft];
    let left = (config.n_fft - length) / 2;
    window[left..].iter_mut().zip(values).for_each(|(to, value)| *to = value as f32);
    let step = graph.integer(config.hop_length as i64);
    let window = graph.floats(&[window.len()], &window);
    let length = graph.integer(config.n_fft as i64);
    graph.push("STFT", &[&step, &window, &length], &[("onesided", Int(1))]);
    let spectra = graph.latest();
    graph.push("Mul", &[&spectra], &[]);
    let parts = graph.integers(&[3]);
    graph.push("ReduceSum", &[&parts], &[("keepdims", Int(0))]);
    Ok(())
}

fn decibels(graph: &mut Graph, config: &LogMelConfig) {
    let decibel = &config.decibel;
    let amin = graph.floats(&[], &[decibel.amin as f32]);
    graph.push("Max", &[&amin], &[]);
    graph.push("Log", &[], &[]);
    multiply(graph, 10.0 / std::f64::consts::LN_10);
    let loudest = |graph: &mut Graph| {
        let latest = graph.latest();
        graph.apply("ReduceMax", &[&latest], &[("axes", Ints(&SEGMENT)), ("keepdims", Int(1))])
    };
    match decibel.reference {
        Reference::Maximum => {
            let loudest = loudest(graph);
            graph.push("Sub", &[&loudest], &[]);
        }
        Reference::Value(value) => {
            let reference = graph.floats(&[], &[(10.0 * value.max(decibel.amin).log10()) as f32]);
            graph.push("Sub", &[&reference], &[]);
        }
    }
    if let Some(top_db) = decibel.top_db {
        let (loudest, top_db) = (loudest(graph), graph.floats(&[], &[top_db as f32]));
        let floor = graph.apply("Sub", &[&loudest, &top_db], &[]);
        graph.push("Max", &[&floor], &[]);
    }
}

/// The cosine transform and the lifter, as one matrix `[n_mels, n_mfcc]`.
fn cepstrum(graph: &mut Graph, config: &MfccConfig) -> Result<()> {
    let (n_mels, n_mfcc) = (config.log_mel.mel.n_mels, config.n_mfcc);
    let dct = Dct::<f64>::of_type(config.dct_type, n_mels, n_mfcc, config.dct_norm)
        .map_err(cepstrum_dataset::Error::from)?;
    let lifter = config.lifter_factors().map_err(cepstrum_dataset::Error::from)?;
    let (mut matrix, mut unit, mut row) = (Vec::new(), vec![0.0; n_mels], vec![0.0; n_mfcc]);
    for band in 0..n_mels {
        unit[band] = 1.0;
        dct.process_into(&unit, &mut row).map_err(cepstrum_dataset::Error::from)?;
        unit[band] = 0.0;
        let factors = lifter.iter().copied().chain(std::iter::repeat(1.0));
        matrix.extend(row.iter().zip(factors).map(|(value, factor)| (value * factor) as f32));
    }
    let matrix = graph.floats(&[n_mels, n_mfcc], &matrix);
    graph.push("MatMul", &[&matrix], &[]);
    Ok(())
}

fn multiply(graph: &mut Graph, factor: f64) {
    let factor = graph.floats(&[], &[factor as f32]);
    graph.push("Mul", &[&factor], &[]);
}
