//! Closed forms and laws that hold for any signal: Parseval, overlap-add, round trips, lengths, clones.

use std::ops::Range;

use cepstrum_dsp::block::{Lanes, PowerStft};
use cepstrum_dsp::{
    Dct, DctNorm, DctType, Error, Float, InverseStft, Padding, Resampler, Stft, StftConfig, Symmetry, Window,
    resample, resampled_len,
};
use proptest::prelude::*;

use crate::common::{distance, narrow, noise};

/// Tolerance for sums of thousands of single-precision terms, relative to their size.
const SINGLE: f64 = 1e-5;
/// The same in double precision.
const DOUBLE: f64 = 1e-12;

/// Checks that `sum |X|^2` over all `n_fft` bins is `n_fft` times the energy of the windowed frame.
fn parseval<T: Float>(n_fft: usize, samples: &[T], tolerance: f64) {
    let config = StftConfig { n_fft, hop_length: n_fft, padding: Padding::None, ..Default::default() };
    let window = config.window.samples(n_fft, Symmetry::Periodic).unwrap();
    let energies: Vec<f64> = samples
        .chunks_exact(n_fft)
        .map(|frame| frame.iter().zip(&window).map(|(x, w)| (x.to_f64() * w).powi(2)).sum::<f64>())
        .collect();
    let mut stft = PowerStft::new(&config).unwrap();
    let check = |frames: Range<usize>, power: &mut [Lanes<T>]| {
        for (lane, t) in frames.enumerate() {
            let twice = |k: usize| if k == 0 || 2 * k == n_fft { 1.0 } else { 2.0 };
            let sum: f64 = power.iter().enumerate().map(|(k, p)| twice(k) * p.0[lane].to_f64()).sum();
            let expected = n_fft as f64 * energies[t];
            assert!((sum - expected).abs() <= tolerance * expected, "{n_fft}: {sum} {expected}");
        }
        Ok::<(), Error>(())
    };
    stft.for_each_block(samples, check).unwrap();
}

#[test]
fn power_spectra_keep_the_energy() {
    for n_fft in [1, 2, 3, 100, 127, 128, 256, 512, 1024, 1500, 2048, 4096, 8192, 16_384] {
        let samples = noise(10 * n_fft, 8);
        parseval(n_fft, &samples, DOUBLE);
        parseval(n_fft, &narrow(&samples), SINGLE);
    }
}

#[test]
fn windows_overlap_to_a_constant() {
    for (window, hops_per_window, squared, expected) in [
        (Window::Hann, 2, false, 1.0),
        (Window::Hann, 4, false, 2.0),
        (Window::Hann, 4, true, 1.5),
        (Window::Hamming, 2, false, 1.08),
        (Window::Blackman, 4, false, 1.68),
        (Window::BlackmanHarris, 4, false, 1.435),
        (Window::Rectangular, 2, true, 2.0),
    ] {
        for length in [64, 100, 2048] {
            let w = window.samples(length, Symmetry::Periodic).unwrap();
            let hop = length / hops_per_window;
            for n in 0..hop {
                let values = w.iter().skip(n).step_by(hop);
                let sum: f64 = if squared { values.map(|w| w * w).sum() } else { values.sum() };
                assert!((sum - expected).abs() < DOUBLE, "{window:?} {length} at {n}: {sum}");
            }
        }
    }
}

#[test]
fn spectra_of_simple_signals_are_known() {
    let config = StftConfig { n_fft: 64, hop_length: 16, padding: Padding::Zero, ..Default::default() };
    let mut stft = Stft::new(&config).unwrap();
    assert!(stft.process(&[0.0_f64; 200]).unwrap().iter().all(|z| z.norm() == 0.0));

    // A click in the middle of frame 5 has the window's peak in every bin.
    let mut click = vec![0.0_f64; 200];
    click[80] = 1.0;
    let spectra = stft.process(&click).unwrap();
    let frame = &spectra[5 * 33..6 * 33];
    assert!(frame.iter().all(|z| (z.norm() - 1.0).abs() < DOUBLE));

    // A constant is the window's sum in bin 0, minus half of it in bin 1, nothing beyond.
    let spectra = stft.process(&[0.5_f64; 200]).unwrap();
    let frame: Vec<f64> = spectra[5 * 33..6 * 33].iter().map(|z| z.norm()).collect();
    assert!(distance(&frame[..3], &[16.0, 8.0, 0.0]) < DOUBLE && frame[3..].iter().all(|&x| x < DOUBLE));

    // Denormal samples yield denormal spectra.
    let tiny: Vec<f32> = noise(200, 9).iter().map(|x| (x * 1e-40) as f32).collect();
    let spectra = Stft::new(&config).unwrap().process(&tiny).unwrap();
    assert!(spectra.iter().all(|z| z.norm() < 1e-37));
}

/// Eight frames at once (wide vectors, for the lengths that have them) have the power that single transforms have.
#[test]
fn blocks_of_eight_frames_equal_single_transforms() {
    for n_fft in [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 384, 1000] {
        let config = StftConfig { n_fft, hop_length: n_fft / 3, ..StftConfig::default() };
        // Ten frames and a rest: the second block is not full.
        let samples = narrow(&noise(n_fft / 3 * 9 + 17, 12));
        let spectra = Stft::new(&config).unwrap().process(&samples).unwrap();
        let expected: Vec<f64> = spectra.iter().map(|z| f64::from(z.norm_sqr())).collect();
        let mut stft = PowerStft::new(&config).unwrap();
        let n_bins = stft.n_bins();
        let mut found = vec![0.0; expected.len()];
        stft.for_each_block(&samples, |frames, power| {
            for (lane, t) in frames.enumerate() {
                found[t * n_bins..][..n_bins].iter_mut().zip(&*power).for_each(|(y, x)| *y = x.0[lane]);
            }
            Ok::<(), Error>(())
        })
        .unwrap();
        assert!(distance(&found, &expected) < SINGLE * n_fft as f64, "{n_fft}");
    }
}

#[test]
fn an_orthonormal_transform_keeps_the_energy() {
    for n in [1, 2, 7, 40, 128] {
        let x = noise(n, 10);
        let energy = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
        for kind in [DctType::One, DctType::Two, DctType::Three] {
            let mut y = vec![0.0; n];
            let Ok(dct) = Dct::of_type(kind, n, n, DctNorm::Orthonormal) else {
                assert_eq!((kind, n), (DctType::One, 1));
                continue;
            };
            dct.process_into(&x, &mut y).unwrap();
            assert!((energy(&x) - energy(&y)).abs() < DOUBLE * n as f64, "{kind:?} {n}");
        }
    }
}

#[test]
fn resampling_keeps_what_lies_in_the_pass_band() {
    for (from, to) in [(44_100_u32, 22_050), (48_000, 22_050), (8_000, 22_050), (3, 7), (5, 1), (1, 9)] {
        let tone = |rate: u32, n: usize| -> Vec<f64> {
            let hz = 0.1 * f64::from(from.min(to));
            (0..n).map(|i| (std::f64::consts::TAU * hz * i as f64 / f64::from(rate)).sin()).collect()
        };
        let n = 400 * from.div_ceil(to) as usize + 400;
        let found = resample(&tone(from, n), from, to).unwrap();
        let expected = tone(to, found.len());
        // The ends are affected by the silence around the signal.
        let edge = (120.0 * f64::from(to) / f64::from(from.min(to))) as usize;
        let middle = edge..found.len() - edge;
        assert!(distance(&found[middle.clone()], &expected[middle]) < 1e-6, "{from} to {to}");
        let silence = resample(&vec![0.0_f32; 500], from, to).unwrap();
        assert!(silence.iter().all(|&x| x == 0.0));
    }
}

/// Blocks end at the first error of the sink.
#[test]
fn an_error_of_the_sink_ends_the_blocks() {
    let mut stft = PowerStft::new(&StftConfig::default()).unwrap();
    let mut blocks = 0;
    let result = stft.for_each_block(&vec![0.1_f32; 22_050], |frames, _| {
        blocks += 1;
        if frames.start >= 16 { Err(Error::SignalEnded) } else { Ok(()) }
    });
    assert_eq!((result, blocks), (Err(Error::SignalEnded), 3));
}

/// A clone of a planned worker computes the same bits, and nothing of it is shared.
#[test]
fn clones_are_independent() {
    let samples = narrow(&noise(6000, 12));
    for n_fft in [256, 300] {
        let config = StftConfig { n_fft, hop_length: 100, ..Default::default() };
        let mut stft = Stft::new(&config).unwrap();
        let spectra = stft.process(&samples).unwrap();
        let mut copy = stft.clone();
        drop(stft);
        assert_eq!(copy.process(&samples).unwrap(), spectra);
        let mut inverse = InverseStft::new(&config).unwrap();
        let back = inverse.process(&spectra, 6000).unwrap();
        assert_eq!(inverse.clone().process(&spectra, 6000).unwrap(), back);

        let mut power = PowerStft::new(&config).unwrap();
        let block = power.block(&samples[..n_fft]).unwrap().to_vec();
        assert_eq!(power.clone().block(&samples[..n_fft]).unwrap(), block);
    }
    // In the middle of a stream, both continue from there.
    let mut resampler = Resampler::new(48_000, 22_050).unwrap();
    let (mut one, mut other) = (Vec::new(), Vec::new());
    resampler.push(&samples, &mut one).unwrap();
    other.extend_from_slice(&one);
    let mut copy = resampler.clone();
    for (resampler, out) in [(&mut resampler, &mut one), (&mut copy, &mut other)] {
        resampler.push(&samples[..777], out).unwrap();
        resampler.finish(out);
    }
    assert!(one == other && one.len() == resampled_len(6777, 48_000, 22_050));
}

fn stft() -> impl Strategy<Value = StftConfig> {
    let n_fft = prop_oneof![Just(128_usize), Just(256), 1_usize..300];
    let window = prop_oneof![Just(Window::Hann), Just(Window::Hamming), Just(Window::Rectangular)];
    let padding =
        prop_oneof![Just(Padding::None), Just(Padding::Zero), Just(Padding::Reflect), Just(Padding::Edge)];
    (n_fft, 0.0..1.0_f64, window, padding).prop_map(|(n_fft, share, window, padding)| {
        let hop_length = 1 + (share * n_fft as f64 / 2.0) as usize;
        StftConfig { n_fft, hop_length, win_length: None, window, padding }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(0), ..Default::default() })]

    #[test]
    fn an_inverse_reconstructs_the_signal(config in stft(), n in 0_usize..2000, seed in 0_u32..100) {
        let samples = narrow(&noise(n, seed));
        let mut stft = Stft::new(&config).unwrap();
        let Ok(spectra) = stft.process(&samples) else { return Ok(()) };
        prop_assert_eq!(spectra.len(), stft.n_frames(n) * stft.n_bins());
        let back = InverseStft::new(&config).unwrap().process(&spectra, n).unwrap();
        prop_assert_eq!(back.len(), n);
        let mut again = vec![7.0; n];
        let mut inverse = InverseStft::new(&config).unwrap();
        prop_assert_eq!((inverse.n_bins(), inverse.n_frames(n)), (stft.n_bins(), stft.n_frames(n)));
        for _ in 0..2 {
            inverse.process_into(&spectra, &mut again).unwrap();
            prop_assert_eq!(&again, &back);
        }
        let window = config.window.samples(config.n_fft, Symmetry::Periodic).unwrap();
        let pad = if config.padding == Padding::None { 0 } else { config.n_fft / 2 };
        for (i, (x, y)) in samples.iter().zip(&back).enumerate() {
            let weight: f64 = (0..stft.n_frames(n))
                .filter_map(|t| (i + pad).checked_sub(t * config.hop_length).and_then(|j| window.get(j)))
                .map(|w| w * w)
                .sum();
            // Elsewhere the spectra hold almost nothing of the sample.
            if weight > 0.1 {
                prop_assert!((x - y).abs() < 1e-5, "{}: {} {}", i, x, y);
            }
        }
    }

    #[test]
    fn any_ratio_has_the_documented_length(from in 1_u32..20, to in 1_u32..20, n in 0_usize..3000, piece in 1_usize..500) {
        let samples = narrow(&noise(n, 11));
        let mut resampler = Resampler::new(1000 * from, 1000 * to).unwrap();
        let whole = resampler.process(&samples).unwrap();
        prop_assert_eq!(whole.len(), (n * to as usize).div_ceil(from as usize));
        prop_assert_eq!(whole.len(), resampled_len(n, from, to));
        prop_assert!(whole.iter().all(|x| x.is_finite()));
        let mut streamed = Vec::new();
        for piece in samples.chunks(piece) {
            resampler.push(piece, &mut streamed).unwrap();
        }
        resampler.finish(&mut streamed);
        prop_assert_eq!(whole, streamed);
    }
}

#[test]
fn a_convolution_is_the_sum_of_its_products() {
    let noise =
        |n: usize, step: f64| -> Vec<f64> { (0..n).map(|i| (i as f64 * step).sin().powi(3)).collect() };
    for (n, m) in [(1, 1), (1, 40), (40, 1), (17, 17), (1000, 100), (100, 1000), (5000, 15)] {
        let (signal, kernel) = (noise(n, 12.3), noise(m, 4.56));
        let found = cepstrum_dsp::convolve(&signal, &kernel).unwrap();
        assert_eq!(found.len(), n + m - 1);
        for (i, found) in found.iter().enumerate() {
            let first = i.saturating_sub(n - 1);
            let expected: f64 = (first..m.min(i + 1)).map(|k| kernel[k] * signal[i - k]).sum();
            assert!((found - expected).abs() < 1e-10, "{n} {m} {i}: {found} {expected}");
        }
    }
    assert_eq!(cepstrum_dsp::convolve::<f32>(&[], &[1.0]), Err(cepstrum_dsp::Error::EmptySignal));
    assert!(cepstrum_dsp::convolve(&[1.0_f32], &vec![0.0; (1 << 22) + 1]).is_err());
}
