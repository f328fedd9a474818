//! Parity of YIN and pYIN with librosa 0.11 (`golden/make_pitch.py`), and refusals.

use std::f64::consts::PI;

use cepstrum_dsp::{Error as DspError, Padding};
use cepstrum_features::{Error, Pyin, PyinConfig, Yin, YinConfig};

use crate::common::{distance, field, flat, golden_of, noise, wide};

/// The signal of `golden/make_pitch.py`.
fn glide() -> Vec<f32> {
    let n = 2 * 22_050;
    let tone = |(i, noise): (usize, f64)| {
        let t = i as f64 / 22_050.0;
        let phase = 2.0 * PI * (200.0 * t + 50.0 * t * t);
        (0.3 * phase.sin() + 0.2 * (2.0 * phase).sin() + 0.1 * (3.0 * phase).sin() + 0.01 * noise) as f32
    };
    let mut y = vec![0.0; 6000];
    y.extend(noise(n, 31).into_iter().enumerate().map(tone));
    y.extend(noise(6000, 32).iter().map(|x| (0.05 * x) as f32));
    y
}

#[test]
fn yin_is_librosas() {
    for case in golden_of("pitch.json", "yin") {
        let config: YinConfig = field(&case, "config");
        let found = Yin::new(&config).unwrap().process(&wide(&glide())).unwrap();
        let expected = flat(&case["expected"]);
        // In silence and noise, equal values and rounding decide.
        let ours: Vec<f64> = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b).collect();
        let far = ours.iter().filter(|&&d| d > 1e-6).count();
        assert_eq!(ours.len(), expected.len());
        assert!(far * 50 <= ours.len(), "{far} of {}: {config:?}", ours.len());
    }
}

#[test]
fn pyin_is_librosas() {
    for case in golden_of("pitch.json", "pyin") {
        let config: PyinConfig = field(&case, "config");
        let found = Pyin::new(&config).unwrap().process(&wide(&glide())).unwrap();
        let expected: Vec<Option<f64>> = field(&case, "f0");
        let same = |(a, b): (&Option<f64>, &Option<f64>)| match (a, b) {
            (Some(a), Some(b)) => (a / b - 1.0).abs() < 1e-6,
            (a, b) => a == b,
        };
        let differ: Vec<usize> =
            (0..expected.len()).filter(|&t| !same((&found.f0[t], &expected[t]))).collect();
        assert!(differ.is_empty(), "{differ:?} of {}: {config:?}", expected.len());
        let distance = distance(found.voiced_probability.clone(), &flat(&case["probability"]));
        assert!(distance < 1e-6, "{distance:e} {config:?}");
        let voiced = found.f0.iter().flatten().count();
        assert!(voiced > found.f0.len() / 2 && voiced < found.f0.len(), "{voiced}");
        let single = Pyin::new(&config).unwrap().process(&glide()).unwrap();
        assert_eq!(single, found, "every sample is a float32");
    }
}

#[test]
fn silence_has_no_pitch() {
    let mut pyin = Pyin::new(&PyinConfig::default()).unwrap();
    for samples in [vec![0.0_f32; 22_050], vec![0.0; 1], vec![0.5; 1]] {
        let track = pyin.process(&samples).unwrap();
        assert!(track.f0.iter().all(Option::is_none), "{track:?}");
        assert!(track.voiced_probability.iter().all(|p| (0.0..=1.0).contains(p)));
        let hz = Yin::new(&YinConfig::default()).unwrap().process(&samples).unwrap();
        assert!(hz.iter().all(|hz| hz.is_finite() && *hz > 0.0), "{hz:?}");
    }
    assert_eq!(pyin.process::<f32>(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    assert_eq!(pyin.process(&[f32::NAN]).unwrap_err(), Error::Dsp(DspError::NonFinite { index: 0 }));
}

#[test]
fn illegal_settings_are_named() {
    let refused = |change: fn(&mut PyinConfig)| {
        let mut config = PyinConfig::default();
        change(&mut config);
        match Pyin::new(&config).unwrap_err() {
            Error::Dsp(DspError::Parameter { name, .. } | DspError::Count { name, .. }) => name,
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused(|c| c.yin.f_min = 0.0), "f_min");
    assert_eq!(refused(|c| c.yin.f_min = 5.0), "f_min");
    assert_eq!(refused(|c| c.yin.f_max = 12_000.0), "f_max");
    assert_eq!(refused(|c| c.yin.f_max = 65.41), "f_max");
    assert_eq!(refused(|c| c.n_thresholds = 0), "n_thresholds");
    assert_eq!(refused(|c| c.beta_parameters = [0.0, 1.0]), "a beta parameter");
    assert_eq!(refused(|c| c.boltzmann_parameter = f64::NAN), "boltzmann_parameter");
    assert_eq!(refused(|c| c.resolution = 0.0), "resolution");
    assert_eq!(refused(|c| c.switch_prob = 1.5), "switch_prob");
    assert_eq!(refused(|c| c.no_trough_prob = -0.1), "no_trough_prob");
    assert_eq!(refused(|c| c.max_transition_rate = 1e6), "max_transition_rate");
    let config = YinConfig { padding: Padding::None, ..Default::default() };
    assert!(Yin::new(&config).unwrap().process(&[0.5_f32; 2047]).is_err());
    assert!(Yin::new(&YinConfig { trough_threshold: f64::NAN, ..Default::default() }).is_err());
}
