//! Places of files: on a disk, or behind an address.

use std::path::PathBuf;

use object_store::path::Path as ObjectPath;
use url::Url;

use crate::{Error, Result};

/// The place of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On a disk of this machine, or on one that is mounted here.
    Local(PathBuf),
    /// In an object store or on a web server.
    Remote(Remote),
}

/// A file or a prefix in an object store or on a web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// What the store is named by: `s3://bucket` or `http://host:port`.
    pub base: Url,
    /// The path in it.
    pub path: ObjectPath,
}

impl Location {
    /// Parses a path, or an address with the scheme `file`, `s3`, `http` or `https`.
    ///
    /// # Errors
    /// [`Error::Scheme`] for any other scheme, and for an address that is none.
    pub fn parse(location: &str) -> Result<Self> {
        let Some((scheme, _)) = location.split_once("://") else {
            return Ok(Self::Local(PathBuf::from(location)));
        };
        let unknown = || Error::Scheme { location: location.to_owned() };
        let url = Url::parse(location).map_err(|_| unknown())?;
        match scheme {
            "file" => url.to_file_path().map(Self::Local).map_err(|()| unknown()),
            "s3" | "http" | "https" => {
                let path = ObjectPath::from_url_path(url.path()).map_err(|_| unknown())?;
                let mut base = url;
                base.set_path("");
                base.set_query(None);
                base.set_fragment(None);
                Ok(Self::Remote(Remote { base, path }))
            }
            _ => Err(unknown()),
        }
    }
}

impl std::fmt::Display for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base.as_str().trim_end_matches('/'), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        assert_eq!(Location::parse("a/b.wav").unwrap(), Location::Local("a/b.wav".into()));
        assert_eq!(Location::parse("file:///a/b.wav").unwrap(), Location::Local("/a/b.wav".into()));
        let Location::Remote(remote) = Location::parse("s3://bucket/a/b c.wav").unwrap() else { panic!() };
        assert_eq!((remote.base.as_str(), remote.path.as_ref()), ("s3://bucket", "a/b c.wav"));
        assert_eq!(remote.to_string(), "s3://bucket/a/b c.wav");
        assert!(matches!(Location::parse("ftp://host/a"), Err(Error::Scheme { .. })));
    }

    #[test]
    fn steps_upward_in_addresses_are_resolved_before_anything_is_compared() {
        let Location::Remote(remote) = Location::parse("s3://bucket/in/../../out/%2e%2e/secret").unwrap()
        else {
            panic!()
        };
        assert_eq!(remote.path.as_ref(), "secret");
    }
}
