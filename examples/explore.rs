//! What each step of the audio side makes of a signal: shapes and times, for a file or one synthetic track a style.
//!
//! ```text
//! cargo run --release --example explore -- song.mp3
//! cargo run --release --example explore
//! ```

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use cepstrum::dataset::synth::{Style, SyntheticConfig, render};
use cepstrum::dataset::{decode, load_audio};
use cepstrum::dsp::{Resampler, Stft, StftConfig, fft_magnitude};
use cepstrum::features::{
    Chroma, ChromaConfig, Descriptors, DescriptorsConfig, LogMel, LogMelConfig, Mfcc, MfccConfig, delta,
};
use clap::Parser;
use comfy_table::{Table, presets};

/// Shapes and times of every step from samples to features.
#[derive(Parser)]
struct Arguments {
    /// Audio file; without it, one synthetic track of each style
    file: Option<PathBuf>,
    /// Samples a second that the features are computed at
    #[arg(long, default_value_t = 22_050)]
    sample_rate: u32,
    /// Length of a synthetic track in seconds
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Seed of the synthetic tracks
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let rate = arguments.sample_rate;
    if let Some(path) = &arguments.file {
        let mut steps = Steps::new();
        let own_rate = decode::AudioReader::open(path)?.sample_rate();
        let samples =
            steps.time("decode", || Ok(load_audio(path, own_rate)?), |y| format!("[{}]", y.len()))?;
        let name = format!("resample {own_rate} to {rate} Hz");
        let resample = || Ok(Resampler::new(own_rate, rate)?.process(&samples)?);
        let samples = steps.time(&name, resample, |y| format!("[{}]", y.len()))?;
        return explore(&path.display().to_string(), &samples, rate, steps);
    }
    let config = SyntheticConfig {
        seconds: arguments.seconds,
        sample_rate: rate,
        seed: arguments.seed,
        ..Default::default()
    };
    for style in Style::ALL {
        let mut steps = Steps::new();
        let samples =
            steps.time("render", || Ok(render(style, 0, &config)?), |y| format!("[{}]", y.len()))?;
        explore(&style.to_string(), &samples, rate, steps)?;
    }
    Ok(())
}

/// The steps from samples to features.
fn explore(name: &str, samples: &[f32], sample_rate: u32, mut steps: Steps) -> Result<()> {
    let (frequencies, magnitudes) = steps.time(
        "Fourier transform of the whole",
        || Ok(fft_magnitude(samples, sample_rate)?),
        |(frequencies, _)| format!("[{}]", frequencies.len()),
    )?;
    let mut stft = Stft::new(&StftConfig::default())?;
    let n_bins = stft.n_bins();
    let shape = |spectra: &Vec<_>| format!("[{}, {n_bins}] complex", spectra.len() / n_bins);
    steps.time("STFT", || Ok(stft.process(samples)?), shape)?;

    let log_mel = LogMelConfig { sample_rate, ..Default::default() };
    let mut spectrogram = LogMel::new(&log_mel)?;
    let decibels =
        steps.time("log-mel spectrogram", || Ok(spectrogram.process(samples)?), |m| shape_of(m))?;
    let mut mfcc = Mfcc::new(&MfccConfig { log_mel, ..Default::default() })?;
    let coefficients = steps.time("MFCC", || Ok(mfcc.process(samples)?), |m| shape_of(m))?;
    if coefficients.nrows() >= 9 {
        steps.time("delta of the MFCC", || Ok(delta(coefficients.view(), 9, 1)?), |m| shape_of(m))?;
    }
    let mut descriptors = Descriptors::new(&DescriptorsConfig { sample_rate, ..Default::default() })?;
    let found = steps.time(
        "spectral descriptors",
        || Ok(descriptors.process(samples)?),
        |found| format!("5 x [{}]", found.rms.len()),
    )?;
    let mut chroma = Chroma::new(&ChromaConfig { sample_rate, ..Default::default() })?;
    let classes = steps.time("chroma", || Ok(chroma.process(samples)?), |m| shape_of(m))?;

    println!("{name}: {:.1} s at {sample_rate} Hz", samples.len() as f64 / f64::from(sample_rate));
    println!("{}", steps.table);
    let loudest = (0..magnitudes.len()).max_by(|&a, &b| magnitudes[a].total_cmp(&magnitudes[b])).unwrap_or(0);
    let mean = |values: &ndarray::Array1<f32>| values.mean().unwrap_or(0.0);
    let class =
        (0..12).max_by(|&a, &b| classes.column(a).sum().total_cmp(&classes.column(b).sum())).unwrap_or(0);
    println!(
        "loudest frequency {:.1} Hz, mean centroid {:.0} Hz, mean level {:.1} dB, strongest pitch class {}\n",
        frequencies[loudest],
        mean(&found.centroid),
        decibels.mean().unwrap_or(0.0),
        ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"][class],
    );
    Ok(())
}

fn shape_of(matrix: &ndarray::Array2<f32>) -> String {
    format!("[{}, {}]", matrix.nrows(), matrix.ncols())
}

/// A table that grows by a row a step.
struct Steps {
    table: Table,
}

impl Steps {
    fn new() -> Self {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["step", "shape", "ms"]);
        Self { table }
    }

    fn time<T>(
        &mut self,
        name: &str,
        step: impl FnOnce() -> Result<T>,
        shape: impl Fn(&T) -> String,
    ) -> Result<T> {
        let begin = Instant::now();
        let found = step()?;
        let milliseconds = 1e3 * begin.elapsed().as_secs_f64();
        self.table.add_row([name.to_owned(), shape(&found), format!("{milliseconds:.2}")]);
        Ok(found)
    }
}
