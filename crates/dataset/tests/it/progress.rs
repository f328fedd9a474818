//! Reports of progress during an extraction.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cepstrum_dataset::progress::Progress;
use cepstrum_dataset::{
    AudioFolder, Collection, DamagePolicy, Error, ExtractConfig, Extraction, Result, Segment, Track,
};

use crate::common;

/// The numbers of calls, and the sum of the parts.
#[derive(Default)]
struct Count {
    started: AtomicU64,
    total: AtomicU64,
    advanced: AtomicU64,
    finished: AtomicU64,
}

impl Count {
    fn get(&self) -> [u64; 4] {
        [&self.started, &self.total, &self.advanced, &self.finished]
            .map(|count| count.load(Ordering::Relaxed))
    }
}

impl Progress for Count {
    fn start(&self, total: u64, what: &str) {
        assert_eq!(what, "tracks");
        self.started.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(total, Ordering::Relaxed);
    }

    fn advance(&self, n: u64) {
        self.advanced.fetch_add(n, Ordering::Relaxed);
    }

    fn message(&self, _text: &str) {}

    fn finish(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }
}

fn config() -> ExtractConfig {
    ExtractConfig { segment: Segment::Seconds(0.5), ..ExtractConfig::default() }
}

fn small_folder(root: &Path) -> AudioFolder {
    common::write_small_folder(root, 1.0);
    AudioFolder::scan(root).unwrap()
}

#[test]
fn every_track_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let count = Count::default();
    Extraction::new(config()).progress(&count).run(&small_folder(root.path())).unwrap();
    assert_eq!(count.get(), [1, 4, 4, 1]);
}

#[test]
fn an_extraction_that_fails_reports_its_end() {
    let root = tempfile::tempdir().unwrap();
    let folder = small_folder(root.path());
    for name in ["jazz/a.wav", "jazz/b.wav", "rock/c.wav", "rock/d.wav"] {
        let path = root.path().join(name);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    // It fails at a track, or, where every track is skipped, after all of them.
    for policy in [DamagePolicy::Stop, DamagePolicy::Skip] {
        let count = Count::default();
        Extraction::new(config()).damaged(policy).progress(&count).run(&folder).unwrap_err();
        let [started, total, _, finished] = count.get();
        assert_eq!([started, total, finished], [1, 4, 1], "{policy:?}");
    }
}

#[test]
fn an_extraction_that_panics_reports_its_end() {
    struct Broken([String; 1]);

    impl Collection for Broken {
        fn classes(&self) -> &[String] {
            &self.0
        }

        fn n_tracks(&self) -> usize {
            3
        }

        fn track(&self, index: usize) -> Track {
            Track { name: format!("all/{index}"), class: 0 }
        }

        fn load(&self, _index: usize, _sample_rate: u32) -> Result<Vec<f32>> {
            panic!("a fault of the collection")
        }
    }

    let count = Count::default();
    let extraction = Extraction::new(config()).threads(2).progress(&count);
    let broken = Broken(["all".to_owned()]);
    assert!(catch_unwind(AssertUnwindSafe(|| extraction.run(&broken))).is_err());
    let [started, total, _, finished] = count.get();
    assert_eq!([started, total, finished], [1, 3, 1]);
}

/// Tracks of which some fail, each at its own time.
struct Failing([String; 1]);

impl Collection for Failing {
    fn classes(&self) -> &[String] {
        &self.0
    }

    fn n_tracks(&self) -> usize {
        40
    }

    fn track(&self, index: usize) -> Track {
        Track { name: format!("all/{index}"), class: 0 }
    }

    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>> {
        // The first failure takes longer than those after it.
        let seconds = if index == 7 { 60.0 } else { 1.0 };
        let samples = common::tone(200.0, seconds, sample_rate);
        match index {
            7 | 8 | 9 | 30 => Err(Error::Damaged { damage: cepstrum_dataset::Damage::CutOff, decoded: 0 }),
            _ => Ok(samples),
        }
    }
}

#[test]
fn the_first_fatal_error_in_the_order_of_the_tracks_is_returned() {
    let failing = Failing(["all".to_owned()]);
    for threads in [1, 2, 4] {
        let extraction = Extraction::new(config()).threads(threads).damaged(DamagePolicy::Stop);
        let error = extraction.run(&failing).unwrap_err();
        assert_eq!(error.path(), Some(Path::new("all/7")), "{threads} threads: {error}");
    }
}
