//! Every illegal setting and signal: each with its own error, bound and value.

use cepstrum_dsp::{Error as DspError, Padding, Window};
use cepstrum_features::{
    Chroma, ChromaConfig, Descriptors, DescriptorsConfig, Error, LogMel, LogMelConfig, Mfcc, MfccConfig,
    Tuning, delta,
};
use ndarray::Array2;

fn refused(change: impl FnOnce(&mut MfccConfig)) -> Error {
    let mut config = MfccConfig::default();
    change(&mut config);
    Mfcc::<f32>::new(&config).unwrap_err()
}

#[test]
fn illegal_settings_are_named() {
    let dsp = |error| Error::Dsp(error);
    let max = 1 << 24;
    assert_eq!(refused(|c| c.log_mel.stft.n_fft = 0), dsp(DspError::FftLength { n_fft: 0, max }));
    let huge = usize::MAX;
    assert_eq!(refused(|c| c.log_mel.stft.n_fft = huge), dsp(DspError::FftLength { n_fft: huge, max }));
    assert_eq!(refused(|c| c.log_mel.stft.hop_length = 0), dsp(DspError::HopLength));
    for win_length in [0, 2049] {
        let expected = DspError::WindowLength { win_length, n_fft: 2048 };
        assert_eq!(refused(|c| c.log_mel.stft.win_length = Some(win_length)), dsp(expected));
    }
    let short = DspError::WindowSamples { expected: 2048, actual: 3 };
    assert_eq!(refused(|c| c.log_mel.stft.window = Window::Samples(vec![1.0; 3])), dsp(short));
    assert_eq!(refused(|c| c.log_mel.sample_rate = 0), dsp(DspError::SampleRate));

    for (f_min, f_max) in [(0.0, 11_026.0), (-1.0, 8000.0), (9000.0, 8000.0), (0.0, f64::INFINITY)] {
        let error = refused(|c| (c.log_mel.mel.f_min, c.log_mel.mel.f_max) = (f_min, Some(f_max)));
        assert_eq!(error, dsp(DspError::MelBand { f_min, f_max, nyquist: 11_025.0 }));
    }
    assert!(matches!(refused(|c| c.log_mel.mel.f_min = f64::NAN), Error::Dsp(DspError::MelBand { .. })));

    for n_mfcc in [0, 129] {
        assert_eq!(refused(|c| c.n_mfcc = n_mfcc), Error::CoefficientCount { n_mfcc, n_mels: 128 });
    }
    assert_eq!(refused(|c| c.lifter = -1.0), Error::Lifter { lifter: -1.0 });
    let tiny = MfccConfig { lifter: f64::MIN_POSITIVE, ..Default::default() };
    let found = Mfcc::<f32>::new(&tiny).unwrap().process(&[0.1; 3000]).unwrap();
    assert!(found.iter().all(|x| x.is_finite()));
    for (change, name) in [
        ((|c| c.log_mel.decibel.amin = 0.0) as fn(&mut MfccConfig), "amin"),
        (|c| c.log_mel.decibel.top_db = Some(-1.0), "top_db"),
        (|c| c.log_mel.stft.window = Window::Kaiser { beta: -1.0 }, "Kaiser beta"),
    ] {
        let error = refused(change);
        assert!(matches!(&error, Error::Dsp(DspError::Parameter { name: n, .. }) if *n == name), "{error}");
    }
}

/// The edges of 2^60 bands alone would take 8 EiB: the request must fail before it allocates.
#[test]
fn an_absurd_filter_bank_is_refused_at_once() {
    for n_mels in [0, 4097, 1 << 60, usize::MAX] {
        let mut config = LogMelConfig::default();
        config.mel.n_mels = n_mels;
        let error = LogMel::<f32>::new(&config).unwrap_err();
        let expected = DspError::Count { name: "n_mels", min: 1, max: 4096, actual: n_mels };
        assert_eq!(error, Error::Dsp(expected));
    }
}

#[test]
fn a_sample_that_is_not_finite_is_named_by_its_index() {
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for index in [0, 1, 4999, 9999] {
            let mut samples = vec![0.1_f32; 10_000];
            samples[index] = bad;
            let expected = Error::Dsp(DspError::NonFinite { index });
            assert_eq!(mfcc.process(&samples).unwrap_err(), expected);
            // Results from before the bad sample are discarded.
            let good = vec![0.1_f32; 5_000];
            assert_eq!(mfcc.process(&good), Mfcc::new(&MfccConfig::default()).unwrap().process(&good));
            let mut stream = mfcc.stream();
            let refused = samples.chunks(777).find_map(|piece| stream.push(piece).err());
            assert_eq!(refused.unwrap(), expected);
            let samples = samples.as_slice();
            assert_eq!(
                Descriptors::new(&DescriptorsConfig::default()).unwrap().process(samples),
                Err(expected.clone())
            );
            let chroma = Chroma::new(&ChromaConfig::default()).unwrap().process(samples);
            assert_eq!(chroma, Err(expected));
        }
    }
}

#[test]
fn signals_without_a_frame_are_refused() {
    let mut mfcc = Mfcc::<f32>::new(&MfccConfig::default()).unwrap();
    assert_eq!(mfcc.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    assert_eq!(mfcc.stream().finish().unwrap_err(), Error::Dsp(DspError::EmptySignal));
    let mut config = MfccConfig::default();
    config.log_mel.stft.padding = Padding::None;
    let mut mfcc = Mfcc::new(&config).unwrap();
    let short = DspError::SignalTooShort { n_samples: 2047, n_fft: 2048 };
    assert_eq!(mfcc.process(&[0.0_f32; 2047]).unwrap_err(), Error::Dsp(short));
    assert!(mfcc.process(&[0.0_f32; 2048]).is_ok());
}

#[test]
fn an_output_of_another_shape_is_refused() {
    let mut mfcc = Mfcc::new(&MfccConfig::default()).unwrap();
    for actual in [[43, 13], [45, 13], [44, 12], [13, 44]] {
        let mut out = Array2::zeros((actual[0], actual[1]));
        let error = mfcc.process_into(&vec![0.1_f32; 22_050], out.view_mut()).unwrap_err();
        assert_eq!(error, Error::OutputShape { expected: [44, 13], actual });
    }
}

#[test]
fn illegal_deltas_and_descriptors_are_named() {
    let frames = Array2::<f32>::zeros((8, 2));
    for width in [0, 1, 4, 9] {
        let expected = Error::DeltaWidth { width, n_frames: 8 };
        assert_eq!(delta(frames.view(), width, 1).unwrap_err(), expected);
    }
    for order in [0, 5] {
        let expected = Error::DeltaOrder { order, width: 5 };
        assert_eq!(delta(frames.view(), 5, order).unwrap_err(), expected);
    }
    for roll_percent in [0.0, 1.0, -0.1] {
        let config = DescriptorsConfig { roll_percent, ..Default::default() };
        assert_eq!(Descriptors::<f32>::new(&config).unwrap_err(), Error::RollPercent { roll_percent });
    }
    let config = ChromaConfig { tuning: Tuning::Fixed(f64::NAN), ..Default::default() };
    let error = Chroma::<f32>::new(&config).unwrap_err();
    assert!(matches!(error, Error::Dsp(DspError::Parameter { name: "tuning", .. })), "{error}");
}

#[test]
fn features_that_are_not_finite_are_named_by_their_index() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut frames = Array2::zeros((8, 2));
        frames[[3, 1]] = bad;
        let expected = Error::Dsp(DspError::NonFinite { index: 7 });
        assert_eq!(delta(frames.view(), 5, 1).unwrap_err(), expected);
    }
}

#[test]
fn peaks_that_are_not_finite_are_refused() {
    let mut mfcc = Mfcc::<f32>::new(&MfccConfig::default()).unwrap();
    let mut log_mel = LogMel::<f32>::new(&LogMelConfig::default()).unwrap();
    for peak in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for error in [mfcc.stream_with_peak(peak).unwrap_err(), log_mel.stream_with_peak(peak).unwrap_err()] {
            assert!(matches!(error, Error::Dsp(DspError::Parameter { name: "peak_db", .. })), "{error}");
        }
    }
}

/// A value that no function returns must not make `Display` panic.
#[test]
fn errors_can_be_displayed_whatever_their_values() {
    let error = Error::DeltaOrder { order: 1, width: 0 };
    assert_eq!(error.to_string(), "the delta order must be at least 1 and less than the width 0, not 1");
}

/// librosa's warning "Empty filters detected in mel frequency basis", as a value.
#[test]
fn empty_filters_are_listed() {
    let mut config = MfccConfig::default();
    assert!(Mfcc::<f32>::new(&config).unwrap().empty_bands().is_empty());
    config.log_mel.stft.n_fft = 256;
    let mfcc = Mfcc::<f32>::new(&config).unwrap();
    assert!(!mfcc.empty_bands().is_empty() && mfcc.empty_bands().iter().all(|&band| band < 128));
}
