//! Any configuration, legal or absurd, and any samples: the result is an error, or finite coefficients of the documented
//! shape that a stream reproduces.
#![no_main]

use cepstrum_dsp::{
    DctNorm, DctType, DecibelConfig, MelConfig, MelNorm, MelScale, Padding, Reference, StftConfig, Window, resample,
};
use cepstrum_features::{LogMelConfig, LogScale, Mfcc, MfccConfig, Spectrum};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;

/// A count: mostly legal and small, sometimes absurd. Large legal counts are left out, as they only cost time and memory.
fn count(data: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    if data.ratio(7, 8)? { data.int_in_range(1..=most) } else { Ok(data.arbitrary::<usize>()? | (1 << 40)) }
}

/// A setting: mostly a whole number up to `most`, sometimes any `f64`.
fn number(data: &mut Unstructured<'_>, most: u32) -> Result<f64> {
    if data.ratio(7, 8)? { Ok(f64::from(data.int_in_range(0..=most)?)) } else { data.arbitrary() }
}

fn window(data: &mut Unstructured<'_>, n_fft: usize) -> Result<Window> {
    Ok(match data.int_in_range(0..=6)? {
        0 => Window::Hann,
        1 => Window::Hamming,
        2 => Window::Blackman,
        3 => Window::BlackmanHarris,
        4 => Window::Rectangular,
        5 => Window::Kaiser { beta: number(data, 40)? },
        _ => Window::Samples((0..n_fft.min(200)).map(|i| (i as f64 * 0.7).sin()).collect()),
    })
}

fn config(data: &mut Unstructured<'_>) -> Result<MfccConfig> {
    let n_fft = if data.ratio(1, 2)? { 1 << data.int_in_range(0..=13)? } else { count(data, 3000)? };
    let stft = StftConfig {
        n_fft,
        hop_length: count(data, 2000)?,
        win_length: if data.arbitrary()? { Some(count(data, 3000)?) } else { None },
        window: window(data, n_fft)?,
        padding: *data.choose(&[Padding::None, Padding::Zero, Padding::Reflect, Padding::Edge])?,
    };
    let mel = MelConfig {
        n_mels: count(data, 300)?,
        f_min: number(data, 3000)?,
        f_max: if data.arbitrary()? { Some(number(data, 30_000)?) } else { None },
        scale: *data.choose(&[MelScale::Slaney, MelScale::Htk])?,
        norm: *data.choose(&[MelNorm::Slaney, MelNorm::None])?,
    };
    let reference = if data.arbitrary()? { Reference::Maximum } else { Reference::Value(number(data, 9)?) };
    let amin = if data.ratio(7, 8)? { 1e-10 } else { data.arbitrary()? };
    let top_db = if data.arbitrary()? { Some(number(data, 120)?) } else { None };
    Ok(MfccConfig {
        n_mfcc: count(data, 40)?,
        dct_type: *data.choose(&[DctType::One, DctType::Two, DctType::Three])?,
        dct_norm: *data.choose(&[DctNorm::Orthonormal, DctNorm::None])?,
        lifter: number(data, 50)?,
        log_mel: LogMelConfig {
            sample_rate: data.arbitrary::<u32>()? % 100_000,
            stft,
            spectrum: *data.choose(&[Spectrum::Power, Spectrum::Magnitude])?,
            mel,
            decibel: DecibelConfig { reference, amin, top_db },
            log: if data.arbitrary()? { LogScale::Decibel } else { LogScale::Log10OfScaled { scale: number(data, 9)? } },
        },
    })
}

fn run(data: &mut Unstructured<'_>) -> Result<()> {
    let config = config(data)?;
    let piece = data.int_in_range(1..=500)?;
    let (up, down) = (data.int_in_range(1..=12)?, data.int_in_range(1..=12)?);
    // A few values are repeated, so that there are enough samples for frames.
    let few: Vec<f32> = data.arbitrary()?;
    let samples: Vec<f32> = few.iter().cycle().take(50 * few.len().min(100)).copied().collect();
    if let Ok(resampled) = resample(&samples, down, up) {
        assert_eq!(resampled.len(), (samples.len() * up as usize).div_ceil(down as usize));
    }
    let Ok(mut mfcc) = Mfcc::new(&config) else { return Ok(()) };
    let Ok(whole) = mfcc.process(&samples) else { return Ok(()) };
    assert_eq!(whole.dim(), (mfcc.n_frames(samples.len()), config.n_mfcc));
    assert!(whole.iter().all(|x| x.is_finite()), "{config:?}");
    let peak = mfcc.peak_db(&samples).expect("it has just been processed");
    let mut stream = mfcc.stream_with_peak(peak).expect("the peak is finite");
    let mut streamed: Vec<f32> = Vec::new();
    for piece in samples.chunks(piece) {
        streamed.extend(stream.push(piece).expect("every sample was accepted").flatten());
    }
    streamed.extend(stream.finish().expect("the whole had frames").flatten());
    assert!(whole.iter().eq(&streamed), "{config:?}");
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    // Inputs too short for a configuration are of no interest.
    let _ = run(&mut Unstructured::new(data));
});
