//! Extractions that are killed, run at the same time on one cache, or have no room on the disk. Each is a process of its
//! own: this test binary, started again with [`child`] as its only test.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use cepstrum_dataset::progress::{Progress, Silent};
use cepstrum_dataset::{AudioFolder, ExtractConfig, Extracted, Extraction, FeatureSet, Result, Segment};

use crate::common;

const TRACKS: usize = 40;
const THREADS: usize = 2;
const SEGMENT: Segment = Segment::Seconds(0.5);

/// Writes tracks of two classes that are old enough for their modification times to be trusted.
fn write_tracks(root: &Path, seconds: f32) {
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

/// Kills its own process after a number of tracks.
struct KillAfter {
    /// The number of tracks, and the name of the signal; `None` for never.
    limit: Option<(usize, String)>,
    done: AtomicUsize,
}

impl KillAfter {
    fn from_environment() -> Self {
        let limit = std::env::var("CEPSTRUM_KILL_AFTER").ok().map(|limit| {
            let (n, signal) = limit.split_once(' ').unwrap();
            (n.parse().unwrap(), signal.to_owned())
        });
        Self { limit, done: AtomicUsize::new(0) }
    }
}

impl Progress for KillAfter {
    fn start(&self, _total: u64, _what: &str) {}

    fn advance(&self, _n: u64) {
        let done = 1 + self.done.fetch_add(1, Ordering::SeqCst);
        let Some((limit, signal)) = &self.limit else { return };
        if done == *limit {
            Command::new("kill").args([signal, &std::process::id().to_string()]).status().unwrap();
        }
        // No thread does another track before the signal arrives.
        if done >= *limit {
            std::thread::sleep(Duration::from_secs(60));
        }
    }

    fn message(&self, _text: &str) {}
    fn finish(&self) {}
}

/// Not a test: the body of the processes that the tests below start, which set its environment.
#[test]
#[ignore = "started by the other tests of this file"]
fn child() {
    let Some(root) = std::env::var_os("CEPSTRUM_ROOT") else { return };
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).unwrap());
    let saved = extract(Path::new(&root), &folder("CEPSTRUM_CACHE"), KillAfter::from_environment())
        .and_then(|extracted| extracted.features.save(folder("CEPSTRUM_OUT")));
    match saved {
        Ok(()) => println!("saved"),
        Err(error) => println!("failed: {error}"),
    }
}

/// A command that runs [`child`], possibly through another command.
fn child_command(prefix: &[&str], root: &Path, cache: &Path, out: &Path) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words: Vec<&std::ffi::OsStr> = prefix.iter().map(std::ffi::OsStr::new).collect();
    words.push(this.as_os_str());
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["--exact", "killed::child", "--ignored", "--nocapture", "--test-threads=1"])
        .env("CEPSTRUM_ROOT", root)
        .env("CEPSTRUM_CACHE", cache)
        .env("CEPSTRUM_OUT", out)
        .stdout(Stdio::piped());
    command
}

/// The lines of a child's output that contain a text, and its status.
fn wait(mut child: Child, text: &str) -> (Vec<String>, ExitStatus) {
    let output = BufReader::new(child.stdout.take().unwrap());
    let lines = output.lines().map_while(std::result::Result::ok);
    let lines = lines.filter(|line| line.contains(text)).collect();
    (lines, child.wait().unwrap())
}

#[test]
fn a_killed_run_loses_at_most_the_tracks_in_flight() {
    use std::os::unix::process::ExitStatusExt;

    let root = tempfile::tempdir().unwrap();
    write_tracks(root.path(), 1.0);
    let whole = extract(root.path(), tempfile::tempdir().unwrap().path(), Silent).unwrap().features;
    // A shell ignores SIGINT for its background jobs, and they inherit that; these two signals kill in any case.
    for (name, signal) in [("-KILL", 9), ("-TERM", 15)] {
        for done in [1, 5, TRACKS - THREADS] {
            let cache = tempfile::tempdir().unwrap();
            let out = cache.path().join("out.safetensors");
            let mut command = child_command(&[], root.path(), cache.path(), &out);
            command.env("CEPSTRUM_KILL_AFTER", format!("{done} {name}"));
            let (_, status) = wait(command.spawn().unwrap(), "");
            assert_eq!(status.signal(), Some(signal), "{status}");
            assert!(!out.exists());

            let again = extract(root.path(), cache.path(), Silent).unwrap();
            println!("{name}: {done} of {TRACKS} done, {} taken from the cache", again.cached);
            assert!((done..done + THREADS).contains(&again.cached), "{} of {done}", again.cached);
            assert_eq!(again.features, whole);
            assert_eq!(extract(root.path(), cache.path(), Silent).unwrap().cached, TRACKS);
        }
    }
}

#[test]
fn processes_on_one_cache_do_not_disturb_each_other() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_tracks(root.path(), 1.0);
    let whole = extract(root.path(), tempfile::tempdir().unwrap().path(), Silent).unwrap().features;
    let outs = [0, 1, 2].map(|i| cache.path().join(format!("{i}.safetensors")));
    let children: Vec<Child> =
        outs.iter().map(|out| child_command(&[], root.path(), cache.path(), out).spawn().unwrap()).collect();
    for (child, out) in children.into_iter().zip(&outs) {
        assert_eq!(wait(child, "saved").0.len(), 1);
        assert_eq!(FeatureSet::load(out).unwrap(), whole);
    }
    let left: Vec<_> = fs::read_dir(cache.path().join("tracks")).unwrap().collect();
    assert_eq!(left.len(), TRACKS, "entries, and no temporary file");
    assert_eq!(extract(root.path(), cache.path(), Silent).unwrap().cached, TRACKS);
}

/// Mounts a file system on the cache folder, in a namespace of its own, and runs the child on it.
const MOUNT: &str = "mount -t tmpfs -o size=SIZE,MODE none \"$CEPSTRUM_CACHE\" && exec \"$0\" \"$@\"";

fn may_mount() -> bool {
    let allowed = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let allowed = allowed.is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: mounting in a namespace of its own is not allowed here");
    }
    allowed
}

#[test]
fn a_full_disk_and_a_read_only_one_are_clear_errors() {
    if !cfg!(target_os = "linux") || !may_mount() {
        return;
    }
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_tracks(root.path(), 1.0);
    let elsewhere = root.path().join("out.safetensors");
    let json = cache.path().join("out.json");
    let within = cache.path().join("out.safetensors");
    for (size, mode, out, cause, name) in [
        ("32k", "rw", &elsewhere, "No space left on device", cache.path()),
        ("1m", "ro", &elsewhere, "Read-only file system", cache.path()),
        // Room for the entries of the cache, but not for the store.
        ("380k", "rw", &within, "No space left on device", within.as_path()),
        ("380k", "rw", &json, "No space left on device", json.as_path()),
    ] {
        let script = MOUNT.replace("SIZE", size).replace("MODE", mode);
        let prefix = ["unshare", "-rm", "sh", "-c", &script];
        let child = child_command(&prefix, root.path(), cache.path(), out).spawn().unwrap();
        let (messages, _) = wait(child, "failed: ");
        println!("{size} {mode}: {messages:?}");
        assert_eq!(messages.len(), 1, "{size} {mode}");
        let message = &messages[0];
        assert!(message.contains(cause) && message.contains(name.to_str().unwrap()), "{message}");
        assert!(!message.contains("not a JSON"), "{message}");
        assert!(!out.exists());
    }
}
