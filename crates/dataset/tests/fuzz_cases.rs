//! The inputs from which fuzzing starts and those that it found, through the bodies of the fuzz targets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, clippy::expect_used, reason = "the bodies serve the fuzz targets as well")]

use std::fs;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Folder of the kept cases, and what is run on each of them.
type Target = (&'static str, fn(&[u8]));

#[test]
fn every_case_holds() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/cases");
    let targets: [Target; 4] = [
        ("au", targets::au),
        ("json", targets::json),
        ("tensors", targets::tensors),
        ("lists", targets::lists),
    ];
    for (name, target) in targets {
        let mut n = 0;
        for entry in fs::read_dir(cases.join(name)).unwrap() {
            let case = fs::read(entry.unwrap().path()).unwrap();
            target(&case);
            // And every way to break it off.
            (0..case.len()).for_each(|length| target(&case[..length]));
            n += 1;
        }
        assert!(n > 0, "{name}");
    }
}
