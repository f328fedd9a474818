//! Tracks that cannot be used: rows with their causes, never the end of a job.

use std::collections::BTreeMap;
use std::fs;

use arrow_array::cast::AsArray;
use cepstrum_cluster::cepstrum_dataset::write_wav;
use cepstrum_cluster::{Damaged, Job, JobSettings, Limits, Status, Work};

use crate::common::{Bench, RATE, config, rows, tone};

/// The causes of a job by path.
fn causes(bench: &Bench, out: &str) -> BTreeMap<String, (String, String)> {
    let mut causes = BTreeMap::new();
    for batch in rows(&bench.path(&format!("{out}/failures"))) {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let (paths, kinds, found) = (text("path"), text("kind"), text("cause"));
        for row in 0..batch.num_rows() {
            let cause = (kinds.value(row).to_owned(), found.value(row).to_owned());
            assert_eq!(causes.insert(paths.value(row).to_owned(), cause), None);
        }
    }
    causes
}

fn limited(damaged: Damaged, limits: Limits) -> Job {
    Job::new(Work::Extract(config()), JobSettings { damaged, limits }).unwrap()
}

#[test]
fn bad_files_are_rows_with_their_causes() {
    let bench = Bench::new(30);
    let add = |name: &str| bench.add_row(&format!("music/{name},odd,,"));
    let whole = fs::read(bench.path("music/odd/003.wav")).unwrap();
    fs::write(bench.path("music/cut.wav"), &whole[..whole.len() / 2]).unwrap();
    fs::write(bench.path("music/text.mp3"), "no audio at all".repeat(99)).unwrap();
    fs::write(bench.path("music/empty.flac"), "").unwrap();
    fs::create_dir(bench.path("music/folder.wav")).unwrap();
    write_wav(bench.path("music/short.wav"), &tone(1, 0.3), RATE).unwrap();
    write_wav(bench.path("music/long.wav"), &tone(1, 21.0), RATE).unwrap();
    fs::write(bench.path("music/large.wav"), vec![0; 3 << 20]).unwrap();
    let bad = ["cut.wav", "text.mp3", "empty.flac", "folder.wav", "short.wav", "long.wav", "large.wav"];
    bad.into_iter().chain(["missing.wav"]).for_each(add);
    let outside = tempfile::NamedTempFile::new().unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), bench.path("music/link.wav")).unwrap();
        add("link.wav");
        std::process::Command::new("mkfifo").arg(bench.path("music/pipe.wav")).status().unwrap();
        add("pipe.wav");
    }
    let limits = Limits { audio_seconds: 20, bytes: 2 << 20, ..Limits::default() };
    bench.run(limited(Damaged::Skip, limits), "out", 1 << 20, 2);

    let found = causes(&bench, "out");
    for (name, words) in [
        ("cut.wav", "ends early"),
        ("text.mp3", "not audio"),
        ("empty.flac", ""),
        ("folder.wav", "not a regular file"),
        ("short.wav", "s"),
        ("long.wav", "the audio is longer than 20 s"),
        ("large.wav", "more than the 2097152 that are allowed"),
        ("missing.wav", "there is no such file"),
        #[cfg(unix)]
        ("link.wav", "the path leads out of the roots"),
        #[cfg(unix)]
        ("pipe.wav", "not a regular file"),
    ] {
        let (kind, cause) = &found[&format!("music/{name}")];
        assert!(kind == "skipped" && cause.contains(words), "{name}: {cause}");
        assert!(!cause.contains(bench.path("").to_str().unwrap()), "{cause}");
    }
    let status = Status::read(&bench.storage("out")).unwrap();
    assert_eq!((status.failed, status.tracks_done), (found.len(), 30 + found.len()));
    assert_eq!(status.causes.values().map(|(count, _)| count).sum::<usize>(), found.len());
}

#[test]
fn damaged_files_are_used_up_to_their_damage_on_request() {
    let bench = Bench::new(4);
    let whole = fs::read(bench.path("music/odd/003.wav")).unwrap();
    fs::write(bench.path("music/cut.wav"), &whole[..whole.len() * 2 / 3]).unwrap();
    bench.add_row("music/cut.wav,odd,,");
    bench.run(limited(Damaged::Use, Limits::default()), "out", 1 << 30, 1);
    assert_eq!(causes(&bench, "out")["music/cut.wav"].0, "damaged");
    let of_cut = |batch: &arrow_array::RecordBatch| {
        let paths = batch.column_by_name("path").unwrap().as_string::<i32>().clone();
        paths.iter().flatten().filter(|path| *path == "music/cut.wav").count()
    };
    assert!(rows(&bench.path("out/parts")).iter().map(of_cut).sum::<usize>() > 0);
}

#[test]
fn a_track_that_takes_too_long_is_a_row() {
    let bench = Bench::new(3);
    let limits = Limits { work_seconds: 0, ..Limits::default() };
    bench.run(limited(Damaged::Skip, limits), "out", 1 << 30, 1);
    let found = causes(&bench, "out");
    assert_eq!(found.len(), 3);
    assert!(found.values().all(|(_, cause)| cause.contains("takes more than 0 s")), "{found:?}");
}
