//! Parity of the constant-Q transform and its chromagrams with librosa 0.11 (`golden/make_tonal.py`), and refusals.

use std::f64::consts::PI;

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{
    Bandwidth, ChromaCqt, ChromaCqtConfig, Cqt, CqtConfig, Error, Tuning, chroma_cens, tonnetz,
};
use ndarray::Array2;

use crate::common::{distance, field, flat, golden_of, largest, noise, wide};

/// The golden file keeps every 23rd value.
const STEP: usize = 23;
/// Tolerance relative to the largest magnitude. librosa's resampler, which halves the rate from octave to octave, differs from
/// ours by 90 dB, most of it at the beginning and the end.
const TOLERANCE: f64 = 2e-3;

/// The chord of `golden/make_tonal.py`.
fn chord(n: usize, cents: f64) -> Vec<f32> {
    let noise = noise(n, 17);
    let notes = [33.0, 40.0, 57.0, 61.0, 64.0, 88.0]
        .map(|midi| 440.0 * ((midi - 69.0 + cents / 100.0) / 12.0_f64).exp2());
    let sample = |(i, noise): (usize, f64)| {
        let t = i as f64 / 22_050.0;
        let mut y = 0.01 * noise;
        for (note, hz) in notes.iter().enumerate() {
            for overtone in [1.0, 2.0, 3.0] {
                y += 0.2 / overtone * (-0.5 * note as f64 * t).exp() * (2.0 * PI * overtone * hz * t).sin();
            }
        }
        y as f32
    };
    noise.into_iter().enumerate().map(sample).collect()
}

#[test]
fn transforms_are_librosas() {
    let mut failures = Vec::new();
    for case in golden_of("tonal.json", "cqt") {
        let config: CqtConfig = field(&case, "config");
        let samples = chord(field(&case, "n"), field(&case, "cents"));
        let (real, imaginary) = (flat(&case["real"]), flat(&case["imaginary"]));
        let scale = largest(&real, largest(&imaginary, 1e-9));
        let found = Cqt::new(&config).unwrap().process(&wide(&samples)).unwrap();
        assert_eq!([found.nrows(), found.ncols()], field::<[usize; 2]>(&case, "shape"), "{config:?}");
        let thinned: Vec<_> = found.iter().step_by(STEP).collect();
        let double = distance(thinned.iter().map(|z| z.re), &real)
            .max(distance(thinned.iter().map(|z| z.im), &imaginary));
        let single = Cqt::new(&config).unwrap().process(&samples).unwrap();
        let single = distance(single.iter().step_by(STEP).map(|z| z.re), &real);
        if !(double < TOLERANCE * scale && single < TOLERANCE * scale) {
            failures.push(format!("{:.1e} {:.1e} {config:?}", double / scale, single / scale));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn chromagrams_are_librosas() {
    for case in golden_of("tonal.json", "chroma") {
        let config: ChromaCqtConfig = field(&case, "config");
        let samples = chord(field(&case, "n"), field(&case, "cents"));
        let expected = flat(&case["expected"]);
        let scale = largest(&expected, 1e-9);
        let found = ChromaCqt::new(&config).unwrap().process(&samples).unwrap();
        let distance_1 = distance(found.iter().copied(), &expected);
        assert!(distance_1 < TOLERANCE * scale, "{distance_1:e} of {scale:e} {config:?}");
        if case["tonnetz"].is_array() {
            let distance = distance(tonnetz(found.view()).unwrap(), &flat(&case["tonnetz"]));
            assert!(distance < TOLERANCE, "{distance:e}");
        }
    }
}

#[test]
fn energy_normalized_statistics_are_librosas() {
    for case in golden_of("tonal.json", "cens") {
        let (n, smoothing): (usize, usize) = (field(&case, "n_frames"), field(&case, "smoothing"));
        let values = noise(12 * n, 18).iter().map(|x| x.abs()).collect();
        let mut chroma = Array2::from_shape_vec((n, 12), values).unwrap();
        chroma.row_mut(3).fill(0.0);
        let found = chroma_cens(chroma.view(), smoothing).unwrap();
        assert!(distance(found, &flat(&case["expected"])) < 1e-8, "{smoothing}");
    }
    assert!(chroma_cens(Array2::<f32>::zeros((2, 12)).view(), usize::MAX).is_err());
}

/// A semitone up moves everything by a bin; a signal twice as loud has magnitudes twice as large.
#[test]
fn transposition_moves_bins() {
    let mut cqt = Cqt::new(&CqtConfig::default()).unwrap();
    let tone = |midi: f32| -> Vec<f32> {
        let hz = 440.0 * ((midi - 69.0) / 12.0).exp2();
        (0..22_050).map(|i| (i as f32 * hz / 22_050.0 * std::f32::consts::TAU).sin()).collect()
    };
    let lower = cqt.magnitudes(&tone(57.0)).unwrap();
    let higher = cqt.magnitudes(&tone(58.0)).unwrap();
    for bin in 20..60 {
        let (a, b) = (lower[[20, bin]], higher[[20, bin + 1]]);
        assert!((a - b).abs() < 0.05 * lower[[20, 33]], "{bin}: {a} {b}");
    }
    let magnitudes = cqt.magnitudes(&chord(11_025, 0.0)).unwrap();
    let twice: Vec<f32> = chord(11_025, 0.0).iter().map(|x| 2.0 * x).collect();
    let louder = cqt.clone().magnitudes(&twice).unwrap();
    assert!(louder.iter().zip(&magnitudes).all(|(a, b)| (a - 2.0 * b).abs() < 1e-5));
}

#[test]
fn bad_settings_and_signals_are_refused() {
    let refused = |change: fn(&mut CqtConfig)| {
        let mut config = CqtConfig::default();
        change(&mut config);
        match Cqt::<f32>::new(&config).unwrap_err() {
            Error::Dsp(DspError::Parameter { name, .. } | DspError::Count { name, .. }) => name,
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused(|c| c.f_min = 0.0), "f_min");
    assert_eq!(refused(|c| c.f_min = 1e-9), "f_min");
    assert_eq!(refused(|c| c.filter_scale = f64::NAN), "filter_scale");
    assert_eq!(refused(|c| c.n_bins = 0), "n_bins");
    assert_eq!(refused(|c| c.n_bins = usize::MAX), "n_bins");
    assert_eq!(refused(|c| c.bins_per_octave = 0), "bins_per_octave");
    assert_eq!(refused(|c| c.sparsity = 1.0), "sparsity");
    assert_eq!(refused(|c| c.tuning = Tuning::Fixed(f64::NAN)), "tuning");
    assert_eq!(refused(|c| c.bandwidth = Bandwidth::Added { hz: -1.0 }), "the added bandwidth");
    assert_eq!(refused(|c| c.n_bins = 108), "the highest frequency");
    assert_eq!(refused(|c| c.sample_rate = 8000), "the highest frequency");
    for (n_chroma, n_octaves) in [(0, 7), (7, 7), (12, 0), (12, usize::MAX)] {
        assert!(
            ChromaCqt::<f32>::new(&ChromaCqtConfig { n_chroma, n_octaves, ..Default::default() }).is_err()
        );
    }
    let mut chroma = ChromaCqt::new(&ChromaCqtConfig::default()).unwrap();
    assert_eq!(chroma.process(&[]).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    assert!(chroma.process(&[f32::NAN; 30]).is_err());
    for samples in [vec![0.0_f32; 22_050], vec![0.5; 1], vec![0.5; 700]] {
        let found = chroma.process(&samples).unwrap();
        assert_eq!(found.dim(), (1 + samples.len() / 512, 12));
        assert!(found.iter().all(|x| (0.0..=1.0).contains(x)), "{found:?}");
    }
}
