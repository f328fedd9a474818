//! Parity with librosa 0.11, scipy and soxr (`golden/make_dsp.py`).

use std::ops::Range;

use cepstrum_dsp::block::{LANES, Lanes, PowerStft};
use cepstrum_dsp::{
    Complex, Dct, DecibelConfig, Error, Float, InverseStft, MelConfig, MelFilterBank, Resampler, Stft,
    StftConfig, Symmetry, Window, amplitude_to_db, power_to_db, resample, resampled_len,
};

use crate::common::{distance, field, flat, golden, narrow, noise, signal_to_noise};

/// Tolerance for golden values, which have nine digits.
const ROUNDING: f64 = 1e-8;
/// Tolerance for sums of some hundred single-precision terms of size one.
const SINGLE: f64 = 2e-5;

#[test]
fn windows() {
    for case in golden("windows") {
        let window: Window = field(&case, "window");
        let symmetry: Symmetry = field(&case, "symmetry");
        let samples = window.samples(field(&case, "length"), symmetry).unwrap();
        assert!(distance(&samples, &flat(&case["expected"])) < 1e-13, "{window:?} {symmetry:?} {samples:?}");
    }
}

#[test]
fn mel_filter_banks() {
    for case in golden("mel") {
        let config: MelConfig = field(&case, "config");
        let bank =
            MelFilterBank::<f64>::new(&config, field(&case, "sample_rate"), field(&case, "n_fft")).unwrap();
        assert_eq!(bank.empty_bands(), field::<Vec<usize>>(&case, "empty"));
        let expected: Vec<(usize, Vec<f64>)> = field(&case, "weights");
        assert_eq!(bank.n_mels(), expected.len());
        for (band, (first_bin, weights)) in expected.iter().enumerate() {
            let (ours_first, ours) = bank.weights(band);
            assert!(weights.is_empty() || ours_first == *first_bin, "{band}: {ours_first} {first_bin}");
            assert!(distance(ours, weights) < ROUNDING, "band {band} of {config:?}");
        }
    }
}

#[test]
fn short_time_transforms() {
    for case in golden("stft") {
        let config: StftConfig = field(&case, "config");
        let samples = noise(field(&case, "n_samples"), 3);
        let spectra = Stft::new(&config).unwrap().process(&samples).unwrap();
        let (real, imaginary) = (flat(&case["real"]), flat(&case["imaginary"]));
        let parts = |part: fn(&Complex<f64>) -> f64| spectra.iter().map(part).collect::<Vec<_>>();
        assert!(
            distance(&parts(|z| z.re), &real) < ROUNDING && distance(&parts(|z| z.im), &imaginary) < ROUNDING
        );

        let back = InverseStft::new(&config).unwrap().process(&spectra, samples.len()).unwrap();
        assert!(distance(&back, &flat(&case["inverse"])) < ROUNDING, "inverse of {config:?}");

        let expected: Vec<f64> = real.iter().zip(&imaginary).map(|(re, im)| re * re + im * im).collect();
        assert!(distance(&powers(&config, &samples), &expected) < 1e-6);
        let relative = SINGLE * config.n_fft as f64;
        assert!(distance(&powers(&config, &narrow(&samples)), &expected) < relative, "{config:?}");
    }
}

/// The power spectra of all frames, `[n_frames, n_bins]`.
fn powers<T: Float>(config: &StftConfig, samples: &[T]) -> Vec<T> {
    let mut stft = PowerStft::new(config).unwrap();
    let n_bins = stft.n_bins();
    let mut out = vec![T::default(); stft.n_frames(samples.len()) * n_bins];
    let write = |frames: Range<usize>, power: &mut [Lanes<T>]| {
        for (lane, t) in frames.enumerate() {
            for (y, x) in out[t * n_bins..][..n_bins].iter_mut().zip(power.iter()) {
                *y = x.0[lane];
            }
        }
        Ok::<(), Error>(())
    };
    stft.for_each_block(samples, write).unwrap();
    out
}

#[test]
fn cosine_transforms() {
    for case in golden("dct") {
        let (n_in, n_out) = (field(&case, "n_in"), field(&case, "n_out"));
        let expected = flat(&case["expected"]);
        let x = noise(n_in, 4);
        let mut y = vec![0.0; n_out];
        let (kind, norm) = (field(&case, "type"), field(&case, "norm"));
        Dct::of_type(kind, n_in, n_out, norm).unwrap().process_into(&x, &mut y).unwrap();
        assert!(distance(&y, &expected) < ROUNDING);

        let mut x: Vec<Lanes<f32>> = x.iter().map(|&x| Lanes([x as f32; LANES])).collect();
        let mut y = vec![Lanes::default(); n_out];
        Dct::of_type(kind, n_in, n_out, norm).unwrap().process_block(&mut x, &mut y).unwrap();
        for lane in 0..LANES {
            let y: Vec<f32> = y.iter().map(|y| y.0[lane]).collect();
            assert!(distance(&y, &expected) < SINGLE);
        }
    }
}

#[test]
fn decibels() {
    for case in golden("decibels") {
        let config: DecibelConfig = field(&case, "config");
        let mut x: Vec<f64> = noise(40, 5).iter().map(|x| x * x).collect();
        x[7] = 0.0;
        let mut power = x.clone();
        power_to_db(&mut power, &config).unwrap();
        assert!(distance(&power, &flat(&case["power"])) < 1e-6, "{config:?}");
        amplitude_to_db(&mut x, &config).unwrap();
        assert!(distance(&x, &flat(&case["amplitude"])) < 1e-6, "{config:?}");
    }
}

/// White noise is the hardest signal: its share in the transition band counts in full, and so do beginning and end.
#[test]
fn resampling_is_soxrs() {
    const LEAST_SNR: f64 = 90.0;
    /// Ratios above 8:1, where three half-band filters shape the beginning, and ratios with very few phases.
    const LEAST_SNR_RARE: f64 = 85.0;
    /// Ratios beyond 1:4: soxr's last filter is not modeled.
    const LEAST_SNR_RISING_FAR: f64 = 55.0;
    let samples = narrow(&noise(1000, 6));
    let mut failures = Vec::new();
    for case in golden("resampling") {
        let (from, to): (u32, u32) = (field(&case, "from"), field(&case, "to"));
        let ours = resample(&samples, from, to).unwrap();
        let snr = signal_to_noise(&ours, &flat(&case["expected"]));
        println!("{from} to {to}: {snr:.1} dB");
        let least = match (from, to) {
            (from, to) if to > 4 * from => LEAST_SNR_RISING_FAR,
            (from, to) if from > 8 * to || (from, to) == (5, 2) => LEAST_SNR_RARE,
            _ => LEAST_SNR,
        };
        if snr < least {
            failures.push(format!("{from} to {to}: {snr:.1} dB"));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_resampled_stream_has_the_bits_of_the_whole() {
    let samples = narrow(&noise(30_000, 7));
    for (from, to) in
        [(44_100, 22_050), (48_000, 22_050), (8_000, 22_050), (22_050, 22_050), (44_100, 48_000)]
    {
        let mut resampler = Resampler::new(from, to).unwrap();
        let whole = resampler.process(&samples).unwrap();
        assert_eq!(whole.len(), resampled_len(samples.len(), from, to));
        for size in [1, 997, 29_999] {
            let mut streamed = Vec::new();
            for piece in samples.chunks(size) {
                resampler.push(piece, &mut streamed).unwrap();
            }
            resampler.finish(&mut streamed);
            assert!(whole == streamed, "{from} to {to} by {size}");
        }
    }
}
