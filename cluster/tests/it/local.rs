//! Jobs on this machine: their values are those of `Extraction`, and their bytes do not depend on anything else.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, UInt32Type};
use cepstrum_cluster::cepstrum_dataset::{AudioFolder, Extraction};
use cepstrum_cluster::{Error, Job, JobSettings, Status, Work, commit, remaining, run_local};

use crate::common::{Bench, config, job, rows};

#[test]
fn features_are_those_of_an_extraction_bit_for_bit() {
    let bench = Bench::new(14);
    bench.run(job(), "out", 700_000, 2);
    let mut found = BTreeMap::new();
    for batch in rows(&bench.path("out/parts")) {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let (paths, labels, groups, years) = (text("path"), text("label"), text("group"), text("year"));
        let segments = batch.column_by_name("segment").unwrap().as_primitive::<UInt32Type>().clone();
        let starts = batch.column_by_name("start_second").unwrap().as_primitive::<Float64Type>().clone();
        let features = batch.column_by_name("features").unwrap().as_fixed_size_list().clone();
        for row in 0..batch.num_rows() {
            let path = paths.value(row).strip_prefix("music/").unwrap().to_owned();
            assert!(path.starts_with(labels.value(row)));
            let number: i32 = path[path.len() - 7..path.len() - 4].parse().unwrap();
            assert_eq!(groups.value(row), format!("g{}", number / 4));
            assert_eq!(years.value(row), (1950 + number).to_string());
            assert_eq!(starts.value(row).to_bits(), f64::from(segments.value(row)).to_bits());
            let values = features.value(row).as_primitive::<Float32Type>().values().to_vec();
            found.insert((path, segments.value(row)), values);
        }
    }
    let folder = AudioFolder::scan(bench.path("music")).unwrap();
    let expected = Extraction::new(config()).threads(2).run(&folder).unwrap().features;
    assert_eq!(found.len(), expected.len());
    for (segment, &track) in expected.track_ids().iter().enumerate() {
        let key = (expected.track_names()[track].clone(), expected.positions()[segment] as u32);
        let values: Vec<u32> =
            expected.features().index_axis(ndarray::Axis(0), segment).iter().map(|x| x.to_bits()).collect();
        assert_eq!(found[&key].iter().map(|x| x.to_bits()).collect::<Vec<_>>(), values, "{key:?}");
    }
}

#[test]
fn the_same_tracks_give_the_same_bytes_with_any_number_of_threads_and_after_an_interruption() {
    let bench = Bench::new(12);
    let whole = bench.run(job(), "whole", 500_000, 1);
    assert!(whole.shards > 4, "{}", whole.shards);

    let planned = bench.plan(job(), "resumed", 500_000).unwrap();
    let storage = bench.storage("resumed");
    run_local(&bench.worker(), &planned, &storage, &[2, 0], 1, |_| {}).unwrap();
    assert!(matches!(commit(&planned, &storage), Err(Error::Incomplete { first: 1, .. })));
    // As a process leaves it that is killed before the record: a part, and a file that it was writing.
    std::fs::remove_file(bench.path("resumed/done/shard-000002.json")).unwrap();
    std::fs::write(bench.path("resumed/parts/.unfinished-x"), "half").unwrap();
    assert!(!remaining(&planned, &storage).unwrap().contains(&0));
    // Another size of shards does not disturb a plan that is there.
    bench.run(job(), "resumed", 123_456, 3);
    assert!(bench.files("whole") == bench.files("resumed"));

    let status = Status::read(&storage).unwrap();
    assert_eq!((status.tracks_done, status.failed, status.committed), (12, 0, true));
    assert!(status.to_string().starts_with("finished"), "{status}");
}

#[test]
fn a_folder_with_other_results_is_refused() {
    let bench = Bench::new(2);
    bench.run(job(), "out", 1 << 30, 1);
    let mut other = config();
    other.segment = cepstrum_cluster::cepstrum_dataset::Segment::Seconds(1.5);
    let other = Job::new(Work::Extract(other), JobSettings::default()).unwrap();
    let error = bench.plan(other, "out", 1 << 30).unwrap_err();
    assert!(matches!(error, Error::OtherJob { what: "configuration", .. }), "{error}");
    bench.add_row("music/new.wav,even,g9,2000");
    let error = bench.plan(job(), "out", 1 << 30).unwrap_err();
    assert!(matches!(error, Error::OtherJob { what: "manifest", .. }), "{error}");
}

#[test]
fn an_executor_of_another_version_or_processor_is_refused() {
    let bench = Bench::new(2);
    let planned = bench.plan(job(), "out", 1 << 30).unwrap();
    let mut worker = bench.worker();
    worker.version = "0.0.9".to_owned();
    let error = worker.run_in(&bench.text("out"), 0).unwrap_err();
    assert!(error.to_string().contains("executor test is refused: it has version 0.0.9"), "{error}");

    let worker = bench.worker();
    let storage = bench.storage("out");
    let probe = worker.probe(&planned, &storage).unwrap();
    let right = Job { probe: Some(probe), ..planned.clone() };
    let wrong = Job { probe: Some("0123456789abcdef".to_owned()), ..planned };
    assert!(matches!(worker.run(&wrong, &storage, 0), Err(Error::OtherExecutor { .. })));
    assert!(worker.run(&right, &storage, 0).is_ok());
}

#[test]
fn an_executor_writes_only_within_its_roots() {
    let bench = Bench::new(2);
    bench.plan(job(), "out", 1 << 30).unwrap();
    let mut worker = bench.worker();
    worker.roots = cepstrum_cluster::Roots::new(&[bench.text("music")]).unwrap();
    let error = worker.run_in(&bench.text("out"), 0).unwrap_err();
    assert!(error.to_string().contains("outside the roots"), "{error}");
}
