use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The output folder of a run.
pub(super) struct Output {
    folder: PathBuf,
}

impl Output {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        for part in ["models", "pictures", "songs", "report"] {
            let folder = folder.join(part);
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    pub(super) fn features(&self) -> PathBuf {
        self.folder.join("features.safetensors")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.folder.join("report").join("run.json")
    }

    pub(super) fn report(&self) -> PathBuf {
        self.folder.join("report").join("index.html")
    }

    pub(super) fn song(&self, name: &str) -> PathBuf {
        self.folder.join("songs").join(name)
    }

    /// The folder for the `TensorBoard` log of one training run, emptied of earlier ones.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        let folder = self.folder.join("logs").join(name);
        // A folder that does not exist needs no removal; any other error shows when the log is written.
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    pub(super) fn model(&self, name: &str) -> PathBuf {
        self.folder.join("models").join(format!("{name}.safetensors"))
    }

    pub(super) fn picture(&self, name: &str) -> PathBuf {
        self.folder.join("pictures").join(format!("{name}.png"))
    }
}
