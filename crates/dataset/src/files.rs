//! Audio files without labels.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Extensions of the formats that [`load_audio`](crate::load_audio) reads.
const EXTENSIONS: [&str; 14] =
    ["aac", "aif", "aifc", "aiff", "au", "flac", "m4a", "mp3", "mp4", "oga", "ogg", "snd", "wav", "wave"];

/// Lists the audio files in a folder and the folders within it, by extension, sorted by path; the path of a file gives
/// that file, whatever it is called. Hidden entries and links to folders are left out.
///
/// # Errors
/// [`Error::InFile`] around [`Error::Io`] for what cannot be listed, around [`Error::NoAudio`] when a folder holds none.
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
    let named = |error: std::io::Error| Error::from(error).in_file(folder);
    for entry in fs::read_dir(folder).map_err(named)? {
        let entry = entry.map_err(named)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(named)?.is_dir() {
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
