use std::collections::BTreeMap;
use std::fs;

/// Crates on whose versions the numbers of a run depend.
const DECISIVE: [&str; 5] = ["candle-core", "cepstrum", "pulp", "realfft", "symphonia"];

/// The command line.
pub(crate) fn command() -> String {
    let quoted = |word: String| {
        if word.contains(|c: char| c.is_whitespace() || c == '\'') { format!("{word:?}") } else { word }
    };
    std::env::args().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Processor and operating system.
pub(crate) fn machine() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = model.map_or(std::env::consts::ARCH, |(_, name)| name);
    BTreeMap::from([
        ("processor".to_owned(), format!("{processor}, {cores} threads")),
        ("system".to_owned(), format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH)),
    ])
}

/// The versions of [`DECISIVE`] in the lock file that this binary was built with.
pub(crate) fn versions() -> BTreeMap<String, String> {
    let lock = include_str!("../../Cargo.lock");
    let field =
        |line: &str, name: &str| Some(line.strip_prefix(name)?.trim_matches([' ', '=', '"']).to_owned());
    let mut name = String::new();
    let mut versions = BTreeMap::new();
    for line in lock.lines() {
        if let Some(found) = field(line, "name") {
            name = found;
        } else if let Some(version) = field(line, "version").filter(|_| DECISIVE.contains(&name.as_str())) {
            versions.insert(name.clone(), version);
        }
    }
    versions
}
