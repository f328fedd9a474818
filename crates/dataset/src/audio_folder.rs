//! A folder with one subfolder of audio files per class.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Collection, Error, Result, SampleSink, Skipped, Track, decode};

/// A folder on disk with one subfolder of audio files per class, such as GTZAN's `genres_original`.
///
/// - Every subfolder of the root is a class and has its name; files directly in the root are ignored. A subfolder in which
///   there are only pictures, texts and tables, or nothing at all, is left aside, as `__MACOSX` is.
/// - Every regular file in a class folder or its subfolders is a candidate track. Only decoding shows whether it is
///   audio; an [`Extraction`](crate::Extraction) lists the files that are not, with their causes.
/// - Names that begin with a dot are hidden and ignored.
/// - Links are followed, except into a folder that contains them.
/// - Classes are sorted by name and tracks by their path within the class, both by code point as Python sorts.
///
/// Entries that cannot be candidates (folders without audio, dangling links, pipes, names that are not Unicode, unreadable
/// folders) are listed in [`skipped`](Self::skipped).
#[derive(Debug)]
pub struct AudioFolder {
    root: PathBuf,
    classes: Vec<String>,
    tracks: Vec<Entry>,
    skipped: Vec<Skipped>,
}

#[derive(Debug)]
struct Entry {
    track: Track,
    path: PathBuf,
}

impl AudioFolder {
    /// Lists classes and tracks without reading any audio.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] when `root` is not a readable folder, and around [`Error::NoClasses`]
    /// when no subfolder is a class. [`Error::OneLevelTooHigh`] when there is one class whose audio lies in folders of its own,
    /// as in the folder that holds `genres_original`.
    pub fn scan(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        let canonical = fs::canonicalize(root).map_err(|error| Error::from(error).in_file(root))?;
        let mut folder =
            Self { root: root.to_owned(), classes: Vec::new(), tracks: Vec::new(), skipped: Vec::new() };
        let entries = sorted_entries(root).map_err(|error| error.in_file(root))?;
        for path in entries.into_iter().filter(|path| path.is_dir()) {
            match path.file_name().and_then(OsStr::to_str) {
                Some(name) => folder.scan_class(&path, name, &canonical),
                None => folder.skip(path, Error::NotUnicode),
            }
        }
        if folder.classes.is_empty() {
            return Err(Error::NoClasses.in_file(root));
        }
        folder.check_level()?;
        folder.tracks.sort_by(|a, b| (a.track.class, &a.track.name).cmp(&(b.track.class, &b.track.name)));
        Ok(folder)
    }

    /// The folder that was scanned.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Entries that cannot be tracks, with their causes.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Adds a class and its files, or leaves the folder aside where nothing in it can be audio.
    fn scan_class(&mut self, path: &Path, name: &str, root: &Path) {
        let (n_tracks, n_skipped) = (self.tracks.len(), self.skipped.len());
        let mut ancestors = HashSet::from([root.to_owned()]);
        self.scan_folder(path, self.classes.len(), name, &mut ancestors);
        let nothing_refused = self.skipped.len() == n_skipped;
        if nothing_refused && self.tracks[n_tracks..].iter().all(|entry| is_no_audio(&entry.path)) {
            self.tracks.truncate(n_tracks);
            self.skip(path.to_owned(), Error::NoAudio);
        } else {
            self.classes.push(name.to_owned());
        }
    }

    /// Refuses a single class that has folders, but no file of its own.
    fn check_level(&self) -> Result<()> {
        let [class] = self.classes.as_slice() else { return Ok(()) };
        let inside = self.root.join(class);
        if self.tracks.is_empty() || self.tracks.iter().any(|entry| entry.path.parent() == Some(&inside)) {
            return Ok(());
        }
        Err(Error::OneLevelTooHigh { class: class.clone(), inside }.in_file(&self.root))
    }

    /// Adds the files of one folder and its subfolders; `ancestors` holds the canonical paths of the folders above it.
    fn scan_folder(&mut self, folder: &Path, class: usize, name: &str, ancestors: &mut HashSet<PathBuf>) {
        let listed = fs::canonicalize(folder).map_err(Error::from).and_then(|real| {
            if ancestors.insert(real.clone()) {
                Ok((sorted_entries(folder)?, real))
            } else {
                Err(Error::FolderLoop)
            }
        });
        let (entries, real) = match listed {
            Ok(listed) => listed,
            Err(cause) => return self.skip(folder.to_owned(), cause),
        };
        for path in entries {
            let Some(file_name) = path.file_name().and_then(OsStr::to_str) else {
                self.skip(path, Error::NotUnicode);
                continue;
            };
            let name = format!("{name}/{file_name}");
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.scan_folder(&path, class, &name, ancestors),
                Ok(metadata) if metadata.is_file() => {
                    self.tracks.push(Entry { track: Track { name, class }, path });
                }
                Ok(_) => self.skip(path, Error::NotAFile),
                Err(error) => self.skip(path, error.into()),
            }
        }
        ancestors.remove(&real);
    }

    fn skip(&mut self, path: PathBuf, cause: Error) {
        let path = path.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(path);
        self.skipped.push(Skipped { path, cause });
    }
}

impl Collection for AudioFolder {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn n_tracks(&self) -> usize {
        self.tracks.len()
    }

    fn track(&self, index: usize) -> Track {
        self.tracks[index].track.clone()
    }

    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>> {
        decode::load_audio(&self.tracks[index].path, sample_rate)
    }

    fn stream(&self, index: usize, sample_rate: u32, sink: &mut SampleSink<'_>) -> Result<()> {
        decode::stream_audio(&self.tracks[index].path, sample_rate, sink)
    }

    fn file(&self, index: usize) -> Option<&Path> {
        Some(&self.tracks[index].path)
    }
}

/// Returns whether a file's name is that of a picture, a text, a table or an index, as they lie beside audio.
fn is_no_audio(path: &Path) -> bool {
    const EXTENSIONS: [&str; 24] = [
        "bmp", "csv", "db", "gif", "h5", "htm", "html", "ini", "jpeg", "jpg", "json", "md", "npy", "npz",
        "pdf", "png", "svg", "tif", "tiff", "tsv", "txt", "webp", "xml", "yaml",
    ];
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
}

/// The paths in a folder that are not hidden, sorted by name.
fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}
