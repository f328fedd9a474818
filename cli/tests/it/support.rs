//! Runs of the program, and a set and a model that many tests read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// The program, to be run in a folder.
pub(crate) fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cepstrum"));
    command.args(arguments).current_dir(dir);
    command
}

/// Runs the program in a folder.
pub(crate) fn cepstrum(dir: &Path, arguments: &[&str]) -> Output {
    program(dir, arguments).output().unwrap()
}

/// The standard output of a run that must succeed.
pub(crate) fn succeeds(dir: &Path, arguments: &[&str]) -> String {
    let output = cepstrum(dir, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The standard error of a run that must end with this code.
pub(crate) fn fails(dir: &Path, arguments: &[&str], code: i32) -> String {
    let output = cepstrum(dir, arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    stderr
}

/// The objects of a run with `--json`.
pub(crate) fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A folder with the synthetic set in `music`, its features in `set.safetensors` and a model trained on it in
/// `genre.safetensors`: made once, and only read.
pub(crate) fn trained() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        succeeds(&dir, &["synth", "music", "--tracks", "5", "--seconds", "6", "--quiet"]);
        succeeds(&dir, &["extract", "music", "set.safetensors", "--quiet"]);
        let told = succeeds(&dir, &["train", "music", "--models", "majority,logistic", "--quiet"]);
        assert!(told.contains("logistic is best on validation tracks"), "{told}");
        assert!(told.contains("cepstrum classify genre.safetensors"), "{told}");
        dir
    })
}

/// A folder of a test's own with links to what [`trained`] made; the model is a copy.
pub(crate) fn own_folder() -> tempfile::TempDir {
    let (shared, own) = (trained(), tempfile::tempdir().unwrap());
    fs::copy(shared.join("genre.safetensors"), own.path().join("genre.safetensors")).unwrap();
    for class in fs::read_dir(shared.join("music")).unwrap() {
        let class = class.unwrap();
        let folder = own.path().join("music").join(class.file_name());
        fs::create_dir_all(&folder).unwrap();
        for song in fs::read_dir(class.path()).unwrap() {
            let song = song.unwrap();
            fs::copy(song.path(), folder.join(song.file_name())).unwrap();
        }
    }
    own
}
