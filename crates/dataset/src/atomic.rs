//! Files that appear whole or not at all.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use crate::{Error, Result};

/// Writes a file under a temporary name in the same folder, then renames it to `path`.
///
/// A reader of `path` sees either the previous file or the whole new one. When `write` fails or the process dies, an
/// existing file at `path` stays untouched.
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
/// Any error of `write`, and [`Error::InFile`] around [`Error::Io`] when the file cannot be created, written or
/// renamed.
pub fn write_atomically<T, E: From<Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    replace(path.as_ref(), Flush::ToDisk, write)
}

/// Writes a file like [`write_atomically`] without waiting for the disk, for files that are checked when they are read.
pub(crate) fn write_unsynced<T, E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    replace(path, Flush::Later, write)
}

/// Returns whether a file already holds exactly the bytes that `write` writes.
pub(crate) fn contents_equal<E>(path: &Path, write: impl FnOnce(&mut Comparison) -> Result<(), E>) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut comparison = Comparison { file, buffer: Vec::new() };
    write(&mut comparison).is_ok() && matches!(comparison.file.read(&mut [0]), Ok(0))
}

/// A writer that fails at the first byte that differs from a file.
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

/// The time by which the bytes of a new file must be on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Before the file is renamed.
    ToDisk,
    /// Whenever the operating system writes them.
    Later,
}

fn replace<T, E: From<Error>>(
    path: &Path,
    flush: Flush,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, E>,
) -> Result<T, E> {
    let at_path = |source: io::Error| Error::from(source).in_file(path);
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
    if flush == Flush::ToDisk {
        temporary.as_file().sync_all().map_err(at_path)?;
    }
    temporary.persist(path).map_err(|failed| at_path(failed.error))?;
    Ok(value)
}

/// A builder of temporary files with the permissions of any other new file; by default only the owner may read them.
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
