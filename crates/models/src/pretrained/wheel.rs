//! The files of a Python wheel: a zip archive with the package's name and version inside.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::CheckpointProblem;

/// A reason why a file is not the wheel that holds the weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WheelProblem {
    /// The file is not a zip archive, or its directory is damaged.
    #[error("not a wheel: {cause}")]
    NotAnArchive {
        /// The error of the reader.
        cause: ZipError,
    },
    /// The archive does not say which package it is.
    #[error("not a wheel: the archive has no `.dist-info/METADATA` with a name and a version")]
    NoMetadata,
    /// The wheel of another package or version.
    #[error("the wheel is of {package} {version}, the weights are in musicnn 0.1.0: {how_to}", how_to = super::HOW_TO_GET)]
    OtherPackage {
        /// Name of the package.
        package: String,
        /// Its version.
        version: String,
    },
    /// A file is not in the wheel.
    #[error("the wheel has no `{entry}`")]
    MissingFile {
        /// Its path in the wheel.
        entry: String,
    },
    /// A file in the wheel cannot be unpacked.
    #[error("`{entry}` in the wheel is damaged: {cause}")]
    DamagedFile {
        /// Its path in the wheel.
        entry: String,
        /// The error of the reader.
        cause: std::io::Error,
    },
    /// The checkpoint in the wheel cannot be read.
    #[error("the checkpoint in the wheel cannot be read: {0}")]
    Checkpoint(#[from] CheckpointProblem),
}

type Result<T> = std::result::Result<T, WheelProblem>;

/// A larger file cannot be part of the wheel: its largest one has 9.5 MB.
const MAX_FILE: u64 = 32 << 20;

/// A wheel of one package.
pub(super) struct Wheel<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The folder of the package's description.
    info: String,
}

impl<'a> Wheel<'a> {
    /// Opens the wheel of this package and version.
    pub(super) fn open(bytes: &'a [u8], [package, version]: [&str; 2]) -> Result<Self> {
        let archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|cause| WheelProblem::NotAnArchive { cause })?;
        let info = |name: &str| Some(name.strip_suffix("/METADATA")?.to_owned());
        let infos = archive.file_names().filter_map(|name| info(&name.ok()?));
        let infos = infos.filter(|info| info.ends_with(".dist-info") && !info.contains('/'));
        let info = infos.min().ok_or(WheelProblem::NoMetadata)?;
        let mut wheel = Self { archive, info };
        let metadata = wheel.text("METADATA")?;
        let field = |name: &str| {
            let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned());
            metadata.lines().take_while(|line| !line.is_empty()).find_map(value)
        };
        match (field("Name"), field("Version")) {
            (Some(name), Some(found)) if name == package && found == version => Ok(wheel),
            (Some(package), Some(version)) => Err(WheelProblem::OtherPackage { package, version }),
            _ => Err(WheelProblem::NoMetadata),
        }
    }

    /// A text file of the package's description.
    pub(super) fn text(&mut self, name: &str) -> Result<String> {
        let bytes = self.file(&format!("{}/{name}", self.info))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The contents of a file, whose checksum the reader compares.
    pub(super) fn file(&mut self, path: &str) -> Result<Vec<u8>> {
        let entry = || path.to_owned();
        let damaged = |cause| WheelProblem::DamagedFile { entry: entry(), cause };
        let file = self.archive.by_name(path).map_err(|error| match error {
            ZipError::FileNotFound => WheelProblem::MissingFile { entry: entry() },
            other => damaged(other.into()),
        })?;
        let mut contents = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut contents).map_err(damaged)?;
        Ok(contents)
    }
}
