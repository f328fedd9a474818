//! Tags that editors put before, between and behind the audio of formats that have no place for them.

use super::bytes::le;
use super::window::Window;
use std::io;

/// Bytes of an ID3v1 tag, which ends a file.
pub(super) const ID3V1_LEN: u64 = 128;
/// Bytes of the header and of the footer of an APE tag.
const APE_HEADER_LEN: u64 = 32;

/// The length of the ID3v2 tag that begins with these ten bytes, with its header and footer. ID3v2.4, 3.1.
pub(super) fn id3v2_len(head: &[u8]) -> Option<u64> {
    let head: &[u8; 10] = head.get(..10)?.try_into().ok()?;
    if !head.starts_with(b"ID3") || head[3] == 0xff || head[6..].iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let size = head[6..].iter().fold(0, |size, &byte| size << 7 | u64::from(byte));
    let footer = if head[5] & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

/// Passes over one tag at the beginning of a window; `false` where there is none.
pub(super) fn skip(window: &mut Window) -> io::Result<bool> {
    let head = window.peek(APE_HEADER_LEN as usize)?;
    let length = if let Some(length) = id3v2_len(head) {
        Some(length)
    } else if head.starts_with(b"TAG") {
        Some(ID3V1_LEN)
    } else {
        ape_len(head)
    };
    match length {
        Some(length) => window.advance(length).map(|()| true),
        None => Ok(false),
    }
}

/// The length of the APE tag that begins with this header, or ends with it.
fn ape_len(head: &[u8]) -> Option<u64> {
    let head: &[u8; APE_HEADER_LEN as usize] = head.get(..APE_HEADER_LEN as usize)?.try_into().ok()?;
    if !head.starts_with(b"APETAGEX") {
        return None;
    }
    let word = |at: usize| le(&head[at..at + 4]);
    // The size counts the items and the footer, and the flag tells a header from a footer.
    let is_header = word(20) & 1 << 29 != 0;
    Some(if is_header { APE_HEADER_LEN + word(12) } else { APE_HEADER_LEN })
}

/// The first of the tags that end a file, as a position: ID3v1, and APE before it or alone.
pub(super) fn first_at_end(
    end: u64,
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut at = end;
    if at >= ID3V1_LEN {
        let mut mark = [0; 3];
        read(at - ID3V1_LEN, &mut mark)?;
        if &mark == b"TAG" {
            at -= ID3V1_LEN;
        }
    }
    if at >= APE_HEADER_LEN {
        let mut footer = [0; APE_HEADER_LEN as usize];
        read(at - APE_HEADER_LEN, &mut footer)?;
        if footer.starts_with(b"APETAGEX") {
            let word = |at: usize| le(&footer[at..at + 4]);
            let header = if word(20) & 1 << 31 == 0 { 0 } else { APE_HEADER_LEN };
            at = at.saturating_sub((word(12) + header).max(APE_HEADER_LEN));
        }
    }
    Ok(at)
}
