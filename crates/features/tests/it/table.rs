//! The page `LIBROSA.md` is true: what it names exists, and has golden cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The cells of each row below the header.
fn rows() -> Vec<[String; 4]> {
    let page = std::fs::read_to_string(root().join("LIBROSA.md")).unwrap();
    let cells = |line: &str| {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|_| panic!("not four cells: {line}"))
    };
    page.lines().filter(|line| line.starts_with("| `")).map(cells).collect()
}

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The names that a crate exports; `None` where its source is not beside this one, as in a packed crate.
fn exports(source: &Path) -> Option<BTreeSet<String>> {
    let source = std::fs::read_to_string(source).ok()?;
    let lists = source.split("pub use ").skip(1).filter_map(|list| list.split(';').next());
    let names = lists.flat_map(|list| list.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    Some(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

#[test]
fn what_the_page_names_exists() {
    let rows = rows();
    assert!(rows.len() > 120, "{}", rows.len());
    let ours = exports(&root().join("src/lib.rs")).unwrap();
    let beneath = exports(&root().join("../dsp/src/lib.rs"));
    let mut here = 0;
    for [function, what, ..] in rows.iter().filter(|row| !row[1].starts_with("not here: ")) {
        here += 1;
        let names = quoted(what);
        assert!(!names.is_empty(), "{function}");
        for name in names {
            let found = match name.strip_prefix("dsp::") {
                Some(name) => beneath.as_ref().is_none_or(|beneath| beneath.contains(name)),
                // Beside exports only methods are named, after a comma.
                None => ours.contains(name) || what.contains(&format!("method `{name}`")),
            };
            assert!(found, "{function}: no `{name}`");
        }
    }
    let page = std::fs::read_to_string(root().join("LIBROSA.md")).unwrap();
    assert!(page.contains(&format!("{here} of {} are here", rows.len())), "{here} of {}", rows.len());
}

#[test]
fn what_is_here_has_golden_cases() {
    let mut files = BTreeMap::new();
    for [function, what, golden, tolerance] in rows() {
        if what.starts_with("not here: ") {
            assert!(golden.is_empty() && tolerance.is_empty() && what.len() > 20, "{function}: no reason");
            continue;
        }
        let file = quoted(&golden)[0];
        let section = golden.rsplit(' ').next().unwrap();
        let folders = ["tests/golden", "../dsp/tests/golden"].map(|folder| root().join(folder));
        let Some(path) = folders.iter().map(|folder| folder.join(file)).find(|path| path.is_file()) else {
            assert!(!folders[1].is_dir(), "{function}: no {file}");
            continue;
        };
        let cases = files.entry(path).or_insert_with_key(|path| {
            serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()).unwrap()
        });
        let n = cases[section].as_array().map_or(0, Vec::len);
        assert!(n > 0 && !tolerance.is_empty(), "{function}: {n} cases of {section} in {file}");
    }
}
