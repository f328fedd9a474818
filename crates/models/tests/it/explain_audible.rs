//! Explanations as sound: masks, whole songs, and whether what is heard is what the network responds to.

use std::f64::consts::TAU;

use cepstrum_dataset::cepstrum_features::dsp::{MelConfig, StftConfig};
use cepstrum_dataset::cepstrum_features::inverse::GriffinLimConfig;
use cepstrum_dataset::cepstrum_features::{LogMelConfig, MfccConfig};
use cepstrum_dataset::{Collection, ExtractConfig, Extraction, FeatureConfig, Segment};
use cepstrum_models::explain::audible::{
    Audible, AudibleConfig, KeepRemove, MaskConfig, Relevance, SoundParts, Unit, random_order,
};
use cepstrum_models::{Adam, Classifier, Error, GenreClassifier, ModelMetadata, TrainConfig, Trainer, zoo};
use ndarray::{Array2, Axis, s};

use crate::styles::{STYLES, Styles};

const RATE: u32 = 22_050;

/// A small network that tells the styles apart, and songs of another seed.
fn trained() -> (Classifier, Styles) {
    let songs = Styles::new(6, 9.0, 3);
    let features = Extraction::new(ExtractConfig::default()).run(&songs).unwrap().features;
    let mut model = zoo::ffnn(1, features.segment_shape(), STYLES.len(), 3).unwrap();
    let config = TrainConfig { epochs: 20, batch_size: 8, seed: 3, ..TrainConfig::default() };
    Trainer::new(config).optimizer(Adam::new(1e-3)).fit_unvalidated(&mut model, &features).unwrap();
    (model, Styles::new(4, 3.0, 4))
}

/// What an explanation plays is what the network responds to: of 20 % of the energy, the most relevant keeps more of the class
/// than the loudest or any by chance, and costs more where it is missing. Of a network with random weights it does not.
#[test]
fn sounds_are_true() {
    let (model, songs) = trained();
    let untrained = zoo::ffnn(1, [130, 13], STYLES.len(), 9).unwrap();
    let untrained = untrained.with_metadata(model.metadata().clone()).unwrap();
    // Fewer steps than by default, for time.
    let config = AudibleConfig {
        relevance: Relevance::FadeIn { decibels: 30.0, steps: 6 },
        ..AudibleConfig::default()
    };
    let mut audible = Audible::new(&model, config.clone()).unwrap();
    let mut other = Audible::new(&untrained, config).unwrap();
    let (mut sums, mut parts_of, mut n) = ([[0.0_f32; 2]; 4], [0.0_f32; 4], 0.0_f32);
    for index in 0..songs.n_tracks() {
        let (samples, class) = (songs.load(index, RATE).unwrap(), songs.track(index).class);
        let whole = audible.probabilities(&samples).unwrap()[class];
        if whole < 0.5 {
            continue;
        }
        n += 1.0;
        let power = audible.path().power(&samples).unwrap();
        let orders = [
            audible.relevance_order(&samples, class).unwrap(),
            audible.smoothed(&power).unwrap(),
            audible.smoothed(&random_order(power.dim(), index as u64)).unwrap(),
            other.relevance_order(&samples, class).unwrap(),
        ];
        for (sum, order) in sums.iter_mut().zip(&orders) {
            let KeepRemove { kept, removed } = audible.keep_remove(&samples, class, order, 0.2).unwrap();
            (sum[0], sum[1]) = (sum[0] + kept / 12.0, sum[1] + removed / 12.0);
        }
        let parts = audible.segment(&samples, class).unwrap();
        let kept = shares(&mut audible, &samples, &parts.spoke_for);
        let [low, middle, high] = kept.map(|share| 100.0 * share);
        let name = &songs.classes()[class];
        println!(
            "{name}: of the energy below 200 Hz, to 2 kHz and above speaks for it {low:.0}, {middle:.0}, {high:.0} %"
        );
        let heard = [&samples, &parts.spoke_for, &parts.spoke_against, &parts.without];
        for (sum, sound) in parts_of.iter_mut().zip(heard) {
            *sum += audible.probabilities(sound).unwrap()[class] / 12.0;
        }
    }
    let scale = 12.0 / n;
    let [relevant, loud, chance, random_weights] = sums.map(|sum| sum.map(|x| x * scale));
    println!(
        "{n} segments; relevant {relevant:?}, loud {loud:?}, chance {chance:?}, random weights {random_weights:?}"
    );
    println!("whole, for, against, without: {:?}", parts_of.map(|x| x * scale));
    assert!(n >= 8.0, "{n} segments are classified correctly");
    for other in [loud, chance, random_weights] {
        assert!(relevant[0] > other[0] && relevant[1] < other[1], "{relevant:?} {other:?}");
    }
    let [whole, spoke_for, spoke_against, without] = parts_of;
    assert!(spoke_for > spoke_against && without < whole && spoke_for > without);
}

/// The share of the energy of a sound that a part of it holds, below 200 Hz, from there to 2 kHz, and above.
fn shares(audible: &mut Audible<'_>, whole: &[f32], part: &[f32]) -> [f32; 3] {
    let mut energies = |sound: &[f32]| {
        let power = audible.path().power(sound).unwrap().sum_axis(Axis(0));
        let bin = |hertz: f32| (hertz * 2048.0 / RATE as f32) as usize;
        [0..bin(200.0), bin(200.0)..bin(2_000.0), bin(2_000.0)..1025].map(|bins| power.slice(s![bins]).sum())
    };
    let (whole, part) = (energies(whole), energies(part));
    std::array::from_fn(|band| part[band] / whole[band])
}

/// A model on short segments of few samples, with weights from a seed.
fn small(seconds: f64) -> Classifier {
    small_at(4_000, seconds)
}

fn small_at(sample_rate: u32, seconds: f64) -> Classifier {
    let stft = StftConfig { n_fft: 256, hop_length: 128, ..StftConfig::default() };
    let mel = MelConfig { n_mels: 20, ..MelConfig::default() };
    let log_mel = LogMelConfig { sample_rate, stft, mel, ..LogMelConfig::default() };
    let features = FeatureConfig::Mfcc(MfccConfig { n_mfcc: 8, log_mel, ..MfccConfig::default() });
    let config = ExtractConfig { features, segment: Segment::Seconds(seconds) };
    let n_frames = 1 + (f64::from(sample_rate) * seconds) as usize / 128;
    let metadata =
        ModelMetadata { classes: vec!["a".into(), "b".into()], config: Some(config), standardizer: None };
    zoo::ffnn(1, [n_frames, 8], 2, 7).unwrap().with_metadata(metadata).unwrap()
}

fn quick() -> AudibleConfig {
    AudibleConfig { relevance: Relevance::Gradient, ..AudibleConfig::default() }
}

fn tone(n: usize) -> Vec<f32> {
    (0..n).map(|i| 0.5 * (i as f32 * 0.2).sin() + 0.2 * (i as f32 * 0.011).sin()).collect()
}

fn song(audible: &mut Audible<'_>, samples: &[f32]) -> (SoundParts, usize) {
    let (mut whole, mut longest) = (SoundParts::default(), 0);
    audible
        .song(samples, 0, |piece| {
            longest = longest.max(piece.spoke_for.len());
            whole.spoke_for.extend(&piece.spoke_for);
            whole.spoke_against.extend(&piece.spoke_against);
            whole.without.extend(&piece.without);
            Ok(())
        })
        .unwrap();
    (whole, longest)
}

/// Whatever the length, the parts of a song are as long as it, have no clicks at the joints, and divide it.
#[test]
fn songs_are_joined_without_clicks() {
    let model = small(1.0);
    let mut audible = Audible::new(&model, quick()).unwrap();
    for n in [4_000, 4_001, 8_000, 10_137, 12_090] {
        let samples = tone(n);
        let (parts, _) = song(&mut audible, &samples);
        let step = |sound: &[f32]| sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        for part in [&parts.spoke_for, &parts.spoke_against, &parts.without] {
            assert_eq!(part.len(), n);
            // A click would be a step of several times the tone's own.
            assert!(step(part) < 1.5 * step(&samples), "{n}: {} {}", step(part), step(&samples));
        }
        // The masks of what spoke for the class and of what is left sum to 1 and the floor.
        for (i, x) in samples.iter().enumerate() {
            let sum = parts.spoke_for[i] + parts.without[i];
            assert!((sum - 1.03 * x).abs() < 1e-3, "{n}: sample {i} {sum} {x}");
        }
    }
    let segment = tone(4_000);
    let alone = audible.segment(&segment, 0).unwrap();
    assert_eq!(song(&mut audible, &segment).0, alone);
}

/// Pieces of an hour are no longer than those of a minute.
#[test]
fn an_hour_takes_no_more_memory_than_a_minute() {
    let model = small_at(1_000, 20.0);
    let mut audible = Audible::new(&model, quick()).unwrap();
    let samples = tone(3_600 * 1_000);
    let (mut total, mut longest, mut pieces) = (0, 0, 0);
    audible
        .song(&samples, 1, |piece| {
            total += piece.without.len();
            longest = longest.max(piece.without.len());
            pieces += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!((total, pieces), (samples.len(), 180));
    assert!(longest <= 20_500, "{longest}");
}

#[test]
fn silence_and_loud_sounds_have_parts() {
    let model = small(1.0);
    let mut audible = Audible::new(&model, AudibleConfig::default()).unwrap();
    let silence = vec![0.0; 4_000];
    let parts = audible.segment(&silence, 0).unwrap();
    assert!(parts.spoke_for.iter().chain(&parts.without).all(|x| *x == 0.0));
    let KeepRemove { kept, removed } = {
        let order = audible.relevance_order(&silence, 0).unwrap();
        audible.keep_remove(&silence, 0, &order, 0.2).unwrap()
    };
    assert!(kept.is_finite() && kept.to_bits() == removed.to_bits());
    // Far beyond full scale, as a clipped recording that was normalized wrongly.
    let loud: Vec<f32> = tone(4_000).iter().map(|x| 1e4 * x.signum()).collect();
    let parts = audible.segment(&loud, 0).unwrap();
    assert!(parts.spoke_for.iter().chain(&parts.without).all(|x| x.is_finite()));
}

#[test]
fn features_are_heard_even_without_iterations() {
    let model = small(1.0);
    let audible = Audible::new(&model, quick()).unwrap();
    let samples = tone(4_000);
    for n_iter in [0, 8] {
        let griffin_lim = GriffinLimConfig { n_iter, ..GriffinLimConfig::default() };
        let heard = audible.kept_by_features(&samples, &griffin_lim).unwrap();
        assert_eq!(heard.len(), samples.len());
        assert!(heard.iter().any(|x| x.abs() > 0.01), "{n_iter} iterations");
    }
}

/// Parts of a sound are where they should be: a low tone is not above 1 kHz, a click is no note.
#[test]
fn units_are_removed_and_nothing_else() {
    let rate = 8_000;
    let sine = |hertz: f64, i: usize| (TAU * hertz * i as f64 / f64::from(rate)).sin() as f32;
    // More than one block.
    let low: Vec<f32> = (0..45 * 8_000).map(|i| 0.5 * sine(100.0, i)).collect();
    let high: Vec<f32> = (0..45 * 8_000).map(|i| 0.5 * sine(3_000.0, i)).collect();
    let both: Vec<f32> = low.iter().zip(&high).map(|(a, b)| a + b).collect();
    // The ends have a click of their own: a tone that begins.
    let error = |found: &[f32], expected: &[f32]| {
        let inner = 4_000..found.len() - 4_000;
        found[inner.clone()].iter().zip(&expected[inner]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let band = |low: f64, high: f64| Unit::Band { low, high }.remove(&both, rate).unwrap();
    assert!(error(&band(0.0, 200.0), &high) < 0.01);
    assert!(error(&band(2_000.0, f64::INFINITY), &low) < 0.01);
    assert!(error(&band(500.0, 1_000.0), &both) < 0.01);
    let rest = Unit::Span { start: 10.0, end: 12.0 }.remove(&both, rate).unwrap();
    assert!(rest[80_000..=96_000].iter().all(|x| *x == 0.0));
    assert_eq!((&rest[..79_900], &rest[96_100..]), (&both[..79_900], &both[96_100..]));

    let mut clicks = low.clone();
    (0..90).for_each(|k| clicks[2_000 + 4_000 * k] += 2.0);
    let [notes, drums] = [Unit::Percussive, Unit::Harmonic].map(|unit| unit.remove(&clicks, rate).unwrap());
    assert!(notes[202_000] < 0.5 * clicks[202_000] && drums[202_000] > 0.5 * clicks[202_000]);
    let energy = |sound: &[f32]| sound[8_000..].iter().map(|x| x * x).sum::<f32>();
    assert!(energy(&notes) > 0.9 * energy(&low) && energy(&drums) < 0.2 * energy(&low));

    for unit in [Unit::Band { low: 200.0, high: 200.0 }, Unit::Span { start: -1.0, end: 2.0 }] {
        assert!(matches!(unit.remove(&both, rate).unwrap_err(), Error::Setting { .. }), "{unit}");
    }
    assert!(Unit::Harmonic.remove(&[0.0, f32::NAN], rate).is_err());
}

/// The verdict without a part of the song, in words.
#[test]
fn effects_are_told_in_words() {
    let classifier = GenreClassifier::new(small(1.0)).unwrap();
    let samples = tone(9_000);
    let whole = classifier.classify_samples(&samples).unwrap();
    let units = Unit::of_song(2.25, 2);
    let words: Vec<String> = units.iter().map(Unit::to_string).collect();
    assert_eq!(words[0], "the notes (harmonic part)");
    assert_eq!(
        words[2..5],
        ["everything below 200 Hz", "everything from 200 to 2000 Hz", "everything above 2000 Hz"]
    );
    assert_eq!(words[6], "the time from 1.1 to 2.2 s");
    let effects = classifier.classify_without(&samples, &units).unwrap();
    assert_eq!(effects.len(), 7);
    for effect in effects {
        let sentence = effect.in_words(&whole);
        let still = effect.classification.top_class() == whole.top_class();
        assert_eq!(sentence.contains(" it is still "), still, "{sentence}");
        assert!(sentence.starts_with(&format!("without {} it ", effect.unit)), "{sentence}");
    }
}

/// Spans of whole bars in a song with a beat, equal spans in one without.
#[test]
fn spans_are_bars_where_there_is_a_beat() {
    let mut clicks = vec![0.0_f32; 20 * RATE as usize];
    (0..40).for_each(|beat| clicks[beat * 11_025..][..20].fill(0.8)); // 120 beats per minute
    let units = Unit::of_song_in_bars(&clicks, RATE, 4).unwrap();
    assert_eq!(units.len(), 9);
    let spans = units[5..].iter().map(|unit| match *unit {
        Unit::Bars { first, last, start, end } => (first, last, start, end),
        _ => panic!("{unit}"),
    });
    let spans: Vec<_> = spans.collect();
    assert_eq!((spans[0].0, spans[0].2, spans[3].3), (1, 0.0, 20.0));
    for pair in spans.windows(2) {
        let ((_, last, start, end), (first, _, next, _)) = (pair[0], pair[1]);
        assert_eq!((last + 1, end), (first, next));
        // Two seconds per bar.
        let bars = (end - start) / 2.0;
        assert!((bars - bars.round()).abs() < 0.1 || start == 0.0, "{pair:?}");
    }
    assert!(units[6].to_string().starts_with("bars 3 to 4 ("), "{}", units[6]);
    let rest = units[6].remove(&clicks, RATE).unwrap();
    let (_, _, start, end) = spans[1];
    let inside = |second: f64| (second * f64::from(RATE)) as usize;
    assert!(rest[inside(start)..inside(end)].iter().all(|&x| x == 0.0));

    let silent = Unit::of_song_in_bars(&vec![0.0; 5 * RATE as usize], RATE, 2).unwrap();
    assert_eq!(silent, Unit::of_song(5.0, 2));
    assert!(Unit::of_song_in_bars(&[], RATE, 2).is_err());
}

#[test]
fn bad_requests_are_named() {
    let unknown = zoo::ffnn(1, [32, 8], 2, 7).unwrap();
    assert!(matches!(Audible::new(&unknown, quick()).unwrap_err(), Error::NoExtractConfig));
    let model = small(1.0);
    for (setting, config) in [
        ("steps", AudibleConfig { relevance: Relevance::FadeIn { decibels: 30.0, steps: 0 }, ..quick() }),
        ("decibels", AudibleConfig { relevance: Relevance::FadeIn { decibels: -1.0, steps: 8 }, ..quick() }),
        ("floor", AudibleConfig { masks: MaskConfig { floor: 1.0, ..MaskConfig::default() }, ..quick() }),
        (
            "seconds",
            AudibleConfig { masks: MaskConfig { seconds: f64::NAN, ..MaskConfig::default() }, ..quick() },
        ),
        ("hertz", AudibleConfig { masks: MaskConfig { hertz: -1.0, ..MaskConfig::default() }, ..quick() }),
    ] {
        let error = Audible::new(&model, config).unwrap_err();
        assert!(error.to_string().starts_with(setting), "{setting}: {error}");
    }
    let mut audible = Audible::new(&model, quick()).unwrap();
    let samples = tone(4_000);
    let error = audible.apply(&samples, &Array2::ones((32, 100))).unwrap_err();
    assert!(
        matches!(error, Error::ExplainedMaps { expected: [1, 32, 129], actual: [1, 32, 100] }),
        "{error}"
    );
    let error = audible.apply(&samples, &Array2::from_elem((32, 129), f32::NAN)).unwrap_err();
    assert!(matches!(error, Error::NonFiniteFeature { part: "mask", .. }), "{error}");
    let error = audible.keep_remove(&samples, 0, &Array2::ones((31, 129)), 0.2).unwrap_err();
    assert!(matches!(error, Error::ExplainedMaps { .. }), "{error}");
    let error = audible.keep_remove(&samples, 0, &Array2::ones((32, 129)), 1.5).unwrap_err();
    assert!(matches!(error, Error::Setting { setting: "share", .. }), "{error}");
    assert!(matches!(audible.segment(&samples, 2).unwrap_err(), Error::LabelOutOfRange { label: 2, .. }));
    assert!(matches!(audible.segment(&samples[..3_000], 0).unwrap_err(), Error::FeatureShape { .. }));
    assert!(matches!(audible.song(&samples, 2, |_| Ok(())).unwrap_err(), Error::LabelOutOfRange { .. }));
    let error = audible.song(&samples[..3_999], 0, |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("too short: 1.000 s of audio, one segment needs 1.000 s"), "{error}");
    // An error of the receiver ends the song.
    assert!(matches!(audible.song(&samples, 0, |_| Err(Error::NoLayers)).unwrap_err(), Error::NoLayers));
}
