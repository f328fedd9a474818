//! The cache of an extraction: what is read again, and what happens with broken entries.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cepstrum_dataset::{AudioFolder, DamagePolicy, ExtractConfig, Extracted, Extraction, Result, Segment};

use crate::common;

/// Writes tracks that are old enough for their modification times to be trusted.
fn old_folder(root: &Path) {
    common::write_small_folder(root, 1.0);
    for class in ["jazz", "rock"] {
        for entry in fs::read_dir(root.join(class)).unwrap() {
            age(&entry.unwrap().path());
        }
    }
}

fn age(path: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
}

fn run(root: &Path, cache: &Path, seconds: f64) -> Result<Extracted> {
    let config = ExtractConfig { segment: Segment::Seconds(seconds), ..ExtractConfig::default() };
    Extraction::new(config).threads(2).cache(cache).run(&AudioFolder::scan(root)?)
}

fn files_in(folder: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_second_run_reads_nothing_and_has_the_same_result() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    let first = run(root.path(), cache.path(), 0.5).unwrap();
    let second = run(root.path(), cache.path(), 0.5).unwrap();
    assert_eq!((first.cached, second.cached), (0, 4));
    assert_eq!(first.features, second.features);
    assert_eq!(files_in(cache.path().join("index")).len(), 4);
}

#[test]
fn changed_and_new_files_are_read() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    run(root.path(), cache.path(), 0.5).unwrap();
    common::write_wav(&root.path().join("jazz/a.wav"), &common::tone(999.0, 1.0, 22_050), 22_050);
    common::write_wav(&root.path().join("rock/new.wav"), &common::tone(555.0, 1.0, 22_050), 22_050);
    let second = run(root.path(), cache.path(), 0.5).unwrap();
    assert_eq!(second.cached, 3);
    let fresh = run(root.path(), tempfile::tempdir().unwrap().path(), 0.5).unwrap();
    assert_eq!(second.features, fresh.features);
}

#[test]
fn equal_contents_under_another_name_are_not_read_again() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    run(root.path(), cache.path(), 0.5).unwrap();
    fs::rename(root.path().join("jazz/a.wav"), root.path().join("jazz/z.wav")).unwrap();
    assert_eq!(run(root.path(), cache.path(), 0.5).unwrap().cached, 4);
}

#[test]
fn another_configuration_has_other_entries() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    run(root.path(), cache.path(), 0.5).unwrap();
    let other = run(root.path(), cache.path(), 0.25).unwrap();
    assert_eq!(other.cached, 0);
    assert_eq!(run(root.path(), cache.path(), 0.5).unwrap().cached, 4);
}

#[test]
fn broken_entries_are_replaced() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    let first = run(root.path(), cache.path(), 0.5).unwrap();
    let entries = files_in(cache.path().join("tracks"));
    let bytes = fs::read(&entries[0]).unwrap();
    fs::write(&entries[0], &bytes[..bytes.len() / 2]).unwrap();
    let mut bytes = fs::read(&entries[1]).unwrap();
    bytes[7] ^= 1;
    fs::write(&entries[1], bytes).unwrap();
    fs::write(&entries[2], b"").unwrap();
    let second = run(root.path(), cache.path(), 0.5).unwrap();
    assert_eq!(second.cached, 1);
    assert_eq!(first.features, second.features);
    assert_eq!(run(root.path(), cache.path(), 0.5).unwrap().cached, 4);
}

#[test]
fn concurrent_runs_do_not_disturb_each_other() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    let expected = run(root.path(), tempfile::tempdir().unwrap().path(), 0.1).unwrap().features;
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| run(root.path(), cache.path(), 0.1).unwrap().features)).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), expected);
        }
    });
    assert_eq!(run(root.path(), cache.path(), 0.1).unwrap().cached, 4);
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error_that_names_it() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    let file = cache.path().join("not a folder");
    fs::write(&file, b"").unwrap();
    let error = run(root.path(), &file, 0.5).unwrap_err();
    assert!(error.to_string().contains("not a folder"), "{error}");

    run(root.path(), cache.path(), 0.5).unwrap();
    fs::remove_dir_all(cache.path().join("tracks")).unwrap();
    fs::create_dir_all(cache.path().join("tracks")).unwrap();
    for (path, name) in [("jazz/a.wav", "jazz/gone.wav"), ("rock/c.wav", "rock/gone.wav")] {
        fs::copy(root.path().join(path), root.path().join(name)).unwrap();
    }
    assert_eq!(run(root.path(), cache.path(), 0.5).unwrap().skipped.len(), 0);
}

fn cut_wav(root: &Path) {
    let path = root.join("jazz/cut.wav");
    common::write_wav(&path, &common::tone(321.0, 2.0, 22_050), 22_050);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
}

#[test]
fn the_damage_policy_decides_what_happens_to_damaged_files() {
    let root = tempfile::tempdir().unwrap();
    common::write_small_folder(root.path(), 1.0);
    cut_wav(root.path());
    let library = AudioFolder::scan(root.path()).unwrap();
    let config = ExtractConfig { segment: Segment::Seconds(0.5), ..ExtractConfig::default() };
    let with = |policy| Extraction::new(config.clone()).damaged(policy).run(&library);

    let skipped = with(DamagePolicy::Skip).unwrap();
    assert_eq!((skipped.features.len(), skipped.skipped.len(), skipped.damaged.len()), (8, 1, 0));

    // 1.33 s of 2 s remain: two whole segments.
    let used = with(DamagePolicy::KeepIntact).unwrap();
    assert_eq!((used.features.len(), used.skipped.len(), used.damaged.len()), (10, 0, 1));
    let said = used.damaged[0].to_string();
    assert!(
        said.starts_with("jazz/cut.wav: damaged audio: it ends early, the header declares 44100 samples"),
        "{said}"
    );

    let stopped = with(DamagePolicy::Stop).unwrap_err().to_string();
    assert!(stopped.contains("jazz/cut.wav: damaged audio"), "{stopped}");
}

#[test]
fn a_damaged_file_is_never_cached() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    old_folder(root.path());
    cut_wav(root.path());
    age(&root.path().join("jazz/cut.wav"));
    let config = ExtractConfig { segment: Segment::Seconds(0.5), ..ExtractConfig::default() };
    let library = AudioFolder::scan(root.path()).unwrap();
    let run =
        |policy| Extraction::new(config.clone()).cache(cache.path()).damaged(policy).run(&library).unwrap();
    assert_eq!(run(DamagePolicy::KeepIntact).features.len(), 10);
    let skipping = run(DamagePolicy::Skip);
    assert_eq!((skipping.features.len(), skipping.cached), (8, 4));
}
