//! MP4 and `QuickTime` files as people have them: nothing is cut in silence, nothing sound is refused.
#![allow(clippy::float_cmp, reason = "lossless decoding is exact")]

use std::fs;

use cepstrum_dataset::{Damage, Error};

use crate::common::golden;
use crate::odd::{decode, refusal, whole};

fn atom(kind: &[u8], contents: &[u8]) -> Vec<u8> {
    [&(8 + contents.len() as u32).to_be_bytes()[..], kind, contents].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

const RATE: u32 = 44_100;

/// A file with one audio track, whose data is cut into packets of some samples each.
struct Movie {
    /// The boxes before the data.
    head: Vec<u8>,
    /// Kind and bits of the samples, and the boxes in their description.
    entry: ([u8; 4], u16, Vec<u8>),
    data: Vec<u8>,
    /// Bytes per packet.
    sizes: Vec<u32>,
    /// Samples of all packets.
    samples: u32,
    /// Boxes at the end of the header.
    extra: Vec<u8>,
}

impl Movie {
    fn new(kind: [u8; 4], bits: u16, data: Vec<u8>, sizes: Vec<u32>, samples: u32) -> Self {
        let head = atom(b"ftyp", b"qt  \0\0\0\0");
        Self { head, entry: (kind, bits, Vec::new()), data, sizes, samples, extra: Vec::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        let n = self.sizes.len() as u32;
        let duration = self.samples;
        let first = duration / n;
        let (kind, bits, boxes) = &self.entry;
        let entry = [
            &[0, 0, 0, 0, 0, 0, 0, 1][..],
            &[0; 8],
            &[0, 1],
            &bits.to_be_bytes(),
            &[0; 4],
            &words(&[RATE << 16]),
            boxes,
        ]
        .concat();
        let tables = [
            atom(b"stsd", &[words(&[0, 1]), atom(kind, &entry)].concat()),
            atom(b"stts", &words(&[0, 2, n - 1, first, 1, duration - (n - 1) * first])),
            atom(b"stsc", &words(&[0, 1, 1, n, 1])),
            atom(b"stsz", &[words(&[0, 0, n]), words(&self.sizes)].concat()),
            atom(b"stco", &words(&[0, 1, self.head.len() as u32 + 8])),
        ];
        let reference = atom(b"dref", &[words(&[0, 1]), atom(b"url ", &words(&[1]))].concat());
        let information =
            [atom(b"smhd", &[0; 8]), atom(b"dinf", &reference), atom(b"stbl", &tables.concat())];
        let media = [
            atom(b"mdhd", &words(&[0, 0, 0, RATE, duration, 0])),
            atom(b"hdlr", &[&[0; 8], &b"soun"[..], &[0; 13]].concat()),
            atom(b"minf", &information.concat()),
        ];
        let track = [
            atom(b"tkhd", &[words(&[7, 0, 0, 1, 0, duration]), vec![0; 60]].concat()),
            atom(b"mdia", &media.concat()),
        ];
        let movie = [
            atom(b"mvhd", &[words(&[0, 0, 0, RATE, duration]), vec![0; 80]].concat()),
            atom(b"trak", &track.concat()),
            self.extra.clone(),
        ];
        [self.head.clone(), atom(b"mdat", &self.data), atom(b"moov", &movie.concat())].concat()
    }
}

/// Files that are mended in front of symphonia.
pub(crate) fn examples() -> [Vec<u8>; 3] {
    let mp3 = mp3();
    let sizes: Vec<u32> = mp3.chunks(50).map(|packet| packet.len() as u32).collect();
    let packets = Movie::new(*b".mp3", 16, mp3, sizes, 5_760);
    let mut integers = Movie::new(*b"in24", 24, vec![7; 600], vec![3; 200], 200);
    integers.entry.2 = atom(b"wave", &atom(b"enda", &[0, 1]));
    let mut fragmented = Movie::new(*b"twos", 16, vec![7; 400], vec![2; 200], 200);
    fragmented.head = atom(b"wide", b"");
    fragmented.extra = atom(b"mvex", &atom(b"trex", &words(&[0, 1, 1, 1, 2, 0])));
    [packets.bytes(), integers.bytes(), fragmented.bytes()]
}

/// Frames of MP3 silence with sound in between, from a golden file without its tag.
fn mp3() -> Vec<u8> {
    let file = fs::read(golden("tone.mp3")).unwrap();
    let starts: Vec<usize> =
        (0..file.len() - 1).filter(|&at| file[at] == 0xff && file[at + 1] & 0xfe == 0xf2).collect();
    file[starts[1]..].to_vec()
}

#[test]
fn packets_need_not_be_frames_of_mp3() {
    let data = mp3();
    let expected = whole(data.clone());
    for size in [data.len(), 700, 50] {
        let sizes: Vec<u32> = data.chunks(size).map(|packet| packet.len() as u32).collect();
        let movie = Movie::new(*b".mp3", 16, data.clone(), sizes, expected.len() as u32);
        let decoded = whole(movie.bytes());
        assert!(decoded == expected, "packets of {size} bytes: {} of {}", decoded.len(), expected.len());
    }
}

#[test]
fn the_layer_is_that_of_the_frames() {
    let mut frame = vec![0xff, 0xfd, 10 << 4, 0]; // layer 2, 192 kbit/s, 44.1 kHz
    frame.resize(626, 0);
    let movie = Movie::new(*b".mp3", 16, frame.repeat(20), vec![626; 20], 20 * 1152);
    assert_eq!(whole(movie.bytes()).len(), 20 * 1152);
}

#[test]
fn integers_and_floats_are_big_endian_unless_the_file_says_otherwise() {
    let values: Vec<i32> = (0..4_000).map(|i: i32| i.wrapping_mul(0x0123_4567) & !0xff).collect();
    let expected: Vec<f32> = values.iter().map(|&value| value as f32 / 2_147_483_648.0).collect();
    let order =
        |little: bool| atom(b"wave", &[atom(b"frma", b"in24"), atom(b"enda", &[0, little.into()])].concat());
    let n = values.len();
    let bytes = |little: bool| -> Vec<u8> {
        let bytes = values.iter().map(|&value| value.to_be_bytes());
        bytes.flat_map(|[a, b, c, _]| if little { [c, b, a] } else { [a, b, c] }).collect()
    };
    for (boxes, little) in [(Vec::new(), false), (order(false), false), (order(true), true)] {
        let mut movie = Movie::new(*b"in24", 24, bytes(little), vec![3; n], n as u32);
        movie.entry.2 = boxes;
        assert!(whole(movie.bytes()) == expected, "little-endian: {little}");
    }
    let floats = expected.iter().flat_map(|value| value.to_be_bytes()).collect();
    assert!(whole(Movie::new(*b"fl32", 32, floats, vec![4; n], n as u32).bytes()) == expected);
}

#[test]
fn a_quicktime_file_without_a_type_is_read() {
    let data: Vec<u8> = (0..4_000_i16).flat_map(|i| i.wrapping_mul(7919).to_be_bytes()).collect();
    let mut movie = Movie::new(*b"twos", 16, data, vec![2; 4_000], 4_000);
    let expected = whole(movie.bytes());
    assert_eq!(expected.len(), 4_000);
    for head in [vec![], atom(b"wide", b""), atom(b"free", &[0; 100]), atom(b"skip", b"abc")] {
        movie.head = head;
        assert!(whole(movie.bytes()) == expected, "{:?}", movie.head);
    }
    // A cut one lacks its header.
    let cut = movie.bytes()[..2_000].to_vec();
    assert!(matches!(decode(cut), (_, Some(Error::Damaged { damage: Damage::Corrupt { .. }, .. }))));
}

#[test]
fn fragments_behind_the_tables_are_no_part_of_the_lengths_in_the_header() {
    let file = fs::read(golden("tone_aac.m4a")).unwrap();
    let expected = whole(file.clone());
    let movie = (0..file.len()).rev().find(|&at| file[at..].starts_with(b"moov")).unwrap() - 4;
    // The defaults of one track; and an edit and a media header that end after half of the packets.
    let fragments = atom(b"mvex", &atom(b"trex", &words(&[0, 1, 1, 1024, 0, 0])));
    let mut header = file[movie..].to_vec();
    let size = (header.len() + fragments.len()) as u32;
    header[..4].copy_from_slice(&size.to_be_bytes());
    for (kind, at) in [(b"mdhd", 16), (b"elst", 8)] {
        let at = header.windows(4).position(|bytes| bytes == kind).unwrap() + 4 + at;
        let length = u32::from_be_bytes(header[at..at + 4].try_into().unwrap()) / 2;
        header[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    let decoded = whole([&file[..movie], &header, &fragments].concat());
    assert!(decoded.len() >= expected.len() && decoded[..expected.len()] == expected);
}

#[test]
fn codecs_that_are_not_decoded_are_named() {
    for (kind, name) in [
        (b"alaw", "A-law in QuickTime"),
        (b"ima4", "IMA ADPCM in QuickTime"),
        (b"enca", "encrypted audio"),
        (b"samr", "AMR"),
        (b"abcd", "\"abcd\" in MP4"),
    ] {
        let movie = Movie::new(*kind, 16, vec![7; 400], vec![40; 10], 1_600);
        assert_eq!(refusal(movie.bytes()), format!("{name} is not supported"));
    }
}
