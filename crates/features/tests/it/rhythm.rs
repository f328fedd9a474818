//! Parity of onsets, tempo and beats with librosa 0.11 (`golden/make_rhythm.py`), refusals, and what holds for any signal.

use std::f64::consts::PI;
use std::ops::Range;

use cepstrum_dsp::Error as DspError;
use cepstrum_features::{
    Aggregate, BeatTracker, BeatTrackerConfig, Error, Fill, Norm, OnsetStrength, OnsetStrengthConfig,
    PcenConfig, PeakPick, PlpConfig, Tempo, TempoConfig, Tempogram, TempogramConfig, fourier_tempogram,
    normalize, onset_backtrack, onset_detect, pcen, peak_pick, plp, stack_memory, tempo_frequencies,
};
use ndarray::{Array2, Axis, Slice};

use crate::common::{distance, field, flat, golden_of, largest, noise, signal, wide};

const RATE: u32 = 22_050;
/// Tolerance in double precision, relative to the largest value; golden values have nine digits.
const DOUBLE: f64 = 1e-7;
/// Tolerance in single precision for differences of decibels.
const SINGLE: f64 = 2e-4;

/// The drums of `golden/make_rhythm.py`.
pub(crate) fn drums(bpm: f64, seed: u32) -> Vec<f32> {
    let n = 8 * RATE as usize;
    let half = 30.0 / bpm;
    let sample = |(i, noise): (usize, f64)| {
        let t = i as f64 / f64::from(RATE);
        let index = (t / half).floor();
        let loudness = if index % 2.0 == 0.0 { 1.0 } else { 0.3 };
        let since = t - index * half;
        (loudness * noise * (-since * 40.0).exp() + 0.1 * (2.0 * PI * 330.0 * t).sin()) as f32
    };
    noise(n, seed).into_iter().enumerate().map(sample).collect()
}

#[test]
fn onset_strength_is_librosas() {
    for case in golden_of("rhythm.json", "onset") {
        let config: OnsetStrengthConfig = field(&case, "config");
        let samples = signal(case["signal"].as_str().unwrap());
        let expected = flat(&case["expected"]);
        let scale = largest(&expected, 1.0);
        let double = OnsetStrength::new(&config).unwrap().process(&wide(&samples)).unwrap();
        let found = distance(double, &expected);
        assert!(found < scale * DOUBLE, "{found:e} {} {config:?}", case["signal"]);
        let single = OnsetStrength::new(&config).unwrap().process(&samples).unwrap();
        let found = distance(single, &expected);
        assert!(found < scale * SINGLE, "{found:e} in f32 {} {config:?}", case["signal"]);
    }
    for case in golden_of("rhythm.json", "multi") {
        let channels: Vec<(usize, usize)> = field(&case, "channels");
        let ranges: Vec<_> = channels.iter().map(|&(start, end)| start..end).collect();
        let mut onset = OnsetStrength::new(&OnsetStrengthConfig::default()).unwrap();
        let found = onset.multi(&wide(&signal("mix")), &ranges).unwrap();
        // `channels=` of librosa delays and pads as the whole does.
        assert!(distance(found, &flat(&case["expected"])) < 1e-5);
    }
}

#[test]
fn peaks_are_librosas() {
    for case in golden_of("rhythm.json", "peaks") {
        let settings: PeakPick = field(&case, "settings");
        let envelope = noise(300, field(&case, "seed"));
        let expected: Vec<usize> = field(&case, "expected");
        assert_eq!(peak_pick(&envelope, &settings).unwrap(), expected, "{settings:?}");
    }
}

#[test]
fn tempograms_are_librosas() {
    for case in golden_of("rhythm.json", "tempogram") {
        let config: TempogramConfig = field(&case, "config");
        let envelope: Vec<f64> = noise(field(&case, "n"), 11).iter().map(|x| x.abs()).collect();
        let found = Tempogram::new(&config).unwrap().process(&envelope).unwrap();
        assert_eq!(found.dim(), (envelope.len(), config.win_length));
        let thinned: Vec<f64> = found.iter().copied().step_by(7).collect();
        assert!(distance(thinned, &flat(&case["expected"])) < DOUBLE, "{config:?}");
        let single: Vec<f32> = envelope.iter().map(|&x| x as f32).collect();
        let single = Tempogram::new(&config).unwrap().process(&single).unwrap();
        assert!(distance(single.iter().map(|&x| f64::from(x)), &found.into_raw_vec_and_offset().0) < 1e-5);
    }
}

#[test]
fn beats_are_librosas() {
    for case in golden_of("rhythm.json", "beats") {
        let samples = drums(field(&case, "bpm"), field(&case, "seed"));
        let config: BeatTrackerConfig = field(&case, "config");
        let hop_length = config.onset.log_mel.stft.hop_length;
        let envelope = OnsetStrength::new(&config.onset).unwrap().process(&wide(&samples)).unwrap();
        let thinned: Vec<f64> = envelope.iter().copied().step_by(5).collect();
        assert!(distance(thinned, &flat(&case["envelope"])) < 1e-5, "{config:?}");

        let (tempo, beats): (f64, Vec<usize>) = (field(&case, "tempo"), field(&case, "beats"));
        let single = BeatTracker::new(&config).unwrap().process(&samples).unwrap();
        let double = BeatTracker::new(&config).unwrap().process(&wide(&samples)).unwrap();
        assert_eq!((single.frames, double.frames), (beats.clone(), beats), "{config:?}");
        assert!((single.tempo - tempo).abs() < 1e-9 && (double.tempo - tempo).abs() < 1e-9, "{config:?}");

        let mean = OnsetStrengthConfig { aggregate: Aggregate::Mean, ..config.onset.clone() };
        let mean = OnsetStrength::new(&mean).unwrap().process(&wide(&samples)).unwrap().to_vec();
        let mut tempo = Tempo::new(&TempoConfig { hop_length, ..Default::default() }).unwrap();
        let expected: f64 = field(&case, "mean_tempo");
        assert!((tempo.process(&mean).unwrap() - expected).abs() < 1e-9, "{config:?}");
        let local: Vec<f64> = tempo.per_frame(&mean).unwrap().into_iter().step_by(9).collect();
        assert!(distance(local, &flat(&case["local_tempo"])) < 1e-6, "{config:?}");

        let onsets = onset_detect(&mean, &PeakPick::onsets(RATE, hop_length).unwrap()).unwrap();
        assert_eq!(onsets, field::<Vec<usize>>(&case, "onsets"), "{config:?}");
        let backtracked = onset_backtrack(&onsets, &mean).unwrap();
        assert_eq!(backtracked, field::<Vec<usize>>(&case, "backtracked"), "{config:?}");
    }
}

#[test]
fn norms_are_librosas() {
    for case in golden_of("rhythm.json", "normalize") {
        let (norm, fill): (Norm, Fill) = (field(&case, "norm"), field(&case, "fill"));
        let mut frames = Array2::from_shape_vec((8, 5), noise(40, 12)).unwrap();
        frames.row_mut(2).fill(0.0);
        let mut columns = frames.t().to_owned();
        normalize(frames.view_mut(), norm, fill).unwrap();
        normalize(columns.view_mut().reversed_axes(), norm, fill).unwrap();
        assert_eq!(frames, columns.t());
        let expected = flat(&case["expected"]);
        assert!(distance(frames, &expected) < 1e-8 * largest(&expected, 1.0), "{norm:?} {fill:?}");
    }
}

#[test]
fn pulses_are_librosas() {
    for case in golden_of("rhythm.json", "pulse") {
        let config: PlpConfig = field(&case, "config");
        let (n, period): (usize, usize) = (field(&case, "n"), field(&case, "period"));
        let beat = |t: usize| if t.is_multiple_of(period) { 1.0 } else { 0.0 };
        let envelope: Vec<f64> =
            noise(n, 41).iter().enumerate().map(|(t, x)| 0.2 * x.abs() + beat(t)).collect();
        let spectra = fourier_tempogram(&envelope, config.win_length).unwrap();
        assert_eq!([spectra.nrows(), spectra.ncols()], field::<[usize; 2]>(&case, "shape"));
        let magnitudes: Vec<f64> = spectra.iter().step_by(61).map(|z| z.norm()).collect();
        assert!(distance(magnitudes, &flat(&case["magnitudes"])) < 1e-7, "{config:?}");
        assert!(distance(plp(&envelope, &config).unwrap(), &flat(&case["expected"])) < 1e-7, "{config:?}");
    }
    for config in [
        PlpConfig { win_length: 0, ..Default::default() },
        PlpConfig { win_length: 7, ..Default::default() },
        PlpConfig { tempo_max: Some(20.0), ..Default::default() },
        PlpConfig { hop_length: 0, ..Default::default() },
        PlpConfig { sample_rate: 0, ..Default::default() },
    ] {
        assert!(plp(&[1.0_f32; 50], &config).is_err(), "{config:?}");
    }
    assert!(plp(&[0.0_f32; 50], &PlpConfig::default()).unwrap().iter().all(|x| *x == 0.0));
    assert!(fourier_tempogram::<f32>(&[], 8).is_err() && fourier_tempogram(&[1.0_f32], 0).is_err());
}

#[test]
fn channel_energies_and_memories_are_librosas() {
    for case in golden_of("rhythm.json", "pcen") {
        let config: PcenConfig = field(&case, "config");
        let values = noise(150, 42).iter().map(|x| 1e5 * x.abs()).collect();
        let mut energies = Array2::from_shape_vec((50, 3), values).unwrap();
        energies.slice_axis_mut(Axis(0), Slice::from(10..20)).fill(0.0);
        let expected = flat(&case["expected"]);
        let found = pcen(energies.view(), &config).unwrap();
        assert!(distance(found, &expected) < DOUBLE * largest(&expected, 1e-9), "{config:?}");
    }
    let negative = Array2::from_elem((2, 2), -1.0_f32);
    assert_eq!(
        pcen(negative.view(), &PcenConfig::default()),
        Err(Error::FramesValue {
            what: "the energies",
            frame: 0,
            column: 0,
            bound: "finite and at least 0",
            value: -1.0
        })
    );
    for config in [
        PcenConfig { gain: -1.0, ..Default::default() },
        PcenConfig { time_constant: 0.0, ..Default::default() },
        PcenConfig { eps: f64::NAN, ..Default::default() },
        PcenConfig { hop_length: 0, ..Default::default() },
    ] {
        assert!(pcen(Array2::<f32>::zeros((1, 1)).view(), &config).is_err(), "{config:?}");
    }
    for case in golden_of("rhythm.json", "stack") {
        let features = Array2::from_shape_vec((10, 2), noise(20, 43)).unwrap();
        let (n_steps, delay) = (field(&case, "n_steps"), field(&case, "delay"));
        let found = stack_memory(features.view(), n_steps, delay).unwrap();
        assert!(distance(found, &flat(&case["expected"])) < 1e-8, "{n_steps} {delay}");
    }
    let features = Array2::<f32>::zeros((3, 2));
    assert!(stack_memory(features.view(), 0, 1).is_err() && stack_memory(features.view(), 2, 0).is_err());
    assert!(stack_memory(features.view(), 4096, isize::MIN).is_ok());
}

/// Loudness changes neither onsets nor beats, as long as nothing falls below the floor of the decibels.
#[test]
fn beats_ignore_loudness() {
    let samples = wide(&drums(126.0, 40));
    let softer: Vec<f64> = samples.iter().map(|x| x / 8.0).collect();
    let mut tracker = BeatTracker::new(&BeatTrackerConfig::default()).unwrap();
    let beats = tracker.process(&samples).unwrap();
    assert_eq!(beats, tracker.process(&softer).unwrap());
    assert_eq!(beats, tracker.clone().process(&samples).unwrap());
    let gaps: Vec<usize> = beats.frames.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (18..=23).contains(gap)), "a beat every 20.5 frames: {gaps:?}");
}

#[test]
fn signals_without_a_beat_have_the_tempo_0() {
    let mut tracker = BeatTracker::new(&BeatTrackerConfig::default()).unwrap();
    for samples in [vec![0.0_f32; 22_050], vec![0.5; 1], vec![0.0; 1], vec![0.1; 600]] {
        let beats = tracker.process(&samples).unwrap();
        assert!(beats.frames.is_empty() && beats.tempo == 0.0, "{beats:?}");
    }
    // An envelope without onsets has no onset, whatever its level; the tempo is the one that was likely in advance.
    let settings = PeakPick::onsets(RATE, 512).unwrap();
    for level in [0.0_f32, 3.0] {
        assert!(onset_detect(&[level; 50], &settings).unwrap().is_empty());
    }
    let tempo = Tempo::new(&TempoConfig::default()).unwrap().process(&[0.0_f32; 500]).unwrap();
    assert!((tempo - 120.0).abs() < 4.0, "{tempo}");
}

#[test]
fn illegal_settings_are_named() {
    let name = |error: Error| match error {
        Error::Dsp(DspError::Parameter { name, .. } | DspError::Count { name, .. }) => name,
        other => panic!("{other}"),
    };
    let onset = |change: fn(&mut OnsetStrengthConfig)| {
        let mut config = OnsetStrengthConfig::default();
        change(&mut config);
        name(OnsetStrength::<f32>::new(&config).unwrap_err())
    };
    assert_eq!(onset(|c| c.lag = 0), "lag");
    assert_eq!(onset(|c| c.max_size = 0), "max_size");
    assert_eq!(onset(|c| c.max_size = usize::MAX), "max_size");
    let tempo = |change: fn(&mut TempoConfig)| {
        let mut config = TempoConfig::default();
        change(&mut config);
        name(Tempo::<f32>::new(&config).unwrap_err())
    };
    assert_eq!(tempo(|c| c.start_bpm = 0.0), "start_bpm");
    assert_eq!(tempo(|c| c.std_bpm = f64::NAN), "std_bpm");
    assert_eq!(tempo(|c| c.ac_size = -1.0), "ac_size");
    assert_eq!(tempo(|c| c.ac_size = 1e-3), "the frames of ac_size");
    assert_eq!(tempo(|c| c.ac_size = 1e9), "win_length");
    let beat = |change: fn(&mut BeatTrackerConfig)| {
        let mut config = BeatTrackerConfig::default();
        change(&mut config);
        name(BeatTracker::<f32>::new(&config).unwrap_err())
    };
    assert_eq!(beat(|c| c.tightness = 0.0), "tightness");
    assert_eq!(beat(|c| c.bpm = Some(0.0)), "bpm");
    assert_eq!(beat(|c| c.bpm = Some(1e-9)), "bpm");
    let settings = PeakPick::onsets(RATE, 512).unwrap();
    for (settings, expected) in [
        (PeakPick { post_max: 0, ..settings }, "post_max"),
        (PeakPick { post_avg: 0, ..settings }, "post_avg"),
        (PeakPick { delta: -1.0, ..settings }, "delta"),
    ] {
        assert_eq!(name(peak_pick(&[1.0_f32], &settings).unwrap_err()), expected);
    }
    assert!(PeakPick::onsets(0, 512).is_err() && PeakPick::onsets(1, 0).is_err());
    assert!(tempo_frequencies(3, 0, 1).is_err() && tempo_frequencies(3, 1, 0).is_err());
    let empty: [f32; 0] = [];
    assert_eq!(peak_pick(&empty, &settings).unwrap_err(), Error::Dsp(DspError::EmptySignal));
    let bad = Error::Dsp(DspError::NonFinite { index: 1 });
    assert_eq!(onset_detect(&[0.0, f32::NAN], &settings).unwrap_err(), bad);
    assert_eq!(onset_backtrack(&[], &[0.0, f32::NAN]).unwrap_err(), bad);
    let mut onset = OnsetStrength::new(&OnsetStrengthConfig::default()).unwrap();
    for (start, end) in [(3, 3), (5, 4), (0, 129)] {
        assert!(onset.multi(&[0.1_f32; 4000], &[Range { start, end }]).is_err());
    }
    let mut frames = Array2::<f32>::zeros((2, 2));
    assert_eq!(
        name(normalize(frames.view_mut(), Norm::Power(0.0), Fill::Kept).unwrap_err()),
        "the norm's power"
    );
    assert_eq!(name(normalize(frames.view_mut(), Norm::Count, Fill::Constant).unwrap_err()), "the norm");
    frames[[0, 1]] = f32::NAN;
    assert_eq!(normalize(frames.view_mut(), Norm::Maximum, Fill::Kept).unwrap_err(), bad);
    frames.remove_index(Axis(0), 0);
    assert!(normalize(frames.view_mut(), Norm::Maximum, Fill::Kept).is_ok());
}
