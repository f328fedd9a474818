//! The program on one machine.

use crate::cluster::{error, extract, program, start, wait_for_shards};
use crate::common::Bench;

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let bench = Bench::new(60);
    assert!(extract(&bench, "whole").args(["--local", "2"]).status().unwrap().success());
    let mut killed = start(extract(&bench, "killed").args(["--local", "1"]));
    wait_for_shards(&bench, "killed", 2, &mut killed);
    killed.kill();
    let status = || {
        let output = program().args(["status", "--out", &bench.text("killed")]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(status().starts_with("unfinished"), "{}", status());
    assert!(extract(&bench, "killed").args(["--local", "1"]).status().unwrap().success());
    assert!(status().starts_with("finished"), "{}", status());
    assert!(bench.files("whole") == bench.files("killed"));
}

#[test]
fn missing_credentials_are_named() {
    let bench = Bench::new(1);
    let mut command = program();
    command.args(["extract", "--local", "1", "--manifest", &bench.text("tracks.csv")]);
    let error = error(&command.args(["--out", "s3://bucket/out"]).output().unwrap());
    assert!(error.contains("s3://bucket") && error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
}

#[test]
fn a_folder_without_a_job_has_no_status() {
    let bench = Bench::new(1);
    let error = error(&program().args(["status", "--out", &bench.text("music")]).output().unwrap());
    assert!(error.contains("holds no job"), "{error}");
}
