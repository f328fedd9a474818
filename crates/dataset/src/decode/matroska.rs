//! Matroska and `WebM` files in front of symphonia 0.6, which does not remove the encoder's delay and padding, and refuses a
//! file that does not name the programs that wrote it.
//!
//! Layouts: RFC 8794 (EBML) and RFC 9559 (Matroska).

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

use super::bytes::be;
use super::source::Patched;
use crate::Result;

/// Delay and padding around the recording, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Padding {
    delay: u64,
    discarded: u64,
}

/// Greatest number of elements that are looked at; a file with more is garbage, or its padding is not worth it.
const MAX_ELEMENTS: usize = 1_000_000;
/// Greatest number of nanoseconds before or behind a recording; more is garbage.
const MAX_PADDING: u64 = 1_000_000_000;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
const MUXING_APP: u32 = 0x4d80;
const WRITING_APP: u32 = 0x5741;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_TYPE: u32 = 0x83;
const CODEC_ID: u32 = 0x86;
const CODEC_DELAY: u32 = 0x56aa;
const CLUSTER: u32 = 0x1f43_b675;
const BLOCK_GROUP: u32 = 0xa0;
const DISCARD_PADDING: u32 = 0x75a2;

impl Padding {
    /// Samples before and behind the recording, at a sample rate.
    pub(super) fn samples(self, sample_rate: u32) -> (u64, u64) {
        let samples = |nanoseconds: u64| (nanoseconds * u64::from(sample_rate) + 500_000_000) / 1_000_000_000;
        (samples(self.delay), samples(self.discarded))
    }
}

/// The properties of the first audio track that symphonia does not tell.
#[derive(Debug, Default)]
pub(super) struct AudioTrack {
    pub(super) padding: Padding,
    /// The name of the codec.
    pub(super) codec: Option<String>,
}

/// Reads what symphonia does not tell, and returns a stream that it reads.
///
/// Elements that are cut or broken say nothing here; symphonia judges them.
pub(super) fn mend(mut source: Box<dyn MediaSource>) -> Result<(Box<dyn MediaSource>, AudioTrack)> {
    let length = source.seek(SeekFrom::End(0))?;
    let mut found = Found::default();
    match found.read(&mut source, length) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error.into()),
        _ => {}
    }
    if let Some(patch) = found.patch {
        source = Box::new(Patched::new(source, vec![patch])?);
    }
    source.rewind()?;
    Ok((source, found.audio))
}

/// The results of a walk through a file.
#[derive(Debug, Default)]
struct Found {
    audio: AudioTrack,
    /// Bytes to be written over the segment's information, and their position.
    patch: Option<(u64, Vec<u8>)>,
}

impl Found {
    fn read<R: Read + Seek>(&mut self, source: &mut R, length: u64) -> io::Result<()> {
        let top = children(source, 0..length)?;
        let Some((_, segment)) = top.into_iter().find(|child| child.0 == SEGMENT) else { return Ok(()) };
        let mut last_cluster = None;
        let mut tracks = None;
        for (id, contents) in children(source, segment)? {
            match id {
                INFO => self.patch = named(source, contents)?,
                TRACKS => tracks = Some(contents),
                CLUSTER => last_cluster = Some(contents),
                _ => {}
            }
        }
        if let Some(tracks) = tracks {
            self.audio = audio_track(source, tracks)?;
        }
        if let Some(cluster) = last_cluster {
            let discarded = discarded(source, cluster)?.filter(|&padding| padding < MAX_PADDING);
            self.audio.padding.discarded = discarded.unwrap_or(0);
        }
        Ok(())
    }
}

/// The codec and the delay of the first audio track.
fn audio_track<R: Read + Seek>(source: &mut R, tracks: Range<u64>) -> io::Result<AudioTrack> {
    const AUDIO: u64 = 2;
    const MAX_NAME: u64 = 64;
    for (_, entry) in children(source, tracks)?.into_iter().filter(|child| child.0 == TRACK_ENTRY) {
        let mut kind = None;
        let mut track = AudioTrack::default();
        for (id, contents) in children(source, entry)? {
            match id {
                TRACK_TYPE => kind = number(source, contents)?,
                CODEC_DELAY => {
                    let delay = number(source, contents)?.filter(|&delay| delay < MAX_PADDING);
                    track.padding.delay = delay.unwrap_or(0);
                }
                CODEC_ID => {
                    let mut name = Vec::new();
                    source.seek(SeekFrom::Start(contents.start))?;
                    source
                        .by_ref()
                        .take(MAX_NAME.min(contents.end - contents.start))
                        .read_to_end(&mut name)?;
                    track.codec = Some(name.trim_ascii().escape_ascii().to_string());
                }
                _ => {}
            }
        }
        if kind == Some(AUDIO) {
            return Ok(track);
        }
    }
    Ok(AudioTrack::default())
}

/// The padding of the last block of a cluster that has one.
fn discarded<R: Read + Seek>(source: &mut R, cluster: Range<u64>) -> io::Result<Option<u64>> {
    let groups = children(source, cluster)?;
    let Some((_, group)) = groups.into_iter().rfind(|child| child.0 == BLOCK_GROUP) else { return Ok(None) };
    let padding = children(source, group)?.into_iter().find(|child| child.0 == DISCARD_PADDING);
    padding.map_or(Ok(None), |(_, contents)| number(source, contents))
}

/// The information of a segment with empty names of programs, where it has none and there is room.
fn named<R: Read + Seek>(source: &mut R, info: Range<u64>) -> io::Result<Option<(u64, Vec<u8>)>> {
    let parts = children(source, info.clone())?;
    let has = |id| parts.iter().any(|part| part.0 == id);
    if has(MUXING_APP) && has(WRITING_APP) {
        return Ok(None);
    }
    let scale = match parts.iter().find(|part| part.0 == TIMESTAMP_SCALE) {
        Some((_, contents)) => number(source, contents.clone())?.unwrap_or(0),
        None => 1_000_000,
    };
    let scale = [&[0x2a, 0xd7, 0xb1, 0x88][..], &scale.to_be_bytes()].concat();
    let writing = [0x57, 0x41, 0x80];
    // What is left over is part of a name, whose zeros mean nothing.
    let used = scale.len() + writing.len() + 3;
    let Some(left) = usize::try_from(info.end - info.start).ok().and_then(|size| size.checked_sub(used))
    else {
        return Ok(None);
    };
    let Ok(left_len) = u8::try_from(left) else { return Ok(None) };
    if left_len >= 0x7f {
        return Ok(None);
    }
    let muxing = [&[0x4d, 0x80, 0x80 | left_len][..], &vec![0; left]].concat();
    Ok(Some((info.start, [scale, writing.to_vec(), muxing].concat())))
}

/// Number and contents of the elements within another one; the list ends where no element follows.
fn children<R: Read + Seek>(source: &mut R, parent: Range<u64>) -> io::Result<Vec<(u32, Range<u64>)>> {
    let mut elements = Vec::new();
    let mut at = parent.start;
    while at < parent.end && elements.len() < MAX_ELEMENTS {
        source.seek(SeekFrom::Start(at))?;
        // A number of up to 4 bytes, and a size of up to 8.
        let mut head = Vec::new();
        source.by_ref().take((parent.end - at).min(12)).read_to_end(&mut head)?;
        let Some((id, id_len)) = variable(&head, 4) else { break };
        let Some((size, size_len)) = variable(&head[id_len..], 8) else { break };
        let marker = 1_u64 << (7 * size_len);
        let start = at + (id_len + size_len) as u64;
        // All ones stand for a size that is not known, up to the end.
        let size = if size == 2 * marker - 1 { u64::MAX } else { size - marker };
        let end = start.saturating_add(size).min(parent.end);
        if start > end {
            break;
        }
        elements.push((id as u32, start..end));
        at = end;
    }
    Ok(elements)
}

/// A number of variable length with its marker, and its length.
fn variable(bytes: &[u8], longest: usize) -> Option<(u64, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let bytes = bytes.get(..length).filter(|_| length <= longest)?;
    Some((be(bytes), length))
}

/// The value of an element of up to 8 bytes; `None` for a negative or a longer one.
fn number<R: Read + Seek>(source: &mut R, contents: Range<u64>) -> io::Result<Option<u64>> {
    if contents.end - contents.start > 8 {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(contents.start))?;
    let mut bytes = Vec::new();
    source.by_ref().take(contents.end - contents.start).read_to_end(&mut bytes)?;
    Ok(Some(be(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::Found;
    use std::io::Cursor;

    fn element(id: &[u8], contents: &[u8]) -> Vec<u8> {
        [id, &[0x40 | (contents.len() >> 8) as u8, contents.len() as u8], contents].concat()
    }

    fn file(info: &[u8]) -> Vec<u8> {
        let audio = [element(&[0x83], &[2]), element(&[0x56, 0xaa], &25_056_689_u32.to_be_bytes())].concat();
        let video = [element(&[0x83], &[1]), element(&[0x56, 0xaa], &[9])].concat();
        let tracks = [element(&[0xae], &video), element(&[0xae], &audio)].concat();
        let block = |padding: &[u8]| {
            element(&[0xa0], &[element(&[0xa1], &[7; 40]), element(&[0x75, 0xa2], padding)].concat())
        };
        let clusters = [&[1, 2][..], &[0, 0x4c, 0x4b, 0x40]]
            .map(|padding| element(&[0x1f, 0x43, 0xb6, 0x75], &block(padding)));
        let segment = [
            element(&[0x15, 0x49, 0xa9, 0x66], info),
            element(&[0x16, 0x54, 0xae, 0x6b], &tracks),
            clusters.concat(),
        ]
        .concat();
        [element(&[0x1a, 0x45, 0xdf, 0xa3], &[0; 9]), element(&[0x18, 0x53, 0x80, 0x67], &segment)].concat()
    }

    fn found(file: &[u8]) -> Found {
        let mut found = Found::default();
        let _ = found.read(&mut Cursor::new(file), file.len() as u64);
        found
    }

    #[test]
    fn the_padding_is_that_of_the_audio_track_and_of_the_last_block() {
        assert_eq!(found(&file(&[])).audio.padding.samples(44_100), (1105, 221)); // 25.06 ms and 5 ms
    }

    #[test]
    fn names_of_programs_are_added_where_there_is_room() {
        let info = [
            element(&[0x2a, 0xd7, 0xb1], &[0x0f, 0x42, 0x40]),
            element(&[0x44, 0x89], &[0; 8]),
            vec![0xec, 0x80],
        ]
        .concat();
        let (at, patch) = found(&file(&info)).patch.unwrap_or_default();
        assert_eq!((at, patch.len()), (9 + 6 + 6 + 6, info.len()));
        let mut patched = file(&info);
        patched[at as usize..][..patch.len()].copy_from_slice(&patch);
        assert_eq!(found(&patched).patch, None);
        assert_eq!(found(&patched).audio.padding, found(&file(&info)).audio.padding);
        assert_eq!(found(&file(&info[..6])).patch, None);
    }

    #[test]
    fn a_file_cut_anywhere_does_not_panic() {
        let whole = file(&[]);
        for length in 0..whole.len() {
            found(&whole[..length]);
        }
    }
}
