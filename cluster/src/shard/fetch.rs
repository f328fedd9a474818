//! Reading of a track: its bytes and their hash, from a disk, an object store or a web server.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use futures::StreamExt;
use object_store::{GetOptions, GetRange, ObjectStore};

use crate::location::{Location, Remote};
use crate::objects::Objects;
use crate::roots::Roots;
use crate::{Error, Result};

/// Files up to this size are read into memory; a larger one is read from its disk, or waits in a temporary file.
pub(super) const IN_MEMORY: u64 = 64 << 20;
/// The cause for a file that is not there.
const MISSING: &str = "there is no such file";
/// Number of times that one file is asked for again after its body was cut.
const TRIES: usize = 5;

/// A track that is ready to be decoded.
pub(super) struct Fetched {
    pub(super) content: Content,
    /// Hash of the bytes.
    pub(super) hash: String,
}

/// The bytes of a track.
pub(super) enum Content {
    Memory(Cursor<Vec<u8>>),
    File(File),
}

/// Why a track has no bytes.
pub(super) enum Unread {
    /// The track cannot be used, for this cause.
    Unusable(String),
    /// The store failed; the shard is to be tried again.
    Failed(Error),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        // In the words of every system and store.
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        Self::Unusable(if is_missing { MISSING.to_owned() } else { error.to_string() })
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => bytes.seek(position),
            Self::File(file) => file.seek(position),
        }
    }
}

/// Reads the bytes of a track that lies in the roots.
pub(super) fn fetch(path: &str, max_bytes: u64, roots: &Roots, objects: &Objects) -> Result<Fetched, Unread> {
    match roots.readable(path) {
        Ok(Location::Local(path)) => {
            // Before it is opened: the opening of a pipe waits for a writer.
            check(&path.metadata()?, max_bytes)?;
            local(File::open(path)?)
        }
        Ok(Location::Remote(remote)) => {
            let client = objects.client(&remote).map_err(Unread::Failed)?;
            objects.wait(download(&client, &remote, max_bytes))
        }
        Err(Error::Io(error)) => Err(error.into()),
        // The folders of this machine are none of a table's business.
        Err(Error::OutsideRoots { .. }) => {
            Err(Unread::Unusable("the path leads out of the roots".to_owned()))
        }
        Err(error) => Err(Unread::Unusable(error.to_string())),
    }
}

fn check(metadata: &Metadata, max_bytes: u64) -> Result<(), Unread> {
    if !metadata.is_file() {
        return Err(Unread::Unusable("not a regular file".to_owned()));
    }
    check_size(metadata.len(), max_bytes)
}

fn check_size(bytes: u64, max_bytes: u64) -> Result<(), Unread> {
    if bytes <= max_bytes {
        return Ok(());
    }
    Err(Unread::Unusable(format!("the file has {bytes} bytes, more than the {max_bytes} that are allowed")))
}

fn local(mut file: File) -> Result<Fetched, Unread> {
    let length = file.metadata()?.len();
    let mut hasher = blake3::Hasher::new();
    if length <= IN_MEMORY {
        let mut bytes = Vec::with_capacity(length as usize + 1);
        // A file that grows while it is read is cut where it ended.
        file.take(length).read_to_end(&mut bytes)?;
        hasher.update(&bytes);
        return Ok(Fetched { content: Content::Memory(Cursor::new(bytes)), hash: hex(&hasher) });
    }
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        };
    }
    file.rewind()?;
    Ok(Fetched { content: Content::File(file), hash: hex(&hasher) })
}

/// Downloads a file, from where it was cut on when it is cut.
async fn download(client: &Arc<dyn ObjectStore>, remote: &Remote, max_bytes: u64) -> Result<Fetched, Unread> {
    let mut spool = Spool { hasher: blake3::Hasher::new(), bytes: Vec::new(), file: None, length: 0 };
    let mut expected: Option<(u64, Option<String>)> = None;
    let mut tries = 0;
    loop {
        let range = (spool.length > 0).then_some(GetRange::Offset(spool.length));
        let options = GetOptions { range, ..GetOptions::default() };
        let failure = match client.get_opts(&remote.path, options).await {
            Err(error) => error,
            Ok(answer) => {
                let state = (answer.meta.size, answer.meta.e_tag.clone());
                check_size(state.0, max_bytes)?;
                if *expected.get_or_insert(state.clone()) != state {
                    return Err(Unread::Unusable("the object changed while it was read".to_owned()));
                }
                match spool.take(answer.into_stream()).await? {
                    None if spool.length >= state.0 => return spool.finish(),
                    // A web server may end a body early without an error.
                    None => object_store::Error::Generic { store: "body", source: "it ends early".into() },
                    Some(error) => error,
                }
            }
        };
        let error = Error::from(failure);
        if !error.is_transient() {
            return Err(Unread::Unusable(cause(&error)));
        }
        tries += 1;
        if tries == TRIES {
            return Err(Unread::Failed(error.in_file(remote.to_string())));
        }
        log::warn!("{remote} is asked for again from byte {}: {error}", spool.length);
        tokio::time::sleep(std::time::Duration::from_millis(100 << tries)).await;
    }
}

/// What is told of an object that cannot be had: no address and no header of a request.
fn cause(error: &Error) -> String {
    match error {
        Error::Objects(object_store::Error::NotFound { .. }) => MISSING.to_owned(),
        Error::Objects(
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. },
        ) => "reading is not permitted".to_owned(),
        _ => "the object cannot be read".to_owned(),
    }
}

/// The bytes that have arrived.
struct Spool {
    hasher: blake3::Hasher,
    bytes: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Spool {
    /// Takes pieces until the end or an error of the store.
    async fn take(
        &mut self,
        mut pieces: futures::stream::BoxStream<'static, object_store::Result<impl AsRef<[u8]>>>,
    ) -> Result<Option<object_store::Error>, Unread> {
        while let Some(piece) = pieces.next().await {
            match piece {
                Err(error) => return Ok(Some(error)),
                Ok(piece) => self.push(piece.as_ref()).map_err(|error| Unread::Failed(error.into()))?,
            }
        }
        Ok(None)
    }

    fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hasher.update(piece);
        self.length += piece.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(piece);
        }
        self.bytes.extend_from_slice(piece);
        if self.length > IN_MEMORY {
            let mut file = tempfile::tempfile()?;
            file.write_all(&std::mem::take(&mut self.bytes))?;
            self.file = Some(file);
        }
        Ok(())
    }

    fn finish(self) -> Result<Fetched, Unread> {
        let hash = hex(&self.hasher);
        let content = match self.file {
            None => Content::Memory(Cursor::new(self.bytes)),
            Some(mut file) => {
                file.rewind().map_err(|error| Unread::Failed(error.into()))?;
                Content::File(file)
            }
        };
        Ok(Fetched { content, hash })
    }
}

fn hex(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().to_string()
}
