//! The choice of a reader by the contents of a stream.

use std::io::{Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::container::ContainerReader;
use super::mpeg::{self, MpegReader, Probed};
use super::pcm::{self, ImaReader, PcmReader, Wav};
use super::reader::Source;
use super::source::Spliced;
use super::track::is_container;
use super::window::Window;
use super::{flac, names, tags};
use crate::{Error, Result};

/// Bytes in which the beginning of a stream of frames is searched for.
const MAX_SEARCH: u64 = 1 << 22;
/// Bytes in which frames of formats that are not decoded are looked for.
const MAX_FRAMES: u64 = 1 << 16;

/// Detects the format of a stream; `extension` is a hint.
pub(super) fn open(mut stream: Box<dyn MediaSource>, extension: Option<&str>) -> Result<Source> {
    let length = stream.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Err(Error::EmptyAudio);
    }
    let mut window = Window::new(stream, 0)?;
    // Programs put tags in front of every format.
    while tags::skip(&mut window)? {}
    let start = window.position();
    let head = window.peek(names::HEAD_LEN)?.to_vec();
    if head.is_empty() {
        return Err(Error::EmptyAudio);
    }
    if let Some(name) = names::of_file(&head) {
        return Err(Error::unsupported(name));
    }
    if is_headed(&head) {
        let mut stream = window.into_source();
        if start > 0 {
            stream = Box::new(Spliced::new(Vec::new(), stream, start..length)?);
        }
        return open_headed(stream, &head, extension);
    }
    match frames(&mut window)? {
        Some(Frames::Mpeg) => return Ok(Source::Mpeg(MpegReader::new(window)?)),
        Some(Frames::FreeFormat) => return Err(Error::unsupported("free-format MP3")),
        Some(Frames::Adts) => {
            let start = window.position();
            let stream = Spliced::new(Vec::new(), window.into_source(), start..length)?;
            return Ok(Source::Container(ContainerReader::new(Box::new(stream), &head, Some("aac"))?));
        }
        None => {}
    }
    let mut stream = window.into_source();
    let mut beginning = Vec::new();
    stream.seek(SeekFrom::Start(start))?;
    stream.by_ref().take(MAX_FRAMES).read_to_end(&mut beginning)?;
    if let Some(name) = names::of_frames(&beginning) {
        return Err(Error::unsupported(name));
    }
    stream.rewind()?;
    ContainerReader::new(stream, &head, extension).map(Source::Container)
}

/// Returns whether a stream with this beginning has a header that tells its format.
fn is_headed(head: &[u8]) -> bool {
    is_container(head)
        || [&b".snd"[..], b"dns.", b"caff", b"RF64", b"BW64", b"RIFX", b"riff"]
            .iter()
            .any(|mark| head.starts_with(mark))
}

/// Opens a stream that begins with its header.
fn open_headed(mut stream: Box<dyn MediaSource>, head: &[u8], extension: Option<&str>) -> Result<Source> {
    match pcm::read_wav(&mut stream, head)? {
        Some(Wav::Pcm(layout)) => return Ok(Source::Pcm(PcmReader::new(stream, layout)?)),
        Some(Wav::Ima(layout)) => return Ok(Source::Ima(ImaReader::new(stream, layout)?)),
        Some(Wav::Mpeg(range)) => {
            let frames = Spliced::new(Vec::new(), stream, range)?;
            return Ok(Source::Mpeg(MpegReader::new(Window::new(Box::new(frames), 0)?)?));
        }
        Some(Wav::Adpcm(header, range)) => {
            let blocks = Spliced::new(header, stream, range)?;
            return ContainerReader::new(Box::new(blocks), head, extension).map(Source::Container);
        }
        None => {}
    }
    stream.rewind()?;
    let mut stream = match pcm::open(stream, head)? {
        Ok(reader) => return Ok(Source::Pcm(reader)),
        Err(stream) => stream,
    };
    stream.rewind()?;
    if head.starts_with(b"fLaC") {
        let flac::Mended { stream, is_searchable } = flac::mend(stream)?;
        let reader = ContainerReader::new(stream, head, extension)?;
        return Ok(Source::Container(if is_searchable { reader } else { reader.without_index() }));
    }
    ContainerReader::new(stream, head, extension).map(Source::Container)
}

/// A stream of frames without a header.
enum Frames {
    Mpeg,
    FreeFormat,
    Adts,
}

/// Looks for the first frame of a stream, and leaves the window there. Where none is found, nothing is said.
fn frames(window: &mut Window) -> Result<Option<Frames>> {
    let start = window.position();
    while window.position() - start < MAX_SEARCH {
        match mpeg::probe(window)? {
            Probed::Frames => return Ok(Some(Frames::Mpeg)),
            Probed::FreeFormat => return Ok(Some(Frames::FreeFormat)),
            Probed::Nothing if is_adts(window)? => return Ok(Some(Frames::Adts)),
            Probed::Nothing => {}
        }
        window.advance(1)?;
        window.advance_to(0xff)?;
        if window.peek(1)?.is_empty() {
            break;
        }
    }
    Ok(None)
}

/// Returns whether frames of AAC follow from the next byte on. ISO/IEC 13818-7, 6.2.
fn is_adts(window: &mut Window) -> Result<bool> {
    const FRAMES: usize = 3;
    const HEADER_LEN: usize = 7;
    let mut at = 0;
    for n in 0..FRAMES {
        let bytes = window.peek(at + HEADER_LEN)?;
        let Some(head) = bytes.get(at..at + HEADER_LEN) else {
            // The stream may end behind a whole frame, or, if there was more than one, within the next.
            return Ok(n > 0 && (bytes.len() == at || n > 1));
        };
        let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
        // Sync code with layer 0, and a sample rate that is not reserved.
        if head[0] != 0xff || head[1] & 0xf6 != 0xf0 || head[2] >> 2 & 15 > 12 || length < HEADER_LEN {
            return Ok(false);
        }
        at += length;
    }
    Ok(true)
}
