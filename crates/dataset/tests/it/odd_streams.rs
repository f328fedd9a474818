//! Compressed streams as people have them: nothing is cut in silence, nothing sound is refused.

use std::fs;

use cepstrum_dataset::{Damage, Error};

use crate::common::golden;
use crate::odd::{decode, refusal, whole};

/// A channel of AAC silence, as bits.
const SILENCE: &str = concat!("000", "0000", "00000000", "0", "00", "0", "000000", "0000");

/// An ADTS frame of AAC silence at 44.1 kHz with some bytes of an extension.
fn adts(kind: u8, fill: usize) -> Vec<u8> {
    let count = if fill < 15 { format!("{fill:04b}") } else { format!("1111{:08b}", fill - 14) };
    adts_of(&format!("{SILENCE}110{count}{kind:04b}{}111", "0110".repeat(2 * fill - 1)))
}

/// An ADTS frame of some bits.
fn adts_of(bits: &str) -> Vec<u8> {
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

/// FAAC writes no edit list, and its name into the first packet.
#[test]
fn the_packet_of_silence_that_faac_begins_with_is_removed() {
    let named = |name: &str| {
        let name = name.bytes().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
        // Sixteen bytes of fill, of which the first are the kind and bits up to a whole byte.
        adts_of(&format!("1101111{:08b}{:017b}{name}{:015b}{SILENCE}111", 2, 0, 0))
    };
    let rest = adts(0, 9).repeat(20);
    assert_eq!(whole([named("libfaac 1.28"), rest.clone()].concat()).len(), 20 * 1024);
    assert_eq!(whole([named("another 1.28"), rest].concat()).len(), 21 * 1024);
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
    let with_minimum = |minimum: u16| {
        let mut file = file.clone();
        file[8..10].copy_from_slice(&minimum.to_be_bytes());
        file
    };
    let mut small = with_minimum(16);
    small[10..12].copy_from_slice(&16_u16.to_be_bytes());
    let mut endless = file.clone(); // of unknown length
    endless[21] &= 0xf0;
    endless[22..26].fill(0);
    let noise: Vec<u8> = (0..9_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    // The cue sheet of a CD, whose lead-out has no index, behind STREAMINFO.
    let track = [&0_u64.to_be_bytes()[..], &[170], &[0; 12], &[0x40], &[0; 13], &[0]].concat();
    let sheet = [vec![0; 128], vec![0; 8], vec![0x80], vec![0; 258], vec![1], track].concat();
    let block = [&[5], &(sheet.len() as u32).to_be_bytes()[1..], &sheet].concat();
    let with_sheet = [&file[..42], &block, &file[42..]].concat();
    for (what, file) in [
        ("ID3v1", [file.clone(), id3v1.clone()].concat()),
        ("APE", [file.clone(), ape.clone()].concat()),
        ("APE and ID3v1", [file.clone(), ape, id3v1].concat()),
        ("no minimum", with_minimum(0)),
        // Frames with a number of their own go with blocks of one size, which is that of the first one.
        ("low minimum", with_minimum(16)),
        ("low maximum", small),
        ("one byte", [&file[..], b"x"].concat()),
        ("zeros", [file.clone(), vec![0; 5_000]].concat()),
        ("ones", [file.clone(), vec![0xff; 5_000]].concat()),
        ("noise", [file.clone(), noise.clone()].concat()),
        ("unknown length and noise", [endless, noise].concat()),
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
fn flac_without_its_header_is_named() {
    let file = read("tone.flac");
    let first = file.windows(2).position(|bytes| bytes == [0xff, 0xf8]).unwrap();
    let name = "FLAC without its first block (STREAMINFO) is not supported";
    assert_eq!(refusal(file[first..].to_vec()), name);
    assert_eq!(refusal([&b"unknown"[..], &file[first..]].concat()), name);
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
