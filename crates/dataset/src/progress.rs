//! How far a long job has come: for a person at a terminal, for a log, or for nobody.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Hears how far a job has come; shared by the threads that do it.
///
/// A job calls [`start`](Self::start) once, [`advance`](Self::advance) as parts get done, [`finish`](Self::finish) at
/// the end; the same value may then hear the next job.
pub trait Progress: Sync {
    /// A job of `total` parts begins; `what` names the parts (`"tracks"`, `"epochs"`).
    fn start(&self, total: u64, what: &str);

    /// `n` more parts are done.
    fn advance(&self, n: u64);

    /// Something worth showing beside the count, such as the loss so far.
    fn message(&self, text: &str);

    /// The job has ended.
    fn finish(&self);
}

impl<P: Progress + ?Sized> Progress for &P {
    fn start(&self, total: u64, what: &str) {
        (**self).start(total, what);
    }

    fn advance(&self, n: u64) {
        (**self).advance(n);
    }

    fn message(&self, text: &str) {
        (**self).message(text);
    }

    fn finish(&self) {
        (**self).finish();
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _total: u64, _what: &str) {}
    fn advance(&self, _n: u64) {}
    fn message(&self, _text: &str) {}
    fn finish(&self) {}
}

/// A bar on standard error when that is a terminal, and plain lines, at most one in five seconds, when it is a log.
#[derive(Debug)]
pub struct TerminalProgress {
    terminal: bool,
    job: Mutex<Option<Job>>,
}

#[derive(Debug)]
struct Job {
    bar: ProgressBar,
    what: String,
    last_line: Instant,
}

/// Time between two lines of a log.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

impl Default for TerminalProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl TerminalProgress {
    /// Looks whether standard error is a terminal.
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), job: Mutex::new(None) }
    }

    fn with_job(&self, act: impl FnOnce(&mut Job)) {
        if let Some(job) = self.job.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            act(job);
        }
    }
}

impl Progress for TerminalProgress {
    fn start(&self, total: u64, what: &str) {
        let target = if self.terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_style(style(what));
        let job = Job { bar, what: what.to_owned(), last_line: Instant::now() };
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(job);
    }

    fn advance(&self, n: u64) {
        self.with_job(|job| {
            job.bar.inc(n);
            if !self.terminal && job.last_line.elapsed() >= LINE_INTERVAL {
                job.last_line = Instant::now();
                job.print_line();
            }
        });
    }

    fn message(&self, text: &str) {
        self.with_job(|job| job.bar.set_message(text.to_owned()));
    }

    fn finish(&self) {
        self.with_job(|job| {
            if self.terminal {
                job.bar.finish();
            } else {
                job.print_line();
            }
        });
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Job {
    fn print_line(&self) {
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let seconds = self.bar.elapsed().as_secs_f64();
        eprintln!("{}: {done}/{total} in {seconds:.1} s {}", self.what, self.bar.message());
    }
}

fn style(what: &str) -> ProgressStyle {
    let template = format!("{what} {{bar:30}} {{pos}}/{{len}} [{{elapsed}} < {{eta}}] {{msg}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
