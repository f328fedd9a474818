//! Files that are there whole or not at all.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use crate::{Error, Result};

/// Writes a file under a temporary name in the same folder, then renames it to `path`.
///
/// Whoever opens `path` sees the file as it was before or the whole new one; when `write` fails or the process dies,
/// an earlier file at `path` stays untouched.
///
/// ```
/// use std::io::Write;
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("run.json");
/// cepstrum_dataset::write_atomically(&path, |out| Ok::<_, cepstrum_dataset::Error>(out.write_all(b"{}")?))?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What `write` gives, and [`Error::InFile`] with the operating system's cause when the file cannot be made, filled or
/// renamed.
pub fn write_atomically<T, E: From<Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    let path = path.as_ref();
    replace_synced(path, Sync::ToDisk, write)
}

/// As [`write_atomically`], without waiting for the disk: for files that are checked when they are read.
pub(crate) fn replace<T, E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    replace_synced(path, Sync::Later, write)
}

/// Whether a file holds already what `write` writes.
pub(crate) fn holds<E>(path: &Path, write: impl FnOnce(&mut Comparison) -> Result<(), E>) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut comparison = Comparison { file, buffer: Vec::new() };
    write(&mut comparison).is_ok() && matches!(comparison.file.read(&mut [0]), Ok(0))
}

/// Fails at the first byte that is not in the file.
pub(crate) struct Comparison {
    file: File,
    buffer: Vec<u8>,
}

impl Write for Comparison {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.resize(bytes.len(), 0);
        self.file.read_exact(&mut self.buffer)?;
        if self.buffer == bytes { Ok(bytes.len()) } else { Err(io::Error::other("the file differs")) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sync {
    ToDisk,
    Later,
}

fn replace_synced<T, E: From<Error>>(
    path: &Path,
    sync: Sync,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    let at_path = |source: std::io::Error| Error::from(source).in_file(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    let temporary = builder(&prefix).tempfile_in(folder).map_err(at_path)?;
    let mut buffered = BufWriter::new(temporary.as_file());
    let value = write(&mut buffered)?;
    buffered.flush().map_err(at_path)?;
    drop(buffered);
    if sync == Sync::ToDisk {
        temporary.as_file().sync_all().map_err(at_path)?;
    }
    temporary.persist(path).map_err(|failed| at_path(failed.error))?;
    Ok(value)
}

/// `tempfile` makes files that only their owner can read; a store should get the permissions of any other new file.
#[cfg(unix)]
fn builder(prefix: &OsString) -> tempfile::Builder<'_, 'static> {
    use std::os::unix::fs::PermissionsExt;

    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix.as_os_str()).suffix(".tmp").permissions(std::fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn builder(prefix: &OsString) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix.as_os_str()).suffix(".tmp");
    builder
}
