//! The settings that all commands share.

use std::process::ExitCode;

use cepstrum::models::candle_core::Device;

use crate::interrupt::Interrupt;
use crate::{Console, INTERRUPTED};

/// The settings of every command, and its ways to and from a person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) console: Console,
    pub(crate) interrupt: Interrupt,
    pub(crate) seed: u64,
    /// 0 for one per core.
    pub(crate) threads: usize,
}

impl Settings {
    /// The number of threads of a command that starts its own.
    #[cfg(feature = "serve")]
    pub(crate) fn n_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if self.threads == 0 { cores } else { self.threads }
    }

    /// The exit code at the end: an interruption, files that could not be used, or success.
    pub(crate) fn exit_code(&self, failures: usize) -> ExitCode {
        if self.interrupt.is_asked() {
            INTERRUPTED.into()
        } else if failures > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// The option of commands that run networks.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeviceOption {
    /// Device that computes: cpu, cuda, cuda:1, metal (cards need a program that was built for them)
    #[arg(long, default_value = "cpu", value_parser = cepstrum::models::device)]
    pub(crate) device: Device,
}
