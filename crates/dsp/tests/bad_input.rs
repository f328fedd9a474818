//! Every refusal of the crate's functions: its own error, with the bound and the value.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cepstrum_dsp::{
    Complex, Dct, DctNorm, Error, InverseStft, Lanes, MelConfig, MelFilterBank, PowerStft, Resampler, Stft,
    StftConfig, Symmetry, Window, fft_magnitude, resample,
};

#[test]
fn rates() {
    for (from, to) in [(0, 22_050), (44_100, 0), (0, 0)] {
        assert_eq!(Resampler::<f32>::new(from, to).unwrap_err(), Error::SampleRate);
    }
    let absurd = Error::Ratio { from_hz: 1, to_hz: u32::MAX, up: u32::MAX, down: 1, max: 1 << 18 };
    assert_eq!(Resampler::<f32>::new(1, u32::MAX).unwrap_err(), absurd);
    assert_eq!(fft_magnitude(&[1.0_f32], 0).unwrap_err(), Error::SampleRate);
    assert_eq!(fft_magnitude::<f32>(&[], 1).unwrap_err(), Error::EmptySignal);
}

#[test]
fn samples_that_are_not_finite() {
    let mut samples = vec![0.5_f32; 3000];
    samples[2345] = f32::NAN;
    let expected = Error::NonFinite { index: 2345 };
    assert_eq!(resample(&samples, 3, 2).unwrap_err(), expected);
    let mut resampler = Resampler::new(3, 2).unwrap();
    let mut out = Vec::new();
    let refused = samples.chunks(1000).find_map(|piece| resampler.push(piece, &mut out).err());
    assert_eq!(refused.unwrap(), expected);
    assert_eq!(Stft::new(&StftConfig::default()).unwrap().process(&samples).unwrap_err(), expected);
    let own = Window::Samples(vec![1.0, f64::INFINITY]);
    assert_eq!(own.samples(2, Symmetry::Periodic).unwrap_err(), Error::NonFinite { index: 1 });
}

#[test]
fn buffers_of_other_lengths() {
    let is = |error: Error, expected: usize, actual: usize| {
        assert!(
            matches!(&error, Error::BufferLength { expected: e, actual: a, .. } if (*e, *a) == (expected, actual)),
            "{error}"
        );
    };
    let bank = MelFilterBank::<f32>::new(&MelConfig::default(), 22_050, 2048).unwrap();
    is(bank.process_into(&[0.0; 1024], &mut [0.0; 128]).unwrap_err(), 1025, 1024);
    is(bank.process_into(&[0.0; 1025], &mut [0.0; 127]).unwrap_err(), 128, 127);
    is(bank.process_block(&[Lanes::default(); 5], &mut [Lanes::default(); 128]).unwrap_err(), 1025, 5);
    let dct = Dct::<f32>::new(128, 13, DctNorm::Orthonormal).unwrap();
    is(dct.process_into(&[0.0; 127], &mut [0.0; 13]).unwrap_err(), 128, 127);
    is(dct.process_into(&[0.0; 128], &mut [0.0; 14]).unwrap_err(), 13, 14);
    let config = StftConfig::default();
    let mut inverse = InverseStft::<f32>::new(&config).unwrap();
    is(inverse.process(&[Complex::default(); 1025], 22_050).unwrap_err(), 44 * 1025, 1025);
    let mut power = PowerStft::<f32>::new(&config).unwrap();
    is(power.block(&[0.0; 2047]).unwrap_err(), 2048, 2047);
    is(power.block(&vec![0.0; 9 * 2048]).unwrap_err(), 8 * 2048, 9 * 2048);
}

#[test]
fn counts() {
    let refused = |n_in, n_out| Dct::<f64>::new(n_in, n_out, DctNorm::None).unwrap_err();
    for (n_in, n_out) in [(0, 1), (1 << 60, 1), (10, 0), (10, 11)] {
        let error = refused(n_in, n_out);
        assert!(matches!(error, Error::Count { .. }), "{error}");
    }
}
