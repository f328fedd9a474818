//! Reading at the rim, where paths are known.

use std::fs::File;
use std::path::Path;

use crate::{Error, Result};

/// Returns true for the name of a Parquet file.
pub(crate) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// Opens a file and reads it; every error names it.
pub(crate) fn read_file<T>(path: &Path, read: impl FnOnce(File) -> Result<T>) -> Result<T> {
    File::open(path).map_err(Error::from).and_then(read).map_err(|error| error.in_file(path))
}
