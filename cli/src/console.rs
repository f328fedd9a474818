//! The way from a command to its reader.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write, stdout};
use std::path::Path;

use cepstrum::dataset::progress::{Progress, Silent, TerminalProgress};
use cepstrum::eval::ColorMode;
use serde_json::json;

/// The output of a command: results on standard output, for people or as JSON, and progress on standard error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Console {
    json: bool,
    quiet: bool,
}

impl Console {
    /// A console for people or, with `json`, for programs; `quiet` leaves progress out.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Returns true if results are JSON.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a line of results.
    ///
    /// # Errors
    /// When standard output cannot be written, such as a closed pipe.
    #[expect(
        clippy::unused_self,
        reason = "a caller need not know which of the methods depend on the settings"
    )]
    pub(crate) fn line(self, text: impl Display) -> io::Result<()> {
        writeln!(stdout().lock(), "{text}")
    }

    /// Prints a line for people only.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn text(self, text: impl Display) -> io::Result<()> {
        if self.json { Ok(()) } else { self.line(text) }
    }

    /// Prints a line for programs only.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn object(self, value: &serde_json::Value) -> io::Result<()> {
        if self.json { self.line(value) } else { Ok(()) }
    }

    /// Prints what a person may want to know meanwhile, to standard error.
    pub(crate) fn note(self, text: impl Display) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Prints what went wrong with one of several files, to standard error.
    #[expect(
        clippy::unused_self,
        reason = "a caller need not know which of the methods depend on the settings"
    )]
    pub(crate) fn warn(self, text: impl Display) {
        eprintln!("{text}");
    }

    /// Prints that one of several files could not be used: a line of results for programs, standard error for people.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn failure(self, file: &Path, error: &anyhow::Error) -> io::Result<()> {
        if self.json {
            return self.object(&json!({ "file": file, "error": format!("{error:#}") }));
        }
        self.warn(format_args!("{error:#}"));
        Ok(())
    }

    /// The progress of a job: a bar on a terminal, lines in a log, nothing with `--quiet`.
    pub(crate) fn progress(self) -> Bar {
        if self.quiet { Bar::Off(Silent) } else { Bar::On(TerminalProgress::new()) }
    }

    /// The width of the terminal, or that of a page where standard output is none.
    pub(crate) fn columns() -> usize {
        let width = terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0));
        width.filter(|width| *width > 0).unwrap_or(80)
    }

    /// The colors of standard output; none in a file, a pipe or with `NO_COLOR`.
    pub(crate) fn colors() -> ColorMode {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stdout().is_terminal() && !no_color { ColorMode::Ansi } else { ColorMode::Plain }
    }
}

/// A progress that may be switched off.
#[derive(Debug)]
pub(crate) enum Bar {
    On(TerminalProgress),
    Off(Silent),
}

impl Bar {
    fn inner(&self) -> &dyn Progress {
        match self {
            Self::On(progress) => progress,
            Self::Off(progress) => progress,
        }
    }
}

impl Progress for Bar {
    fn start(&self, total: u64, what: &str) {
        self.inner().start(total, what);
    }

    fn advance(&self, n: u64) {
        self.inner().advance(n);
    }

    fn message(&self, text: &str) {
        self.inner().message(text);
    }

    fn finish(&self) {
        self.inner().finish();
    }
}
