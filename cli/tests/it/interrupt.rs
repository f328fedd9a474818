//! Ctrl-C in the middle of every command that takes a while.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::{fails, own_folder, program, succeeds, trained};

/// A running command.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(dir: &Path, arguments: &[&str]) -> Self {
        let mut command = program(dir, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child, stdout: BufReader::new(stdout), stderr: BufReader::new(stderr) }
    }

    /// Waits until the command has printed a line with these words.
    fn prints(mut self, words: &str) -> Self {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended without saying {words}");
        }
        self
    }

    /// Waits until the command has said a line with these words on the way.
    fn notes(mut self, words: &str) -> Self {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "it ended without saying {words}");
        }
        self
    }

    /// Presses Ctrl-C once; what the command prints from then on, and its exit code, which must be 130.
    fn interrupted(mut self) -> Output {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.stdout.read_to_end(&mut stdout).unwrap();
        self.stderr.read_to_end(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{}", String::from_utf8_lossy(&stderr));
        assert!(String::from_utf8_lossy(&stderr).contains("interrupted"));
        Output { status, stdout, stderr }
    }
}

/// A folder of two classes, one of which holds very many names of the same songs.
fn endless() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in(trained()).unwrap();
    for (class, copies) in [("dub", 3000), ("waltz", 3)] {
        let folder = dir.path().join("music").join(class);
        fs::create_dir_all(&folder).unwrap();
        let song = trained().join(format!("music/{class}/{class}.00000.wav"));
        for copy in 0..copies {
            fs::hard_link(&song, folder.join(format!("{copy:04}.wav"))).unwrap();
        }
    }
    dir
}

#[test]
fn training_keeps_the_best_model_until_then() {
    let dir = own_folder();
    let arguments = ["train", "music", "--models", "logistic,ffnn1,crnn", "--epochs", "100000"];
    let output = Running::start(dir.path(), &arguments).notes("training ffnn1").interrupted();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("saved as genre.safetensors") && !told.contains("crnn"), "{told}");
    succeeds(dir.path(), &["classify", "genre.safetensors", "music/dub"]);
}

#[test]
fn the_notebook_reports_on_the_models_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = trained().join("set.safetensors");
    let models = ["notebook", "--models", "logistic,ffnn1", "--epochs", "100000"];
    let arguments = [&models[..], &["--features", store.to_str().unwrap()]].concat();
    Running::start(dir.path(), &arguments).prints("ffnn1, split by track").interrupted();
    let page = fs::read_to_string(dir.path().join("cepstrum-out/report/index.html")).unwrap();
    assert!(page.contains("logistic"));
}

#[test]
fn a_library_keeps_its_rows() {
    let dir = endless();
    let model = trained().join("genre.safetensors");
    let arguments = ["classify", model.to_str().unwrap(), "music", "--out", "all.csv"];
    Running::start(dir.path(), &arguments).prints("0004.wav").interrupted();
    let table = fs::read_to_string(dir.path().join("all.csv")).unwrap();
    assert!(table.lines().count() > 5 && table.ends_with('\n'), "{table}");
}

#[test]
fn a_check_tells_what_it_has_seen() {
    let dir = endless();
    let running = Running::start(dir.path(), &["check", "music"]);
    sleep(Duration::from_millis(300));
    let told = String::from_utf8(running.interrupted().stdout).unwrap();
    assert!(told.lines().any(|line| line.starts_with("all ")), "{told}");
    assert!(!told.contains("3003 tracks"), "{told}");
}

#[test]
fn a_comparison_keeps_its_rows() {
    let arguments = ["compare", "set.safetensors", "--models", "logistic,crnn", "--epochs", "100000"];
    let output = Running::start(trained(), &arguments).prints("| logistic | segment |").interrupted();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("crnn"));
}

#[test]
fn an_extraction_goes_on_from_its_cache() {
    let dir = endless();
    let dir = dir.path();
    let arguments = ["extract", "music", "set.safetensors", "--cache", "cache", "--threads", "1"];
    let running = Running::start(dir, &arguments);
    let cached = || fs::read_dir(dir.join("cache")).map_or(0, Iterator::count);
    while cached() == 0 {
        sleep(Duration::from_millis(5));
    }
    running.interrupted();
    assert!(cached() > 0 && !dir.join("set.safetensors").exists());
}

#[test]
fn a_table_of_features_keeps_its_rows() {
    let dir = endless();
    let running = Running::start(dir.path(), &["features", "music", "table.csv"]);
    sleep(Duration::from_secs(4));
    running.interrupted();
    let table = fs::read_to_string(dir.path().join("table.csv")).unwrap();
    assert!((2..3004).contains(&table.lines().count()), "{} lines", table.lines().count());
}

#[test]
fn songs_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let running =
        Running::start(dir.path(), &["synth", "music", "--tracks", "50", "--seconds", "5", "--quiet"]);
    while fs::read_dir(dir.path().join("music")).map_or(0, Iterator::count) < 2 {
        sleep(Duration::from_millis(5));
    }
    running.interrupted();
    let songs: Vec<_> = fs::read_dir(dir.path().join("music"))
        .unwrap()
        .flat_map(|class| fs::read_dir(class.unwrap().path()).unwrap())
        .map(|song| song.unwrap().path())
        .filter(|song| song.extension().is_some_and(|extension| extension == "wav"))
        .collect();
    assert!(songs.len() >= 50);
    assert!(songs.iter().all(|song| fs::metadata(song).unwrap().len() == 44 + 2 * 5 * 22_050));
}

#[test]
fn who_waits_for_input_ends_at_once() {
    for arguments in [
        &["listen", "genre.safetensors", "--rate", "22050"][..],
        &["classify", "genre.safetensors", "-", "--rate", "22050"],
    ] {
        let running = Running::start(trained(), arguments);
        sleep(Duration::from_millis(700));
        running.interrupted();
    }
    #[cfg(feature = "serve")]
    Running::start(trained(), &["serve", "genre.safetensors", "--port", "0"]).prints("http://").interrupted();
    // An exit code of its own is what the help says.
    assert!(fails(trained(), &["train"], 2).contains("Usage"));
}
