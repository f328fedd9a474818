//! WAV and its relatives: RIFF and RIFX (IBM and Microsoft, "Multimedia Programming Interface 1.0"), RF64 and BW64 (EBU Tech
//! 3306, ITU-R BS.2088) and Sony's W64.
//!
//! Sizes are not taken at their word. A program that writes to a pipe leaves 0, `0x7fff_f000` or `0xffff_ffff`, and some
//! write an outer size that is too small; symphonia 0.6 refuses these files or calls them damaged (its issues 87 and 380).

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use super::super::bytes::le;
use super::ima::ImaLayout;
use super::{Coding, HeaderError, Layout, Order, bytes};
use crate::{Error, Result};

const FORMAT: &str = "WAV";
/// Greatest number of chunks before the samples; a file with more is garbage.
const MAX_CHUNKS: usize = 10_000;
/// The number of a format whose own number stands behind.
const EXTENSIBLE: u16 = 0xfffe;
/// Greatest size of a format chunk that is read.
const MAX_FORMAT: u64 = 1 << 12;

/// The contents of a file.
#[derive(Debug)]
pub(in super::super) enum Wav {
    /// Uncompressed samples.
    Pcm(Layout),
    /// A stream of MPEG audio frames.
    Mpeg(Range<u64>),
    /// Blocks of IMA ADPCM.
    Ima(ImaLayout),
    /// Blocks of Microsoft's ADPCM, which symphonia decodes: a header with true sizes, and the place of the blocks.
    Adpcm(Vec<u8>, Range<u64>),
}

/// The kind of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Riff(Order),
    W64,
}

/// The part of a chunk's name that all kinds share, and the place of its contents.
struct Chunk {
    name: [u8; 4],
    contents: Range<u64>,
    /// The size in the header, which may be wrong.
    size: u64,
}

/// Reads a header; `None` where the file is another container.
pub(in super::super) fn read<R: Read + Seek>(source: &mut R, magic: &[u8]) -> Result<Option<Wav>> {
    let mut source = source;
    let form = magic.get(8..12);
    let kind = match magic.get(..4) {
        Some(b"RIFF" | b"RF64" | b"BW64") if form == Some(b"WAVE") => Kind::Riff(Order::Little),
        Some(b"RIFX") if form == Some(b"WAVE") => Kind::Riff(Order::Big),
        Some(b"riff") if magic.get(4..16) == Some(&W64_GUID[..]) => Kind::W64,
        _ => return Ok(None),
    };
    let file_len = source.seek(SeekFrom::End(0))?;
    let mut format = None;
    let mut fact = None;
    let mut wide = None;
    let mut at = if kind == Kind::W64 { 40 } else { 12 };
    for _ in 0..MAX_CHUNKS {
        let Some(chunk) = kind.chunk(&mut source, at, file_len)? else { break };
        let mut payload = |limit: u64| -> Result<Vec<u8>> {
            let mut payload = Vec::new();
            let length = (chunk.contents.end - chunk.contents.start).min(limit);
            source.by_ref().take(length).read_to_end(&mut payload)?;
            Ok(payload)
        };
        match &chunk.name {
            b"fmt " => format = Some(payload(MAX_FORMAT)?),
            b"fact" => fact = Some(payload(4)?),
            // The size of the samples, where 32 bits do not hold it.
            b"ds64" => {
                wide = payload(16)?.get(8..16).map(le);
            }
            b"data" => {
                if chunk.size == 0
                    && kind.chunk(&mut source, chunk.contents.start, file_len)?.is_some_and(|c| c.is_sound())
                {
                    return Err(Error::EmptyAudio);
                }
                let format = format.ok_or(Error::Undecodable {
                    format: FORMAT,
                    cause: HeaderError::NoChunk { chunk: "fmt " }.into(),
                })?;
                let size =
                    if chunk.size == u64::from(u32::MAX) { wide.filter(|&wide| wide > 0) } else { None };
                let bytes = known(size.unwrap_or(chunk.size), file_len - chunk.contents.start.min(file_len));
                return interpret(
                    &format,
                    fact.as_deref(),
                    kind.order(),
                    chunk.contents.start,
                    bytes,
                    file_len,
                )
                .map(Some);
            }
            _ => {}
        }
        at = kind.next(&mut source, &chunk, file_len)?;
    }
    let chunk = if format.is_some() { "data" } else { "fmt " };
    Err(Error::Undecodable { format: FORMAT, cause: HeaderError::NoChunk { chunk }.into() })
}

/// A size that is a promise; `None` where a program that wrote to a pipe left a placeholder.
fn known(size: u64, available: u64) -> Option<u64> {
    let placeholder = matches!(size, 0 | 0x7fff_0000..=0x8000_0000 | 0xffff_ff00..=0xffff_ffff);
    (size <= available && size > 0 || !placeholder).then_some(size)
}

/// The rest of the names of W64 chunks, and of its outer one.
const W64_GUID: [u8; 12] = *b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";

impl Kind {
    fn order(self) -> Order {
        match self {
            Self::Riff(order) => order,
            Self::W64 => Order::Little,
        }
    }

    /// The chunk at a position, with the source at its contents.
    fn chunk<R: Read + Seek>(self, source: &mut R, at: u64, file_len: u64) -> Result<Option<Chunk>> {
        let mut source = source;
        let head_len = if self == Self::W64 { 24 } else { 8 };
        let Some(start) = at.checked_add(head_len).filter(|&start| start <= file_len) else {
            return Ok(None);
        };
        source.seek(SeekFrom::Start(at))?;
        let (name, size) = match self {
            Self::Riff(order) => {
                let head: [u8; 8] = bytes(&mut source, FORMAT)?;
                ([head[0], head[1], head[2], head[3]], order.number(&head[4..]))
            }
            Self::W64 => {
                let head: [u8; 24] = bytes(&mut source, FORMAT)?;
                // The size counts the head.
                ([head[0], head[1], head[2], head[3]], le(&head[16..]).saturating_sub(24))
            }
        };
        let contents = start..start.saturating_add(size).min(file_len);
        Ok(Some(Chunk { name, contents, size }))
    }

    /// The position of the chunk behind another one, which is padded, unless a program forgot to.
    fn next<R: Read + Seek>(self, source: &mut R, chunk: &Chunk, file_len: u64) -> Result<u64> {
        let end = chunk.contents.end;
        match self {
            Self::W64 => Ok(end.next_multiple_of(8)),
            Self::Riff(_) if chunk.size.is_multiple_of(2) => Ok(end),
            Self::Riff(_) => {
                // A name that begins with a pad byte is none.
                let padded = self.chunk(source, end + 1, file_len)?.is_some_and(|chunk| chunk.is_known());
                let unpadded = self.chunk(source, end, file_len)?.is_some_and(|chunk| chunk.is_sound());
                Ok(if unpadded && !padded { end } else { end + 1 })
            }
        }
    }
}

impl Chunk {
    /// Whether this is a chunk of a common kind.
    fn is_known(&self) -> bool {
        let names = [
            b"data", b"fmt ", b"fact", b"LIST", b"JUNK", b"bext", b"id3 ", b"ID3 ", b"cue ", b"smpl", b"PEAK",
        ];
        names.contains(&&self.name) && self.is_sound()
    }

    /// Whether this looks like a chunk rather than like samples.
    fn is_sound(&self) -> bool {
        let is_name = self.name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        is_name && self.contents.start.saturating_add(self.size) == self.contents.end
    }
}

/// Finds out what the format chunk describes.
fn interpret(
    format: &[u8],
    fact: Option<&[u8]>,
    order: Order,
    start: u64,
    size: Option<u64>,
    file_len: u64,
) -> Result<Wav> {
    let field = |at: usize, n: usize| -> Result<u32> {
        let bytes = format.get(at..at + n);
        let bytes =
            bytes.ok_or(Error::Undecodable { format: FORMAT, cause: HeaderError::Truncated.into() })?;
        Ok(order.number(bytes) as u32)
    };
    let (mut tag, channels, sample_rate) = (field(0, 2)? as u16, field(2, 2)?, field(4, 4)?);
    let align = field(12, 2)?;
    let bits = field(14, 2).unwrap_or(0);
    let mut valid = bits;
    if tag == EXTENSIBLE {
        tag = field(24, 2)? as u16;
        valid = Some(field(18, 2)?).filter(|valid| (1..=bits).contains(valid)).unwrap_or(bits);
    }
    let range = start..size.map_or(file_len, |size| start.saturating_add(size).min(file_len));
    let coding = match tag {
        1 => integer(bits, align, channels)?,
        3 if bits == 64 => Coding::Float64,
        3 if bits == 32 => Coding::Float32,
        6 => Coding::ALaw,
        7 => Coding::MuLaw,
        0x11 => {
            let layout = ImaLayout { sample_rate, channels, block: align.into(), start, bytes: size };
            return layout.checked(FORMAT).map(Wav::Ima);
        }
        2 => return Ok(Wav::Adpcm(adpcm_header(format, fact, range.end - range.start), range)),
        0x50 | 0x55 => return Ok(Wav::Mpeg(range)),
        3 => return Err(Error::unsupported(format!("{bits}-bit float in WAV"))),
        tag => return Err(Error::unsupported(format!("{} in WAV", codec(tag)))),
    };
    let bits = if let Coding::Signed(_) = coding { valid } else { 8 * coding.bytes() as u32 };
    Layout { coding, order, sample_rate, channels, bits, start, bytes: size }.checked(FORMAT).map(Wav::Pcm)
}

/// Integers in the smallest container of whole bytes, or in the wider one that the size of a frame tells.
fn integer(bits: u32, align: u32, channels: u32) -> Result<Coding> {
    let least = bits.div_ceil(8);
    let told =
        align.checked_div(channels).filter(|bytes| bytes * channels == align && (least..=4).contains(bytes));
    match told.unwrap_or(least) {
        _ if bits == 0 => {
            Err(Error::Undecodable { format: FORMAT, cause: HeaderError::Bits { bits }.into() })
        }
        1 => Ok(Coding::Unsigned8),
        bytes @ 2..=4 => Ok(Coding::Signed(bytes as usize)),
        _ => Err(Error::unsupported(format!("{bits}-bit PCM in WAV"))),
    }
}

/// A header whose sizes are those of the file. The sizes of symphonia's blocks follow from the format.
fn adpcm_header(format: &[u8], fact: Option<&[u8]>, size: u64) -> Vec<u8> {
    let size = u32::try_from(size).unwrap_or(u32::MAX - (1 << 13));
    // W64 fills the format up to eight bytes, which symphonia does not pass over.
    let told = format.get(16..18).map_or(format.len(), |extension| 18 + le(extension) as usize);
    let format = &format[..told.min(format.len())];
    let chunk = |name: &[u8], contents: &[u8]| {
        let mut chunk = [name, &(contents.len() as u32).to_le_bytes(), contents].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    let fact = fact.filter(|fact| fact.len() == 4).map(|fact| chunk(b"fact", fact)).unwrap_or_default();
    let inner =
        [b"WAVE".to_vec(), chunk(b"fmt ", format), fact, b"data".to_vec(), size.to_le_bytes().to_vec()]
            .concat();
    // symphonia counts a pad byte, which need not be there.
    let outer = (inner.len() as u32).saturating_add(size.next_multiple_of(2));
    [b"RIFF".to_vec(), outer.to_le_bytes().to_vec(), inner].concat()
}

/// The name of a codec that is not decoded, by its number in Microsoft's `mmreg.h`.
fn codec(tag: u16) -> String {
    let name = match tag {
        0x08 | 0x2001 => "DTS",
        0x10 => "OKI ADPCM",
        0x14 => "G.723 ADPCM",
        0x16 | 0x45 | 0x64 | 0x85 => "G.726 ADPCM",
        0x20 => "Yamaha ADPCM",
        0x22 => "TrueSpeech",
        0x31 | 0x32 => "GSM",
        0x40 => "G.721 ADPCM",
        0x42 => "G.723.1",
        0x61 | 0x62 => "DK ADPCM",
        0x69 => "IMA ADPCM of Xbox",
        0x75 => "RT24 of Voxware",
        0x83 => "G.729",
        0xff | 0x1600 | 0x1601 | 0x1602 | 0x1610 | 0x706d | 0x4143 | 0xa106 => "AAC",
        0x130 => "ACELP",
        0x160..=0x163 => "WMA",
        0x270 => "ATRAC3",
        0x401 => "IMC",
        0x2000 => "AC-3",
        0x674f..=0x6751 | 0x676f..=0x6771 => "Vorbis",
        0x704f => "Opus",
        0x7a21 | 0x7a22 => "AMR",
        0xf1ac => "FLAC",
        tag => return format!("codec {tag:#06x}"),
    };
    name.to_owned()
}
