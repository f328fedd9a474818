//! MPEG audio as people have it: nothing is cut in silence, nothing sound is refused.

use cepstrum_dataset::{Damage, Error};

use crate::odd::{decode, refusal, whole};

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
    }
}

#[test]
fn a_last_frame_that_is_cut_counts_where_its_side_information_is_there() {
    let cut = |bytes: usize| [frames(5, 9), frame(3, 9, false)[..bytes].to_vec()].concat();
    assert_eq!(whole(cut(35)).len(), 5 * FRAME);
    // Its bits may lie in the frames before it, and the missing ones are zeros, as for ffmpeg.
    assert_eq!(whole(cut(36)).len(), 6 * FRAME);
    assert_eq!(whole(cut(400)).len(), 6 * FRAME);
    // Where the tag tells that more is missing, what is whole comes out.
    let (samples, error) = decode([tag(9, None), cut(400)].concat());
    assert!(matches!(error, Some(Error::Damaged { damage: Damage::EndsEarly { .. }, .. })), "{error:?}");
    assert_eq!(samples.len(), 5 * FRAME);
    // The frames of layer 2 have all of their bits themselves.
    let layer_2 = frame(2, 10, false);
    assert_eq!(whole([layer_2.repeat(5), layer_2[..400].to_vec()].concat()).len(), 5 * FRAME);
}

#[test]
fn a_frame_that_others_overrun_is_dropped_and_the_tag_before_it_is_read() {
    let delay_and_padding = Some((576, 529));
    let file = [tag(50, delay_and_padding), frame(3, 9, false)[..300].to_vec(), frames(50, 9)].concat();
    assert_eq!(whole(file).len(), 50 * FRAME - 576 - 529);
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
