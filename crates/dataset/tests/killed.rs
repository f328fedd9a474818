//! What a killed extraction, a second one beside it and a disk without room leave behind. Each extraction is a process of
//! its own: this test binary, started again with [`child`] as its only test.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use cepstrum_dataset::progress::{Progress, Silent};
use cepstrum_dataset::{AudioFolder, ExtractConfig, Extracted, Extraction, FeatureSet, Result, Segment};

const TRACKS: usize = 40;
const THREADS: usize = 2;
const SEGMENT: Segment = Segment::Seconds(0.5);

/// Tracks of two classes whose times are old enough to be trusted.
fn library(root: &Path, seconds: f32) {
    for i in 0..TRACKS {
        let path = root.join(format!("{}/{i:02}.wav", ["jazz", "rock"][i % 2]));
        common::write_wav(&path, &common::tone(100.0 + 17.0 * i as f32, seconds, 22_050), 22_050);
        let old = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
}

fn extract(root: &Path, cache: &Path, progress: impl Progress) -> Result<Extracted> {
    let config = ExtractConfig { segment: SEGMENT, ..ExtractConfig::default() };
    Extraction::new(config).threads(THREADS).cache(cache).progress(progress).run(&AudioFolder::scan(root)?)
}

/// Says on standard output how many tracks are done, and leaves time to hear it.
struct Say;

const PAUSE: Duration = Duration::from_millis(20);

impl Progress for Say {
    fn start(&self, _total: u64, _what: &str) {}
    fn advance(&self, _n: u64) {
        println!("done: one");
        std::thread::sleep(PAUSE);
    }
    fn message(&self, _text: &str) {}
    fn finish(&self) {}
}

/// No test of its own: what the others start as a process, with the folders in its environment.
#[test]
fn child() {
    let Some(root) = std::env::var_os("CEPSTRUM_ROOT") else { return };
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    let saved = extract(Path::new(&root), &folder("CEPSTRUM_CACHE"), Say)
        .and_then(|extracted| extracted.features.save(folder("CEPSTRUM_OUT")));
    match saved {
        Ok(()) => println!("saved"),
        Err(error) => println!("failed: {error}"),
    }
}

/// Runs [`child`], perhaps behind another command.
fn start(prefix: &[&str], root: &Path, cache: &Path, out: &Path) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut words: Vec<&std::ffi::OsStr> = prefix.iter().map(std::ffi::OsStr::new).collect();
    words.push(this.as_os_str());
    Command::new(words[0])
        .args(&words[1..])
        .args(["--exact", "child", "--nocapture", "--test-threads=1"])
        .env("CEPSTRUM_ROOT", root)
        .env("CEPSTRUM_CACHE", cache)
        .env("CEPSTRUM_OUT", out)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The lines of a child that begin so.
fn lines<'a>(child: &'a mut Child, beginning: &'a str) -> impl Iterator<Item = String> + 'a {
    let output = BufReader::new(child.stdout.as_mut().unwrap());
    output.lines().map_while(std::result::Result::ok).filter(move |line| line.contains(beginning))
}

#[test]
fn a_killed_run_loses_at_most_the_tracks_in_flight() {
    let root = tempfile::tempdir().unwrap();
    library(root.path(), 1.0);
    let whole = extract(root.path(), tempfile::tempdir().unwrap().path(), Silent).unwrap().features;
    for signal in ["-KILL", "-INT"] {
        let cache = tempfile::tempdir().unwrap();
        let out = cache.path().join("out.safetensors");
        let mut child = start(&[], root.path(), cache.path(), &out);
        let before = lines(&mut child, "done: one").take(5).count();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let done = before + lines(&mut child, "done: one").count();
        assert!(!child.wait().unwrap().success(), "the run was over before it was killed");
        assert!(!out.exists());

        let again = extract(root.path(), cache.path(), Silent).unwrap();
        println!("{signal}: {done} of {TRACKS} done, {} taken from the cache", again.cached);
        assert!((done..=done + THREADS).contains(&again.cached), "{} of {done}", again.cached);
        assert_eq!(again.features, whole);
        assert_eq!(extract(root.path(), cache.path(), Silent).unwrap().cached, TRACKS);
    }
}

#[test]
fn two_processes_on_one_cache_do_not_disturb_each_other() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    library(root.path(), 1.0);
    let whole = extract(root.path(), tempfile::tempdir().unwrap().path(), Silent).unwrap().features;
    let outs = [0, 1, 2].map(|i| cache.path().join(format!("{i}.safetensors")));
    let mut children: Vec<Child> =
        outs.iter().map(|out| start(&[], root.path(), cache.path(), out)).collect();
    for (child, out) in children.iter_mut().zip(&outs) {
        assert_eq!(lines(child, "saved").count(), 1);
        child.wait().unwrap();
        assert_eq!(FeatureSet::load(out).unwrap(), whole);
    }
    let left: Vec<_> = fs::read_dir(cache.path().join("tracks")).unwrap().collect();
    assert_eq!(left.len(), TRACKS, "entries, and nothing temporary");
    assert_eq!(extract(root.path(), cache.path(), Silent).unwrap().cached, TRACKS);
}

/// Mounting needs a name space of its own; where that is not allowed, nothing is tested.
const MOUNT: &str = "mount -t tmpfs -o size=SIZE,MODE none \"$CEPSTRUM_CACHE\" && exec \"$0\" \"$@\"";

fn may_mount() -> bool {
    let allowed = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let allowed = allowed.is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: no mounting in a name space of its own here");
    }
    allowed
}

#[test]
fn a_full_disk_and_a_read_only_one_are_clear_errors() {
    if !cfg!(target_os = "linux") || !may_mount() {
        return;
    }
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    library(root.path(), 1.0);
    let elsewhere = root.path().join("out.safetensors");
    let within = cache.path().join("out.safetensors");
    for (size, mode, out, cause, name) in [
        ("32k", "rw", &elsewhere, "No space left on device", cache.path()),
        ("1m", "ro", &elsewhere, "Read-only file system", cache.path()),
        // Room for the entries of the cache, but not for the store.
        ("380k", "rw", &within, "No space left on device", within.as_path()),
    ] {
        let script = MOUNT.replace("SIZE", size).replace("MODE", mode);
        let mut child = start(&["unshare", "-rm", "sh", "-c", &script], root.path(), cache.path(), out);
        let said: Vec<String> = lines(&mut child, "failed: ").collect();
        child.wait().unwrap();
        println!("{size} {mode}: {said:?}");
        assert_eq!(said.len(), 1, "{size} {mode}");
        assert!(said[0].contains(cause) && said[0].contains(name.to_str().unwrap()), "{}", said[0]);
        assert!(!out.exists());
    }
}
