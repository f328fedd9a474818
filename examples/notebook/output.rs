use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Crates whose versions decide the numbers of a run.
const DECISIVE: [&str; 5] = ["candle-core", "cepstrum", "pulp", "realfft", "symphonia"];

/// The folder that a run writes into.
pub(crate) struct Output {
    folder: PathBuf,
}

impl Output {
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        for part in ["models", "pictures"] {
            let folder = folder.join(part);
            fs::create_dir_all(&folder)
                .with_context(|| format!("{}: cannot make this folder", folder.display()))?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn features(&self) -> PathBuf {
        self.folder.join("features.safetensors")
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.folder.join("run.json")
    }

    pub(crate) fn model(&self, name: &str) -> PathBuf {
        self.folder.join("models").join(format!("{name}.safetensors"))
    }

    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        self.folder.join("pictures").join(format!("{name}.png"))
    }
}

/// The command line as it was given.
pub(crate) fn command() -> String {
    let quoted = |word: String| {
        if word.contains(|c: char| c.is_whitespace() || c == '\'') { format!("{word:?}") } else { word }
    };
    std::env::args().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The versions that this binary was built from, as the lock file has them.
pub(crate) fn versions() -> BTreeMap<String, String> {
    let lock = include_str!("../../Cargo.lock");
    let field =
        |line: &str, name: &str| Some(line.strip_prefix(name)?.trim_matches([' ', '=', '"']).to_owned());
    let mut name = String::new();
    let mut versions = BTreeMap::new();
    for line in lock.lines() {
        if let Some(found) = field(line, "name") {
            name = found;
        } else if let Some(version) = field(line, "version").filter(|_| DECISIVE.contains(&name.as_str())) {
            versions.insert(name.clone(), version);
        }
    }
    versions
}
