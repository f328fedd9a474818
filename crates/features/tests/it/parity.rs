//! Parity with librosa 0.11 over a matrix of parameters (`golden/make_features.py`).

use cepstrum_dsp::{Complex, DctType, Stft};
use cepstrum_features::{Error, LogMel, LogMelConfig, Mfcc, MfccConfig, Spectrum};
use ndarray::Array2;

use crate::common::{distance, field, flat, golden, signal, wide};

/// Tolerance in single precision, in which librosa itself differs by up to 6e-5 from double precision.
const TOLERANCE_F32: f64 = 1e-3;
/// Tolerance in double precision.
const TOLERANCE_F64: f64 = 1e-4;

#[test]
fn mfccs_are_librosas() {
    let cases = golden("mfcc");
    assert!(cases.len() >= 50);
    let mut failures = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let config: MfccConfig = field(case, "config");
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        // Without normalization, coefficients reach 3e4, where the last bit of an f32 is 2e-3.
        let scale = expected.iter().fold(1e3, |max, x| f64::max(max, x.abs())) / 1e3;
        let single = distance(Mfcc::new(&config).unwrap().process(&samples).unwrap(), &expected);
        let double = distance(Mfcc::new(&config).unwrap().process(&wide(&samples)).unwrap(), &expected);
        if !(single < scale * TOLERANCE_F32 && double < scale * TOLERANCE_F64) {
            failures
                .push(format!("{i}: {single:e} in f32, {double:e} in f64: {} {config:?}", case["signal"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A power spectrogram that is at hand yields what the signal yields.
#[test]
fn power_spectrograms_yield_the_same() {
    let samples = wide(&signal("mix"));
    for (dct_type, spectrum) in [(DctType::Two, Spectrum::Power), (DctType::Three, Spectrum::Magnitude)] {
        let log_mel = LogMelConfig { spectrum, ..LogMelConfig::default() };
        let config = MfccConfig { dct_type, log_mel, ..MfccConfig::default() };
        let mut stft = Stft::<f64>::new(&config.log_mel.stft).unwrap();
        let spectra = stft.process(&samples).unwrap();
        let power: Vec<f64> = spectra.iter().map(Complex::norm_sqr).collect();
        let shape = (stft.n_frames(samples.len()), stft.n_bins());
        let power = Array2::from_shape_vec(shape, power).unwrap();

        let mut log_mel = LogMel::new(&config.log_mel).unwrap();
        let expected: Vec<f64> = log_mel.process(&samples).unwrap().iter().copied().collect();
        assert!(distance(log_mel.process_power(&power).unwrap(), &expected) < TOLERANCE_F64);
        let mut mfcc = Mfcc::new(&config).unwrap();
        let expected: Vec<f64> = mfcc.process(&samples).unwrap().iter().copied().collect();
        assert!(distance(mfcc.process_power(&power).unwrap(), &expected) < TOLERANCE_F64);
    }
}

#[test]
fn power_spectrograms_are_checked() {
    let mut mfcc = Mfcc::<f32>::new(&MfccConfig::default()).unwrap();
    for shape in [(0, 1025), (3, 1024)] {
        let error = mfcc.process_power(&Array2::zeros(shape)).unwrap_err();
        assert_eq!(
            error,
            Error::FramesShape { what: "the power spectrogram", n_columns: 1025, actual: [shape.0, shape.1] }
        );
    }
    for value in [-1.0, f32::INFINITY] {
        let mut power = Array2::zeros((3, 1025));
        power[[2, 7]] = value;
        let error = mfcc.process_power(&power).unwrap_err();
        assert!(matches!(error, Error::FramesValue { frame: 2, column: 7, .. }), "{error}");
    }
}

#[test]
fn log_mel_spectrograms_are_librosas() {
    for case in golden("log_mel") {
        let config: LogMelConfig = field(&case, "config");
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        let single = distance(LogMel::new(&config).unwrap().process(&samples).unwrap(), &expected);
        let double = distance(LogMel::new(&config).unwrap().process(&wide(&samples)).unwrap(), &expected);
        assert!(single < TOLERANCE_F32 && double < TOLERANCE_F64, "{single:e} {double:e} {config:?}");
    }
}

/// Real recordings hold little above the pass band. This mixture is harder: a tone, a sweep, and noise up to half its rate.
#[test]
fn mfccs_of_resampled_signals_are_librosas() {
    const TOLERANCE_RESAMPLED: f64 = 0.01;
    for case in golden("resampled") {
        let (from, to): (u32, u32) = (field(&case, "from"), field(&case, "to"));
        let samples = cepstrum_dsp::resample(&signal("mix"), from, to).unwrap();
        let log_mel = LogMelConfig { sample_rate: to, ..Default::default() };
        let config = MfccConfig { log_mel, ..Default::default() };
        let found = Mfcc::new(&config).unwrap().process(&samples).unwrap();
        let distance = distance(found, &flat(&case["expected"]));
        println!("{from} to {to}: {distance:.1e}");
        assert!(distance < TOLERANCE_RESAMPLED, "{from} to {to}: {distance:e}");
    }
}
