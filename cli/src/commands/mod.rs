//! One file per command.

mod check;
mod classify;
mod completions;
mod evaluate;
mod export;
mod extract;
mod listen;
mod man;
mod notebook;
mod report;
#[cfg(feature = "serve")]
mod serve;
mod synth;
mod train;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use cepstrum::models::pretrained::MusiCnn;
use cepstrum::models::{Classifier, GenreClassifier};
use clap::Subcommand;

use crate::Console;

/// The settings that all commands have in common, beside the console.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// 0 for one per core.
    pub(crate) threads: usize,
}

/// The commands, in the order in which a person meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the synthetic set of ten styles as WAV files
    Synth(synth::Synth),
    /// List what a folder of music holds: classes, formats, damage, copies, known faults of GTZAN
    Check(check::Check),
    /// Compute the features of a folder of class folders into one store
    Extract(extract::Extract),
    /// Train models on a folder of class folders, measure them by track, and save the best
    Train(train::Train),
    /// Run the whole reference experiment, on the synthetic set or on a folder, and write its report
    Notebook(notebook::Notebook),
    /// Measure a saved model on a store of features
    Evaluate(evaluate::Evaluate),
    /// Name the genres of songs, folders of songs, or PCM samples on standard input
    Classify(classify::Classify),
    /// Name the genre of a running stream on standard input, every half second
    Listen(listen::Listen),
    /// Write a model for other runtimes, as ONNX
    Export(export::Export),
    /// Write the page about a run again from its record
    Report(report::Report),
    /// Serve a page on which songs are dropped, and the same as an interface for programs
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    /// Print the completions of a shell
    Completions(completions::Completions),
    /// Write the manual pages
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, console: Console, settings: Settings) -> Result<ExitCode> {
        match self {
            Self::Synth(command) => command.run(console, settings),
            Self::Check(command) => command.run(console, settings),
            Self::Extract(command) => command.run(console, settings),
            Self::Train(command) => command.run(console, settings),
            Self::Notebook(command) => command.run(settings),
            Self::Evaluate(command) => command.run(console),
            Self::Classify(command) => command.run(console),
            Self::Listen(command) => command.run(console),
            Self::Export(command) => command.run(console),
            Self::Report(command) => command.run(console),
            #[cfg(feature = "serve")]
            Self::Serve(command) => command.run(console, settings),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(console),
        }
    }
}

/// Loads a model for songs, with the network that computes its features where a wheel is given.
pub(crate) fn genre_classifier(model: &Path, wheel: Option<&Path>) -> Result<GenreClassifier> {
    let Some(wheel) = wheel else { return Ok(GenreClassifier::load(model)?) };
    let front = Arc::new(MusiCnn::from_wheel(wheel)?);
    Ok(GenreClassifier::new(Classifier::load(model)?.with_embedded_front(front))?)
}

/// Success, or the exit code for files that could not be used.
pub(crate) fn exit_code(failures: usize) -> ExitCode {
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
