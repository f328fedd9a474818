//! Prints shape and time of every step from samples to features, for a file or for one synthetic track per style.
//!
//! `cargo run --release --example explore -- song.mp3 --pictures song-pictures`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use cepstrum::dataset::synth::{Style, SyntheticConfig, render};
use cepstrum::dataset::{DamagePolicy, FeatureConfig, LoadConfig, load_audio_with};
use cepstrum::dsp::{Stft, StftConfig, fft_magnitude};
use cepstrum::eval::{TrackAnalysis, plot};
use cepstrum::features::{self, LogMel, LogMelConfig, Mfcc, MfccConfig};
use clap::Parser;
use ndarray::Array2;

/// Sampling rate of all computations, in Hz.
const RATE: u32 = 22_050;

/// Print shape and time of every step from samples to features, and draw pictures on request
#[derive(Parser)]
struct Arguments {
    /// Audio file [default: one synthetic track of each style]
    file: Option<PathBuf>,
    /// Seed of the synthetic tracks
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A truncated or damaged file: refuse it, or explore what is whole before the damage
    #[arg(long, default_value = "skip", value_name = "skip|use")]
    damaged: DamagePolicy,
    /// Output folder for pictures of waveform, spectrum, spectrogram and MFCCs
    #[arg(long)]
    pictures: Option<PathBuf>,
}

fn main() -> Result<()> {
    let Arguments { file, seed, damaged, pictures } = Arguments::parse();
    if let Some(path) = file {
        println!("{}", path.display());
        let config = LoadConfig { sample_rate: RATE, damaged, ..LoadConfig::default() };
        let load = || Ok(load_audio_with(&path, &config)?);
        let loaded = step("decode, mix, resample", load, |loaded| loaded.samples.len())?;
        if let Some(damage) = loaded.damage {
            eprintln!("only what is whole is explored: {damage}");
        }
        return explore(&loaded.samples, pictures);
    }
    let config = SyntheticConfig { seed, ..SyntheticConfig::default() };
    for style in Style::ALL {
        println!("{style}");
        let samples = step("compose", || Ok(render(style, 0, &config)?), Vec::len)?;
        explore(&samples, pictures.as_ref().map(|folder| folder.join(style.to_string())))?;
    }
    Ok(())
}

fn explore(samples: &[f32], pictures: Option<PathBuf>) -> Result<()> {
    step("spectrum of the signal", || Ok(fft_magnitude(samples, RATE)?), |(hertz, _)| hertz.len())?;
    let (mut stft, n_bins) = (Stft::new(&StftConfig::default())?, StftConfig::default().n_fft / 2 + 1);
    step("STFT", || Ok(stft.process(samples)?), |spectra| (spectra.len() / n_bins, n_bins))?;
    step("log-mel bands", || Ok(LogMel::new(&LogMelConfig::default())?.process(samples)?), Array2::dim)?;
    let mfcc = step("MFCC", || Ok(Mfcc::new(&MfccConfig::default())?.process(samples)?), Array2::dim)?;
    step("delta of the MFCC", || Ok(features::delta(mfcc.view(), 9, 1)?), Array2::dim)?;
    let mut descriptors = features::Descriptors::new(&features::DescriptorsConfig::default())?;
    step("spectral descriptors", || Ok(descriptors.process(samples)?), |all| (5, all.rms.len()))?;
    step(
        "chroma",
        || Ok(features::Chroma::new(&features::ChromaConfig::default())?.process(samples)?),
        Array2::dim,
    )?;
    let Some(folder) = pictures else { return Ok(()) };
    std::fs::create_dir_all(&folder)?;
    let (track, style) =
        (TrackAnalysis::compute(samples, &FeatureConfig::default())?, plot::Style::default());
    plot::waveform(&track.samples, RATE, &style).save(folder.join("waveform.png"))?;
    plot::spectrum(&track.frequencies, &track.magnitudes, &style).save(folder.join("spectrum.png"))?;
    plot::spectrogram(&track.spectrogram, track.rate, &style).save(folder.join("spectrogram.png"))?;
    Ok(plot::mfcc(&track.mfcc, track.rate, &style).save(folder.join("mfcc.png"))?)
}

/// Runs a step and prints its name, the shape of its result and its time, which includes planning.
fn step<T, S: std::fmt::Debug>(
    name: &str,
    run: impl FnOnce() -> Result<T>,
    shape: impl FnOnce(&T) -> S,
) -> Result<T> {
    let start = Instant::now();
    let result = run()?;
    let (shape, time) = (format!("{:?}", shape(&result)), start.elapsed());
    println!("  {name:<24} {shape:<14} {time:>10.2?}");
    Ok(result)
}
