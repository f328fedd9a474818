//! Features beside the crate `rosa` 0.1, for `benches/peers/rosa.py`, which makes the samples and compares values with librosa.
//!
//! Usage: `cepstrum-bench-rosa SAMPLES_22050.f32 OUT_FOLDER ROUNDS`. Each work runs in turn here in single and double precision
//! and there, on one thread. A line of JSON has the medians in milliseconds; the values lie as little-endian `f64`, frame after
//! frame, in `OUT_FOLDER/WORK.SIDE`.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cepstrum_features::dsp::Float;
use cepstrum_features::ndarray::Array2;
use cepstrum_features::{
    BeatTracker, BeatTrackerConfig, Chroma, ChromaConfig, ChromaCqt, ChromaCqtConfig, Cqt, CqtConfig, Descriptors,
    DescriptorsConfig, Mfcc, MfccConfig, OnsetStrength, OnsetStrengthConfig, SpectralContrast, SpectralContrastConfig,
    SpectralFlatness, SpectralFlatnessConfig, Tempo, TempoConfig, Yin, YinConfig, tonnetz,
};
use rosa::Matrix;

type Values = Result<Vec<f64>, Box<dyn Error>>;
type Work<'a, T> = Box<dyn FnMut(&[T]) -> Values + 'a>;

const SR: f64 = 22_050.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [samples, folder, rounds] = arguments.as_slice() else {
        return Err("usage: cepstrum-bench-rosa SAMPLES_22050.f32 OUT_FOLDER ROUNDS".into());
    };
    let (bytes, rounds) = (std::fs::read(samples)?, rounds.parse::<usize>()?);
    let single: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
    let double: Vec<f64> = single.iter().map(|&x| f64::from(x)).collect();
    let (singles, doubles, theirs) = (ours::<f32>()?, ours::<f64>()?, rosas());
    for (((name, mut single_work), (_, mut double_work)), mut their_work) in singles.into_iter().zip(doubles).zip(theirs) {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..=rounds {
            let found = [
                timed(|| single_work(black_box(&single)))?,
                timed(|| double_work(black_box(&double)))?,
                timed(|| their_work(black_box(&double)))?,
            ];
            for ((side, (values, ms)), times) in ["f32", "f64", "rosa"].into_iter().zip(found).zip(&mut times) {
                // The first round fills caches and tables.
                if round == 0 {
                    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
                    std::fs::write(Path::new(folder).join(format!("{name}.{side}")), bytes)?;
                } else {
                    times.push(ms);
                }
            }
        }
        let [single, double, rosa] = times.map(median);
        println!(
            "{{\"work\": \"{name}\", \"f32_ms\": {single:.2}, \"f64_ms\": {double:.2}, \"rosa_ms\": {rosa:.2}}}"
        );
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Values) -> Result<(Vec<f64>, f64), Box<dyn Error>> {
    let start = Instant::now();
    let values = work()?;
    Ok((values, 1e3 * start.elapsed().as_secs_f64()))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn widened<'a, T: Float>(values: impl IntoIterator<Item = &'a T>) -> Vec<f64> {
    values.into_iter().map(|x| x.to_f64()).collect()
}

fn ours<T: Float>() -> Result<Vec<(&'static str, Work<'static, T>)>, Box<dyn Error>> {
    let mut mfcc = Mfcc::<T>::new(&MfccConfig { n_mfcc: 20, ..MfccConfig::default() })?;
    let mut chroma = Chroma::<T>::new(&ChromaConfig::default())?;
    let mut descriptors = Descriptors::<T>::new(&DescriptorsConfig::default())?;
    let mut contrast = SpectralContrast::<T>::new(&SpectralContrastConfig::default())?;
    let mut flatness = SpectralFlatness::<T>::new(&SpectralFlatnessConfig::default())?;
    let mut onset = OnsetStrength::<T>::new(&OnsetStrengthConfig::default())?;
    let mut onset_of_tempo = OnsetStrength::<T>::new(&OnsetStrengthConfig::default())?;
    let mut tempo = Tempo::<T>::new(&TempoConfig::default())?;
    let mut onset_of_beats = OnsetStrength::<T>::new(&OnsetStrengthConfig::default())?;
    let mut beats = BeatTracker::<T>::new(&BeatTrackerConfig::default())?;
    let mut cqt = Cqt::<T>::new(&CqtConfig::default())?;
    let mut chroma_cqt = ChromaCqt::<T>::new(&ChromaCqtConfig::default())?;
    let mut chroma_of_tonnetz = ChromaCqt::<T>::new(&ChromaCqtConfig::default())?;
    let mut yin = Yin::new(&YinConfig::default())?;
    Ok(vec![
        ("mfcc", Box::new(move |y| Ok(widened(&mfcc.process(y)?)))),
        ("chroma_stft", Box::new(move |y| Ok(widened(&chroma.process(y)?)))),
        (
            "descriptors",
            Box::new(move |y| {
                let found = descriptors.process(y)?;
                let columns =
                    [&found.centroid, &found.bandwidth, &found.rolloff, &found.zero_crossing_rate, &found.rms];
                Ok((0..found.rms.len()).flat_map(|t| columns.map(|column| column[t].to_f64())).collect())
            }),
        ),
        ("spectral_contrast", Box::new(move |y| Ok(widened(&contrast.process(y)?)))),
        ("spectral_flatness", Box::new(move |y| Ok(widened(&flatness.process(y)?)))),
        ("onset_strength", Box::new(move |y| Ok(widened(&onset.process(y)?)))),
        ("tempo", Box::new(move |y| Ok(vec![tempo.process(&onset_of_tempo.process(y)?.to_vec())?]))),
        (
            "beat_track",
            Box::new(move |y| {
                let found = beats.track(&onset_of_beats.process(y)?.to_vec())?;
                Ok(found.frames.iter().map(|&frame| frame as f64).collect())
            }),
        ),
        ("cqt", Box::new(move |y| Ok(widened(&cqt.magnitudes(y)?)))),
        ("chroma_cqt", Box::new(move |y| Ok(widened(&chroma_cqt.process(y)?)))),
        (
            "tonnetz",
            Box::new(move |y| {
                let centroids: Array2<T> = tonnetz(chroma_of_tonnetz.process(y)?.view())?;
                Ok(widened(&centroids))
            }),
        ),
        ("yin", Box::new(move |y| Ok(widened(&yin.process(y)?)))),
    ])
}

fn frames(matrix: &Matrix) -> Vec<f64> {
    let (rows, cols, values) = (matrix.rows(), matrix.cols(), matrix.as_slice());
    (0..cols).flat_map(|t| (0..rows).map(move |k| values[k * cols + t])).collect()
}

/// In the order of [`ours`], with the steps that the documentation of `rosa` gives.
fn rosas() -> Vec<Work<'static, f64>> {
    let onsets = |y: &[f64]| rosa::onset_strength(y, &rosa::OnsetStrengthParams::new(SR));
    let magnitudes = |y: &[f64]| rosa::spectrogram(y, &rosa::StftParams::default(), 1.0);
    let hz = || rosa::fft_frequencies(SR, 2048);
    vec![
        Box::new(|y| {
            let mel = rosa::mel_spectrogram(y, &rosa::MelSpectrogramParams::new(SR));
            Ok(frames(&rosa::mfcc(&mel, &rosa::MfccParams::default())))
        }),
        Box::new(|y| Ok(frames(&rosa::chroma_stft(y, &rosa::ChromaStftParams::default())))),
        Box::new(move |y| {
            let (s, hz) = (magnitudes(y), hz());
            let centroid = rosa::spectral_centroid(&s, &hz);
            let bandwidth = rosa::spectral_bandwidth(&s, &hz, &centroid, 2.0, true);
            let rolloff = rosa::spectral_rolloff(&s, &hz, 0.85);
            let crossings = rosa::zero_crossing_rate(y, 2048, 512, true);
            let rms = rosa::rms(y, 2048, 512, true);
            let columns = [&centroid, &bandwidth, &rolloff, &crossings, &rms];
            Ok((0..rms.len()).flat_map(|t| columns.map(|column| column[t])).collect())
        }),
        Box::new(move |y| Ok(frames(&rosa::spectral_contrast(&magnitudes(y), &hz(), 200.0, 6, 0.02, false)))),
        Box::new(move |y| Ok(rosa::spectral_flatness(&magnitudes(y), 1e-10, 2.0))),
        Box::new(move |y| Ok(onsets(y))),
        Box::new(move |y| Ok(vec![rosa::tempo(&onsets(y), &rosa::TempoParams::new(SR))])),
        Box::new(move |y| {
            let (_, beats) = rosa::beat_track(&onsets(y), &rosa::BeatTrackParams::new(SR));
            Ok(beats.iter().map(|&frame| frame as f64).collect())
        }),
        Box::new(|y| {
            let (re, im) = rosa::cqt(y, &rosa::CqtParams::default());
            Ok(frames(&rosa::complex_magnitude(&re, &im)))
        }),
        Box::new(|y| Ok(frames(&rosa::chroma_cqt(y, &rosa::ChromaCqtParams::default())))),
        Box::new(|y| Ok(frames(&rosa::tonnetz(Some(y), SR, None)))),
        Box::new(|y| Ok(rosa::yin(y, &rosa::YinParams::new(65.4, 2093.0)))),
    ]
}
