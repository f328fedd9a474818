//! Extraction from a folder to features, and the list of files that are not usable.

use std::fs;

use cepstrum_dataset::{
    AudioFolder, Collection, Error, ExtractConfig, Extracted, Extraction, FeatureConfig, Result, Segment,
    Track, segment_features,
};
use cepstrum_features::{LogMelConfig, Mfcc, MfccConfig};

use crate::common;

fn seconds(seconds: f64) -> ExtractConfig {
    ExtractConfig { segment: Segment::Seconds(seconds), ..ExtractConfig::default() }
}

fn extract(root: &std::path::Path, config: ExtractConfig) -> Result<Extracted> {
    Extraction::new(config).threads(2).run(&AudioFolder::scan(root)?)
}

#[test]
fn segments_have_the_mfccs_of_their_samples() {
    let root = tempfile::tempdir().unwrap();
    common::write_small_folder(root.path(), 2.5);
    let extracted = extract(root.path(), seconds(1.0)).unwrap();
    let set = &extracted.features;
    assert!(extracted.skipped.is_empty());
    assert_eq!(set.classes(), ["jazz", "rock"]);
    assert_eq!(set.labels(), [0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(set.track_ids(), [0, 0, 1, 1, 2, 2, 3, 3]);
    assert_eq!(set.track_names(), ["jazz/a.wav", "jazz/b.wav", "rock/c.wav", "rock/d.wav"]);
    assert_eq!(set.segment_shape(), [44, 13]);
    assert_eq!(set.config(), Some(&seconds(1.0)));

    let samples = cepstrum_dataset::load_audio(root.path().join("rock/c.wav"), 22_050).unwrap();
    let expected = Mfcc::new(&MfccConfig::default()).unwrap().process(&samples[22_050..44_100]).unwrap();
    assert_eq!(set.features().index_axis(ndarray::Axis(0), 5), expected);
}

#[test]
fn the_features_of_samples_in_memory_are_those_of_an_extraction() {
    for (n_samples, segment) in [
        (30 * 22_050, Segment::default()),
        (40 * 22_050, Segment::default()),
        (70_000, Segment::Seconds(1.0)),
        (2 * 22_050 - 100, Segment::Seconds(1.0)),
    ] {
        let config = ExtractConfig { segment, ..ExtractConfig::default() };
        let track = OneTrack::of(n_samples);
        let extracted = Extraction::new(config.clone()).threads(1).run(&track).unwrap().features;
        let features = segment_features(&track.load(0, 22_050).unwrap(), &config).unwrap();
        assert_eq!(&features, extracted.features(), "{n_samples} samples");
    }
}

#[test]
fn samples_without_a_whole_segment_are_too_short() {
    for n_samples in [0, 1, 10_000] {
        let samples = common::tone(250.0, 1.0, 22_050);
        let error = segment_features(&samples[..n_samples], &seconds(0.5)).unwrap_err();
        let expected = n_samples as f64 / 22_050.0;
        assert!(
            matches!(error, Error::TooShort { seconds, needed: 0.5 } if (seconds - expected).abs() < 1e-9),
            "{error}"
        );
    }
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let root = tempfile::tempdir().unwrap();
    common::write_small_folder(root.path(), 1.2);
    let folder = AudioFolder::scan(root.path()).unwrap();
    let of = |threads| Extraction::new(seconds(0.5)).threads(threads).run(&folder).unwrap().features;
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(0));
}

/// A collection of one track of a given number of samples.
struct OneTrack(Vec<String>, usize);

impl OneTrack {
    fn of(n_samples: usize) -> Self {
        Self(vec!["all".to_owned()], n_samples)
    }
}

impl Collection for OneTrack {
    fn classes(&self) -> &[String] {
        &self.0
    }

    fn n_tracks(&self) -> usize {
        1
    }

    fn track(&self, _index: usize) -> Track {
        Track { name: "all/one".to_owned(), class: 0 }
    }

    fn load(&self, _index: usize, sample_rate: u32) -> Result<Vec<f32>> {
        let mut samples = common::tone(250.0, self.1 as f32 / sample_rate as f32 + 1.0, sample_rate);
        samples.truncate(self.1);
        Ok(samples)
    }
}

fn n_segments(n_samples: usize, segment: Segment) -> usize {
    let config = ExtractConfig { segment, ..ExtractConfig::default() };
    match Extraction::new(config).threads(1).run(&OneTrack::of(n_samples)) {
        Ok(extracted) => extracted.features.len(),
        Err(Error::NothingUsable { .. }) => 0,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn tracks_are_cut_as_in_the_reference_experiment() {
    let ten = Segment::default();
    let whole = 66_150;
    // A segment has ceil(66,150 / 512) = 130 frames. A last segment of 129 * 512 samples still has 130 frames; with one
    // sample less it has 129.
    for (n_samples, expected) in [
        (10 * whole, 10),
        (11 * whole, 10),
        (10 * whole - 1, 10),
        (9 * whole + 129 * 512, 10),
        (9 * whole + 129 * 512 - 1, 9),
        (whole, 1),
        (129 * 512 - 1, 0),
    ] {
        assert_eq!(n_segments(n_samples, ten), expected, "{n_samples} samples");
    }
    assert_eq!(n_segments(12 * whole, Segment::Seconds(3.0)), 12);
    assert_eq!(n_segments(12 * whole + 1_000, Segment::Seconds(3.0)), 12);
}

#[test]
fn log_mel_features_are_extracted() {
    let features = FeatureConfig::LogMel(LogMelConfig::default());
    let config = ExtractConfig { features, segment: Segment::Seconds(0.5) };
    let extracted = Extraction::new(config).threads(1).run(&OneTrack::of(30_000)).unwrap();
    assert_eq!(extracted.features.features().dim(), (2, 22, 128));
}

#[test]
fn unusable_files_are_listed_and_the_extraction_continues() {
    let root = tempfile::tempdir().unwrap();
    common::write_small_folder(root.path(), 1.0);
    fs::write(root.path().join("jazz/notes.wav"), b"words").unwrap();
    common::write_wav(&root.path().join("rock/brief.wav"), &common::tone(100.0, 0.1, 22_050), 22_050);
    let wav = fs::read(root.path().join("jazz/a.wav")).unwrap();
    fs::write(root.path().join("jazz/cut.wav"), &wav[..20_000]).unwrap();

    let extracted = extract(root.path(), seconds(0.5)).unwrap();
    assert_eq!(extracted.features.len(), 8);
    let listed: Vec<String> = extracted.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(listed.len(), 3);
    assert!(listed[0].starts_with("jazz/cut.wav: damaged audio"), "{}", listed[0]);
    assert!(listed[1].starts_with("jazz/notes.wav: not audio"), "{}", listed[1]);
    assert!(listed[2].starts_with("rock/brief.wav: too short"), "{}", listed[2]);
}

#[test]
fn a_class_without_a_usable_file_is_an_error_that_names_it() {
    let root = tempfile::tempdir().unwrap();
    common::write_small_folder(root.path(), 1.0);
    fs::create_dir(root.path().join("metal")).unwrap();
    assert_eq!(extract(root.path(), seconds(0.5)).unwrap().features.classes(), ["jazz", "rock"]);

    fs::write(root.path().join("metal/m.wav"), b"words").unwrap();
    let message = extract(root.path(), seconds(0.5)).unwrap_err().to_string();
    assert!(message.contains("\"metal\"") && message.contains("metal/m.wav: not audio"), "{message}");
}

#[test]
fn a_collection_without_a_usable_file_is_an_error_that_names_the_first_cause() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("metal")).unwrap();
    fs::write(root.path().join("metal/m.wav"), b"words").unwrap();
    let error = extract(root.path(), seconds(0.5)).unwrap_err();
    assert!(matches!(error, Error::NothingUsable { skipped: 1, .. }));
    assert!(error.to_string().contains("metal/m.wav: not audio"), "{error}");
}

#[test]
fn impossible_segments_are_rejected_before_any_file_is_read() {
    for bad in [
        Segment::Seconds(0.0),
        Segment::Seconds(f64::NAN),
        Segment::Seconds(1e12),
        Segment::PerTrack { count: 0, seconds: 1.0 },
    ] {
        let config = ExtractConfig { segment: bad, ..ExtractConfig::default() };
        let error = Extraction::new(config).threads(1).run(&OneTrack::of(30_000)).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter { .. }), "{error}");
    }
}
