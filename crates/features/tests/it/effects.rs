//! Parity of silence, emphasis, statistics and conversions with librosa 0.11 and NumPy (`golden/make_effects.py`).

use std::ops::Range;

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{
    Error, SilenceConfig, Summary, SummaryConfig, deemphasis, delta, hz_to_midi, hz_to_note, midi_to_hz,
    midi_to_note, note_to_hz, note_to_midi, preemphasis, split, time_to_frames, time_to_samples, trim,
};
use cepstrum_features::{frames_to_samples, frames_to_time, samples_to_frames, samples_to_time};
use ndarray::Array2;

use crate::common::{distance, field, flat, golden_of, noise, signal, wide};

#[test]
fn silences_are_librosas() {
    for case in golden_of("effects.json", "silence") {
        let config: SilenceConfig = field(&case, "config");
        let part = wide(&signal(case["signal"].as_str().unwrap()));
        let soft: Vec<f64> = noise(3000, 4).iter().map(|x| 1e-4 * x).collect();
        let samples = [&[0.0; 1500], &part[..2500], &soft, &part[..777]].concat();
        let expected: [usize; 2] = field(&case, "trim");
        assert_eq!(trim(&samples, &config).unwrap(), expected[0]..expected[1], "{config:?}");
        let expected: Vec<[usize; 2]> = field(&case, "split");
        let expected: Vec<Range<usize>> = expected.iter().map(|&[start, end]| start..end).collect();
        assert_eq!(split(&samples, &config).unwrap(), expected, "{config:?}");
        let single: Vec<f32> = samples.iter().map(|&x| x as f32).collect();
        assert_eq!(split(&single, &config).unwrap(), expected, "{config:?} in f32");
    }
    let bad = SilenceConfig { top_db: -1.0, ..Default::default() };
    let error = trim(&[1.0_f32], &bad).unwrap_err();
    assert!(matches!(error, Error::Dsp(DspError::Parameter { name: "top_db", .. })), "{error}");
    assert!(split(&[1.0_f32], &SilenceConfig { hop_length: 0, ..Default::default() }).is_err());
    assert_eq!(trim::<f32>(&[], &SilenceConfig::default()), Err(Error::Dsp(DspError::EmptySignal)));
    assert_eq!(trim(&[0.0_f32], &SilenceConfig::default()), Ok(0..1));
}

#[test]
fn emphasis_is_librosas() {
    for case in golden_of("effects.json", "emphasis") {
        let coef = field(&case, "coef");
        let (mut raised, mut lowered) = (noise(20, 6), noise(20, 6));
        preemphasis(&mut raised, coef).unwrap();
        deemphasis(&mut lowered, coef).unwrap();
        assert!(distance(raised.clone(), &flat(&case["preemphasis"])) < 1e-8, "{coef}");
        assert!(distance(lowered, &flat(&case["deemphasis"])) < 1e-8, "{coef}");
        deemphasis(&mut raised, coef).unwrap();
        assert!(distance(raised, &noise(20, 6)) < 1e-12, "{coef}");
        let mut one = [0.25_f32];
        preemphasis(&mut one, coef).unwrap();
        deemphasis(&mut one, coef).unwrap();
        assert!((one[0] - 0.25).abs() < 1e-6, "{coef}: {one:?}");
    }
    for coef in [1.5, f64::NAN] {
        assert!(preemphasis(&mut [1.0_f32], coef).is_err() && deemphasis(&mut [1.0_f32], coef).is_err());
    }
    assert!(preemphasis::<f32>(&mut [], 0.9).is_ok() && deemphasis::<f32>(&mut [], 0.9).is_ok());
}

#[test]
fn statistics_are_numpys() {
    for case in golden_of("effects.json", "summary") {
        let n: usize = field(&case, "n_frames");
        let features = Array2::from_shape_vec((n, 3), noise(3 * n, 14)).unwrap();
        let config = SummaryConfig { quantiles: field(&case, "quantiles") };
        let summary = Summary::new(features.view(), &config).unwrap();
        assert!(distance(summary.row(), &flat(&case["expected"])) < 1e-8, "{n}");
        if n > 9 {
            let of_delta = Summary::of_delta(features.view(), 9, &config).unwrap();
            let expected = Summary::new(delta(features.view(), 9, 1).unwrap().view(), &config).unwrap();
            assert_eq!(of_delta, expected);
        }
    }
    let empty = Array2::<f32>::zeros((0, 3));
    assert_eq!(Summary::new(empty.view(), &SummaryConfig::default()), Err(Error::Dsp(DspError::EmptySignal)));
    let mut features = Array2::<f32>::zeros((4, 3));
    let config = SummaryConfig { quantiles: vec![1.1] };
    assert!(Summary::new(features.view(), &config).is_err());
    features[[1, 1]] = f32::NAN;
    let bad = Err(Error::Dsp(DspError::NonFinite { index: 4 }));
    assert_eq!(Summary::new(features.view(), &SummaryConfig::default()), bad);
}

#[test]
fn conversions_are_librosas() {
    let case = &golden_of("effects.json", "conversions")[0];
    for (note, midi) in field::<Vec<(String, f64)>>(case, "notes") {
        assert!((note_to_midi(&note).unwrap() - midi).abs() < 1e-9, "{note}");
        assert!((note_to_hz(&note).unwrap() - midi_to_hz(midi)).abs() < 1e-9 * midi_to_hz(midi), "{note}");
    }
    for (hz, midi, note) in field::<Vec<(f64, f64, String)>>(case, "hz") {
        assert!((hz_to_midi(hz) - midi).abs() < 1e-9 && (midi_to_hz(midi) / hz - 1.0).abs() < 1e-9, "{hz}");
        assert_eq!(hz_to_note(hz).unwrap(), note);
    }
    for (seconds, sample, frame) in field::<Vec<(f64, usize, usize)>>(case, "times") {
        assert_eq!((time_to_samples(seconds, 22_050), time_to_frames(seconds, 512, 22_050)), (sample, frame));
        assert!((samples_to_time(sample, 22_050) - seconds).abs() < 1.0 / 22_050.0);
    }
    assert_eq!((frames_to_samples(usize::MAX, 2), samples_to_frames(7, 0)), (usize::MAX, 7));
    assert!(frames_to_time(1, 1, 0).is_infinite());
    assert_eq!((time_to_samples(-1.0, 100), time_to_frames(f64::NAN, 1, 1)), (0, 0));
    for bad in ["", "4", "H4", "A--1", "C4+", "C4 ", "é", "C99999999999"] {
        assert_eq!(note_to_midi(bad), None, "{bad}");
    }
    assert_eq!((midi_to_note(f64::NAN), hz_to_note(0.0), hz_to_note(-1.0)), (None, None, None));
    assert_eq!(midi_to_note(-1.0).as_deref(), Some("B-2"));
}
