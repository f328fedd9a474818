//! The verdicts on a music library, in a table that grows row by row.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::tag::Found;
use crate::verdict::Verdict;

/// A row of the table.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    file: String,
    /// The most probable class; empty for a song that could not be used.
    genre: String,
    confidence: String,
    /// `true` for a song unlike the training data; empty where the model does not know.
    unlike_training: String,
    /// Why the song could not be used.
    error: String,
    /// The first digits of a hash of the model's file.
    model: String,
}

/// A table of verdicts that one run after the other extends.
pub(super) struct Library {
    path: PathBuf,
    model: String,
    done: BTreeMap<String, Found>,
}

impl Library {
    /// Opens the table, or creates it with its header.
    pub(super) fn open(path: &Path, model: &Path) -> Result<Self> {
        let bytes = fs::read(model).with_context(|| model.display().to_string())?;
        let model = blake3::hash(&bytes).to_hex()[..16].to_owned();
        let mut library = Self { path: path.to_owned(), model, done: BTreeMap::new() };
        match File::options().write(true).create_new(true).open(path) {
            Ok(mut file) => {
                let header = "file,genre,confidence,unlike_training,error,model\n";
                file.write_all(header.as_bytes()).with_context(|| path.display().to_string())?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                library.cut_unfinished_row()?;
                for row in library.rows()? {
                    ensure!(
                        row.model == library.model,
                        "{}: holds verdicts of another model ({}, not {}); name another --out",
                        path.display(),
                        row.model,
                        library.model
                    );
                    let found = Found {
                        genre: row.genre,
                        confidence: row.confidence.parse().unwrap_or(0.0),
                        is_unlike_training: row.unlike_training == "true",
                    };
                    library.done.insert(row.file, found);
                }
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
        Ok(library)
    }

    /// The row of the song in the table when it was opened.
    pub(super) fn known(&self, file: &Path) -> Option<&Found> {
        self.done.get(&*file.to_string_lossy())
    }

    pub(super) fn add(&self, file: &Path, Verdict { song, .. }: &Verdict) -> Result<()> {
        self.append(&Row {
            file: file.to_string_lossy().into_owned(),
            genre: song.top_class().to_owned(),
            confidence: format!("{:.4}", song.confidence()),
            unlike_training: song
                .ood_score()
                .map_or_else(String::new, |it| it.is_out_of_distribution().to_string()),
            error: String::new(),
            model: self.model.clone(),
        })
    }

    pub(super) fn add_failure(&self, file: &Path, error: &anyhow::Error) -> Result<()> {
        self.append(&Row {
            file: file.to_string_lossy().into_owned(),
            genre: String::new(),
            confidence: String::new(),
            unlike_training: String::new(),
            error: format!("{error:#}"),
            model: self.model.clone(),
        })
    }

    /// Writes a playlist for every class with a song, in the order of the table.
    pub(super) fn write_playlists(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut playlists: BTreeMap<String, String> = BTreeMap::new();
        for row in self.rows()?.into_iter().filter(|row| !row.genre.is_empty()) {
            let path = fs::canonicalize(&row.file).unwrap_or_else(|_| PathBuf::from(&row.file));
            let playlist = playlists.entry(row.genre).or_insert_with(|| "#EXTM3U\n".to_owned());
            playlist.push_str(&path.to_string_lossy());
            playlist.push('\n');
        }
        for (genre, playlist) in playlists {
            let path = dir.join(format!("{}.m3u8", genre.replace(['/', '\\'], "_")));
            fs::write(&path, playlist).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// Removes what an interruption left of a last row.
    fn cut_unfinished_row(&self) -> Result<()> {
        let bytes = fs::read(&self.path).with_context(|| self.path.display().to_string())?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            let file = File::options().write(true).open(&self.path);
            file.and_then(|file| file.set_len(whole as u64))
                .with_context(|| format!("cannot write {}", self.path.display()))?;
        }
        Ok(())
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let reader = csv::Reader::from_path(&self.path);
        let rows = reader.and_then(|mut reader| reader.deserialize().collect::<Result<_, _>>());
        rows.with_context(|| format!("{}: not a table of verdicts", self.path.display()))
    }

    /// Adds a row in one write, so that an interruption leaves whole rows.
    fn append(&self, row: &Row) -> Result<()> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        writer.serialize(row)?;
        let bytes = writer.into_inner().context("a row cannot be written")?;
        OpenOptions::new()
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(&bytes))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}
