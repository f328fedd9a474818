//! Every refusal of the crate's functions: each with its own error, bound and value.

use cepstrum_dsp::block::{FrameBuffer, Lanes, PowerStft};
use cepstrum_dsp::{
    Complex, Dct, DctNorm, DctType, DecibelConfig, Error, Framing, InverseStft, MelConfig, MelFilterBank,
    MelScale, Padding, Reference, Resampler, Stft, StftConfig, Symmetry, Window, amplitude_to_db,
    fft_frequencies, fft_magnitude, mel_frequencies, power_to_db, resample,
};

const NOT_FINITE: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

#[test]
fn rates() {
    for (from, to) in [(0, 22_050), (44_100, 0), (0, 0)] {
        assert_eq!(Resampler::<f32>::new(from, to).unwrap_err(), Error::SampleRate);
    }
    let absurd = Error::Ratio { from_hz: 1, to_hz: u32::MAX, up: u32::MAX, down: 1, max: 1 << 18 };
    assert_eq!(Resampler::<f32>::new(1, u32::MAX).unwrap_err(), absurd);
    assert_eq!(fft_magnitude(&[1.0_f32], 0).unwrap_err(), Error::SampleRate);
    assert_eq!(fft_magnitude::<f32>(&[], 1).unwrap_err(), Error::EmptySignal);
    assert_eq!(fft_frequencies(0, 8).unwrap_err(), Error::SampleRate);
    assert_eq!(fft_frequencies(8, 0).unwrap_err(), Error::FftLength { n_fft: 0, max: 1 << 24 });
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
    assert_eq!(fft_magnitude(&samples, 22_050).unwrap_err(), expected);
    let custom = Window::Samples(vec![1.0, f64::INFINITY]);
    assert_eq!(custom.samples(2, Symmetry::Periodic).unwrap_err(), Error::NonFinite { index: 1 });
}

#[test]
fn powers_and_amplitudes_that_are_not_finite() {
    for bad in NOT_FINITE {
        let mut values = [1.0, 0.5, bad, 0.25];
        let before = values.map(f32::to_bits);
        let expected = Err(Error::NonFinite { index: 2 });
        assert_eq!(power_to_db(&mut values, &DecibelConfig::default()), expected);
        assert_eq!(amplitude_to_db(&mut values, &DecibelConfig::default()), expected);
        assert_eq!(values.map(f32::to_bits), before, "the values are unchanged");
    }
    // Squares beyond single precision are the largest finite power, and a tiny `amin` does not become zero.
    let mut amplitudes = [1e30_f32, 0.0];
    amplitude_to_db(&mut amplitudes, &DecibelConfig { amin: 1e-30, ..DecibelConfig::default() }).unwrap();
    assert!((amplitudes[0] - 385.3).abs() < 0.1 && (amplitudes[1] - 305.3).abs() < 0.1, "{amplitudes:?}");
    // The squares of the reference and of `amin` must be legal as well.
    let huge = DecibelConfig { reference: Reference::Value(1e200), ..DecibelConfig::default() };
    let tiny = DecibelConfig { amin: 1e-200, ..DecibelConfig::default() };
    for config in [huge, tiny] {
        let mut amplitudes = [2.0_f32];
        let error = amplitude_to_db(&mut amplitudes, &config).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
        assert_eq!(amplitudes.map(f32::to_bits), [2.0_f32].map(f32::to_bits));
    }
}

#[test]
fn spectra_bands_and_edges_that_are_not_finite() {
    let bank = MelFilterBank::<f32>::new(&MelConfig::default(), 22_050, 2048).unwrap();
    let dct = Dct::<f32>::new(128, 13, DctNorm::Orthonormal).unwrap();
    let config = StftConfig { n_fft: 8, hop_length: 4, ..StftConfig::default() };
    let mut inverse = InverseStft::<f32>::new(&config).unwrap();
    for bad in NOT_FINITE {
        let expected = Err(Error::NonFinite { index: 77 });
        let mut values = [1.0; 1025];
        values[77] = bad;
        assert_eq!(bank.process_into(&values, &mut [0.0; 128]), expected);
        assert_eq!(dct.process_into(&values[..128], &mut [0.0; 13]), expected);
        for z in [Complex::new(bad, 0.0), Complex::new(0.0, bad)] {
            let mut spectra = [Complex::default(); 41 * 5];
            spectra[77] = z;
            assert_eq!(inverse.process_into(&spectra, &mut [0.0; 160]), expected);
            assert_eq!(inverse.process(&spectra, 160).unwrap_err(), Error::NonFinite { index: 77 });
        }
        let bad = f64::from(bad);
        for (f_min, f_max) in [(bad, 1.0), (0.0, bad), (-1.0, 1.0)] {
            let error = mel_frequencies(4, f_min, f_max, MelScale::Htk).unwrap_err();
            assert!(matches!(error, Error::Parameter { .. }), "{error}");
        }
    }
}

#[test]
fn samples_after_the_end_of_a_signal() {
    let mut buffer = FrameBuffer::new(Framing::new(4, 2, Padding::Zero).unwrap());
    buffer.push(&[1.0_f32; 4]).unwrap();
    buffer.finish().unwrap();
    assert_eq!(buffer.push(&[1.0]), Err(Error::SignalEnded));
    assert_eq!(buffer.next_block().unwrap().len(), 3 * 4);
    buffer.reset();
    buffer.push(&[1.0]).unwrap();
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
    is(inverse.process_into(&[Complex::default(); 1025], &mut [0.0; 512]).unwrap_err(), 2 * 1025, 1025);
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
    let one = |n_in| Dct::<f32>::of_type(DctType::One, n_in, 1, DctNorm::None);
    assert_eq!(one(1).unwrap_err().to_string(), "the DCT's input length must be from 2 to 4096, not 1");
    assert!(one(2).is_ok());
    let parsed = |text: &str| serde_json::from_str::<DctType>(text);
    assert_eq!(parsed("3").unwrap(), DctType::Three);
    assert_eq!(parsed("4").unwrap_err().to_string(), "dct_type must be from 1 to 3, not 4");
    assert_eq!(serde_json::to_string(&DctType::One).unwrap(), "1");
}

/// `validate` refuses exactly what the transforms refuse.
#[test]
fn configurations() {
    let with = |change: fn(&mut StftConfig)| {
        let mut config = StftConfig::default();
        change(&mut config);
        config
    };
    for config in [
        with(|c| c.n_fft = 0),
        with(|c| c.hop_length = 0),
        with(|c| c.win_length = Some(2049)),
        with(|c| c.window = Window::Kaiser { beta: 701.0 }),
        with(|c| c.window = Window::Kaiser { beta: f64::NAN }),
        with(|c| c.window = Window::Samples(vec![1.0; 7])),
    ] {
        let error = config.validate().unwrap_err();
        let same = |found: Error| format!("{found:?}") == format!("{error:?}");
        assert!(same(Stft::<f32>::new(&config).unwrap_err()), "{error}");
        assert!(same(InverseStft::<f32>::new(&config).unwrap_err()), "{error}");
        assert!(same(PowerStft::<f32>::new(&config).unwrap_err()), "{error}");
    }
    assert_eq!(StftConfig::default().validate(), Ok(()));
    assert_eq!(with(|c| c.n_fft = 1 << 24).validate(), Ok(()));
}
