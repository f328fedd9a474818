//! The order of the rooms in this crate's sources: `metrics` is below `plot`, and `run` is above both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules and the root's names that each room may use, besides its own.
const ALLOWED: [(&str, &[&str]); 3] = [
    ("metrics", &["Error", "Result", "table"]),
    ("plot", &["Error", "Result", "History", "metrics"]),
    ("views", &["Error", "Result", "metrics", "plot"]),
];

#[test]
fn rooms_use_only_rooms_below_them() {
    for (room, allowed) in ALLOWED {
        let files = files(&src().join(room));
        assert!(files.len() > 2, "{room}: {files:?}");
        for file in files {
            for name in names_of_the_crate(&code(&file)) {
                assert!(
                    name == room || allowed.contains(&name.as_str()),
                    "{}: crate::{name}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn files_of_a_room_do_not_use_each_other_in_a_circle() {
    for room in ["metrics", "plot", "run", "run/report", "tensorboard", "views"] {
        let sources: BTreeMap<String, String> = files(&src().join(room))
            .iter()
            .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), code(file)))
            .filter(|(name, _)| name != "mod")
            .collect();
        let home = |name: &String| {
            let defines = |code: &String| {
                ["struct", "enum", "fn"].iter().any(|kind| code.contains(&format!("pub {kind} {name}")))
            };
            sources
                .iter()
                .find(|(_, code)| defines(code))
                .map_or_else(|| name.clone(), |(file, _)| file.clone())
        };
        let uses: BTreeMap<&String, BTreeSet<String>> = sources
            .iter()
            .map(|(file, code)| (file, siblings(code).iter().map(home).filter(|used| used != file).collect()))
            .collect();
        // Files that use no remaining file are taken away until none is left.
        let mut left: BTreeSet<&String> = uses.keys().copied().collect();
        loop {
            let (blocked, free): (Vec<&String>, Vec<&String>) =
                left.iter().partition(|name| uses[**name].iter().any(|used| left.contains(used)));
            if free.is_empty() {
                assert!(blocked.is_empty(), "{room}: a circle among {blocked:?}");
                break;
            }
            left = blocked.into_iter().collect();
        }
    }
}

#[test]
fn the_tests_find_what_they_look_for() {
    let code =
        "use crate::run::Run;\nuse crate::{Error, plot::{self, Style}};\nlet x = crate::table::aligned();";
    assert_eq!(Vec::from_iter(names_of_the_crate(code)), ["Error", "plot", "run", "table"]);
    let code = "use super::axes::{self, Axis};\nuse super::{raster, svg};\nuse super::Evaluation;";
    assert_eq!(Vec::from_iter(siblings(code)), ["Evaluation", "axes", "raster", "svg"]);
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The Rust files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

/// The source of a file without comments and tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first names of all paths from the root of the crate.
fn names_of_the_crate(code: &str) -> BTreeSet<String> {
    code.split("crate::").skip(1).flat_map(first_names).collect()
}

/// The modules and items beside a file that it uses: the names after `super::`.
fn siblings(code: &str) -> BTreeSet<String> {
    let code = code.replace("super::super::", "crate::");
    code.split("super::").skip(1).flat_map(first_names).collect()
}

/// The first name of a path, or the first names of the paths in its braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |path: &str| path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}
