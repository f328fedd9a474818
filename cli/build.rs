//! Hands the versions of the crates on which the numbers of a run depend to the program.

use std::env;
use std::fs;
use std::path::PathBuf;

/// Crates on whose versions the numbers of a run depend.
const DECISIVE: [&str; 5] = ["candle-core", "cepstrum", "pulp", "realfft", "symphonia"];

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // Beside this file in a package, one folder up in the repository.
    let lock = manifest.ancestors().take(2).map(|dir| dir.join("Cargo.lock")).find(|lock| lock.is_file());
    let text = lock.as_ref().and_then(|lock| fs::read_to_string(lock).ok()).unwrap_or_default();
    println!("cargo::rustc-env=CEPSTRUM_VERSIONS={}", versions(&text).join(","));
    println!("cargo::rerun-if-changed={}", lock.unwrap_or(manifest.join("build.rs")).display());
}

/// `name version` of every decisive crate in a lock file.
fn versions(lock: &str) -> Vec<String> {
    let field =
        |line: &str, name: &str| Some(line.strip_prefix(name)?.trim_matches([' ', '=', '"']).to_owned());
    let (mut name, mut versions) = (String::new(), Vec::new());
    for line in lock.lines() {
        if let Some(found) = field(line, "name") {
            name = found;
        } else if let Some(version) = field(line, "version").filter(|_| DECISIVE.contains(&name.as_str())) {
            versions.push(format!("{name} {version}"));
        }
    }
    versions
}
