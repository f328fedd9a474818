//! The end of a command by Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cepstrum::models::{Callback, Classifier, Control, EpochReport};

use crate::INTERRUPTED;

/// The wish of a person that a command ends.
///
/// Every command writes its results row by row or in one rename, so that what is on the disk is whole at any time. A command
/// that has more to keep than that [waits](Self::wait_for_command) for the end of what it does at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    command_ends_itself: AtomicBool,
    asked: AtomicBool,
}

impl Interrupt {
    /// Ends the program with its own exit code from now on when a person interrupts it.
    pub(crate) fn install() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let state = Arc::clone(&interrupt.0);
        ctrlc::set_handler(move || {
            let first = !state.asked.swap(true, Ordering::SeqCst);
            if first && state.command_ends_itself.load(Ordering::SeqCst) {
                eprintln!("\ninterrupted: keeping what is done; once more ends at once");
            } else {
                eprintln!("\ninterrupted");
                std::process::exit(INTERRUPTED.into());
            }
        })?;
        Ok(interrupt)
    }

    /// Leaves the end to the command, which asks for it with [`is_asked`](Self::is_asked). A second interruption ends the
    /// program at once.
    pub(crate) fn wait_for_command(&self) {
        self.0.command_ends_itself.store(true, Ordering::SeqCst);
    }

    /// Returns true once a person has interrupted the program.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }
}

/// Training stops after the epoch in which a person interrupts the program.
impl Callback for Interrupt {
    fn on_epoch_end(&mut self, _: &EpochReport, _: &Classifier) -> cepstrum::models::Result<Control> {
        Ok(if self.is_asked() { Control::Stop } else { Control::Continue })
    }
}
