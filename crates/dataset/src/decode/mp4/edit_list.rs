//! The edit list of an MP4 file, which delimits the recording within the coded audio.
//!
//! AAC encoders put about a thousand samples of silence before the audio and fill the last packet after it. The edit list
//! excludes both. symphonia 0.6 does not read it; ffmpeg, and with it librosa, does. ISO/IEC 14496-12, 8.6.6.

use std::io::{self, Read, Seek};

use super::super::bytes::be;
use super::boxes::{self, SoundTrack, child, payload, sound_track};

/// The part of a track that is the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Edit {
    start: Span,
    /// `None` for a recording that lasts to the end of the track.
    length: Option<Span>,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Samples(u64),
    /// Units, and units per second.
    Units(u64, u32),
}

impl Edit {
    /// A recording that begins at a sample, and has a number of samples or lasts to the end.
    pub(super) fn of_samples(start: u64, length: Option<u64>) -> Self {
        Self { start: Span::Samples(start), length: length.map(Span::Samples) }
    }

    /// The same beginning, and no end: a header counts the samples up to the fragments that follow.
    pub(super) fn to_the_end(self) -> Self {
        Self { length: None, ..self }
    }

    /// Number of samples before the recording, at a sample rate.
    pub(in super::super) fn start(&self, sample_rate: u32) -> u64 {
        self.start.at_rate(sample_rate)
    }

    /// Number of samples of the recording at a sample rate, if the list limits it.
    pub(in super::super) fn length(&self, sample_rate: u32) -> Option<u64> {
        self.length.map(|length| length.at_rate(sample_rate))
    }
}

impl Span {
    fn at_rate(self, sample_rate: u32) -> u64 {
        let (units, per_second) = match self {
            Self::Samples(samples) => return samples,
            Self::Units(units, per_second) => (units, u128::from(per_second)),
        };
        let samples = (u128::from(units) * u128::from(sample_rate) + per_second / 2) / per_second;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }
}

/// Finds the edit of the first audio track; `None` when it has no edit or several.
pub(super) fn read<R: Read + Seek + ?Sized>(stream: &mut R, file_len: u64) -> io::Result<Option<Edit>> {
    let Some(SoundTrack { movie, track, media }) = sound_track(stream, file_len)? else { return Ok(None) };
    let Some(movie_rate) = boxes::timescale(stream, movie, *b"mvhd")? else { return Ok(None) };
    let Some(media_rate) = boxes::timescale(stream, media, *b"mdhd")? else { return Ok(None) };
    let Some(edits) = child(stream, track, *b"edts")? else { return Ok(None) };
    let Some(list) = child(stream, edits, *b"elst")? else { return Ok(None) };
    Ok(only_edit(&payload(stream, list)?, movie_rate, media_rate))
}

/// The edit of a list with one edit, possibly after an empty one.
fn only_edit(list: &[u8], movie_rate: u32, media_rate: u32) -> Option<Edit> {
    let wide = list.first()? == &1;
    let count = be(list.get(4..8)?) as usize;
    let width = if wide { 20 } else { 12 };
    let mut found = None;
    for entry in list.get(8..)?.chunks_exact(width).take(count.min(3)) {
        let (duration, start) = if wide {
            (be(&entry[..8]), be(&entry[8..16]) as i64)
        } else {
            (be(&entry[..4]), i64::from(be(&entry[4..8]) as u32 as i32))
        };
        // A negative start is an empty edit: the track begins after the others.
        if let Ok(start) = u64::try_from(start) {
            let length = (duration > 0).then_some(Span::Units(duration, movie_rate));
            if found.replace(Edit { start: Span::Units(start, media_rate), length }).is_some() {
                return None;
            }
        }
    }
    found.filter(|_| count <= 2)
}

#[cfg(test)]
mod tests {
    use super::{Edit, read};
    use std::io::Cursor;

    fn atom(kind: &[u8], contents: &[u8]) -> Vec<u8> {
        [&(8 + contents.len() as u32).to_be_bytes(), kind, contents].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn track(handler: &[u8], entries: &[u32]) -> Vec<u8> {
        let handler = atom(b"hdlr", &[&[0; 8], handler, &[0; 13]].concat());
        let media = atom(b"mdia", &[atom(b"mdhd", &words(&[0, 0, 0, 44_100, 9])), handler].concat());
        let mut list = words(&[0, entries.len() as u32 / 3]);
        list.extend(words(entries));
        atom(b"trak", &[atom(b"edts", &atom(b"elst", &list)), media].concat())
    }

    fn file(tracks: &[Vec<u8>]) -> Vec<u8> {
        let movie = atom(b"moov", &[atom(b"mvhd", &words(&[0, 0, 0, 1000, 9])), tracks.concat()].concat());
        [atom(b"ftyp", b"M4A "), atom(b"mdat", &[7; 100]), movie].concat()
    }

    fn edit(tracks: &[Vec<u8>]) -> Option<Edit> {
        let file = file(tracks);
        let length = file.len() as u64;
        read(&mut Cursor::new(file), length).unwrap_or_default()
    }

    #[test]
    fn the_edit_of_the_audio_track_is_found() {
        let video = track(b"vide", &[1, 2, 3]);
        let audio = track(b"soun", &[500, 1024, 0x1_0000]);
        let found = edit(&[video, audio]);
        assert_eq!(found.map(|edit| (edit.start(44_100), edit.length(44_100))), Some((1024, Some(22_050))));
        // Half the sample rate in which the list counts.
        assert_eq!(found.map(|edit| (edit.start(22_050), edit.length(22_050))), Some((512, Some(11_025))));
    }

    #[test]
    fn an_empty_edit_before_it_is_skipped_and_a_length_of_0_means_to_the_end() {
        let found = edit(&[track(b"soun", &[40, u32::MAX, 0x1_0000, 0, 2112, 0x1_0000])]);
        assert_eq!(found.map(|edit| (edit.start(44_100), edit.length(44_100))), Some((2112, None)));
    }

    #[test]
    fn several_edits_are_not_mistaken_for_one() {
        assert_eq!(edit(&[track(b"soun", &[9, 0, 0x1_0000, 9, 5000, 0x1_0000])]), None);
    }

    #[test]
    fn a_file_cut_anywhere_has_no_edit_or_the_right_one() {
        let whole = file(&[track(b"soun", &[500, 1024, 0x1_0000])]);
        let right = read(&mut Cursor::new(whole.clone()), whole.len() as u64).unwrap_or_default();
        for length in 0..whole.len() {
            let found = read(&mut Cursor::new(whole[..length].to_vec()), length as u64).unwrap_or_default();
            assert!(found.is_none() || found == right, "{length} bytes");
        }
    }
}
