//! Compressed streams as people have them: nothing is cut in silence, nothing sound is refused.

use std::fs;
use std::io::Cursor;

use cepstrum_dataset::decode::AudioReader;
use cepstrum_dataset::{Damage, Error};

use crate::common::golden;

/// The samples up to the end or to the first error, and that error.
fn decode(bytes: Vec<u8>) -> (Vec<f32>, Option<Error>) {
    let mut samples = Vec::new();
    let mut reader = match AudioReader::new(Cursor::new(bytes), None) {
        Ok(reader) => reader,
        Err(error) => return (samples, Some(error)),
    };
    loop {
        match reader.next_block() {
            Ok(Some(block)) => samples.extend_from_slice(block),
            Ok(None) => return (samples, None),
            Err(error) => return (samples, Some(error)),
        }
    }
}

/// The samples of a stream without an error.
fn whole(bytes: Vec<u8>) -> Vec<f32> {
    let (samples, error) = decode(bytes);
    assert!(error.is_none(), "{error:?}");
    samples
}

fn refusal(bytes: Vec<u8>) -> String {
    match decode(bytes) {
        (_, Some(error @ Error::Unsupported { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A frame of silence of MPEG-1 at 44.1 kHz, of a layer, bit rate index and channel mode.
fn frame(layer: u8, rate: u8, mono: bool) -> Vec<u8> {
    let kbps = match layer {
        2 => [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384][usize::from(rate)],
        _ => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320][usize::from(rate)],
    };
    let length = 144_000 * kbps / 44_100;
    let mut frame = vec![0xff, 0xf1 | (4 - layer) << 1 | 8, rate << 4, if mono { 0xc0 } else { 0 }];
    frame.resize(length, 0);
    frame
}

fn frames(n: usize, rate: u8) -> Vec<u8> {
    frame(3, rate, false).repeat(n)
}

/// A frame with a tag of some frames, delay and padding.
fn tag(n: u32, delay_and_padding: Option<(u32, u32)>) -> Vec<u8> {
    let mut tag = frame(3, 9, false);
    tag[36..40].copy_from_slice(b"Xing");
    tag[43] = 1; // the number of frames
    tag[44..48].copy_from_slice(&n.to_be_bytes());
    if let Some((delay, padding)) = delay_and_padding {
        tag[48..57].copy_from_slice(b"LAME3.93 ");
        tag[69..72].copy_from_slice(&(delay << 12 | padding).to_be_bytes()[1..]);
    }
    tag
}

const FRAME: usize = 1152;

#[test]
fn an_mp3_of_variable_bit_rate_without_a_tag_is_whole() {
    // From the first frames symphonia estimates a tenth of this length, or ten times as much.
    for (first, then) in [(14, 1), (1, 14)] {
        let file = [frames(20, first), frames(200, then)].concat();
        assert_eq!(whole(file).len(), 220 * FRAME);
    }
}

#[test]
fn an_mp3_of_any_length_is_whole() {
    for n in 1..6 {
        assert_eq!(whole(frames(n, 9)).len(), n * FRAME);
        // A last frame that is cut is no frame.
        let cut = [frames(n, 9), frames(1, 9)[..100].to_vec()].concat();
        assert_eq!(whole(cut).len(), n * FRAME);
    }
}

/// ISO's conformance stream `he_common` goes through all values of the header, the reserved emphasis among them.
#[test]
fn a_reserved_emphasis_is_no_reason_to_drop_a_frame() {
    let mut reserved = frame(3, 9, false);
    reserved[3] |= 2;
    let file = [frames(3, 9), reserved.repeat(2), frames(3, 9)].concat();
    assert_eq!(whole(file).len(), 8 * FRAME);
}

#[test]
fn the_tag_of_an_mp3_promises_a_length_within_its_tolerance() {
    let delay_and_padding = Some((576, 1105));
    let length = |frames: usize| frames * FRAME - 529 - 576 - (1105 - 529);
    let file = |promised, n| [tag(promised, delay_and_padding), frames(n, 9)].concat();
    assert_eq!(whole(file(50, 50)).len(), length(50));
    // LAME up to 3.94 promises a frame too many; what remains has no padding.
    assert_eq!(whole(file(50, 49)).len(), 49 * FRAME - 529 - 576);
    let (samples, error) = decode(file(50, 45));
    let Some(Error::Damaged { damage: Damage::EndsEarly { declared }, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!((samples.len(), declared), (45 * FRAME - 529 - 576, length(50) as u64));
    // Frames behind the promised ones are sound as well, and what would be padding is not.
    assert_eq!(whole(file(40, 50)).len(), 50 * FRAME - 529 - 576);
    // A tag of no frames promises nothing, and its delay still is one.
    assert_eq!(whole(file(0, 50)).len(), 50 * FRAME - 529 - 576);
    // A tag that counts itself.
    assert_eq!(whole([tag(51, None), frames(50, 9)].concat()).len(), 50 * FRAME);
}

#[test]
fn an_mp3_that_changes_its_channels_is_whole() {
    let mono = frame(3, 5, true).repeat(30);
    assert_eq!(whole([mono.clone(), frames(20, 9)].concat()).len(), 50 * FRAME);
    assert_eq!(whole([frames(20, 9), mono].concat()).len(), 50 * FRAME);
}

#[test]
fn tags_and_garbage_around_and_between_frames_are_passed_over() {
    let id3v2 = [b"ID3\x03\0\0\0\0\x10\0".to_vec(), b"\xff\xfb\x90\0".repeat(512)].concat();
    let id3v1 = [b"TAG".to_vec(), vec![b' '; 125]].concat();
    let footer = |size: u32| {
        [b"APETAGEX".to_vec(), [2000, size, 1, 0].map(u32::to_le_bytes).concat(), vec![0; 8]].concat()
    };
    let ape = [vec![b'x'; 40], footer(72)].concat();
    for file in [
        [id3v2.clone(), id3v2.clone(), frames(30, 9)].concat(),
        [frames(30, 9), ape, id3v1.clone()].concat(),
        [frames(10, 9), id3v1, id3v2, frames(20, 9)].concat(),
        [vec![0; 100_000], frames(30, 9), vec![0; 5_000]].concat(),
        [frames(10, 9), vec![0x55; 700], frames(20, 9)].concat(),
    ] {
        assert_eq!(whole(file).len(), 30 * FRAME);
    }
}

#[test]
fn layers_1_and_2_are_decoded() {
    assert_eq!(whole(frame(2, 10, false).repeat(20)).len(), 20 * FRAME);
    // Layer 1 counts in slots of four bytes: 384 kbit/s make 104 of them.
    let mut layer_1 = vec![0xff, 0xff, 0xc0, 0];
    layer_1.resize(416, 0);
    assert_eq!(whole(layer_1.repeat(20)).len(), 20 * 384);
}

#[test]
fn mp3_inside_wav_is_decoded() {
    let data = frames(30, 9);
    let chunk =
        |name: &[u8], contents: &[u8]| [name, &(contents.len() as u32).to_le_bytes(), contents].concat();
    let format = [0x55, 0, 2, 0, 0x44, 0xac, 0, 0, 0x80, 0x3e, 0, 0, 1, 0, 0, 0, 12, 0];
    let format = [&format[..], &[0; 12]].concat();
    let inner = [b"WAVE".to_vec(), chunk(b"fmt ", &format), chunk(b"data", &data), chunk(b"LIST", b"INFO")];
    assert_eq!(whole(chunk(b"RIFF", &inner.concat())).len(), 30 * FRAME);
}

#[test]
fn free_format_and_mixed_blocks_are_named() {
    // 400 kbit/s at 44.1 kHz: 1306 bytes, and a padding byte now and then.
    let free = |padding: u8| {
        let mut frame = vec![0xff, 0xfb, padding << 1, 0];
        frame.resize(1306 + usize::from(padding), 0);
        frame
    };
    let file = [free(0), free(0), free(1), free(0), free(1)].concat();
    assert_eq!(refusal(file), "free-format MP3 is not supported");

    // The first granule of the first channel has window switching, short blocks and the flag.
    let mut mixed = frame(3, 9, false);
    let at = 8 * 4 + 20 + 33;
    for bit in [at, at + 1, at + 3] {
        mixed[bit / 8] |= 0x80 >> (bit % 8);
    }
    let (samples, error) = decode([frames(5, 9), mixed, frames(5, 9)].concat());
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("MP3 with mixed blocks is not supported")
    );
    assert_eq!(samples.len(), 5 * FRAME);
}

/// An ADTS frame of AAC silence at 44.1 kHz with some bytes of an extension.
fn adts(kind: u8, fill: usize) -> Vec<u8> {
    let silence = ["000", "0000", "00000000", "0", "00", "0", "000000", "0000"].concat();
    let count = if fill < 15 { format!("{fill:04b}") } else { format!("1111{:08b}", fill - 14) };
    let bits = format!("{silence}110{count}{kind:04b}{}111", "0110".repeat(2 * fill - 1));
    let bytes = bits.as_bytes().chunks(8);
    let data: Vec<u8> =
        bytes.map(|byte| (0..8).fold(0, |v, i| v << 1 | u8::from(byte.get(i) == Some(&b'1')))).collect();
    let length = 7 + data.len();
    let head = [
        0xff,
        0xf1,
        0x50,
        0x40 | (length >> 11) as u8,
        (length >> 3) as u8,
        (length << 5) as u8 | 0x1f,
        0xfc,
    ];
    [head.to_vec(), data].concat()
}

#[test]
fn adts_is_not_judged_by_an_estimate() {
    for (first, then) in [(250, 1), (1, 250)] {
        let file = [adts(0, first).repeat(20), adts(0, then).repeat(200)].concat();
        assert_eq!(whole(file).len(), 220 * 1024);
    }
    // Behind a tag, as podcasts have it.
    let tagged = [b"ID3\x04\0\0\0\0\x10\0".to_vec(), vec![0; 2048], adts(0, 9).repeat(30)].concat();
    assert_eq!(whole(tagged).len(), 30 * 1024);
}

#[test]
fn he_aac_is_named() {
    assert_eq!(refusal(adts(13, 40).repeat(30)), "HE-AAC (SBR) is not supported");
    assert_eq!(refusal(adts(14, 9).repeat(30)), "HE-AAC (SBR) is not supported");
    // SBR may begin a little later than the sound.
    assert_eq!(
        refusal([adts(0, 9).repeat(3), adts(13, 9).repeat(9)].concat()),
        "HE-AAC (SBR) is not supported"
    );
}

fn read(name: &str) -> Vec<u8> {
    fs::read(golden(name)).unwrap()
}

fn plain(name: &str) -> Vec<f32> {
    whole(read(name))
}

/// The place of the only occurrence of some bytes.
fn find(bytes: &[u8], part: &[u8]) -> usize {
    let mut places = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(part));
    let place = places.next().unwrap();
    assert!(places.next().is_none());
    place
}

#[test]
fn flac_with_tags_behind_and_odd_headers_is_whole() {
    let file = read("tone.flac");
    let expected = plain("tone.flac");
    let id3v1 = [b"TAG".to_vec(), vec![b' '; 125]].concat();
    let ape =
        [b"APETAGEX".to_vec(), [2000_u32, 32, 0, 0].map(u32::to_le_bytes).concat(), vec![0; 8]].concat();
    let mut no_minimum = file.clone();
    no_minimum[8..10].fill(0);
    // The cue sheet of a CD, whose lead-out has no index, behind STREAMINFO.
    let track = [&0_u64.to_be_bytes()[..], &[170], &[0; 12], &[0x40], &[0; 13], &[0]].concat();
    let sheet = [vec![0; 128], vec![0; 8], vec![0x80], vec![0; 258], vec![1], track].concat();
    let block = [&[5], &(sheet.len() as u32).to_be_bytes()[1..], &sheet].concat();
    let with_sheet = [&file[..42], &block, &file[42..]].concat();
    for (what, file) in [
        ("ID3v1", [file.clone(), id3v1.clone()].concat()),
        ("APE", [file.clone(), ape.clone()].concat()),
        ("APE and ID3v1", [file, ape, id3v1].concat()),
        ("no minimum", no_minimum),
        ("cue sheet", with_sheet),
    ] {
        assert!(whole(file) == expected, "{what}");
    }
}

#[test]
fn flac_of_another_rate_inside_is_named() {
    let mut file = read("tone.flac");
    // Of unknown length and without a checksum, as from a pipe; the header says 44.1 kHz, the frames 22.05 kHz.
    file[21] &= 0xf0;
    file[22..42].fill(0);
    assert_eq!(whole(file.clone()).len(), plain("tone.flac").len());
    let rate = 44_100_u32 << 4;
    file[18..20].copy_from_slice(&rate.to_be_bytes()[1..3]);
    file[20] = (rate as u8) & 0xf0 | file[20] & 0x0f;
    assert_eq!(refusal(file), "FLAC whose sample rate, channels or bits change inside is not supported");
}

#[test]
fn flac_of_32_bits_in_two_channels_is_named() {
    let mut file = read("tone.flac");
    file[20] = file[20] & 0xf0 | 0b0011; // two channels, and the highest bit of the number of bits
    file[21] |= 0xf0;
    assert_eq!(refusal(file), "FLAC of 32 bits with two channels is not supported");
}

#[test]
fn m4a_whose_boxes_do_not_fit_the_file_is_read() {
    let file = read("tone_stereo_aac.m4a"); // with the audio at the end
    let expected = plain("tone_stereo_aac.m4a");
    let at = find(&file, b"mdat") - 4;
    let mut open = file.clone();
    open[at..at + 4].fill(0);
    assert!(whole(open) == expected);
    let (samples, error) = decode(file[..file.len() * 2 / 3].to_vec());
    assert!(matches!(error, Some(Error::Damaged { damage: Damage::EndsEarly { .. }, .. })), "{error:?}");
    assert!(samples.len() > expected.len() / 3 && samples[..] == expected[..samples.len()]);
}

#[test]
fn the_delay_in_a_tag_of_itunes_is_removed() {
    let mut file = read("tone_aac.m4a"); // with the headers at the end
    let expected = plain("tone_aac.m4a");
    let edits = find(&file, b"edts");
    file[edits..edits + 4].copy_from_slice(b"free");
    let untrimmed = whole(file.clone());
    assert!(untrimmed.len() >= expected.len() + 1024);
    let atom = |kind: &[u8], contents: &[u8]| {
        [&(8 + contents.len() as u32).to_be_bytes()[..], kind, contents].concat()
    };
    let text = format!(" 00000000 00000400 00000000 {:016X}", expected.len());
    let item = [
        atom(b"mean", b"\0\0\0\0com.apple.iTunes"),
        atom(b"name", b"\0\0\0\0iTunSMPB"),
        atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text.as_bytes()].concat()),
    ];
    let list = atom(b"ilst", &atom(b"----", &item.concat()));
    let tag = atom(b"udta", &atom(b"meta", &[vec![0; 4], list].concat()));
    let movie = find(&file, b"moov") - 4;
    let size = u32::from_be_bytes(file[movie..movie + 4].try_into().unwrap());
    assert_eq!(movie + size as usize, file.len());
    file[movie..movie + 4].copy_from_slice(&(size + tag.len() as u32).to_be_bytes());
    file.extend(tag);
    assert!(whole(file) == expected);
}

#[test]
fn matroska_that_does_not_name_its_programs_is_read() {
    let mut file = read("tone_flac.mka");
    let expected = plain("tone_flac.mka");
    for id in [&b"\x4d\x80"[..], b"\x57\x41"] {
        // Of another number, which is passed over.
        let at = find(&file[..300], id);
        file[at..at + 2].copy_from_slice(b"\x7b\xa9");
    }
    assert!(whole(file) == expected);
}

/// The checksum of an Ogg page, in which its own place is 0.
fn page_checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[test]
fn chained_ogg_is_read_through_all_links() {
    let (first, second) = (read("tone.ogg"), read("tone_stereo.ogg"));
    let expected = [plain("tone.ogg"), plain("tone_stereo.ogg")].concat();
    assert!(whole([first.clone(), second.clone()].concat()) == expected);

    // The second link at twice the rate: half as many samples at the rate of the first.
    let mut fast = second.clone();
    let page = 28 + 30; // the first page has one packet of 30 bytes
    let rate = find(&fast[..page], &22_050_u32.to_le_bytes());
    fast[rate..rate + 4].copy_from_slice(&44_100_u32.to_le_bytes());
    fast[22..26].fill(0);
    let checksum = page_checksum(&fast[..page]);
    fast[22..26].copy_from_slice(&checksum.to_le_bytes());
    let both = whole([first, fast].concat());
    let (first, second) = (plain("tone.ogg").len(), plain("tone_stereo.ogg").len());
    assert_eq!(both.len(), first + second.div_ceil(2));
    assert!(both[..first] == expected[..first]);
}

#[test]
fn opus_in_ogg_begins_behind_its_delay_in_every_link() {
    let file = read("tone_opus.opus");
    let expected = plain("tone_opus.opus");
    assert_eq!(expected.len(), 12_000); // a quarter of a second at 48 kHz
    assert!(whole([file.clone(), file.clone()].concat()) == [expected.clone(), expected].concat());
    let (_, error) = decode(file[..file.len() * 2 / 3].to_vec());
    assert!(matches!(error, Some(Error::Damaged { .. })), "{error:?}");
}

#[test]
fn a_cut_last_link_is_damaged() {
    let second = read("tone_stereo.ogg");
    let file = [read("tone.ogg"), second[..second.len() * 2 / 3].to_vec()].concat();
    let (samples, error) = decode(file);
    assert!(matches!(error, Some(Error::Damaged { .. })), "{error:?}");
    assert!(samples == plain("tone.ogg"));
}

#[test]
fn formats_that_are_not_decoded_are_named() {
    let page =
        |packet: &[u8]| [&b"OggS\0\x02"[..], &[0; 20], &[1, packet.len() as u8], packet, &[0; 99]].concat();
    for (file, name) in [
        (page(b"Speex   1.2.0"), "Speex"),
        ([&b"wvpk"[..], &[0; 99]].concat(), "WavPack"),
        ([&b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"[..], &[0; 99]].concat(), "WMA (ASF)"),
        ([&b"MAC \x96\x0f"[..], &[0; 99]].concat(), "Monkey's Audio"),
        ([&b"#!AMR\n"[..], &[0; 99]].concat(), "AMR"),
    ] {
        assert_eq!(refusal(file), format!("{name} is not supported"));
    }
}
