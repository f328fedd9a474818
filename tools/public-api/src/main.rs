//! Prints the public API that a rustdoc JSON file describes, one line per item, for a listing under version control.
//!
//! Listed are types, fields, variants, functions, methods, constants, traits with their items, re-exports, and one line
//! per trait implementation with its associated types; those that `derive` usually writes share one. Left out are the methods of implemented traits, blanket
//! implementations, and automatic ones except for the types that are not `Send` or not `Sync`.

use std::collections::HashSet;
use std::error::Error;

use public_api::{Builder, PublicItem};

/// Paths of the prelude, which a reader needs no module for.
const PRELUDE: [&str; 30] = [
    "alloc::borrow::ToOwned",
    "alloc::boxed::Box",
    "alloc::string::String",
    "alloc::string::ToString",
    "alloc::vec::Vec",
    "core::clone::Clone",
    "core::cmp::Eq",
    "core::cmp::Ord",
    "core::cmp::PartialEq",
    "core::cmp::PartialOrd",
    "core::convert::AsMut",
    "core::convert::AsRef",
    "core::convert::From",
    "core::convert::Into",
    "core::convert::TryFrom",
    "core::convert::TryInto",
    "core::default::Default",
    "core::iter::traits::collect::IntoIterator",
    "core::iter::traits::iterator::Iterator",
    "core::marker::Copy",
    "core::marker::Send",
    "core::marker::Sized",
    "core::marker::Sync",
    "core::ops::drop::Drop",
    "core::ops::function::Fn",
    "core::ops::function::FnMut",
    "core::ops::function::FnOnce",
    "core::option::Option",
    "core::result::Result",
    "core::str::traits::FromStr",
];

/// Traits that `derive` implements, as the listing would have them, and their names.
const DERIVED: [(&str, &str); 11] = [
    ("Clone", "Clone"),
    ("Copy", "Copy"),
    ("Default", "Default"),
    ("Eq", "Eq"),
    ("Ord", "Ord"),
    ("PartialEq", "PartialEq"),
    ("PartialOrd", "PartialOrd"),
    ("core::fmt::Debug", "Debug"),
    ("core::hash::Hash", "Hash"),
    ("serde_core::de::Deserialize<'de>", "Deserialize"),
    ("serde_core::ser::Serialize", "Serialize"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args().nth(1).ok_or("usage: cepstrum-public-api RUSTDOC_JSON")?;
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build()?;
    let items: Vec<(&PublicItem, String)> =
        api.items().map(|item| (item, shorten(&item.to_string()))).collect();
    let implementations: HashSet<_> =
        items.iter().filter(|(_, line)| is_trait_impl(line)).map(|(item, _)| item.id()).collect();
    let mut lines: Vec<String> = Vec::new();
    for (item, line) in items {
        let is_of_impl = item.parent_id().is_some_and(|parent| implementations.contains(&parent))
            && !line.starts_with("pub type");
        let is_inherent_impl = line.starts_with("impl") && !is_trait_impl(&line);
        if is_of_impl || is_inherent_impl || !is_told(&line) {
            continue;
        }
        match (lines.last_mut(), derived(&line)) {
            (Some(last), Some((name, of))) if last.starts_with("derive") && last.ends_with(of) => {
                last.insert_str(last.len() - of.len(), &format!(", {name}"));
            }
            (_, Some((name, of))) => lines.push(format!("derive {name}{of}")),
            (_, None) => lines.push(line),
        }
    }
    println!("{}", lines.join("\n"));
    Ok(())
}

/// Returns name and ` for ...` of an implementation as `derive` writes them, which share one line of a type.
fn derived(line: &str) -> Option<(&'static str, &str)> {
    DERIVED.iter().find_map(|(path, name)| {
        let of = line
            .strip_prefix("impl")
            .and_then(|rest| rest.trim_start_matches("<'de>").trim_start().strip_prefix(path))?;
        of.starts_with(" for ").then_some((*name, of))
    })
}

fn is_trait_impl(line: &str) -> bool {
    line.starts_with("impl") && line.contains(" for ")
}

/// Returns whether an implementation tells a reader anything; every other line does.
fn is_told(line: &str) -> bool {
    if !line.starts_with("impl") {
        return true;
    }
    let is_one_of = |names: &[&str]| names.iter().any(|name| line.contains(&format!("{name} for ")));
    if is_one_of(&["Send", "Sync"]) {
        return line.contains("!Send for ") || line.contains("!Sync for ");
    }
    !is_one_of(&["Freeze", "Unpin", "UnsafeUnpin", "UnwindSafe", "StructuralPartialEq"])
}

fn shorten(line: &str) -> String {
    PRELUDE.iter().fold(line.to_owned(), |line, path| {
        let name = path.rsplit("::").next().unwrap_or(path);
        replace_path(&line, path, name)
    })
}

/// Replaces a path where it does not go on (`core::ops::function::Fn` is the beginning of `FnMut`).
fn replace_path(line: &str, path: &str, name: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(path) {
        let (before, after) = (&rest[..at], &rest[at + path.len()..]);
        let goes_on = after.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == ':');
        out.push_str(before);
        out.push_str(if goes_on { path } else { name });
        rest = after;
    }
    out + rest
}
