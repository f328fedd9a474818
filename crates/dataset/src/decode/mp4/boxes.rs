//! The boxes of which an MP4 file is made: ISO/IEC 14496-12, 4.2.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::super::bytes::be;

/// Greatest number of boxes within a box; a file with more is garbage.
const MAX_BOXES: usize = 10_000;
/// Greatest number of bytes read of a box.
const MAX_PAYLOAD: u64 = 256;

/// The units per second of the header of a movie or of its media.
pub(super) fn timescale<R: Read + Seek + ?Sized>(
    stream: &mut R,
    parent: Range<u64>,
    kind: [u8; 4],
) -> io::Result<Option<u32>> {
    let Some(header) = child(stream, parent, kind)? else { return Ok(None) };
    let header = payload(stream, header)?;
    let at = if header.first() == Some(&1) { 20 } else { 12 };
    Ok(header.get(at..at + 4).map(|bytes| be(bytes) as u32).filter(|&units| units > 0))
}

/// The contents of boxes around the first audio track.
pub(super) struct SoundTrack {
    pub(super) movie: Range<u64>,
    pub(super) track: Range<u64>,
    pub(super) media: Range<u64>,
}

/// Finds the first audio track.
pub(super) fn sound_track<R: Read + Seek + ?Sized>(
    stream: &mut R,
    file_len: u64,
) -> io::Result<Option<SoundTrack>> {
    let Some(movie) = child(stream, 0..file_len, *b"moov")? else { return Ok(None) };
    for (kind, track) in children(stream, movie.clone())? {
        if kind != *b"trak" {
            continue;
        }
        let Some(media) = child(stream, track.clone(), *b"mdia")? else { continue };
        let Some(handler) = child(stream, media.clone(), *b"hdlr")? else { continue };
        if payload(stream, handler)?.get(8..12) == Some(&b"soun"[..]) {
            return Ok(Some(SoundTrack { movie, track, media }));
        }
    }
    Ok(None)
}

/// The contents of the first box of a kind.
pub(super) fn child<R: Read + Seek + ?Sized>(
    stream: &mut R,
    parent: Range<u64>,
    kind: [u8; 4],
) -> io::Result<Option<Range<u64>>> {
    Ok(children(stream, parent)?.into_iter().find(|child| child.0 == kind).map(|child| child.1))
}

/// Kind and contents of the boxes within a box or a file; the list ends where no box follows.
pub(super) fn children<R: Read + Seek + ?Sized>(
    stream: &mut R,
    parent: Range<u64>,
) -> io::Result<Vec<([u8; 4], Range<u64>)>> {
    let mut boxes = Vec::new();
    let mut at = parent.start;
    while boxes.len() < MAX_BOXES && at.saturating_add(8) <= parent.end {
        stream.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        stream.read_exact(&mut head)?;
        let kind = [head[4], head[5], head[6], head[7]];
        let mut start = at + 8;
        let size = match be(&head[..4]) {
            0 => parent.end - at,
            1 => {
                let mut wide = [0; 8];
                stream.read_exact(&mut wide)?;
                start += 8;
                be(&wide)
            }
            size => size,
        };
        let end = at.saturating_add(size).min(parent.end);
        if end < start {
            break;
        }
        boxes.push((kind, start..end));
        at = end;
    }
    Ok(boxes)
}

/// The first bytes of the contents of a box.
pub(super) fn payload<R: Read + Seek + ?Sized>(stream: &mut R, range: Range<u64>) -> io::Result<Vec<u8>> {
    stream.seek(SeekFrom::Start(range.start))?;
    let mut bytes = vec![0; MAX_PAYLOAD.min(range.end - range.start) as usize];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}
