//! Time of decoding beside symphonia alone, round by round in turn: `cargo bench -p cepstrum-dataset --bench decode`.
//!
//! The long files are made in memory: a minute of 16-bit noise as WAV, and frames of the golden files in a row as MP3 and FLAC.
//! The short ones are golden files of a quarter of a second, most of whose time is that of opening them. symphonia alone means
//! its demuxer and decoder, samples as `f32`, and their mean over the channels.

use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cepstrum_dataset::decode::AudioReader;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

const ROUNDS: usize = 21;

fn main() -> Result<()> {
    println!("median of {ROUNDS} rounds, in turn\n");
    println!("| file | samples | this crate, ms | symphonia alone, ms | ratio |\n|---|---|---|---|---|");
    row("WAV, a minute in stereo", "wav", &wav(60))?;
    row("MP3, a minute", "mp3", &mp3(60)?)?;
    row("FLAC, a minute", "flac", &flac(60)?)?;
    for name in ["tone.ogg", "tone_stereo_aac.m4a", "tone_alac.m4a", "tone_vorbis.webm"] {
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        row(name, extension.unwrap_or_default(), &golden(name)?)?;
    }
    Ok(())
}

/// Times both decoders in turn, so that a change of the machine's speed meets both.
fn row(name: &str, extension: &str, file: &[u8]) -> Result<()> {
    let (mut ours, mut theirs, mut n) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        n = decode(file, extension)?;
        ours.push(1e3 * start.elapsed().as_secs_f64());
        let start = Instant::now();
        let plain = decode_plainly(file, extension)?;
        theirs.push(1e3 * start.elapsed().as_secs_f64());
        ensure!(n > 0 && plain > 0, "{name} has no samples");
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("| {name} | {n} | {ours:.2} | {theirs:.2} | {:.2} |", ours / theirs);
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn decode(file: &[u8], extension: &str) -> Result<u64> {
    let mut reader = AudioReader::new(Cursor::new(file.to_vec()), Some(extension))?;
    while reader.next_block()?.is_some() {}
    Ok(reader.decoded())
}

/// What a program does that uses symphonia alone.
fn decode_plainly(file: &[u8], extension: &str) -> Result<u64> {
    let mut hint = Hint::new();
    hint.with_extension(extension);
    let options = MediaSourceStreamOptions::default();
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file.to_vec())), options);
    let mut format = symphonia::default::get_probe().probe(
        &hint,
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )?;
    let track = format.default_track(TrackType::Audio).context("no track")?;
    let parameters =
        track.codec_params.as_ref().and_then(|parameters| parameters.audio()).context("no audio")?;
    let options = AudioDecoderOptions::default().verify(true);
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(parameters, &options)?;
    let (mut interleaved, mut mono) = (Vec::<f32>::new(), Vec::<f32>::new());
    let mut n = 0;
    while let Some(packet) = format.next_packet()? {
        let decoded = decoder.decode(&packet)?;
        let channels = decoded.num_planes();
        interleaved.clear();
        decoded.copy_to_vec_interleaved(&mut interleaved);
        mono.clear();
        mono.extend(
            interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32),
        );
        n += std::hint::black_box(&mono).len() as u64;
    }
    Ok(n)
}

fn golden(name: &str) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read(&path).with_context(|| path.display().to_string())
}

/// Noise of 16 bits in stereo at 44.1 kHz.
fn wav(seconds: u32) -> Vec<u8> {
    let data: Vec<u8> = (0..44_100 * 2 * seconds)
        .flat_map(|i| ((i.wrapping_mul(2_654_435_761) >> 16) as u16).to_le_bytes())
        .collect();
    let format = [0x0002_0001, 44_100, 4 * 44_100, 0x0010_0004_u32].map(u32::to_le_bytes).concat();
    let size = |n: usize| (n as u32).to_le_bytes();
    let chunks = [&b"WAVEfmt "[..], &size(16), &format, b"data", &size(data.len()), &data].concat();
    [&b"RIFF"[..], &size(chunks.len()), &chunks].concat()
}

/// The second frame of the golden file and those behind it, again and again.
fn mp3(seconds: usize) -> Result<Vec<u8>> {
    let file = golden("tone.mp3")?;
    let begins = |at: &usize| file[*at] == 0xff && file[at + 1] & 0xfe == 0xf2;
    let first = (0..file.len() - 1).filter(begins).nth(1).context("no second frame")?;
    Ok(file[first..].repeat(4 * seconds))
}

/// The first frame of the golden file, with consecutive numbers.
fn flac(seconds: usize) -> Result<Vec<u8>> {
    const BLOCK: usize = 4096;
    const RATE: usize = 22_050;
    let file = golden("tone.flac")?;
    let mut starts = (0..file.len() - 1).filter(|&at| file[at..at + 2] == [0xff, 0xf8] && at > 42);
    let first = starts.next().context("no frame")?;
    let second = starts.find(|&at| file[at + 4] == 1 && at > first + 5).context("no second frame")?;
    // Behind four bytes of header, a number of one byte and a checksum, and before the last checksum.
    let (head, body) = (&file[first..first + 4], &file[first + 6..second - 2]);
    let n_frames = (seconds * RATE / BLOCK) as u32;
    let mut info = file[8..42].to_vec();
    info[14..18].copy_from_slice(&(n_frames * BLOCK as u32).to_be_bytes());
    info[18..34].fill(0); // without a checksum
    let mut made = [&b"fLaC\x80\0\0\x22"[..], &info].concat();
    for number in 0..n_frames {
        let mut frame = [head, char::from_u32(number).context("too long")?.to_string().as_bytes()].concat();
        frame.push(crc(&frame, 0x07 << 8, 0xff00) as u8);
        frame.extend(body);
        frame.extend((crc(&frame, 0x8005, 0xffff) as u16).to_be_bytes());
        made.extend(frame);
    }
    Ok(made)
}

/// The checksum of some bytes, with a polynomial at the top of 16 bits; one of 8 bits comes out at the bottom.
fn crc(bytes: &[u8], polynomial: u32, mask: u32) -> u32 {
    let crc = bytes.iter().fold(0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 8, |crc, _| {
            (crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { polynomial }) & mask
        })
    });
    if mask == 0xff00 { crc >> 8 } else { crc }
}
