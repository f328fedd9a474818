//! A thread that is waited for only so long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::Result;

/// What a thread does with each input, with the state that it keeps between them.
pub(super) type Task<I, O> = Box<dyn FnMut(I) -> O>;
/// Prepares the state on the thread itself.
type Prepare<I, O> = dyn Fn() -> Result<Task<I, O>> + Send + Sync;

/// Why an input has no result.
#[derive(Debug)]
pub(super) enum Lost {
    /// The time is over. The thread is left to itself, and another takes its place.
    TimedOut,
    /// The thread panicked, with this message.
    Panicked(String),
    /// The thread could not be prepared.
    Unprepared(crate::Error),
}

/// A thread that works on one input after the other, replaced when it hangs.
pub(super) struct Attended<I, O> {
    name: &'static str,
    prepare: Arc<Prepare<I, O>>,
    thread: Option<Thread<I, O>>,
    /// Number of threads that hang.
    pub(super) abandoned: usize,
}

struct Thread<I, O> {
    inputs: Sender<I>,
    outputs: Receiver<Result<O, Lost>>,
}

impl<I: Send + 'static, O: Send + 'static> Attended<I, O> {
    pub(super) fn new(
        name: &'static str,
        prepare: impl Fn() -> Result<Task<I, O>> + Send + Sync + 'static,
    ) -> Self {
        Self { name, prepare: Arc::new(prepare), thread: None, abandoned: 0 }
    }

    /// Hands over an input; [`wait`](Self::wait) gets its result.
    pub(super) fn submit(&mut self, input: I) -> Result<()> {
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => self.start()?,
        };
        // A thread that ended has sent why, and that is what `wait` gets.
        drop(thread.inputs.send(input));
        self.thread = Some(thread);
        Ok(())
    }

    /// Waits for the result of the input that was handed over.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<O, Lost> {
        let ended = || Lost::Panicked("the thread ended".to_owned());
        let Some(thread) = &self.thread else { return Err(ended()) };
        let output = match thread.outputs.recv_timeout(limit) {
            Ok(output) => output,
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.abandoned += 1;
                Err(Lost::TimedOut)
            }
        };
        if output.is_err() {
            self.thread = None;
        }
        output
    }

    fn start(&self) -> Result<Thread<I, O>> {
        let (inputs, received) = channel();
        let (sender, outputs) = channel();
        let prepare = Arc::clone(&self.prepare);
        let work = move || {
            let mut task = match prepare() {
                Ok(task) => task,
                Err(error) => return drop(sender.send(Err(Lost::Unprepared(error)))),
            };
            for input in received {
                let output = catch_unwind(AssertUnwindSafe(|| task(input)));
                let output = output.map_err(|panic| Lost::Panicked(message(panic.as_ref())));
                let ended = output.is_err();
                if sender.send(output).is_err() || ended {
                    break;
                }
            }
        };
        thread::Builder::new().name(self.name.to_owned()).spawn(work)?;
        Ok(Thread { inputs, outputs })
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_hangs_or_panics_is_replaced() {
        let mut doubling = Attended::new("doubling", || {
            Ok(Box::new(|number: u64| {
                assert!(number != 13, "unlucky");
                if number == 99 {
                    thread::sleep(Duration::from_hours(1));
                }
                2 * number
            }) as Task<u64, u64>)
        });
        let mut double = |number, limit| {
            doubling.submit(number).unwrap();
            doubling.wait(limit)
        };
        let (long, short) = (Duration::from_mins(1), Duration::from_millis(20));
        assert!(matches!(double(4, long), Ok(8)));
        assert!(matches!(double(13, long), Err(Lost::Panicked(text)) if text == "unlucky"));
        assert!(matches!(double(5, long), Ok(10)));
        assert!(matches!(double(99, short), Err(Lost::TimedOut)));
        assert!(matches!(double(6, long), Ok(12)));
        assert_eq!(doubling.abandoned, 1);
    }
}
