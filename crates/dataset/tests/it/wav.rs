//! WAV files that we write, read by hound and by our own decoder.

use std::io::Cursor;

use cepstrum_dataset::{Error, WavFile, load_audio, write_wav, write_wav_to};

fn read(bytes: Vec<u8>) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.bits_per_sample), (1, 16));
    (spec.sample_rate, reader.samples().map(Result::unwrap).collect())
}

#[test]
fn quiet_signals_are_written_as_they_are() {
    let samples: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.37).sin()).collect();
    let mut bytes = Vec::new();
    assert_eq!(write_wav_to(&mut bytes, &samples, 44_100).unwrap().to_bits(), 1.0_f32.to_bits());
    let expected: Vec<i16> = samples.iter().map(|x| (x * 32_767.0).round() as i16).collect();
    assert_eq!(read(bytes), (44_100, expected));
    let mut empty = Vec::new();
    write_wav_to(&mut empty, &[], 8_000).unwrap();
    assert_eq!(read(empty), (8_000, Vec::new()));
}

/// A signal beyond full scale keeps its shape: nothing is clipped, nothing wraps around.
#[test]
fn loud_signals_are_scaled_as_a_whole() {
    let samples = [0.0, 2.5, -5.0, 1.0, 4.999_9, f32::MIN_POSITIVE];
    let mut bytes = Vec::new();
    let factor = write_wav_to(&mut bytes, &samples, 22_050).unwrap();
    assert!((factor - 0.2).abs() < 1e-7);
    assert_eq!(read(bytes).1, [0, 16_384, -32_767, 6_553, 32_766, 0]);
}

#[test]
fn what_a_wav_file_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.wav");
    let error = write_wav(&path, &[0.0, f32::NAN], 8_000).unwrap_err();
    assert_eq!(error.path(), Some(path.as_path()));
    assert!(matches!(error.cause(), Error::NonFiniteSample { index: 1 }), "{error}");
    for rate in [0, u32::MAX] {
        let error = write_wav(&path, &[0.0], rate).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("sample rate must be from 1 Hz to 2,147,483,647 Hz, not {rate}"))
        );
    }
    assert!(!path.exists(), "a file was left");
    write_wav(&path, &[0.25; 800], 8_000).unwrap();
    let read = load_audio(&path, 8_000).unwrap();
    assert!(read.len() == 800 && read.iter().all(|x| (x - 0.25).abs() < 1e-4));
}

/// A file of pieces is the file of the whole, bit for bit.
#[test]
fn pieces_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pieces.wav");
    let samples: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.37).sin() * (i as f32 / 4_000.0)).collect();
    let mut file = WavFile::create(&path, 22_050).unwrap();
    for piece in samples.chunks(777) {
        file.push(piece).unwrap();
        assert!(!path.exists());
    }
    let factor = file.finish().unwrap();
    let mut whole = Vec::new();
    assert_eq!(factor.to_bits(), write_wav_to(&mut whole, &samples, 22_050).unwrap().to_bits());
    assert!(factor < 0.41 && std::fs::read(&path).unwrap() == whole);

    let mut file = WavFile::create(&path, 22_050).unwrap();
    file.push(&samples).unwrap();
    let error = file.push(&[0.0, f32::INFINITY]).unwrap_err();
    assert!(matches!(error, Error::NonFiniteSample { index: 10_001 }), "{error}");
    assert!(WavFile::create(folder.path().join("none/x.wav"), 22_050).is_err());
    assert!(WavFile::create(&path, 0).is_err());
}
