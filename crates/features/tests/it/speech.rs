//! Speech features have their owners' numbers (`golden/make_speech.py`).

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{Error, Fbank, FbankConfig, FbankLog, KaldiMfcc, KaldiMfccConfig, Mfcc, MfccConfig};
use ndarray::Array2;
use serde_json::Value;

use crate::common::{distance, field, flat, golden_of, signal, wide};

/// Kaldi computes in single precision, in which quiet bands beside loud ones are rounding noise: natural logarithms.
const KALDI: f64 = 2e-3;
/// Golden values have nine digits.
const DOUBLE: f64 = 1e-7;

fn check(case: &Value, found: &Array2<f64>, tolerance: f64) {
    assert_eq!(field::<[usize; 2]>(case, "shape"), [found.nrows(), found.ncols()]);
    let distance = distance(found.iter().copied().step_by(7), &flat(&case["expected"]));
    assert!(distance < tolerance, "{distance:e}: {} {}", case["signal"], case["config"]);
}

/// Samples as Kaldi has them.
fn of_16_bits(case: &Value) -> Vec<f64> {
    wide(&signal(case["signal"].as_str().unwrap())).iter().map(|x| 32_768.0 * x).collect()
}

fn narrow(samples: &[f64]) -> Vec<f32> {
    samples.iter().map(|&x| x as f32).collect()
}

#[test]
fn filter_bank_energies_are_kaldis() {
    for case in golden_of("speech.json", "fbank") {
        let config: FbankConfig = field(&case, "config");
        let samples = of_16_bits(&case);
        check(&case, &Fbank::new(&config).unwrap().process(&samples).unwrap(), KALDI);
        let single = Fbank::new(&config).unwrap().process(&narrow(&samples)).unwrap();
        check(&case, &single.mapv(f64::from), KALDI);
    }
}

#[test]
fn coefficients_are_kaldis() {
    // Sums of bands, times the lifter.
    const LIFTED: f64 = 20.0 * KALDI;
    for case in golden_of("speech.json", "kaldi_mfcc") {
        let config: KaldiMfccConfig = field(&case, "config");
        let samples = of_16_bits(&case);
        check(&case, &KaldiMfcc::new(&config).unwrap().process(&samples).unwrap(), LIFTED);
        let single = KaldiMfcc::new(&config).unwrap().process(&narrow(&samples)).unwrap();
        check(&case, &single.mapv(f64::from), LIFTED);
    }
}

#[test]
fn inputs_of_vggish_and_yamnet_are_theirs() {
    for (name, config) in [("vggish", FbankConfig::vggish()), ("yamnet", FbankConfig::yamnet())] {
        for case in golden_of("speech.json", name) {
            let samples = signal(case["signal"].as_str().unwrap());
            let mut fbank = Fbank::new(&config).unwrap();
            check(&case, &fbank.process(&wide(&samples)).unwrap(), DOUBLE);
            let single = Fbank::new(&config).unwrap().process(&samples).unwrap();
            check(&case, &single.mapv(f64::from), 1e-4);
        }
    }
}

#[test]
fn coefficients_are_torchaudios() {
    for case in golden_of("speech.json", "torchaudio") {
        let samples = wide(&signal(case["signal"].as_str().unwrap()));
        let found = Mfcc::new(&MfccConfig::torchaudio()).unwrap().process(&samples).unwrap();
        check(&case, &found, 1e-5);
    }
}

#[test]
fn illegal_settings_are_refused() {
    let refused = |change: fn(&mut FbankConfig)| {
        let mut config = FbankConfig::default();
        change(&mut config);
        Fbank::<f32>::new(&config).unwrap_err()
    };
    let preemphasis = refused(|c| c.preemphasis = 1.5);
    let bound = "from 0 to 1";
    assert_eq!(preemphasis, Error::Dsp(DspError::Parameter { name: "preemphasis", bound, value: 1.5 }));
    assert!(matches!(refused(|c| c.frame_length = 0), Error::Dsp(DspError::FftLength { .. })));
    assert_eq!(refused(|c| c.hop_length = 0), Error::Dsp(DspError::HopLength));
    for least in [0.0, f64::NAN, 1e300] {
        let config = FbankConfig { log: FbankLog::Floor { least }, ..FbankConfig::default() };
        assert!(matches!(Fbank::<f32>::new(&config), Err(Error::Dsp(DspError::Parameter { .. }))), "{least}");
    }
    let config = KaldiMfccConfig { n_mfcc: 24, ..KaldiMfccConfig::default() };
    assert_eq!(
        KaldiMfcc::<f32>::new(&config).unwrap_err(),
        Error::CoefficientCount { n_mfcc: 24, n_mels: 23 }
    );
    let mut fbank = Fbank::new(&FbankConfig::default()).unwrap();
    let short = DspError::SignalTooShort { n_samples: 399, n_fft: 400 };
    assert_eq!(fbank.process(&[0.0_f32; 399]).unwrap_err(), Error::Dsp(short));
    let mut samples = [0.0_f32; 800];
    samples[700] = f32::NAN;
    assert_eq!(fbank.process(&samples).unwrap_err(), Error::Dsp(DspError::NonFinite { index: 700 }));
    assert_eq!(fbank.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
}
