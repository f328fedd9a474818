//! Audio files without labels.

use std::fs;
use std::path::{Path, PathBuf};

use crate::decode::EXTENSIONS;
use crate::{Error, Result};

/// Lists the audio files in a folder and its subfolders, sorted by path.
///
/// A file counts as audio when its extension is one of [`EXTENSIONS`], in any case. Hidden entries and links to folders
/// are left out. When `path` is itself a file, the list is that one file, whatever its extension.
///
/// # Errors
/// [`Error::InFile`] around [`Error::Io`] for a folder that cannot be listed, and around [`Error::NoAudio`] for one
/// without audio files.
pub fn audio_files(path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let path = path.as_ref();
    let metadata = fs::metadata(path).map_err(|error| Error::from(error).in_file(path))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    collect(path, &mut files)?;
    if files.is_empty() {
        return Err(Error::NoAudio.in_file(path));
    }
    files.sort_unstable();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let in_folder = |error: std::io::Error| Error::from(error).in_file(folder);
    for entry in fs::read_dir(folder).map_err(in_folder)? {
        let entry = entry.map_err(in_folder)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(in_folder)?.is_dir() {
            collect(&path, files)?;
        } else if is_audio(&path) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn is_audio(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
}
