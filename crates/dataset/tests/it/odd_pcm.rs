//! WAV, AIFF, CAF and `.au` as programs write them that do not follow the book: the samples are those of a plain file.
#![allow(clippy::float_cmp, reason = "lossless decoding is exact")]

use std::io::Cursor;

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{Damage, Error, Result};

const N: i16 = 20_000;

fn decode(bytes: Vec<u8>) -> Result<Vec<f32>> {
    let mut reader = AudioReader::new(Cursor::new(bytes), None)?;
    let mut samples = Vec::new();
    while let Some(block) = reader.next_block()? {
        samples.extend_from_slice(block);
    }
    Ok(samples)
}

/// Samples of 16 bits that use the whole range.
fn values() -> Vec<i16> {
    (0..N).map(|i| i.wrapping_mul(7919)).collect()
}

fn expected() -> Vec<f32> {
    values().into_iter().map(|value| f32::from(value) / 32_768.0).collect()
}

fn chunk(name: &[u8], contents: &[u8]) -> Vec<u8> {
    [name, &(contents.len() as u32).to_le_bytes(), contents].concat()
}

/// A format chunk's contents: tag, channels, rate, bits and bytes per frame.
fn format(tag: u16, channels: u16, bits: u16, align: u16) -> Vec<u8> {
    let mut format = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    format.extend(22_050_u32.to_le_bytes());
    format.extend((22_050 * u32::from(align)).to_le_bytes());
    format.extend([align.to_le_bytes(), bits.to_le_bytes()].concat());
    format
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let inner = [&[b"WAVE".to_vec()], chunks].concat().concat();
    chunk(b"RIFF", &inner)
}

fn pcm16() -> Vec<u8> {
    values().into_iter().flat_map(i16::to_le_bytes).collect()
}

/// A mono file of 16 bits, with other sizes in its outer and in its data chunk.
fn sized(outer: Option<u32>, data: Option<u32>) -> Vec<u8> {
    let mut file = riff(&[chunk(b"fmt ", &format(1, 1, 16, 2)), chunk(b"data", &pcm16())]);
    if let Some(size) = outer {
        file[4..8].copy_from_slice(&size.to_le_bytes());
    }
    if let Some(size) = data {
        file[40..44].copy_from_slice(&size.to_le_bytes());
    }
    file
}

#[test]
fn a_wav_whose_sizes_are_placeholders_or_too_small_is_whole() {
    let size = 2 * N as u32;
    for (outer, data) in [
        (Some(u32::MAX), Some(u32::MAX)),
        (Some(0x7fff_f024), Some(0x7fff_f000)),
        (Some(0x8000_0000), Some(0x7fff_ffff)),
        (Some(0), Some(0)),
        (None, Some(0)),
        (Some(0), None),
        (Some(28 + size), None),
        (Some(36), None),
        (None, None),
    ] {
        assert!(decode(sized(outer, data)).unwrap() == expected(), "{outer:x?} {data:x?}");
    }
}

#[test]
fn a_wav_that_promises_more_than_it_has_is_damaged() {
    let error = decode(sized(None, Some(2 * N as u32 + 1_000))).unwrap_err();
    let Error::Damaged { damage: Damage::EndsEarly { declared }, decoded } = error else { panic!("{error}") };
    assert_eq!((declared, decoded), (N as u64 + 500, N as u64));
}

#[test]
fn a_wav_without_samples_is_empty_even_with_a_chunk_behind() {
    for tail in [vec![], chunk(b"LIST", b"INFOISFT\x04\0\0\0made")] {
        let file = riff(&[chunk(b"fmt ", &format(1, 1, 16, 2)), chunk(b"data", b""), tail]);
        assert!(matches!(decode(file), Err(Error::EmptyAudio)));
    }
}

#[test]
fn the_64_bit_relatives_of_wav_are_read() {
    let sizes = [0_u64, 2 * N as u64, N as u64].map(u64::to_le_bytes).concat();
    for outer in [b"RF64", b"BW64"] {
        let ds64 = chunk(b"ds64", &[&sizes[..], &[0; 4]].concat());
        let mut file = riff(&[ds64, chunk(b"fmt ", &format(1, 1, 16, 2)), chunk(b"data", &pcm16())]);
        file[..8].copy_from_slice(&[&outer[..], &[0xff; 4]].concat());
        let data = file.len() - pcm16().len();
        file[data - 4..data].fill(0xff);
        file.extend(chunk(b"LIST", b"INFO")); // must not be taken for samples
        assert!(decode(file).unwrap() == expected());
    }
    let guid = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    let w64 = |name: &[u8], guid: &[u8], contents: &[u8]| {
        let size = (24 + contents.len() as u64).to_le_bytes();
        let mut chunk = [name, guid, &size, contents].concat();
        chunk.resize(chunk.len().next_multiple_of(8), 0);
        chunk
    };
    let inner = [
        b"wave".to_vec(),
        guid.to_vec(),
        w64(b"fmt ", guid, &format(1, 1, 16, 2)),
        w64(b"data", guid, &pcm16()),
    ];
    let outer = b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";
    assert!(decode(w64(b"riff", outer, &inner.concat())).unwrap() == expected());
}

#[test]
fn big_endian_wav_is_read() {
    let be = |name: &[u8], contents: &[u8]| [name, &(contents.len() as u32).to_be_bytes(), contents].concat();
    let mut format = [1_u16.to_be_bytes(), 1_u16.to_be_bytes()].concat();
    format.extend([22_050_u32.to_be_bytes(), 44_100_u32.to_be_bytes()].concat());
    format.extend([2_u16.to_be_bytes(), 16_u16.to_be_bytes()].concat());
    let samples: Vec<u8> = values().into_iter().flat_map(i16::to_be_bytes).collect();
    let inner = [b"WAVE".to_vec(), be(b"fmt ", &format), be(b"data", &samples)].concat();
    assert!(decode(be(b"RIFX", &inner)).unwrap() == expected());
}

#[test]
fn chunks_of_odd_size_are_passed_over_with_and_without_a_pad_byte() {
    for pad in [vec![], vec![0]] {
        let odd = [chunk(b"bext", &[b'x'; 603]), pad].concat();
        let file = riff(&[chunk(b"fmt ", &format(1, 1, 16, 2)), odd, chunk(b"data", &pcm16())]);
        assert!(decode(file).unwrap() == expected());
    }
    let tagged = [b"ID3\x03\0\0\0\0\x10\0".to_vec(), vec![0; 2048], sized(None, None)].concat();
    assert!(decode(tagged).unwrap() == expected());
}

#[test]
fn samples_narrower_than_their_container_are_read_from_either_end_of_it() {
    // The lowest bit is part of the sample.
    let wide = |bits: u32, value: i16| i32::from(value) << (bits - 16) | 1;
    for (bits, bytes) in [(20_u32, 3), (24, 4), (20, 4), (16, 4)] {
        let unused = 8 * bytes as u32 - bits;
        // At the top, and at the bottom with the sign or with zeros above.
        for (shift, mask) in [(unused, u32::MAX), (0, u32::MAX), (0, u32::MAX >> (32 - bits))] {
            let stored = |value| (wide(bits, value) << shift) as u32 & mask;
            let samples: Vec<u8> = values()
                .into_iter()
                .flat_map(|value| stored(value).to_le_bytes()[..bytes].to_vec())
                .collect();
            let format = format(1, 1, bits as u16, bytes as u16);
            let file = riff(&[chunk(b"fmt ", &format), chunk(b"data", &samples)]);
            let full_scale = f64::from(bits - 1).exp2();
            let exact = |value| (f64::from(wide(bits, value)) / full_scale) as f32;
            let expected: Vec<f32> = values().into_iter().map(exact).collect();
            assert!(
                decode(file).unwrap() == expected,
                "{bits} bits in {bytes} bytes, by {shift} of {mask:x}"
            );
        }
    }
    // 12 bits at the top of 16.
    let top: Vec<u8> = values().into_iter().flat_map(|value| (value & !15).to_le_bytes()).collect();
    let file = riff(&[chunk(b"fmt ", &format(1, 1, 12, 2)), chunk(b"data", &top)]);
    let expected: Vec<f32> = values().into_iter().map(|value| f32::from(value & !15) / 32_768.0).collect();
    assert!(decode(file).unwrap() == expected);
}

/// Two blocks of IMA ADPCM.
pub(crate) fn ima() -> Vec<u8> {
    let block: Vec<u8> = [24, 252, 40, 0].into_iter().chain((0..96_u8).map(|i| i.wrapping_mul(57))).collect();
    riff(&[chunk(b"fmt ", &format(0x11, 1, 4, 100)), chunk(b"data", &block.repeat(2))])
}

/// What libsndfile 1.2 and ffmpeg decode from this block.
#[test]
fn ima_adpcm_rounds_as_the_standard_says() {
    let nibbles =
        [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0x7f, 0x3c, 0xa5, 0x4b, 0x77, 0x77, 0xff, 0x0f];
    let expected: Vec<f32> = [
        -1234, -1192, -1078, -905, -685, -427, -45, 618, 1975, 1781, 1253, 452, -567, -1759, -3521, -6572,
        -12808, -26180, 2486, -32768, -4099, 32767, 12289, -13780, 16691, 32767, 32767, 32767, 32767, -28669,
        -32768, -32768, -28673_i32,
    ]
    .map(|value| value as f32 / 32_768.0)
    .to_vec();
    let block = |first: i16| [&first.to_le_bytes()[..], &[40, 0], &nibbles].concat();
    let file = |channels: u16, data: &[u8]| {
        riff(&[chunk(b"fmt ", &format(0x11, channels, 4, 20 * channels)), chunk(b"data", data)])
    };
    let two = block(-1234).repeat(2);
    assert_eq!(decode(file(1, &two)).unwrap(), expected.repeat(2));
    // A last block may be shorter.
    assert_eq!(decode(file(1, &two[..32])).unwrap(), [&expected[..], &expected[..17]].concat());
    // Four bytes of each channel in turn.
    let stereo: Vec<u8> = block(-1234).chunks(4).flat_map(|group| [group, group].concat()).collect();
    assert_eq!(decode(file(2, &stereo)).unwrap(), expected);
    let mut reader = AudioReader::new(Cursor::new(file(1, &two.repeat(50))), None).unwrap();
    assert_eq!(reader.declared_len(), Some(100 * 33));
    reader.skip(70 * 33 + 5).unwrap();
    assert_eq!(reader.next_block().unwrap().unwrap(), &expected[5..]);
    // A block must hold its header.
    assert!(matches!(
        decode(riff(&[chunk(b"fmt ", &format(0x11, 2, 4, 7)), chunk(b"data", &two)])),
        Err(Error::Undecodable { .. })
    ));
}

#[test]
fn microsofts_adpcm_of_an_odd_size_is_read() {
    let pairs = [256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232_i16];
    let extension = [32, 2 + 2 * 64, 7].into_iter().chain(pairs).flat_map(i16::to_le_bytes);
    let format: Vec<u8> = format(2, 1, 4, 71).into_iter().chain(extension).collect();
    // Predictor, step, the first two samples, the newer one first, and the others.
    let block = [&[0, 16, 0, 200, 0, 100, 0][..], &[0; 64]].concat();
    // W64 fills the format up.
    for format in [format.clone(), [format, vec![0; 6]].concat()] {
        let samples = decode(riff(&[chunk(b"fmt ", &format), chunk(b"data", &block.repeat(3))])).unwrap();
        assert_eq!(samples.len(), 3 * 130);
        assert_eq!(samples[..3], [100.0 / 32_768.0, 200.0 / 32_768.0, 200.0 / 32_768.0]);
    }
}

#[test]
fn wav_with_another_codec_is_named() {
    for (tag, name) in
        [(0x31, "GSM in WAV"), (0x161, "WMA in WAV"), (0xff, "AAC in WAV"), (0x1234, "codec 0x1234 in WAV")]
    {
        let file = riff(&[chunk(b"fmt ", &format(tag, 1, 0, 65)), chunk(b"data", &[7; 650])]);
        let error = decode(file).unwrap_err();
        assert_eq!(error.to_string(), format!("{name} is not supported"));
        assert!(matches!(error, Error::Unsupported { .. }));
    }
}

fn be_chunk(name: &[u8], contents: &[u8]) -> Vec<u8> {
    [name, &(contents.len() as u32).to_be_bytes(), contents].concat()
}

/// An AIFF file of 16 bits, with a chunk of odd size before the samples, padded by some bytes.
fn aiff(pad: &[u8]) -> Vec<u8> {
    let samples: Vec<u8> = values().into_iter().flat_map(i16::to_be_bytes).collect();
    let rate = [0x40, 0x0d, 0xac, 0x44, 0, 0, 0, 0, 0, 0]; // 22,050
    let common = [&1_u16.to_be_bytes()[..], &(N as u32).to_be_bytes(), &16_u16.to_be_bytes(), &rate].concat();
    let sound = [&[0; 8][..], &samples].concat();
    let name = [be_chunk(b"NAME", b"odd"), pad.to_vec()].concat();
    let inner = [b"AIFF".to_vec(), be_chunk(b"COMM", &common), name, be_chunk(b"SSND", &sound)].concat();
    be_chunk(b"FORM", &inner)
}

#[test]
fn an_aiff_with_a_wrong_outer_size_or_a_missing_pad_byte_is_whole() {
    for pad in [&[0][..], &[]] {
        assert!(decode(aiff(pad)).unwrap() == expected(), "{pad:?}");
    }
    for off in [8, 1, -8, i32::MIN] {
        let mut file = aiff(&[0]);
        let size = u32::from_be_bytes([file[4], file[5], file[6], file[7]]).wrapping_add_signed(off);
        file[4..8].copy_from_slice(&size.to_be_bytes());
        assert!(decode(file).unwrap() == expected(), "{off}");
    }
}

/// The description of the samples promises others than their chunk holds.
#[test]
fn the_chunk_of_an_aiff_counts() {
    let common = 8 + 4 + 8 + 2; // where the description has the number of frames
    for promised in [1, N as u32 - 100, N as u32 + 100] {
        let mut file = aiff(&[0]);
        file[common..common + 4].copy_from_slice(&promised.to_be_bytes());
        assert!(decode(file).unwrap() == expected(), "{promised}");
    }
    // A chunk that reaches beyond the file is no promise while the description is one.
    let mut file = aiff(&[0]);
    let size = file.len() - 2 * N as usize - 12;
    file[size..size + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(decode(file).unwrap() == expected());
}

#[test]
fn the_last_of_two_descriptions_and_of_two_chunks_of_an_aiff_count() {
    let file = aiff(&[0]);
    let chunks = &file[12..];
    let sound = chunks.windows(4).position(|bytes| bytes == b"SSND").unwrap();
    // The same description at another rate, and a chunk of other samples, before those of the file.
    let mut common = chunks[..26].to_vec();
    common[17] = 0x0c;
    let first = be_chunk(b"SSND", &[1; 108]);
    let inner = [b"AIFF", &common[..], &first, &chunks[..sound], &chunks[sound..]].concat();
    let mut reader = AudioReader::new(Cursor::new(be_chunk(b"FORM", &inner)), None).unwrap();
    assert_eq!((reader.sample_rate(), reader.declared_len()), (22_050, Some(N as u64)));
    assert!(reader.next_block().unwrap().unwrap()[..100] == expected()[..100]);
}

#[test]
fn a_cut_aiff_keeps_its_samples() {
    let whole = aiff(&[0]);
    let mut reader = AudioReader::new(Cursor::new(whole[..whole.len() - 4_001].to_vec()), None).unwrap();
    let mut samples = Vec::new();
    let error = loop {
        match reader.next_block() {
            Ok(Some(block)) => samples.extend_from_slice(block),
            Ok(None) => panic!("no damage"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, Error::Damaged { damage: Damage::EndsEarly { declared: 20_000 }, .. }),
        "{error}"
    );
    assert!(samples[..] == expected()[..N as usize - 2_001]);
}

#[test]
fn caf_is_read_in_every_uncompressed_form() {
    let file = |format: &[u8; 4], flags: u32, bytes: u32, bits: u32, size: i64, data: &[u8]| {
        let words = [flags, bytes, 1, 1, bits].map(u32::to_be_bytes).concat();
        let description = [&22_050_f64.to_be_bytes()[..], format, &words].concat();
        let chunk = |name: &[u8], size: i64, contents: &[u8]| [name, &size.to_be_bytes(), contents].concat();
        let data = [&[0; 4], data].concat();
        [
            b"caff\0\x01\0\0".to_vec(),
            chunk(b"desc", 32, &description),
            chunk(b"free", 3, b"..."),
            chunk(b"data", size, &data),
        ]
        .concat()
    };
    let little = pcm16();
    let big: Vec<u8> = values().into_iter().flat_map(i16::to_be_bytes).collect();
    let floats: Vec<u8> = expected().into_iter().flat_map(f32::to_be_bytes).collect();
    let size = |data: &[u8]| data.len() as i64 + 4;
    assert!(decode(file(b"lpcm", 2, 2, 16, size(&little), &little)).unwrap() == expected());
    assert!(decode(file(b"lpcm", 0, 2, 16, size(&big), &big)).unwrap() == expected());
    assert!(decode(file(b"lpcm", 1, 4, 32, size(&floats), &floats)).unwrap() == expected());
    // Of unknown length.
    assert!(decode(file(b"lpcm", 2, 2, 16, -1, &little)).unwrap() == expected());
    let error = decode(file(b"alac", 0, 0, 0, 104, &[7; 100])).unwrap_err();
    assert_eq!(error.to_string(), "Apple Lossless in CAF is not supported");
}

#[test]
fn au_has_a_law_another_order_and_unknown_lengths() {
    let header =
        |magic: &[u8; 4], words: [u32; 5]| [magic.to_vec(), words.map(u32::to_be_bytes).concat()].concat();
    let a_law = [header(b".snd", [24, 4, 27, 8_000, 1]), vec![0xd5, 0x55, 0xaa, 0x2a]].concat();
    let scaled = [8.0, -8.0, 32_256.0, -32_256.0].map(|value: f32| value / 32_768.0);
    assert_eq!(decode(a_law).unwrap(), scaled);
    let words = [24, 2 * N as u32, 3, 22_050, 1].map(u32::to_le_bytes).concat();
    assert!(decode([b"dns.".to_vec(), words, pcm16()].concat()).unwrap() == expected());
    let big: Vec<u8> = values().into_iter().flat_map(i16::to_be_bytes).collect();
    for size in [0, u32::MAX] {
        assert!(
            decode([header(b".snd", [24, size, 3, 22_050, 1]), big.clone()].concat()).unwrap() == expected()
        );
    }
    let error = decode([header(b".snd", [24, 4, 23, 8_000, 1]), vec![0; 4]].concat()).unwrap_err();
    assert_eq!(error.to_string(), "G.721 ADPCM in Sun au is not supported");
}
