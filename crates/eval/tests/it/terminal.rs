//! A song's genre over time as text for a terminal.

use cepstrum_dataset::synth::{SyntheticConfig, SyntheticSet};
use cepstrum_dataset::{ExtractConfig, Extraction, Segment};
use cepstrum_eval::{ColorMode, SongRun, timeline};
use cepstrum_models::{GenreClassifier, zoo};

#[test]
fn every_segment_is_a_letter_and_every_letter_has_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let songs = SyntheticSet::new(SyntheticConfig {
        tracks_per_class: 1,
        seconds: 2.0,
        seed: 3,
        ..Default::default()
    })
    .unwrap();
    let segment = Segment::Seconds(1.0);
    let features =
        Extraction::new(ExtractConfig { segment, ..Default::default() }).run(&songs).unwrap().features;
    let mut model = zoo::ffnn(5, features.segment_shape(), features.n_classes(), 7).unwrap();
    let config = cepstrum_models::TrainConfig { epochs: 1, ..Default::default() };
    cepstrum_models::Trainer::new(config).fit_unvalidated(&mut model, &features).unwrap();

    let path = folder.path().join("song.wav");
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 22_050,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&path, format).unwrap();
    for i in 0..22_050 * 70 {
        wav.write_sample(((f64::from(i) * 0.05).sin() * 9_000.0) as i16).unwrap();
    }
    wav.finalize().unwrap();
    let song = GenreClassifier::new(model).unwrap().classify(&path).unwrap();

    let plain = timeline(&song, ColorMode::Plain);
    let lines: Vec<&str> = plain.lines().collect();
    assert_eq!(lines.len(), 3, "{plain}");
    assert!(lines[0].starts_with("  0:00 ") && lines[1].starts_with("  1:00 "), "{plain}");
    let letters: String = lines[..2].iter().map(|line| &line[7..]).collect();
    assert_eq!(letters.len(), 70);
    let votes = song.votes();
    let commonest = votes.iter().max().unwrap();
    assert_eq!(letters.to_ascii_uppercase().matches('A').count(), *commonest);
    assert!(lines[2].trim_start().starts_with("A ") && lines[2].contains(&commonest.to_string()), "{plain}");
    assert_eq!(
        timeline(&song, ColorMode::Ansi).matches("\x1b[0m").count(),
        70 + votes.iter().filter(|&&n| n > 0).count()
    );

    let run = SongRun::new("song.wav", &song);
    assert_eq!((run.segments.len(), run.classes.len(), run.verdict.len()), (70, 10, 10));
}
