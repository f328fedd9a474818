//! The folders that may be read, and nothing else.

use std::fs;
use std::path::{Component, Path, PathBuf};

use object_store::path::Path as ObjectPath;

use crate::error::InFile;
use crate::location::{Location, Remote};
use crate::{Error, Result};

/// The folders and prefixes that an executor may read from and write to.
///
/// A relative path means one in the first root, so that machines may mount the same files at different places, or have them in an
/// object store. Links are followed before the comparison: none leads out.
#[derive(Clone, Debug)]
pub struct Roots {
    local: Vec<PathBuf>,
    remote: Vec<Remote>,
    /// What relative paths are joined to.
    first: Location,
}

impl Roots {
    /// Resolves the roots; without any, the root is the working folder.
    ///
    /// # Errors
    /// [`Error::InFile`] around [`Error::Io`] for a folder that is not there, [`Error::Scheme`].
    pub fn new(roots: &[String]) -> Result<Self> {
        let default = [".".to_owned()];
        let mut resolved = Vec::new();
        for root in if roots.is_empty() { &default } else { roots } {
            resolved.push(match Location::parse(root)? {
                Location::Local(path) => Location::Local(fs::canonicalize(&path).in_file(root)?),
                remote @ Location::Remote(_) => remote,
            });
        }
        let (mut local, mut remote) = (Vec::new(), Vec::new());
        let first = resolved.first().cloned().unwrap_or(Location::Local(PathBuf::from(".")));
        for root in resolved {
            match root {
                Location::Local(path) => local.push(path),
                Location::Remote(prefix) => remote.push(prefix),
            }
        }
        Ok(Self { local, remote, first })
    }

    /// Returns the place of a file that may be read, with all links of its path followed.
    ///
    /// # Errors
    /// [`Error::OutsideRoots`]; [`Error::Io`] for a local file that is not there.
    pub fn readable(&self, path: &str) -> Result<Location> {
        match self.joined(path)? {
            Location::Remote(remote) => self.remote(remote).ok_or_else(|| self.outside(path)),
            Location::Local(joined) => {
                let resolved = fs::canonicalize(joined)?;
                if self.has(&resolved) { Ok(Location::Local(resolved)) } else { Err(self.outside(path)) }
            }
        }
    }

    /// Returns the place of an output folder, which need not exist yet.
    ///
    /// # Errors
    /// [`Error::OutsideRoots`]; [`Error::Io`] when no folder above it exists.
    pub fn writable(&self, path: &str) -> Result<Location> {
        match self.joined(path)? {
            Location::Remote(remote) => self.remote(remote).ok_or_else(|| self.outside(path)),
            Location::Local(joined) => {
                let present = joined.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
                if self.has(&fs::canonicalize(present)?) {
                    Ok(Location::Local(joined))
                } else {
                    Err(self.outside(path))
                }
            }
        }
    }

    /// The place of a path without steps upward; a relative one lies in the first root.
    fn joined(&self, path: &str) -> Result<Location> {
        let local = match Location::parse(path)? {
            Location::Local(local) => local,
            remote @ Location::Remote(_) => return Ok(remote),
        };
        check_steps(path, &local).map_err(|_| self.outside(path))?;
        Ok(match &self.first {
            Location::Local(root) => Location::Local(root.join(local)),
            Location::Remote(_) if local.is_absolute() => Location::Local(local),
            Location::Remote(root) => {
                let parts = local.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
                let path = parts.fold(root.path.clone(), ObjectPath::join);
                Location::Remote(Remote { base: root.base.clone(), path })
            }
        })
    }

    fn has(&self, resolved: &Path) -> bool {
        self.local.iter().any(|root| resolved.starts_with(root))
    }

    fn remote(&self, remote: Remote) -> Option<Location> {
        let mut roots = self.remote.iter();
        let inside = roots.any(|root| root.base == remote.base && remote.path.prefix_matches(&root.path));
        inside.then_some(Location::Remote(remote))
    }

    fn outside(&self, path: &str) -> Error {
        Error::OutsideRoots { path: path.to_owned(), roots: self.to_string() }
    }
}

impl std::fmt::Display for Roots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let local = self.local.iter().map(|root| root.display().to_string());
        let names: Vec<_> = local.chain(self.remote.iter().map(ToString::to_string)).collect();
        f.write_str(&names.join(", "))
    }
}

/// Fails for a local path with a step upward, which no manifest needs.
pub(crate) fn check_steps(path: &str, local: &Path) -> Result<()> {
    if local.components().any(|component| component == Component::ParentDir) {
        let roots = "that its own folders name".to_owned();
        return Err(Error::OutsideRoots { path: path.to_owned(), roots });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(result: &Result<Location>) -> bool {
        matches!(result, Err(Error::OutsideRoots { .. }))
    }

    #[test]
    fn nothing_outside_a_root_is_readable() {
        let folder = tempfile::tempdir().unwrap();
        let (root, secret) = (folder.path().join("root"), folder.path().join("secret"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(folder.path().join("root2")).unwrap();
        fs::write(root.join("a"), "").unwrap();
        fs::write(&secret, "").unwrap();
        fs::write(folder.path().join("root2/b"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&secret, root.join("link")).unwrap();
        let name = |path: &Path| path.to_str().unwrap().to_owned();
        let roots = Roots::new(&[name(&root), "s3://bucket/music".into()]).unwrap();

        let a = Location::Local(fs::canonicalize(root.join("a")).unwrap());
        assert_eq!(roots.readable("a").unwrap(), a);
        assert_eq!(roots.readable(&name(&root.join("a"))).unwrap(), a);
        assert!(outside(&roots.readable("../secret")));
        assert!(outside(&roots.readable(&name(&secret))));
        assert!(outside(&roots.readable(&name(&folder.path().join("root2/b")))));
        #[cfg(unix)]
        assert!(outside(&roots.readable("link")));
        assert!(roots.readable("s3://bucket/music/a.wav").is_ok());
        assert!(outside(&roots.readable("s3://bucket/music/../a.wav")));
        assert!(outside(&roots.readable("s3://bucket/musical/a.wav")));
        assert!(outside(&roots.readable("s3://other/music/a.wav")));
        assert!(outside(&roots.readable("http://bucket/music/a.wav")));
        assert!(matches!(roots.readable("missing"), Err(Error::Io(_))));
        let remote_first = Roots::new(&["s3://bucket/music".into()]).unwrap();
        let Location::Remote(joined) = remote_first.readable("a b/c.wav").unwrap() else { panic!() };
        assert_eq!(joined.to_string(), "s3://bucket/music/a b/c.wav");
        assert!(outside(&remote_first.readable(&name(&secret))));

        assert!(roots.writable("out/new").is_ok());
        assert!(outside(&roots.writable(&name(&folder.path().join("root2/new")))));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("root2"), root.join("leading_out")).unwrap();
            assert!(outside(&roots.writable("leading_out/new")));
        }
    }
}
