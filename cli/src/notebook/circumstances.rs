use std::collections::BTreeMap;
use std::fs;

/// The command line.
pub(super) fn command() -> String {
    let quoted = |word: String| {
        if word.contains(|c: char| c.is_whitespace() || c == '\'') { format!("{word:?}") } else { word }
    };
    std::env::args().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Processor and operating system.
pub(super) fn machine() -> BTreeMap<String, String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = model.map_or(std::env::consts::ARCH, |(_, name)| name);
    BTreeMap::from([
        ("processor".to_owned(), format!("{processor}, {cores} threads")),
        ("system".to_owned(), format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH)),
    ])
}

/// The versions of the crates on whose numbers a run depends, from the lock file that this program was built with.
pub(super) fn versions() -> BTreeMap<String, String> {
    let pairs = env!("CEPSTRUM_VERSIONS").split(',').filter_map(|pair| pair.split_once(' '));
    pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}
