//! Lines of this program and of the engine on standard error.

use log::{LevelFilter, Log, Metadata, Record};

struct StandardError {
    engine: LevelFilter,
}

/// Starts the log: warnings, and with more verbosity what the program and the engine do.
pub(crate) fn start(verbosity: u8) {
    let (own, engine) = match verbosity {
        0 => (LevelFilter::Warn, LevelFilter::Error),
        1 => (LevelFilter::Info, LevelFilter::Warn),
        _ => (LevelFilter::Debug, LevelFilter::Info),
    };
    // Only a second start could fail.
    if log::set_boxed_logger(Box::new(StandardError { engine })).is_ok() {
        log::set_max_level(own.max(engine));
    }
}

impl Log for StandardError {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        // What a decoder thinks of a file stands in the table of causes.
        !target.starts_with("symphonia")
            && (target.starts_with("cepstrum") || metadata.level() <= self.engine)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("{}: {}: {}", record.level().as_str().to_lowercase(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}
