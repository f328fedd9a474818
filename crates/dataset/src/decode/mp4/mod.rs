//! MP4 files (M4A, MOV) in front of symphonia 0.6.

mod boxes;
mod edit_list;
mod gapless;
mod sizes;

use std::io::{self, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::source::Patched;
use crate::Result;

pub(super) use edit_list::Edit;

/// Reads which part of the first audio track is the recording, and returns a stream that symphonia reads.
///
/// Boxes that are cut or broken say nothing here; symphonia judges them.
pub(super) fn mend(mut source: Box<dyn MediaSource>) -> Result<(Box<dyn MediaSource>, Option<Edit>)> {
    let length = source.seek(SeekFrom::End(0))?;
    let edit = known(edit_list::read(&mut source, length))?;
    let edit = if edit.is_none() { known(gapless::read(&mut source, length))? } else { edit };
    let patches = sizes::patches(&mut source, length)?;
    if !patches.is_empty() {
        source = Box::new(Patched::new(source, patches)?);
    }
    source.rewind()?;
    Ok((source, edit))
}

fn known(edit: io::Result<Option<Edit>>) -> io::Result<Option<Edit>> {
    match edit {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        edit => edit,
    }
}
