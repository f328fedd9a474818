//! This side of the benchmark `benches/peers/features.py`: runs one task per line of its input and prints how many
//! nanoseconds it took. The script runs the other side between the lines.
//!
//! Usage: `feature_times SAMPLES_22050.f32`, a file of little-endian `f32`. A task is the name of a feature, followed by
//! `f64` for double precision.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use cepstrum_dsp::Float;
use cepstrum_features::inverse::{GriffinLimConfig, mfcc_to_audio};
use cepstrum_features::{
    BeatTracker, BeatTrackerConfig, Chroma, ChromaConfig, ChromaCqt, ChromaCqtConfig, ColumnStyle, Cqt,
    CqtConfig, Descriptors, DescriptorsConfig, GenreColumns, Hpss, HpssConfig, Mfcc, MfccConfig,
    OnsetStrength, OnsetStrengthConfig, Pyin, PyinConfig, Result, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, Tempo, TempoConfig, tonnetz,
};

type Task<T> = Box<dyn FnMut(&[T]) -> Result<()>>;

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: feature_times SAMPLES_22050.f32")?;
    let bytes = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    let single: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
    let double: Vec<f64> = single.iter().map(|&x| f64::from(x)).collect();
    let (mut singles, mut doubles) = (tasks::<f32>()?, tasks::<f64>()?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let unknown = || format!("unknown task: {line}");
        let start = Instant::now();
        match line.strip_suffix(" f64") {
            Some(name) => doubles.get_mut(name).ok_or_else(unknown)?(black_box(&double))?,
            None => singles.get_mut(line.as_str()).ok_or_else(unknown)?(black_box(&single))?,
        }
        println!("{}", start.elapsed().as_nanos());
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// A task that keeps its worker from run to run and drops the result.
macro_rules! task {
    ($worker:expr) => {{
        let mut worker = $worker;
        Box::new(move |samples: &[T]| {
            black_box(worker.process(samples)?);
            Ok(())
        }) as Task<T>
    }};
}

fn tasks<T: Float>() -> Result<BTreeMap<&'static str, Task<T>>> {
    let mut onset = OnsetStrength::new(&OnsetStrengthConfig::default())?;
    let mut tempo = Tempo::new(&TempoConfig::default())?;
    let of_onsets = move |samples: &[T]| {
        let envelope = onset.process(samples)?.to_vec();
        black_box(tempo.process(&envelope)?);
        Ok(())
    };
    let mut chroma = ChromaCqt::new(&ChromaCqtConfig::default())?;
    let tonal_centroids = move |samples: &[T]| {
        black_box(tonnetz(chroma.process(samples)?.view())?);
        Ok(())
    };
    let config = MfccConfig { n_mfcc: 20, ..MfccConfig::default() };
    let mut mfcc = Mfcc::new(&config)?;
    let there_and_back = move |samples: &[T]| {
        let coefficients = mfcc.process(samples)?;
        black_box(mfcc_to_audio(&coefficients, &config, &GriffinLimConfig::default(), None)?);
        Ok(())
    };
    Ok(BTreeMap::from([
        ("mfcc", task!(Mfcc::new(&MfccConfig { n_mfcc: 20, ..MfccConfig::default() })?)),
        ("chroma_stft", task!(Chroma::new(&ChromaConfig::default())?)),
        ("descriptors", task!(Descriptors::new(&DescriptorsConfig::default())?)),
        ("hpss", task!(Hpss::new(&HpssConfig::default())?)),
        ("onset_strength", task!(OnsetStrength::new(&OnsetStrengthConfig::default())?)),
        ("tempo", Box::new(of_onsets) as Task<T>),
        ("beat_track", task!(BeatTracker::new(&BeatTrackerConfig::default())?)),
        ("spectral_contrast", task!(SpectralContrast::new(&SpectralContrastConfig::default())?)),
        ("spectral_flatness", task!(SpectralFlatness::new(&SpectralFlatnessConfig::default())?)),
        ("cqt", task!(Cqt::new(&CqtConfig::default())?)),
        ("chroma_cqt", task!(ChromaCqt::new(&ChromaCqtConfig::default())?)),
        ("tonnetz", Box::new(tonal_centroids) as Task<T>),
        ("pyin", task!(Pyin::new(&PyinConfig::default())?)),
        ("columns", task!(GenreColumns::new(ColumnStyle::Librosa)?)),
        ("mfcc_to_audio", Box::new(there_and_back) as Task<T>),
    ]))
}
