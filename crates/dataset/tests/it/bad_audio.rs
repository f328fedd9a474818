//! Files that are not what they claim to be: each is an error that names the file and the cause.

use std::fs;
use std::path::{Path, PathBuf};

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{Damage, Error, load_audio};
use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::TempDir;

use crate::common;

/// Writes a file into a new folder, and returns the folder and the path of the file.
fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The error of loading a file, whose message must begin with the path.
fn error_of(path: &Path) -> Error {
    let error = load_audio(path, 22_050).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&path.display().to_string()), "{message}");
    error
}

fn wav_bytes(seconds: f32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.wav");
    common::write_wav(&path, &common::tone(300.0, seconds, 22_050), 22_050);
    fs::read(path).unwrap()
}

#[test]
fn a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = error_of(&folder.path().join("none.wav"));
    assert!(matches!(error.cause(), Error::Io(_)), "{error}");
}

#[test]
fn a_folder_instead_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(error_of(folder.path()).cause(), Error::NotAFile));
}

#[test]
fn a_text_file_named_wav() {
    let (_folder, path) = file("words.wav", b"These are words, not waves.\n".repeat(400).as_slice());
    assert!(matches!(error_of(&path).cause(), Error::NotAudio));
}

#[test]
fn a_file_without_bytes() {
    let (_folder, path) = file("empty.wav", b"");
    assert!(matches!(error_of(&path).cause(), Error::EmptyAudio));
}

#[test]
fn audio_of_zero_length() {
    let (_folder, path) = file("silent.wav", &wav_bytes(0.0));
    assert!(matches!(error_of(&path).cause(), Error::EmptyAudio));
    let (_folder, path) = file("silent.au", b".snd\0\0\0\x18\0\0\0\0\0\0\0\x03\0\0\x56\x22\0\0\0\x01");
    assert!(matches!(error_of(&path).cause(), Error::EmptyAudio));
}

#[test]
fn a_truncated_wav_is_damaged_and_its_beginning_can_be_read() {
    let whole = wav_bytes(1.0);
    let (_folder, path) = file("cut.wav", &whole[..whole.len() / 2]);
    let error = error_of(&path);
    let Error::Damaged { damage: Damage::EndsEarly { declared: 22_050 }, decoded } = *error.cause() else {
        panic!("{error}");
    };
    assert_eq!(decoded, (whole.len() / 2 - 44) as u64 / 2);

    let mut reader = AudioReader::open(&path).unwrap();
    let mut read = 0;
    while let Ok(Some(block)) = reader.next_block() {
        read += block.len() as u64;
    }
    assert_eq!(read, decoded);
    assert!(reader.next_block().unwrap().is_none());
}

#[test]
fn truncated_files_of_other_formats_are_damaged() {
    for name in [
        "tone.flac",
        "tone.aiff",
        "tone.ogg",
        "tone.mp3",
        "tone_aac.m4a",
        "tone_stereo_aac.m4a",
        "tone_flac.mka",
        "tone_vorbis.webm",
    ] {
        let whole = fs::read(common::golden(name)).unwrap();
        let (_folder, path) = file(name, &whole[..whole.len() * 2 / 3]);
        let error = error_of(&path);
        assert!(matches!(error.cause(), Error::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_flac_whose_samples_do_not_match_its_checksum_is_damaged() {
    let mut bytes = fs::read(common::golden("tone.flac")).unwrap();
    // The MD5 of the samples ends at byte 42: marker (4), block header (4), STREAMINFO (34).
    bytes[41] ^= 1;
    let (_folder, path) = file("wrong.flac", &bytes);
    let error = error_of(&path);
    assert!(matches!(error.cause(), Error::Damaged { damage: Damage::Checksum, .. }), "{error}");
}

#[test]
fn samples_that_are_not_finite() {
    let folder = tempfile::tempdir().unwrap();
    for value in [f32::NAN, f32::INFINITY] {
        let path = folder.path().join("nan.wav");
        let spec = WavSpec {
            channels: 1,
            sample_rate: 22_050,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for i in 0..30_000 {
            writer.write_sample(if i == 20_123 { value } else { 0.1 }).unwrap();
        }
        writer.finalize().unwrap();
        let error = error_of(&path);
        assert!(matches!(error.cause(), Error::NonFiniteSample { index: 20_123 }), "{error}");
    }
}

#[test]
fn impossible_au_headers() {
    let header = |words: [u32; 5]| {
        let mut bytes = b".snd".to_vec();
        bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        bytes.extend([0; 8]);
        bytes
    };
    let cases = [
        (header([8, 8, 3, 22_050, 1]), "inside the header"),
        (header([24, 8, 99, 22_050, 1]), "encoding 99"),
        (header([24, 8, 3, 0, 1]), "sample rate is 0"),
        (header([24, 8, 3, 22_050, 0]), "number of channels is 0"),
        (header([24, 8, 3, 22_050, 70_000]), "number of channels is 70000"),
        (header([4_000_000_000, 8, 3, 22_050, 1]), "truncated"),
        (b".snd\0\0".to_vec(), "truncated"),
    ];
    for (bytes, cause) in cases {
        let (_folder, path) = file("bad.au", &bytes);
        let message = error_of(&path).to_string();
        assert!(message.contains(cause), "{message}");
    }
    let (_folder, path) = file("short.au", &header([24, 4_000_000_000, 3, 22_050, 1]));
    let error = error_of(&path);
    assert!(matches!(error.cause(), Error::Damaged { decoded: 4, .. }), "{error}");
}

/// Found by `mutations.rs`: with one flipped bit in the exponent, the resampler allocated gigabytes.
#[test]
fn a_sample_rate_beyond_any_recording_is_rejected() {
    let mut bytes = fs::read(common::golden("tone.aiff")).unwrap();
    assert_eq!(bytes[28..32], [0x40, 0x0d, 0xac, 0x44]);
    bytes[29] ^= 0x10;
    let (_folder, path) = file("fast.aiff", &bytes);
    let error = error_of(&path);
    assert!(
        matches!(error.cause(), Error::SampleRate { sample_rate: 1_445_068_800, max: 768_000 }),
        "{error}"
    );
}

/// Found by `mutations.rs`: symphonia 0.6.1 shifts by the number of channels, which overflows from 32 channels on.
#[test]
fn a_wav_of_forty_channels_does_not_panic() {
    let words = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let mut format = words(&[0xfffe, 40, 22_050, 0]);
    format.extend(words(&[0, 0, 80, 16, 22, 16]));
    format.extend([0xff; 4]);
    format.extend([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    let data = [0; 8_000];
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((4 + 8 + format.len() as u32 + 8 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend((format.len() as u32).to_le_bytes());
    bytes.extend(&format);
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    let (_folder, path) = file("many.wav", &bytes);
    if let Err(error) = load_audio(&path, 22_050) {
        assert!(matches!(error.cause(), Error::Damaged { .. } | Error::Undecodable { .. }), "{error}");
    }
}
