//! The synthetic set: properties of every track, and averages that must not separate the styles.

use cepstrum_dataset::synth::{Style, SyntheticConfig, SyntheticSet, render};
use cepstrum_dataset::{Collection, Error};

const RATE: u32 = 22_050;

fn config(tracks_per_class: usize, seconds: f64) -> SyntheticConfig {
    SyntheticConfig { tracks_per_class, seconds, seed: 11, ..Default::default() }
}

#[test]
fn the_default_is_that_of_the_reference_experiment() {
    let config = SyntheticConfig::default();
    assert_eq!((config.tracks_per_class, config.sample_rate, config.seed), (30, 22_050, 0));
    assert!((config.seconds - 30.0).abs() < f64::EPSILON);
}

#[test]
fn the_same_seed_yields_the_same_bits_and_another_seed_others() {
    let set = SyntheticSet::new(config(2, 3.0)).unwrap();
    let again = SyntheticSet::new(config(2, 3.0)).unwrap();
    let other = SyntheticSet::new(SyntheticConfig { seed: 12, ..config(2, 3.0) }).unwrap();
    for index in 0..set.n_tracks() {
        let name = set.track(index).name;
        let samples = set.load(index, RATE).unwrap();
        assert!(samples == again.load(index, RATE).unwrap(), "{name} is not the same twice");
        assert!(samples != other.load(index, RATE).unwrap(), "{name} does not depend on the seed");
    }
}

#[test]
fn a_track_does_not_depend_on_the_number_of_tracks() {
    let few = SyntheticSet::new(config(2, 1.0)).unwrap();
    let many = SyntheticSet::new(config(5, 1.0)).unwrap();
    assert_eq!(few.track(3).name, many.track(6).name);
    let samples = few.load(3, RATE).unwrap();
    assert!(samples == many.load(6, RATE).unwrap());
    assert!(samples == render(Style::Ballad, 1, &config(9, 1.0)).unwrap());
}

#[test]
fn tracks_are_bounded_audible_and_distinct() {
    let set = SyntheticSet::new(config(3, 4.0)).unwrap();
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for index in 0..set.n_tracks() {
        let name = set.track(index).name;
        let samples = set.load(index, RATE).unwrap();
        assert_eq!(samples.len(), 88_200, "{name}");
        assert!(samples.iter().all(|v| v.is_finite() && v.abs() <= 1.0), "{name}");
        let level = loudness(&samples);
        assert!((-45.0..-8.0).contains(&level), "{name} is at {level} dB");
        let mean = samples.iter().sum::<f32>() / samples.len() as f32;
        assert!(mean.abs() < 0.02, "{name} has an offset of {mean}");
        assert!(seen.iter().all(|earlier| *earlier != samples), "{name} is a duplicate");
        seen.push(samples);
    }
}

#[test]
fn names_are_sorted_and_begin_with_the_class() {
    let set = SyntheticSet::new(config(12, 1.0)).unwrap();
    assert!(set.classes().is_sorted());
    let tracks: Vec<_> = (0..set.n_tracks()).map(|index| set.track(index)).collect();
    assert!(tracks.is_sorted_by(|a, b| a.name < b.name));
    assert!(tracks.iter().all(|track| track.name.starts_with(&set.classes()[track.class])));
}

#[test]
fn every_sample_rate_is_rendered() {
    let set = SyntheticSet::new(config(1, 0.5)).unwrap();
    for rate in [1_000, 8_000, 11_025, 16_000, 44_100, 48_000, 96_000, 384_000] {
        for index in 0..set.n_tracks() {
            let samples = set.load(index, rate).unwrap();
            assert_eq!(samples.len(), rate.div_ceil(2) as usize);
            assert!(samples.iter().all(|v| v.is_finite() && v.abs() <= 1.0));
        }
    }
}

/// Renderings at two rates have the same envelope, in steps of 50 ms.
#[test]
fn the_sample_rate_does_not_change_the_music() {
    const SAME: f64 = 0.8;
    let set = SyntheticSet::new(config(1, 6.0)).unwrap();
    for index in 0..set.n_tracks() {
        let low = envelope(&set.load(index, 22_050).unwrap(), 22_050);
        let high = envelope(&set.load(index, 44_100).unwrap(), 44_100);
        let similarity = correlation(&low, &high);
        assert!(similarity > SAME, "{}: {similarity}", set.track(index).name);
    }
}

#[test]
fn the_shortest_track_is_a_track() {
    for seconds in [1e-9, 1.0 / 22_050.0, 0.01] {
        for style in Style::ALL {
            let samples = render(style, 0, &config(1, seconds)).unwrap();
            assert_eq!(samples.len(), (seconds * 22_050.0).round() as usize);
        }
    }
}

#[test]
fn absurd_settings_are_errors_that_name_the_setting() {
    let good = config(1, 1.0);
    let bad = [
        ("tracks_per_class", SyntheticConfig { tracks_per_class: 0, ..good.clone() }),
        ("tracks_per_class", SyntheticConfig { tracks_per_class: usize::MAX, ..good.clone() }),
        ("seconds", SyntheticConfig { seconds: 0.0, ..good.clone() }),
        ("seconds", SyntheticConfig { seconds: -1.0, ..good.clone() }),
        ("seconds", SyntheticConfig { seconds: f64::NAN, ..good.clone() }),
        ("seconds", SyntheticConfig { seconds: f64::INFINITY, ..good.clone() }),
        ("seconds", SyntheticConfig { seconds: 3_600.1, ..good.clone() }),
        ("sample_rate", SyntheticConfig { sample_rate: 0, ..good.clone() }),
        ("sample_rate", SyntheticConfig { sample_rate: u32::MAX, ..good.clone() }),
    ];
    for (name, config) in bad {
        for error in
            [SyntheticSet::new(config.clone()).unwrap_err(), render(Style::Dub, 0, &config).unwrap_err()]
        {
            assert!(
                matches!(error, Error::InvalidParameter { parameter, .. } if parameter == name),
                "{error}"
            );
        }
    }
    let error = SyntheticSet::new(good).unwrap().load(4, 0).unwrap_err();
    assert!(error.to_string().contains("dub/dub.00000.wav"), "{error}");
}

/// Loudness and brightness must not reveal the style: the nearest class mean of both is right for less than 40 % of the
/// tracks outside the mean.
#[test]
fn loudness_and_brightness_do_not_reveal_the_style() {
    const TRACKS: usize = 16;
    const ALLOWED: f64 = 0.4;
    let set = SyntheticSet::new(config(TRACKS, 6.0)).unwrap();
    let points: Vec<[f64; 2]> = (0..set.n_tracks())
        .map(|index| {
            let samples = set.load(index, RATE).unwrap();
            [loudness(&samples), centroid(&samples)]
        })
        .collect();
    let points = standardized(&points);
    let mut right = 0;
    for half in 0..2 {
        let asked = |index: usize| index % TRACKS % 2 == half;
        let means: Vec<[f64; 2]> = (0..10)
            .map(|class| {
                let own = (class * TRACKS..(class + 1) * TRACKS).filter(|&index| !asked(index));
                own.fold([0.0; 2], |sum, index| [sum[0] + points[index][0], sum[1] + points[index][1]])
                    .map(|sum| sum / (TRACKS / 2) as f64)
            })
            .collect();
        for index in (0..set.n_tracks()).filter(|&index| asked(index)) {
            let [x, y] = points[index];
            let distance = |class: &usize| (means[*class][0] - x).hypot(means[*class][1] - y);
            let nearest = (0..10).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap();
            right += usize::from(nearest == set.track(index).class);
        }
    }
    let share = f64::from(right as u32) / set.n_tracks() as f64;
    assert!(share < ALLOWED, "{share}");
}

/// Loudness in dB of full scale.
fn loudness(samples: &[f32]) -> f64 {
    20.0 * root_mean_square(samples).log10()
}

fn root_mean_square(samples: &[f32]) -> f64 {
    (samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

fn envelope(samples: &[f32], rate: usize) -> Vec<f64> {
    samples.chunks_exact(rate / 20).map(root_mean_square).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |f: &dyn Fn(usize) -> f64| (0..a.len().min(b.len())).map(f).sum::<f64>();
    let both = product(&|i| (a[i] - mean_a) * (b[i] - mean_b));
    both / (product(&|i| (a[i] - mean_a).powi(2)) * product(&|i| (b[i] - mean_b).powi(2))).sqrt()
}

/// Spectral centroid in Hz, averaged over frames.
fn centroid(samples: &[f32]) -> f64 {
    let frames = samples.chunks_exact(2_048);
    let n = frames.len() as f64;
    frames
        .map(|frame| {
            let (frequencies, magnitudes) = cepstrum_dsp::fft_magnitude(frame, RATE).unwrap();
            let total: f64 = magnitudes.iter().map(|m| f64::from(*m)).sum();
            let weighted: f64 = frequencies.iter().zip(&magnitudes).map(|(f, m)| f * f64::from(*m)).sum();
            weighted / total.max(1e-9)
        })
        .sum::<f64>()
        / n
}

/// The points with mean 0 and variance 1 in both coordinates.
fn standardized(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let n = points.len() as f64;
    let moments = [0, 1].map(|k| {
        let mean = points.iter().map(|p| p[k]).sum::<f64>() / n;
        let variance = points.iter().map(|p| (p[k] - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt())
    });
    points.iter().map(|p| [0, 1].map(|k| (p[k] - moments[k].0) / moments[k].1)).collect()
}
