//! The output folder: on a disk or in an object store. A file appears in it whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tempfile::NamedTempFile;

use crate::Result;
use crate::error::InFile;
use crate::location::Location;
use crate::objects::Objects;

/// An output folder.
#[derive(Clone, Debug)]
pub struct Storage {
    place: Place,
    name: String,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Objects { client: Arc<dyn ObjectStore>, prefix: ObjectPath, objects: Objects },
}

/// Largest file that is put into an object store by a single request; a larger one goes in parts and appears with the last.
const ONE_PUT: u64 = 64 << 20;
/// Beginning of the names of files that are being written.
const UNFINISHED: &str = ".unfinished-";

impl Storage {
    /// Opens a folder, which need not exist.
    ///
    /// # Errors
    /// [`Error::Scheme`](crate::Error::Scheme) and [`Error::CredentialsMissing`](crate::Error::CredentialsMissing).
    pub fn open(location: &str, objects: &Objects) -> Result<Self> {
        Self::at(location, Location::parse(location)?, objects)
    }

    pub(crate) fn at(name: &str, location: Location, objects: &Objects) -> Result<Self> {
        let place = match location {
            Location::Local(folder) => Place::Folder(folder),
            Location::Remote(remote) => {
                let client = objects.client(&remote)?;
                Place::Objects { client, prefix: remote.path, objects: objects.clone() }
            }
        };
        Ok(Self { place, name: name.trim_end_matches('/').to_owned() })
    }

    /// The folder, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a file whole; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io) or [`Error::Objects`](crate::Error::Objects).
    pub fn read(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match &self.place {
            Place::Folder(folder) => match fs::read(folder.join(file)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error).in_file(self.path(file)),
            },
            Place::Objects { client, prefix, objects } => {
                let path = join(prefix, file);
                let read = objects.retry(async || client.get(&path).await?.bytes().await);
                match read {
                    Ok(bytes) => Ok(Some(bytes.into())),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error).in_file(self.path(file)),
                }
            }
        }
    }

    /// The size of a file in bytes; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io) or [`Error::Objects`](crate::Error::Objects).
    pub fn size(&self, file: &str) -> Result<Option<u64>> {
        match &self.place {
            Place::Folder(folder) => match fs::metadata(folder.join(file)) {
                Ok(metadata) => Ok(Some(metadata.len())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error).in_file(self.path(file)),
            },
            Place::Objects { client, prefix, objects } => {
                let path = join(prefix, file);
                match objects.retry(async || client.head(&path).await) {
                    Ok(meta) => Ok(Some(meta.size)),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error).in_file(self.path(file)),
                }
            }
        }
    }

    /// The files in a folder of this one with their sizes in bytes, by name.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io) or [`Error::Objects`](crate::Error::Objects).
    pub fn list(&self, folder: &str) -> Result<BTreeMap<String, u64>> {
        let mut files = match &self.place {
            Place::Folder(root) => list(&root.join(folder)).in_file(self.path(folder))?,
            Place::Objects { client, prefix, objects } => {
                let prefix = join(prefix, folder);
                let found = objects.retry(async || client.list(Some(&prefix)).try_collect::<Vec<_>>().await);
                let found = found.in_file(self.path(folder))?;
                let named = |meta: ObjectMeta| Some((meta.location.filename()?.to_owned(), meta.size));
                found.into_iter().filter_map(named).collect()
            }
        };
        files.retain(|name, _| !name.starts_with(UNFINISHED));
        Ok(files)
    }

    /// Number of requests that this place answers as quickly at a time as one.
    pub(crate) fn concurrency(&self) -> usize {
        match &self.place {
            Place::Folder(_) => 1,
            Place::Objects { .. } => 32,
        }
    }

    /// Writes a small file.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io) or [`Error::Objects`](crate::Error::Objects).
    pub fn write(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let mut unfinished = self.unfinished(file)?;
        std::io::Write::write_all(&mut unfinished, bytes).in_file(self.path(file))?;
        self.finish(file, unfinished)
    }

    /// Begins a file: beside its place on a disk, in the folder for temporary files otherwise.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io).
    pub(crate) fn unfinished(&self, file: &str) -> Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        match &self.place {
            Place::Folder(root) => {
                let folder = root.join(file);
                let folder = folder.parent().unwrap_or(root);
                fs::create_dir_all(folder).in_file(self.path(file))?;
                builder.tempfile_in(folder)
            }
            Place::Objects { .. } => builder.tempfile(),
        }
        .in_file(self.path(file))
    }

    /// Puts a file into its place.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io) or [`Error::Objects`](crate::Error::Objects).
    pub(crate) fn finish(&self, file: &str, mut unfinished: NamedTempFile) -> Result<()> {
        match &self.place {
            Place::Folder(root) => {
                unfinished.as_file().sync_all().in_file(self.path(file))?;
                unfinished
                    .persist(root.join(file))
                    .map_err(|failed| failed.error)
                    .in_file(self.path(file))?;
            }
            Place::Objects { client, prefix, objects } => {
                let file_of_part = unfinished.as_file_mut();
                file_of_part.rewind().in_file(self.path(file))?;
                put(client, &join(prefix, file), file_of_part, objects).in_file(self.path(file))?;
            }
        }
        Ok(())
    }

    /// Removes what killed processes left of files they were writing. Not while others write.
    ///
    /// # Errors
    /// [`Error::InFile`](crate::Error::InFile) around [`Error::Io`](crate::Error::Io).
    pub(crate) fn sweep(&self, folder: &str) -> Result<()> {
        let Place::Folder(root) = &self.place else { return Ok(()) };
        let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
        for entry in entries.flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                fs::remove_file(entry.path()).in_file(self.path(folder))?;
            }
        }
        Ok(())
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.name)
    }
}

/// The files of a folder on a disk; none where there is no folder.
fn list(folder: &Path) -> Result<BTreeMap<String, u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry?;
        match entry.metadata() {
            Ok(metadata) => files.insert(entry.file_name().to_string_lossy().into_owned(), metadata.len()),
            // Another process has put its file into place.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(files)
}

fn join(prefix: &ObjectPath, file: &str) -> ObjectPath {
    file.split('/').fold(prefix.clone(), ObjectPath::join)
}

fn put(
    client: &Arc<dyn ObjectStore>,
    path: &ObjectPath,
    file: &mut fs::File,
    objects: &Objects,
) -> Result<()> {
    let length = file.metadata()?.len();
    let mut read = |length: u64| {
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map(|_| bytes)
    };
    if length <= ONE_PUT {
        let payload = PutPayload::from(read(length)?);
        objects.retry(async || client.put(path, payload.clone()).await)?;
        return Ok(());
    }
    let mut writer = WriteMultipart::new(objects.wait(client.put_multipart(path))?);
    loop {
        let bytes = read(ONE_PUT / 4)?;
        if bytes.is_empty() {
            break;
        }
        objects.wait(async {
            writer.wait_for_capacity(2).await?;
            writer.put(bytes.into());
            Ok::<_, object_store::Error>(())
        })?;
    }
    objects.wait(writer.finish())?;
    Ok(())
}
