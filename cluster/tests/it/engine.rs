//! Jobs on a scheduler and executors: the bytes are those of one machine, whoever is killed on the way.

use std::time::{Duration, Instant};

use cepstrum_cluster::engine::ExecutorSettings;

use crate::cluster::{Cluster, error, extract, start_executor, start_scheduler, wait_for_shards};
use crate::common::Bench;

/// A bench with results of one machine in `whole`.
fn bench(n_tracks: usize) -> Bench {
    let bench = Bench::new(n_tracks);
    bench.add_row("music/missing.wav,odd,,");
    assert!(extract(&bench, "whole").args(["--local", "2"]).status().unwrap().success());
    bench
}

#[test]
fn the_bytes_are_those_of_one_machine() {
    let bench = bench(30);
    let cluster = Cluster::new(&bench, 2);
    let output = cluster.extract(&bench, "out");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(bench.files("whole") == bench.files("out"));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("finished") && told.contains("no such file"), "{told}");
}

#[test]
fn a_lost_executor_costs_only_what_it_was_working_on() {
    let bench = bench(120);
    let mut cluster = Cluster::new(&bench, 2);
    let mut client = cluster.start_extraction(&bench, "out");
    wait_for_shards(&bench, "out", 2, &mut client);
    cluster.executors[0].kill();
    assert!(client.0.wait().unwrap().success());
    assert!(bench.files("whole") == bench.files("out"));
}

#[test]
fn a_lost_scheduler_loses_its_job_and_the_rerun_goes_on() {
    let bench = bench(120);
    let mut cluster = Cluster::new(&bench, 1);
    let mut client = cluster.start_extraction(&bench, "out");
    wait_for_shards(&bench, "out", 2, &mut client);
    cluster.scheduler.kill();
    assert!(!client.0.wait().unwrap().success());
    // The executor offers itself to the next scheduler at the same address.
    cluster.scheduler = start_scheduler(&cluster.address);
    let output = cluster.extract(&bench, "out");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(bench.files("whole") == bench.files("out"));
}

#[test]
fn a_job_without_executors_ends_with_a_message() {
    let bench = bench(120);
    let mut cluster = Cluster::new(&bench, 0);
    let output = extract(&bench, "out").args(["--scheduler", &cluster.address, "--grace", "1"]).output();
    let message = error(&output.unwrap());
    assert!(message.contains("no executor has registered"), "{message}");

    cluster.executors.push(start_executor(&bench, &cluster.address));
    let mut client = cluster.start_extraction(&bench, "out");
    wait_for_shards(&bench, "out", 1, &mut client);
    cluster.executors[0].kill();
    assert!(!client.0.wait().unwrap().success());
    cluster.executors.push(start_executor(&bench, &cluster.address));
    assert!(cluster.extract(&bench, "out").status.success());
    assert!(bench.files("whole") == bench.files("out"));
}

#[test]
fn an_executor_of_another_version_is_refused_by_name() {
    let bench = bench(4);
    let cluster = Cluster::new(&bench, 0);
    let mut worker = bench.worker();
    (worker.name, worker.version) = ("old-machine".to_owned(), "0.0.9".to_owned());
    let (host, port) = cluster.address.split_once(':').unwrap();
    let settings = ExecutorSettings {
        scheduler_host: host.to_owned(),
        scheduler_port: port.parse().unwrap(),
        wait: 30,
        bind: host.parse().unwrap(),
        external_host: None,
        ports: [0, 0],
        cores: 1,
        heartbeat: 1,
        work_dir: bench.path("work"),
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(settings.run(worker))
    });
    let message = error(&cluster.extract(&bench, "out"));
    assert!(message.contains("executor old-machine is refused: it has version 0.0.9"), "{message}");
}

#[test]
fn a_scheduler_that_is_not_there_is_named() {
    let bench = Bench::new(2);
    let start = Instant::now();
    let output = extract(&bench, "out").args(["--scheduler", "127.0.0.1:9", "--grace", "0"]).output();
    let message = error(&output.unwrap());
    assert!(message.contains("scheduler 127.0.0.1:9"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(60));
}
