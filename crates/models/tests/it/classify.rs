//! Audio in, genres out.

use std::path::Path;

use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, FeatureSet, Segment};
use cepstrum_models::{
    Adam, CalibratedTemperatures, Classifier, Error, GenreClassifier, OodDetector, TrainConfig, Trainer,
    Vote, zoo,
};

const SAMPLE_RATE: u32 = 22_050;

/// Writes `sample` of the time in seconds and of a number from -0.5 to 0.5 that looks random, as 16-bit audio.
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

/// A tone with a little noise: genres as different as they can be.
fn write_tone(path: &Path, frequency: f32, seconds: f32) {
    let phase = std::f32::consts::TAU * frequency;
    write(path, seconds, 1, |time, hiss| 0.5 * (phase * time).sin() + 0.02 * hiss);
}

fn library(root: &Path) -> AudioFolder {
    for (class, frequency) in [("high", 2_000.0), ("low", 200.0)] {
        std::fs::create_dir(root.join(class)).unwrap();
        for track in 0..4_u8 {
            let frequency = frequency * (1.0 + 0.02 * f32::from(track));
            write_tone(&root.join(class).join(format!("{track}.wav")), frequency, 4.0);
        }
    }
    AudioFolder::scan(root).unwrap()
}

/// Hiss that rises and falls five times a second: nothing like a tone.
fn write_noise(path: &Path, seconds: f32) {
    write(path, seconds, 7, |time, hiss| 1.6 * hiss * (0.5 + 0.5 * (31.4 * time).sin()));
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
    let root = folder.path().join("tones");
    std::fs::create_dir(&root).unwrap();
    let segment = Segment::PerTrack { count: 4, seconds: 1.0 };
    let config = ExtractConfig { segment, ..ExtractConfig::default() };
    let features = Extraction::new(config).threads(1).run(&library(&root)).unwrap().features;
    assert_eq!(features.segment_shape(), [44, 13]);

    let model = trained(&features);
    let path = folder.path().join("tones.safetensors");
    model.save(&path).unwrap();

    let genre = GenreClassifier::load(&path).unwrap();
    let song = folder.path().join("song.wav");
    write_tone(&song, 2_100.0, 7.3);
    let classification = genre.classify(&song).unwrap();
    // All seven whole seconds, though the training took four of a track.
    assert_eq!(classification.segments().dim(), (7, 2));
    assert_eq!(classification.verdict(), "high");
    assert!(classification.to_string().starts_with("high "), "{classification}");
    assert_eq!(classification.votes().iter().sum::<usize>(), 7);
    assert!((classification.song().sum() - 1.0).abs() < 1e-6);
    write_tone(&song, 190.0, 2.0);
    assert_eq!(genre.classify(&song).unwrap().verdict(), "low");

    let text = folder.path().join("text.wav");
    std::fs::write(&text, "this is no audio").unwrap();
    let short = folder.path().join("short.wav");
    write_tone(&short, 200.0, 0.3);
    for bad in [&text, &short, &folder.path().join("nowhere.wav")] {
        let message = genre.classify(bad).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{}: ", bad.display())), "{message}");
    }
}

#[test]
fn confidences_and_familiarity_travel_with_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tones");
    std::fs::create_dir(&root).unwrap();
    let segment = Segment::PerTrack { count: 4, seconds: 1.0 };
    let config = ExtractConfig { segment, ..ExtractConfig::default() };
    let features = Extraction::new(config).threads(1).run(&library(&root)).unwrap().features;
    let (train, held_out): (Vec<usize>, Vec<usize>) =
        (0..features.len()).partition(|segment| segment % 16 < 12);
    let [train, held_out] = [train, held_out].map(|part| features.select(&part));
    let model = trained(&train);
    let raw = folder.path().join("raw.safetensors");
    model.save(&raw).unwrap();

    let familiarity = OodDetector::fit(&train, &held_out).unwrap();
    let distances = familiarity.of_segments(&train).unwrap();
    let root_mean_square = (distances.iter().map(|d| d * d).sum::<f64>() / distances.len() as f64).sqrt();
    assert!((0.3..1.2).contains(&root_mean_square), "{root_mean_square}");
    let model = model
        .with_temperatures(CalibratedTemperatures::new(4.0, 2.0).unwrap())
        .with_ood_detector(familiarity.clone());
    let tempered = folder.path().join("tempered.safetensors");
    model.save(&tempered).unwrap();
    assert_eq!(Classifier::load(&tempered).unwrap().ood_detector(), Some(&familiarity));

    let song = folder.path().join("song.wav");
    write_tone(&song, 2_050.0, 5.0);
    let [raw, tempered] = [&raw, &tempered].map(|path| GenreClassifier::load(path).unwrap());
    let [sure, doubtful] = [&raw, &tempered].map(|genre| genre.classify(&song).unwrap());
    assert_eq!((sure.verdict(), doubtful.verdict()), ("high", "high"));
    assert!(doubtful.confidence() < sure.confidence());
    assert!((sure.ood_score().is_none(), doubtful.is_out_of_distribution()) == (true, false), "{doubtful:?}");
    // The same odds, but for the roots that the temperatures take.
    let odds = |p: f32| f64::from(p / (1.0 - p)).ln();
    assert!((odds(sure.song()[0]) / odds(doubtful.song()[0]) - 2.0).abs() < 0.01);
    let votes = tempered.vote(Vote::Majority).classify(&song).unwrap();
    assert!((votes.confidence() - 1.0).abs() < 1e-6);

    write_noise(&song, 5.0);
    let strange = GenreClassifier::new(model).unwrap().classify(&song).unwrap();
    assert!(strange.is_out_of_distribution(), "{:?}", strange.ood_score());
    assert!(strange.to_string().ends_with("; unlike anything in the training"), "{strange}");

    assert!(matches!(
        OodDetector::fit(&train, &held_out.select(&[])),
        Err(Error::NoData { part: "held-out" })
    ));
}
