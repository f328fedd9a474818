//! MP4 files (M4A, MOV) in front of symphonia 0.6.

mod boxes;
mod edit_list;
mod gapless;
mod sample_entry;
mod sizes;

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::source::{Patched, Spliced};
use crate::Result;

pub(super) use edit_list::Edit;
pub(super) use sample_entry::SampleEntry;

/// The properties of a file that symphonia does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Movie {
    /// The part of the first audio track that is the recording.
    pub(super) edit: Option<Edit>,
    /// Whether packets follow behind those of the tables, so that the lengths in the header are no promise.
    pub(super) is_fragmented: bool,
    pub(super) entry: Option<SampleEntry>,
}

/// The box that names the kind of a file, which `QuickTime` files of before 2001 lack and symphonia wants, at any place.
const FILE_TYPE: [u8; 16] = *b"\0\0\0\x10ftypqt  \0\0\0\0";

/// Reads what symphonia does not tell, and returns a stream that it reads.
///
/// Boxes that are cut or broken say nothing here; symphonia judges them.
pub(super) fn mend(mut source: Box<dyn MediaSource>) -> Result<(Box<dyn MediaSource>, Movie)> {
    let length = source.seek(SeekFrom::End(0))?;
    let edit = known(edit_list::read(&mut source, length))?;
    let edit = if edit.is_none() { known(gapless::read(&mut source, length))? } else { edit };
    let is_fragmented = known(is_fragmented(&mut source, length).map(Some))? == Some(true);
    let edit = edit.map(|edit| if is_fragmented { edit.to_the_end() } else { edit });
    let entry = known(sample_entry::read(&mut source, length))?;
    let has_type = known(boxes::child(&mut source, 0..length, *b"ftyp"))?.is_some();
    let patches = sizes::patches(&mut source, length)?;
    if !patches.is_empty() {
        source = Box::new(Patched::new(source, patches)?);
    }
    if !has_type {
        source = Box::new(Spliced::new(Vec::new(), source, 0..length)?.with_tail(&FILE_TYPE));
    }
    source.rewind()?;
    Ok((source, Movie { edit, is_fragmented, entry }))
}

/// Returns whether the header says that movie fragments follow. ISO/IEC 14496-12, 8.8.
fn is_fragmented<R: Read + Seek + ?Sized>(stream: &mut R, file_len: u64) -> io::Result<bool> {
    let Some(movie) = boxes::child(stream, 0..file_len, *b"moov")? else { return Ok(false) };
    Ok(boxes::child(stream, movie, *b"mvex")?.is_some())
}

fn known<T>(found: io::Result<Option<T>>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        found => found,
    }
}
