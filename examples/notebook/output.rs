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
        for part in ["models", "pictures", "songs", "report"] {
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
        self.folder.join("report").join("run.json")
    }

    pub(crate) fn report(&self) -> PathBuf {
        self.folder.join("report").join("index.html")
    }

    pub(crate) fn song(&self, name: &str) -> PathBuf {
        self.folder.join("songs").join(name)
    }

    /// The folder of one training's `TensorBoard` log, without those of earlier runs.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        let folder = self.folder.join("logs").join(name);
        // What cannot be removed is not there, or shows when the log is written.
        let _ = fs::remove_dir_all(&folder);
        folder
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

/// What the run was made on.
pub(crate) fn machine() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = model.map_or(std::env::consts::ARCH, |(_, name)| name);
    BTreeMap::from([
        ("processor".to_owned(), format!("{processor}, {cores} threads")),
        ("system".to_owned(), format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH)),
    ])
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
