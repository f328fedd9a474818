//! Progress of long jobs: for a person at a terminal, for a log, or for nobody.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A receiver of progress reports, shared by the threads of a job.
///
/// A job calls [`start`](Self::start) once, [`advance`](Self::advance) as parts are completed, and
/// [`finish`](Self::finish) at its end, also when it fails. The same value may then follow the next job.
pub trait Progress: Sync {
    /// Called when a job of `total` parts begins; `what` names the parts (`"tracks"`, `"epochs"`).
    fn start(&self, total: u64, what: &str);

    /// Called when `n` more parts are done.
    fn advance(&self, n: u64);

    /// Called with a text to show beside the count, such as the latest loss.
    fn message(&self, text: &str);

    /// Called once when the job ends, whether it succeeds, fails or panics.
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

/// A running job: calls [`Progress::start`] when it is created and [`Progress::finish`] when it is dropped, so that a job
/// that leaves early, by `?` or by a panic, reports its end as well.
pub(crate) struct RunningJob<'a, P: Progress>(&'a P);

impl<'a, P: Progress> RunningJob<'a, P> {
    pub(crate) fn start(progress: &'a P, total: u64, what: &str) -> Self {
        progress.start(total, what);
        Self(progress)
    }

    pub(crate) fn advance(&self, n: u64) {
        self.0.advance(n);
    }
}

impl<P: Progress> Drop for RunningJob<'_, P> {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// A receiver that shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _total: u64, _what: &str) {}
    fn advance(&self, _n: u64) {}
    fn message(&self, _text: &str) {}
    fn finish(&self) {}
}

/// A bar on standard error when that is a terminal; otherwise plain lines for a log, at most one every five seconds.
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

/// Least time between two lines of a log.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

impl Default for TerminalProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl TerminalProgress {
    /// Chooses a bar or lines by whether standard error is a terminal.
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
            if !self.terminal {
                job.print_line();
            } else if job.bar.length() == Some(job.bar.position()) {
                job.bar.finish();
            } else {
                job.bar.abandon();
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
