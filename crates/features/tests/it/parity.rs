//! Parity with librosa 0.11 over a matrix of parameters (`golden/make_features.py`).

use cepstrum_features::{LogMel, LogMelConfig, Mfcc, MfccConfig};

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
