//! The kept fuzzing inputs, run through the bodies of the fuzz targets.

use std::fs;
use std::path::Path;

use crate::fuzz_targets;

/// The folder of the kept cases, and the body that runs on each of them.
type Target = (&'static str, fn(&[u8]));

#[test]
fn every_case_holds() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_cases");
    let targets: [Target; 8] = [
        ("au", fuzz_targets::au),
        ("decode", fuzz_targets::decode),
        ("json", fuzz_targets::json),
        ("tensors", fuzz_targets::tensors),
        ("npz", fuzz_targets::npz),
        ("csv", fuzz_targets::csv),
        ("lists", fuzz_targets::lists),
        ("tables", fuzz_targets::tables),
    ];
    for (name, target) in targets {
        let mut n = 0;
        for entry in fs::read_dir(cases.join(name)).unwrap() {
            let case = fs::read(entry.unwrap().path()).unwrap();
            target(&case);
            // Every truncation of the case is a case as well.
            (0..case.len()).for_each(|length| target(&case[..length]));
            n += 1;
        }
        assert!(n > 0, "{name}");
    }
}
