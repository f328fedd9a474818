//! The list of a folder's parts.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::read_file::is_parquet;
use crate::{Error, Result, StoreError};

/// The list that ends a job of a cluster.
#[derive(Deserialize)]
struct Commit {
    parts: Vec<CommittedPart>,
}

#[derive(Deserialize)]
struct CommittedPart {
    file: PathBuf,
}

/// The parts of a folder in a fixed order.
pub(super) fn parts(folder: &Path) -> Result<Vec<PathBuf>> {
    match fs::read(folder.join("commit.json")) {
        Ok(bytes) => {
            let commit: Commit = serde_json::from_slice(&bytes)
                .map_err(|error| Error::Store(StoreError::Json { at: None, cause: error.into() }))?;
            return Ok(commit.parts.into_iter().map(|part| folder.join(part.file)).collect());
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        // The job goes on, or was interrupted: what is there is not the whole.
        Err(_) if folder.join("job.json").exists() => {
            return Err(Error::Store(StoreError::MissingKey { key: "commit.json" }));
        }
        Err(_) => {}
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_parquet(&path) {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}
