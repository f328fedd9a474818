//! The delay that iTunes and encoders like it write into a tag of the file instead of an edit list (symphonia's issue 544).
//!
//! The tag `iTunSMPB` is text: hexadecimal numbers, of which the second is the number of samples before the recording, the
//! third that behind it, and the fourth that of the recording itself.

use std::io::{self, Read, Seek};
use std::ops::Range;

use super::boxes::{child, children, payload};
use super::edit_list::Edit;

/// Greatest delay that an encoder has; more is garbage.
const MAX_DELAY: u64 = 1 << 14;

/// Finds the tag of a file.
pub(super) fn read<R: Read + Seek + ?Sized>(stream: &mut R, file_len: u64) -> io::Result<Option<Edit>> {
    let Some(movie) = child(stream, 0..file_len, *b"moov")? else { return Ok(None) };
    for (kind, user_data) in children(stream, movie)? {
        if kind != *b"udta" {
            continue;
        }
        let Some(meta) = child(stream, user_data, *b"meta")? else { continue };
        // `meta` has four bytes of version and flags before its boxes, except in QuickTime.
        let versioned = meta.start.saturating_add(4)..meta.end;
        let list = match child(stream, versioned, *b"ilst")? {
            None => child(stream, meta, *b"ilst")?,
            list => list,
        };
        let Some(list) = list else { continue };
        for (kind, item) in children(stream, list)? {
            let edit = if kind == *b"----" { in_item(stream, item)? } else { None };
            if edit.is_some() {
                return Ok(edit);
            }
        }
    }
    Ok(None)
}

/// The edit in an item of the list, if it is that tag.
fn in_item<R: Read + Seek + ?Sized>(stream: &mut R, item: Range<u64>) -> io::Result<Option<Edit>> {
    let Some(name) = child(stream, item.clone(), *b"name")? else { return Ok(None) };
    if payload(stream, name)?.get(4..) != Some(&b"iTunSMPB"[..]) {
        return Ok(None);
    }
    let Some(data) = child(stream, item, *b"data")? else { return Ok(None) };
    Ok(payload(stream, data)?.get(8..).and_then(edit))
}

/// The edit that the text of a tag describes.
fn edit(text: &[u8]) -> Option<Edit> {
    let text = std::str::from_utf8(text).ok()?;
    let mut numbers = text.split_whitespace().map(|number| u64::from_str_radix(number, 16).ok());
    let delay = numbers.nth(1)??;
    let length = numbers.nth(1).flatten().filter(|&length| length > 0);
    (1..MAX_DELAY).contains(&delay).then_some(Edit::of_samples(delay, length))
}

#[cfg(test)]
mod tests {
    use super::edit;

    fn edited(text: &[u8]) -> Option<(u64, Option<u64>)> {
        edit(text).map(|edit| (edit.start(44_100), edit.length(44_100)))
    }

    #[test]
    fn the_delay_and_the_length_are_the_second_and_the_fourth_number() {
        let text = b" 00000000 00000840 000001CA 00000000003F31F6 00000000";
        assert_eq!(edited(text), Some((2112, Some(0x3f_31f6))));
        assert_eq!(edited(b" 00000000 00000840 000001CA"), Some((2112, None)));
        assert_eq!(edited(b" 00000000 00000000 000001CA 00000000003F31F6"), None);
        assert_eq!(edited(b" 00000000 7FFFFFFF 000001CA 00000000003F31F6"), None);
        assert_eq!(edited(b" 00000000"), None);
        assert_eq!(edited(b"\xff\xfe"), None);
    }
}
