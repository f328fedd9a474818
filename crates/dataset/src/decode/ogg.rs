//! The last page of an Ogg file: RFC 3533, 6.
//!
//! symphonia 0.6 ends in silence before a link of a chained stream that is cut within its headers. The last page tells whether
//! there is such a link.

use std::io::{self, Read, Seek, SeekFrom};

use super::bytes::le;

/// Greatest length of a page.
const MAX_PAGE: u64 = 65_307;
/// Bytes of a page before its table of segments.
const HEAD_LEN: usize = 27;

/// The last page that begins in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LastPage {
    /// The stream to which the page belongs.
    pub(super) serial: u32,
    /// Whether the page is whole and ends its stream.
    pub(super) is_end: bool,
}

/// Finds the last page of a file. The stream is rewound.
pub(super) fn last_page<R: Read + Seek>(stream: &mut R) -> io::Result<Option<LastPage>> {
    let length = stream.seek(SeekFrom::End(0))?;
    stream.seek(SeekFrom::Start(length.saturating_sub(2 * MAX_PAGE)))?;
    let mut tail = Vec::new();
    stream.by_ref().take(2 * MAX_PAGE).read_to_end(&mut tail)?;
    stream.rewind()?;
    let Some(start) = tail.windows(4).rposition(|bytes| bytes == b"OggS") else { return Ok(None) };
    Ok(page(&tail[start..]))
}

fn page(bytes: &[u8]) -> Option<LastPage> {
    let serial = le(bytes.get(14..18)?) as u32;
    let segments = usize::from(*bytes.get(HEAD_LEN - 1)?);
    let is_whole = bytes.get(HEAD_LEN..HEAD_LEN + segments).is_some_and(|table| {
        let body: usize = table.iter().map(|&segment| usize::from(segment)).sum();
        bytes.len() >= HEAD_LEN + segments + body
    });
    Some(LastPage { serial, is_end: is_whole && bytes[5] & 4 != 0 })
}
