//! Classification of whole songs, calibrated confidences and out-of-distribution detection.

use std::path::Path;

use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, FeatureSet, Segment, load_audio};
use cepstrum_models::{
    Adam, CalibratedTemperatures, Classifier, Error, GenreClassifier, OodDetector, TrainConfig, Trainer,
    Vote, zoo,
};
use ndarray::Array3;

const SAMPLE_RATE: u32 = 22_050;

/// Writes 16-bit audio: `sample` takes the time in seconds and a pseudorandom value from -0.5 to 0.5.
fn write(path: &Path, seconds: f32, seed: u32, sample: impl Fn(f32, f32) -> f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let mut noise = seed;
    for at in 0..(seconds * SAMPLE_RATE as f32) as usize {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = (noise >> 16) as f32 / 65_536.0 - 0.5;
        writer.write_sample((sample(at as f32 / SAMPLE_RATE as f32, hiss) * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// Writes a tone with a little noise: two such classes are easy to separate.
fn write_tone(path: &Path, frequency: f32, seconds: f32) {
    let phase = std::f32::consts::TAU * frequency;
    write(path, seconds, 1, |time, hiss| 0.5 * (phase * time).sin() + 0.02 * hiss);
}

/// Two classes of four tones each, of nearly equal pitch within a class.
fn tones(root: &Path) -> AudioFolder {
    for (class, frequency) in [("high", 2_000.0), ("low", 200.0)] {
        std::fs::create_dir(root.join(class)).unwrap();
        for track in 0..4_u8 {
            let frequency = frequency * (1.0 + 0.02 * f32::from(track));
            write_tone(&root.join(class).join(format!("{track}.wav")), frequency, 4.0);
        }
    }
    AudioFolder::scan(root).unwrap()
}

/// Writes noise that swells five times per second: nothing like a tone.
fn write_noise(path: &Path, seconds: f32) {
    write(path, seconds, 7, |time, hiss| 1.6 * hiss * (0.5 + 0.5 * (31.4 * time).sin()));
}

/// The features of [`tones`]: four segments of one second per track.
fn tone_features(folder: &Path) -> FeatureSet {
    let root = folder.join("tones");
    std::fs::create_dir(&root).unwrap();
    let segment = Segment::PerTrack { count: 4, seconds: 1.0 };
    let config = ExtractConfig { segment, ..ExtractConfig::default() };
    Extraction::new(config).threads(1).run(&tones(&root)).unwrap().features
}

fn trained(features: &FeatureSet) -> Classifier {
    let mut model = zoo::cnn([8, 8, 8, 8], features.segment_shape(), features.n_classes(), 1).unwrap();
    let config = TrainConfig { epochs: 12, batch_size: 8, seed: 1, ..TrainConfig::default() };
    Trainer::new(config).optimizer(Adam::new(5e-3)).fit_unvalidated(&mut model, features).unwrap();
    model
}

#[test]
fn a_saved_model_classifies_a_song_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let features = tone_features(folder.path());
    assert_eq!(features.segment_shape(), [44, 13]);

    let model = trained(&features);
    let path = folder.path().join("tones.safetensors");
    model.save(&path).unwrap();

    let genre = GenreClassifier::load(&path).unwrap();
    let song = folder.path().join("song.wav");
    write_tone(&song, 2_100.0, 7.3);
    let classification = genre.classify(&song).unwrap();
    // All seven whole seconds, although training took four per track.
    assert_eq!(classification.segments().dim(), (7, 2));
    assert_eq!(classification.top_class(), "high");
    assert!(classification.to_string().starts_with("high "), "{classification}");
    assert_eq!(classification.votes().iter().sum::<usize>(), 7);
    assert!((classification.song().sum() - 1.0).abs() < 1e-6);
    let samples = load_audio(&song, genre.sample_rate()).unwrap();
    assert_eq!(genre.classify_samples(&samples).unwrap(), classification);
    write_tone(&song, 190.0, 2.0);
    assert_eq!(genre.classify(&song).unwrap().top_class(), "low");

    let text = folder.path().join("text.wav");
    std::fs::write(&text, "this is no audio").unwrap();
    let short = folder.path().join("short.wav");
    write_tone(&short, 200.0, 0.3);
    for bad in [&text, &short, &folder.path().join("nowhere.wav")] {
        let message = genre.classify(bad).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{}: ", bad.display())), "{message}");
    }
    let samples = vec![0.1; SAMPLE_RATE as usize / 2];
    assert!(matches!(
        genre.classify_samples(&samples),
        Err(Error::Dataset(cepstrum_dataset::Error::TooShort { .. }))
    ));
    let not_finite = vec![f32::NAN; 2 * SAMPLE_RATE as usize];
    assert!(matches!(genre.classify_samples(&not_finite), Err(Error::Dataset(_))));
}

#[test]
fn temperatures_and_the_detector_travel_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let features = tone_features(folder.path());
    let (train, held_out): (Vec<usize>, Vec<usize>) =
        (0..features.len()).partition(|segment| segment % 16 < 12);
    let [train, held_out] = [train, held_out].map(|part| features.select(&part));
    let model = trained(&train);
    let raw = folder.path().join("raw.safetensors");
    model.save(&raw).unwrap();

    let detector = OodDetector::fit(&train, &held_out).unwrap();
    let distances = detector.segment_distances(&train).unwrap();
    let root_mean_square = (distances.iter().map(|d| d * d).sum::<f64>() / distances.len() as f64).sqrt();
    assert!((0.3..1.2).contains(&root_mean_square), "{root_mean_square}");
    let model = model
        .with_temperatures(CalibratedTemperatures::new(4.0, 2.0).unwrap())
        .with_ood_detector(detector.clone());
    let tempered = folder.path().join("tempered.safetensors");
    model.save(&tempered).unwrap();
    assert_eq!(Classifier::load(&tempered).unwrap().ood_detector(), Some(&detector));

    let song = folder.path().join("song.wav");
    write_tone(&song, 2_050.0, 5.0);
    let [raw, tempered] = [&raw, &tempered].map(|path| GenreClassifier::load(path).unwrap());
    let [sure, doubtful] = [&raw, &tempered].map(|genre| genre.classify(&song).unwrap());
    assert_eq!((sure.top_class(), doubtful.top_class()), ("high", "high"));
    assert!(doubtful.confidence() < sure.confidence());
    assert!((sure.ood_score().is_none(), doubtful.is_out_of_distribution()) == (true, false), "{doubtful:?}");
    // The temperatures take roots of the odds.
    let odds = |p: f32| f64::from(p / (1.0 - p)).ln();
    assert!((odds(sure.song()[0]) / odds(doubtful.song()[0]) - 2.0).abs() < 0.01);
    let votes = tempered.vote(Vote::Majority).classify(&song).unwrap();
    assert!((votes.confidence() - 1.0).abs() < 1e-6);

    write_noise(&song, 5.0);
    let noise = GenreClassifier::new(model).unwrap().classify(&song).unwrap();
    assert!(noise.is_out_of_distribution(), "{:?}", noise.ood_score());
    assert!(noise.to_string().ends_with("; unlike the training data"), "{noise}");

    assert!(matches!(
        OodDetector::fit(&train, &held_out.select(&[])),
        Err(Error::NoData { part: "held-out" })
    ));
}

/// Saves an untrained model with the detector and loads it again.
fn saved_and_loaded(detector: &OodDetector, set: &FeatureSet) -> OodDetector {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = zoo::ffnn(1, set.segment_shape(), set.n_classes(), 1).unwrap();
    model.with_ood_detector(detector.clone()).save(&path).unwrap();
    Classifier::load(&path).unwrap().ood_detector().unwrap().clone()
}

/// Digital silence in both parts: no coefficient varies and every distance is next to 0.
#[test]
fn a_detector_fitted_on_identical_segments_is_finite_and_loads() {
    let silence = |n: usize| {
        let features = Array3::from_elem((n, 20, 13), -5.0);
        FeatureSet::new(features, vec![0; n], vec!["a".into(), "b".into()], Vec::new(), None).unwrap()
    };
    let detector = OodDetector::fit(&silence(6), &silence(2)).unwrap();
    assert!(detector.limit().is_finite() && detector.limit() > 0.0, "{}", detector.limit());
    let loaded = saved_and_loaded(&detector, &silence(1));
    assert_eq!(loaded, detector);
    // Not exactly 0: the class means are stored in `f32`.
    let distances = loaded.segment_distances(&silence(3)).unwrap();
    assert!(distances.iter().all(|distance| *distance < 1e-3 * loaded.limit()), "{distances:?}");
    let other = crate::common::set(5, 1);
    let distances = loaded.segment_distances(&other).unwrap();
    assert!(distances.iter().all(|distance| distance.is_finite() && *distance > loaded.limit()));
}

/// Held-out songs of which some repeat training data exactly.
#[test]
fn repeated_songs_leave_the_limit_of_the_others() {
    let train = crate::common::set(60, 1);
    let repeated = train.select(&(0..4).collect::<Vec<_>>());
    let n = 30;
    let mut features = crate::common::set(n, 2).features().clone();
    features.slice_mut(ndarray::s![..4, .., ..]).assign(repeated.features());
    let labels = (0..n).map(|segment| segment % 3).collect();
    let held_out = FeatureSet::new(features, labels, crate::common::classes(), Vec::new(), None).unwrap();
    let [with, without] = [&held_out, &crate::common::set(n, 2)]
        .map(|held_out| OodDetector::fit(&train, held_out).unwrap().limit());
    assert!(with.is_finite() && with < 2.0 * without && without < 2.0 * with, "{with} {without}");
}

#[test]
fn a_class_without_a_training_segment_is_left_out() {
    let all = crate::common::set(60, 1);
    let two: Vec<usize> = (0..60).filter(|segment| segment % 3 != 1).collect();
    let train = all.select(&two);
    let detector = OodDetector::fit(&train, &crate::common::set(30, 2)).unwrap();
    assert!(detector.limit().is_finite());
    let loaded = saved_and_loaded(&detector, &train);
    assert_eq!(loaded, detector);
    let distances = loaded.segment_distances(&all).unwrap();
    let mean = |class: usize| distances.iter().skip(class).step_by(3).sum::<f64>() / 20.0;
    assert!(mean(1) > 2.0 * mean(0) && mean(1) < 1e3, "{} {}", mean(0), mean(1));
}

#[test]
fn a_detector_refuses_other_features() {
    let (train, held_out) = (crate::common::set(60, 1), crate::common::set(30, 2));
    let detector = OodDetector::fit(&train, &held_out).unwrap();
    let narrow =
        FeatureSet::new(Array3::zeros((2, 20, 7)), vec![0; 2], crate::common::classes(), Vec::new(), None);
    let narrow = narrow.unwrap();
    for error in
        [detector.segment_distances(&narrow).unwrap_err(), OodDetector::fit(&train, &narrow).unwrap_err()]
    {
        assert!(matches!(error, Error::OodDetector { expected: 13, actual: 7 }), "{error}");
    }
    assert!(matches!(
        OodDetector::fit(&train.select(&[]), &held_out),
        Err(Error::NoData { part: "training" })
    ));
}
