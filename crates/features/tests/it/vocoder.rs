//! Parity of stretched and shifted signals with librosa 0.11 (`golden/make_vocoder.py`), and their refusals.

use cepstrum_dsp::{Complex, Error as DspError, StftConfig};
use cepstrum_features::{Error, phase_vocoder, pitch_shift, time_stretch};

use crate::common::{distance, field, flat, golden_of, largest, signal, wide};

#[test]
fn stretched_signals_are_librosas() {
    /// Relative to the largest sample. Golden values have nine digits.
    const DOUBLE: f64 = 1e-7;
    /// In single precision the phases of quiet bins are rounding noise.
    const SINGLE: f64 = 2e-3;
    for case in golden_of("vocoder.json", "time_stretch") {
        let config: StftConfig = field(&case, "stft");
        let rate = field(&case, "amount");
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        // The samples that are kept may lie beside a click.
        let scale = largest(&expected, 1e-3);
        let found = time_stretch(&wide(&samples), rate, &config).unwrap();
        assert_eq!(found.len(), field::<usize>(&case, "length"), "{rate}");
        let double = distance(found.into_iter().step_by(29), &expected);
        assert!(double < scale * DOUBLE, "{double:e} at {rate} of {}", case["signal"]);
        let single =
            distance(time_stretch(&samples, rate, &config).unwrap().into_iter().step_by(29), &expected);
        assert!(single < scale * SINGLE, "{single:e} at {rate} of {} in f32", case["signal"]);
    }
}

#[test]
fn shifted_signals_are_librosas() {
    /// Relative to the largest sample: the resamplers differ.
    const RESAMPLED: f64 = 1e-4;
    for case in golden_of("vocoder.json", "pitch_shift") {
        let config: StftConfig = field(&case, "stft");
        let n_steps = field(&case, "amount");
        let samples = wide(&signal(case["signal"].as_str().unwrap()));
        let expected = flat(&case["expected"]);
        let found = pitch_shift(&samples, n_steps, &config).unwrap();
        assert_eq!(found.len(), samples.len());
        let distance = distance(found.into_iter().step_by(29), &expected) / largest(&expected, 1e-9);
        println!("{n_steps}: {distance:.1e}");
        assert!(distance < RESAMPLED, "{distance:e} by {n_steps} steps");
    }
}

#[test]
fn absurd_amounts_and_signals_are_refused() {
    let config = StftConfig::default();
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 1e9] {
        let error = time_stretch(&[0.5_f32; 100], rate, &config).unwrap_err();
        assert!(matches!(error, Error::Dsp(DspError::Parameter { name: "rate", .. })), "{rate}: {error}");
    }
    for n_steps in [61.0, f64::NAN] {
        let error = pitch_shift(&[0.5_f32; 100], n_steps, &config).unwrap_err();
        assert!(matches!(error, Error::Dsp(DspError::Parameter { name: "n_steps", .. })), "{error}");
    }
    assert_eq!(time_stretch::<f32>(&[], 1.0, &config), Err(Error::Dsp(DspError::EmptySignal)));
    let nan = time_stretch(&[0.0_f32, f32::NAN], 1.0, &config).unwrap_err();
    assert_eq!(nan, Error::Dsp(DspError::NonFinite { index: 1 }));
    assert!(phase_vocoder(&[Complex::<f64>::default(); 5], 2, 1.0).is_err());
    assert!(phase_vocoder::<f64>(&[], 0, 1.0).is_err());
    assert_eq!(phase_vocoder::<f64>(&[], 3, 1.0), Ok(Vec::new()));
    // A single sample, and every rate in reach.
    for rate in [0.001, 0.3, 1.0, 999.0] {
        assert!(time_stretch(&[1.0_f64], rate, &config).unwrap().iter().all(|x| x.is_finite()), "{rate}");
    }
    for n_steps in (-4..=4).map(|n| f64::from(n) * 14.55) {
        let found = pitch_shift(&[0.25_f32; 300], n_steps, &config).unwrap();
        assert!(found.len() == 300 && found.iter().all(|x| x.is_finite()), "{n_steps}");
    }
}
