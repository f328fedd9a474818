//! One rule for a song's vote: the evaluation by track, the temperature fitted from it and the genre classifier agree.

use std::path::Path;

use cepstrum_dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum_dataset::{AudioFolder, Collection, ExtractConfig, Extraction, Segment};
use cepstrum_eval::metrics::{TemperatureScaling, Vote};
use cepstrum_eval::{CalibrationRun, Evaluation};
use cepstrum_models::{Classifier, GenreClassifier, TrainConfig, Trainer, zoo};
use ndarray::{Axis, array};

/// `f32` probabilities: rounding of the logarithm and of its exponential.
const ROUNDING: f32 = 1e-6;

fn classes() -> Vec<String> {
    vec!["jazz".to_owned(), "rock".to_owned()]
}

#[test]
fn a_segment_probability_below_the_bound_of_the_loss_counts_in_a_vote() {
    // Jazz: (ln 1e-12 + 0) / 2 = -13.8; rock: (0 + ln 1e-9) / 2 = -10.4. Bounded by 1e-7, both would be -8.1.
    let probabilities = array![[1e-12_f32, 1.0], [1.0, 1e-9]];
    let segments = Evaluation::from_probabilities(&[1, 1], probabilities, &classes()).unwrap();
    let tracks = segments.with_tracks(&[0, 0]).unwrap().by_track(Vote::MeanLogProbability).unwrap();
    assert_eq!(tracks.predicted(), [1]);
    let odds = 1e-12_f32.sqrt() / 1e-9_f32.sqrt();
    assert!((tracks.probabilities()[[0, 0]] - odds / (1.0 + odds)).abs() < ROUNDING);
}

#[test]
fn tracks_are_voted_on_from_logarithms_that_no_probability_can_express() {
    // Both classes have probability 0 in `f32` in one of the segments.
    let logs = array![[-200.0_f32, 0.0], [0.0, -190.0], [-0.1, -2.35]];
    let segments = Evaluation::from_log_probabilities(&[1, 1, 1], logs.clone(), &classes()).unwrap();
    assert!((segments.loss() - (190.0 + 2.35) / 3.0).abs() < 1e-4);
    let segments = segments.with_tracks(&[7, 7, 7]).unwrap();
    for vote in [Vote::MeanLogProbability, Vote::Majority] {
        let tracks = segments.by_track(vote).unwrap();
        assert_eq!(tracks.probabilities().row(0), vote.combine(&logs, 1.0));
    }
}

/// Songs of two synthetic styles as WAV files in class folders.
fn write_songs(folder: &Path) {
    let config = SyntheticConfig { tracks_per_class: 2, seconds: 4.0, seed: 5, ..Default::default() };
    let songs = SyntheticSet::new(config).unwrap();
    for index in (0..songs.n_tracks()).filter(|&index| songs.track(index).class < 3) {
        let path = folder.join(songs.track(index).name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let format = hound::WavSpec {
            channels: 1,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&path, format).unwrap();
        for sample in songs.load(index, 22_050).unwrap() {
            wav.write_sample((sample * 32_767.0) as i16).unwrap();
        }
        wav.finalize().unwrap();
    }
}

/// A copy of a model with its logits multiplied, for confidences close to 1.
fn sharpened(model: &Classifier, factor: f64) -> Classifier {
    let sharp = model.try_clone().unwrap();
    let n = sharp.network().weights().count();
    for weight in sharp.network().weights().skip(n - 2) {
        weight.var().set(&weight.var().affine(factor, 0.0).unwrap()).unwrap();
    }
    sharp
}

#[test]
fn the_evaluation_by_track_and_the_genre_classifier_agree_on_every_song() {
    let folder = tempfile::tempdir().unwrap();
    write_songs(folder.path());
    let songs = AudioFolder::scan(folder.path()).unwrap();
    let config = ExtractConfig { segment: Segment::Seconds(1.0), ..Default::default() };
    let features = Extraction::new(config).run(&songs).unwrap().features;
    let mut model = zoo::ffnn(5, features.segment_shape(), features.n_classes(), 7).unwrap();
    let config = TrainConfig { epochs: 3, ..Default::default() };
    Trainer::new(config).fit_unvalidated(&mut model, &features).unwrap();

    let model = sharpened(&model, 40.0);
    let segments = Evaluation::from_model(&model, &features).unwrap();
    assert!(segments.probabilities().iter().any(|&p| p < 1e-7), "no segment is confident enough");
    let calibration = CalibrationRun::fit(&segments, &segments).unwrap();
    let temperature = calibration.song_temperature.unwrap();
    let calibrated = model.try_clone().unwrap().with_temperatures(calibration.temperatures().unwrap());
    for (vote, model, temperature) in [
        (Vote::MeanLogProbability, &model, TemperatureScaling::new(1.0).unwrap()),
        (Vote::MeanLogProbability, &calibrated, temperature),
        (Vote::Majority, &model, TemperatureScaling::new(1.0).unwrap()),
    ] {
        let tracks = temperature.recalibrate(&segments.by_track(vote).unwrap()).unwrap();
        let genre = GenreClassifier::new(model.try_clone().unwrap()).unwrap().vote(vote);
        for (track, row) in tracks.probabilities().axis_iter(Axis(0)).enumerate() {
            let song = genre.classify(folder.path().join(&features.track_names()[track])).unwrap();
            assert_eq!(song.top_class(), tracks.classes()[tracks.predicted()[track]], "{vote:?}");
            for (class, (&p, &expected)) in row.iter().zip(song.song()).enumerate() {
                assert!((p - expected).abs() < ROUNDING, "{vote:?}, track {track}, {class}: {p} {expected}");
            }
        }
    }
}
