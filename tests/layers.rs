//! The order of the crates, as their manifests have it: a crate depends only on crates below it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// The crates from the bottom to the top; a crate may use those before it.
const LAYERS: [&str; 5] = ["dsp", "features", "dataset", "models", "eval"];

/// The manifest tables of dependencies. Development dependencies count: a test that needs a higher crate belongs in
/// that crate.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

#[test]
fn crates_depend_only_on_crates_below_them() {
    for (level, layer) in LAYERS.iter().enumerate() {
        let manifest = manifest(&format!("crates/{layer}/Cargo.toml"));
        for dependency in own_dependencies(&manifest) {
            let below = LAYERS.iter().position(|other| format!("cepstrum-{other}") == dependency);
            assert!(
                below.is_some_and(|below| below < level),
                "cepstrum-{layer} depends on {dependency}, which is not below it"
            );
        }
    }
}

#[test]
fn every_crate_of_the_workspace_has_a_layer() {
    let mut found: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut layers = LAYERS.map(String::from);
    layers.sort();
    assert_eq!(found, layers);
}

#[test]
fn the_facade_re_exports_every_crate_behind_a_feature_of_its_name() {
    let manifest = manifest("Cargo.toml");
    let features = manifest["features"].as_table().unwrap();
    let default: Vec<&str> =
        features["default"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(default, LAYERS);
    for (level, layer) in LAYERS.iter().enumerate() {
        let enables: Vec<&str> =
            features[*layer].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let own = format!("dep:cepstrum-{layer}");
        assert!(enables.contains(&own.as_str()), "feature `{layer}` does not enable `{own}`");
        assert!(
            level == 0 || enables.contains(&LAYERS[level - 1]),
            "feature `{layer}` does not enable the one below it"
        );
    }
}

/// The crates of this workspace among a manifest's dependencies, in any table and for any target.
fn own_dependencies(manifest: &toml::Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let mut tables: Vec<&toml::Table> = targets.filter_map(|(_, target)| target.as_table()).collect();
    tables.push(manifest);
    tables
        .iter()
        .flat_map(|table| TABLES.iter().filter_map(|name| table.get(*name)?.as_table()))
        .flatten()
        .map(|(name, value)| value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned())
        .filter(|name| name == "cepstrum" || name.starts_with("cepstrum-"))
        .collect()
}

fn manifest(path: &str) -> toml::Table {
    let path = root().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
