//! Every format compared with its input, or with libsndfile where the format is lossy.
#![allow(clippy::float_cmp, reason = "lossless decoding is exact")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{Error, load_audio, load_audio_from, stream_audio_from};
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::common::{self, golden};

fn all_samples(mut reader: AudioReader) -> Vec<f32> {
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        samples.extend_from_slice(block);
    }
    assert_eq!(reader.decoded(), samples.len() as u64);
    samples
}

fn decode(bytes: Vec<u8>, extension: &str) -> Vec<f32> {
    all_samples(AudioReader::new(Cursor::new(bytes), Some(extension)).unwrap())
}

fn au(encoding: u32, channels: u32, data: &[u8]) -> Vec<u8> {
    let words = [24 + 8, data.len() as u32, encoding, 22_050, channels];
    let mut file = b".snd".to_vec();
    file.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    file.extend(b"a note\0\0");
    file.extend(data);
    file
}

#[test]
fn au_decodes_every_encoding() {
    let pcm16: Vec<u8> = [0_i16, 16_384, -32_768].iter().flat_map(|v| v.to_be_bytes()).collect();
    let pcm32: Vec<u8> = [0_i32, 1 << 30, i32::MIN].iter().flat_map(|v| v.to_be_bytes()).collect();
    let f32s: Vec<u8> = [0_f32, 0.5, -1.0].iter().flat_map(|v| v.to_be_bytes()).collect();
    let f64s: Vec<u8> = [0_f64, 0.5, -1.0].iter().flat_map(|v| v.to_be_bytes()).collect();
    let cases = [
        (2, vec![0, 64, 0x80]),
        (3, pcm16),
        (4, vec![0, 0, 0, 0x40, 0, 0, 0x80, 0, 0]),
        (5, pcm32),
        (6, f32s),
        (7, f64s),
    ];
    for (encoding, data) in cases {
        assert_eq!(decode(au(encoding, 1, &data), "au"), [0.0, 0.5, -1.0], "encoding {encoding}");
    }
    // G.711: full negative scale, smallest positive step, zero.
    assert_eq!(decode(au(1, 1, &[0x00, 0xfe, 0xff]), "au"), [-32_124.0 / 32_768.0, 8.0 / 32_768.0, 0.0]);
}

#[test]
fn au_without_a_declared_length_is_read_to_its_end() {
    let mut file = au(2, 2, &[64, 0, 0, 64, 32]);
    file[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(decode(file, "au"), [0.25, 0.25]);
}

#[test]
fn au_longer_than_a_block_keeps_its_order() {
    let values: Vec<i16> = (0..100_000).map(|i| (i % 30_011) as i16).collect();
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
    let decoded = decode(au(3, 1, &data), "au");
    assert!(decoded.iter().zip(&values).all(|(&a, &b)| a == f32::from(b) / 32_768.0));
    assert_eq!(decoded.len(), values.len());
}

fn wav(bits_per_sample: u16, sample_format: SampleFormat, channels: u16, frames: &[f32]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let spec = WavSpec { channels, sample_rate: 22_050, bits_per_sample, sample_format };
    let mut writer = WavWriter::new(&mut file, spec).unwrap();
    for &value in frames {
        match sample_format {
            SampleFormat::Float => writer.write_sample(value).unwrap(),
            SampleFormat::Int => {
                let scale = f64::from(bits_per_sample - 1).exp2();
                writer.write_sample((f64::from(value) * scale) as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

#[test]
fn wav_decodes_every_width_and_averages_channels() {
    let values = [0.0, 0.5, -1.0, 0.25, -0.125, 0.0];
    for (bits, format) in [
        (8, SampleFormat::Int),
        (16, SampleFormat::Int),
        (24, SampleFormat::Int),
        (32, SampleFormat::Int),
        (32, SampleFormat::Float),
    ] {
        assert_eq!(decode(wav(bits, format, 1, &values), "wav"), values, "{bits} bits");
        assert_eq!(decode(wav(bits, format, 2, &values), "wav"), [0.25, -0.375, -0.0625], "{bits} bits");
        let third = |a: f32, b: f32, c: f32| (a + b + c) / 3.0;
        let expected = [third(0.0, 0.5, -1.0), third(0.25, -0.125, 0.0)];
        assert_eq!(decode(wav(bits, format, 3, &values), "wav"), expected, "{bits} bits");
    }
}

#[test]
fn the_contents_decide_and_not_the_extension() {
    let bytes = wav(16, SampleFormat::Int, 1, &[0.5; 100]);
    for extension in [Some("mp3"), Some("au"), Some("txt"), None] {
        let reader = AudioReader::new(Cursor::new(bytes.clone()), extension).unwrap();
        assert_eq!(all_samples(reader), [0.5; 100]);
    }
}

/// Greatest difference from libsndfile's decoding, which `make_decode.py` stored as little-endian f32.
fn distance_from_libsndfile(name: &str) -> f32 {
    distance(&golden(name))
}

fn distance(path: &Path) -> f32 {
    let (decoded, expected) = decodings(path);
    assert_eq!(decoded.len(), expected.len(), "{}", path.display());
    decoded.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The decoding of a file, and that of libsndfile.
fn decodings(path: &Path) -> (Vec<f32>, Vec<f32>) {
    let decoded = all_samples(AudioReader::open(path).unwrap());
    let expected = std::fs::read(format!("{}.f32", path.display())).unwrap();
    let expected = expected.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    (decoded, expected)
}

#[test]
fn lossless_formats_equal_libsndfile() {
    for name in ["tone.flac", "tone.aiff", "tone_24.flac", "tone_alac.m4a", "tone_flac.mka"] {
        assert_eq!(distance_from_libsndfile(name), 0.0, "{name}");
    }
}

/// Decoders of lossy formats round differently. Measured: Ogg 2.7e-7, MP3 9.2e-7.
const LOSSY_TOLERANCE: f32 = 2e-6;
/// Compared with ffmpeg, which arranges its transform differently. Measured: 1.9e-6.
const AAC_TOLERANCE: f32 = 4e-6;

/// Compared with libopus, of which ffmpeg keeps 16 bits. Measured over 216 streams of all bit rates and frame sizes: 5.8e-6.
const OPUS_TOLERANCE: f32 = 4e-5;

#[test]
fn lossy_formats_are_within_rounding_of_libsndfile() {
    for (name, tolerance) in [
        ("tone.ogg", LOSSY_TOLERANCE),
        ("tone.mp3", LOSSY_TOLERANCE),
        ("tone_stereo.ogg", LOSSY_TOLERANCE),
        ("tone_vorbis.webm", LOSSY_TOLERANCE),
        ("tone_opus.opus", OPUS_TOLERANCE),
        ("tone_aac.m4a", AAC_TOLERANCE),
        ("tone_stereo_aac.m4a", AAC_TOLERANCE),
    ] {
        let distance = distance_from_libsndfile(name);
        assert!(distance < tolerance, "{name}: {distance}");
    }
}

#[test]
fn a_file_at_the_requested_rate_is_not_resampled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b ü.wav");
    let samples = common::tone(440.0, 0.5, 22_050);
    common::write_wav(&path, &samples, 22_050);
    let loaded = load_audio(&path, 22_050).unwrap();
    assert!(loaded.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-4));
    assert_eq!(loaded.len(), samples.len());
}

#[test]
fn bytes_in_memory_are_decoded_like_a_file() {
    for (name, extension) in [("tone.flac", "flac"), ("tone.mp3", "mp3"), ("tone_aac.m4a", "m4a")] {
        let bytes = std::fs::read(golden(name)).unwrap();
        for rate in [22_050, 16_000] {
            let of_file = load_audio(golden(name), rate).unwrap();
            let of_bytes = load_audio_from(Cursor::new(bytes.clone()), Some(extension), rate).unwrap();
            assert_eq!(of_bytes, of_file, "{name} at {rate} Hz");
            let mut pieces = Vec::new();
            stream_audio_from(Cursor::new(bytes.clone()), None, rate, &mut |piece| {
                pieces.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
            assert_eq!(pieces, of_file, "{name} at {rate} Hz");
        }
    }
    let error = load_audio_from(Cursor::new(b"words"), None, 22_050).unwrap_err();
    assert!(matches!(error, Error::NotAudio), "{error}");
}

/// A tone far below both Nyquist frequencies is preserved, except near the ends, which the filter smears.
const RESAMPLING_TOLERANCE: f32 = 1e-3;

#[test]
fn a_file_at_another_rate_is_resampled_to_the_length_of_librosa() {
    let folder = tempfile::tempdir().unwrap();
    for from in [8_000, 16_000, 44_100, 48_000] {
        let path = folder.path().join(format!("{from}.wav"));
        common::write_wav(&path, &common::tone(440.0, 0.7, from), from);
        let loaded = load_audio(&path, 22_050).unwrap();
        let n = (0.7_f32 * from as f32) as usize;
        assert_eq!(loaded.len(), (n * 22_050).div_ceil(from as usize));
        let expected = common::tone(440.0, 0.7, 22_050);
        let middle = 2_000..12_000;
        let worst = expected[middle.clone()]
            .iter()
            .zip(&loaded[middle])
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(worst < RESAMPLING_TOLERANCE, "{from} Hz: {worst}");
    }
}

/// The mean of up to six channels depends on the order of summation.
const MEAN_TOLERANCE: f32 = 2e-7;

#[test]
fn every_format_rate_and_number_of_channels_equals_libsndfile() {
    let Some(folder) = std::env::var_os("CEPSTRUM_DECODE_MATRIX") else {
        println!("skipped: no CEPSTRUM_DECODE_MATRIX (tests/golden/make_decode.py DIR writes one)");
        return;
    };
    let mut worst: BTreeMap<String, (usize, f32)> = BTreeMap::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let format = path.extension().unwrap().to_str().unwrap().to_owned();
        if format == "f32" {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let tolerance = match name.split('_').next() {
            Some("vorbis" | "mpeg") => LOSSY_TOLERANCE,
            Some("aac") => AAC_TOLERANCE,
            _ => MEAN_TOLERANCE,
        };
        if (name.starts_with("vorbis") || name.starts_with("aac"))
            && !(name.ends_with("_1") || name.ends_with("_2"))
        {
            let error = AudioReader::open(&path).unwrap_err();
            assert!(matches!(error.cause(), Error::Unsupported { .. }), "{error}");
            *refused.entry(format).or_default() += 1;
            continue;
        }
        let distance = distance(&path);
        assert!(distance <= tolerance, "{}: {distance}", path.display());
        let of_format = worst.entry(format).or_default();
        *of_format = (of_format.0 + 1, of_format.1.max(distance));
    }
    for (format, (n, distance)) in worst {
        println!("{format}: {n} files within {distance:e}");
    }
    println!("refused with more than two channels: {refused:?}");
}
