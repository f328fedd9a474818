//! One file per command.

mod check;
mod classify;
mod compare;
mod completions;
mod evaluate;
mod explain;
mod export;
mod extract;
mod features;
mod hear;
mod listen;
mod man;
mod notebook;
mod report;
#[cfg(feature = "serve")]
mod serve;
mod synth;
mod train;
mod untag;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, ensure};
use cepstrum::models::candle_core::Device;
use cepstrum::models::pretrained::MusiCnn;
use cepstrum::models::{Classifier, GenreClassifier};
use clap::Subcommand;

use crate::settings::Settings;

/// The commands, in the order in which a person meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the synthetic set of ten styles as WAV files
    Synth(synth::Synth),
    /// List what a folder of music holds: classes, formats, damage, copies, known faults of GTZAN
    Check(check::Check),
    /// Compute the features of a folder of class folders into one store
    Extract(extract::Extract),
    /// Write a table of features of a folder of class folders: the 57 columns of GTZAN's published tables
    Features(features::Features),
    /// Train models on a folder of class folders, measure them by track, and save the best
    Train(train::Train),
    /// Run the whole reference experiment, on the synthetic set or on a folder, and write its report
    Notebook(notebook::Notebook),
    /// Measure a saved model on a store of features
    Evaluate(evaluate::Evaluate),
    /// Train models on a store of features over several seeds and both splits, side by side
    Compare(compare::Compare),
    /// Draw which parts of a segment a convolutional model relies on, and write them as sound
    Explain(explain::Explain),
    /// Write what the features of a song still hold of it as sound
    Hear(hear::Hear),
    /// Name the genres of songs, folders of songs, or PCM samples on standard input
    Classify(classify::Classify),
    /// Write the genres that `classify --tag` replaced back into the tags of files
    Untag(untag::Untag),
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
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode> {
        match self {
            Self::Synth(command) => command.run(settings),
            Self::Check(command) => command.run(settings),
            Self::Extract(command) => command.run(settings),
            Self::Features(command) => command.run(settings),
            Self::Train(command) => command.run(settings),
            Self::Notebook(command) => command.run(settings),
            Self::Evaluate(command) => command.run(settings),
            Self::Compare(command) => command.run(settings),
            Self::Explain(command) => command.run(settings),
            Self::Hear(command) => command.run(settings),
            Self::Classify(command) => command.run(settings),
            Self::Untag(command) => command.run(settings),
            Self::Listen(command) => command.run(settings),
            Self::Export(command) => command.run(settings),
            Self::Report(command) => command.run(settings),
            #[cfg(feature = "serve")]
            Self::Serve(command) => command.run(settings),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(settings),
        }
    }
}

/// Loads a model for songs, with the network that computes its features where a wheel is given.
pub(crate) fn genre_classifier(
    model: &Path,
    wheel: Option<&Path>,
    device: &Device,
) -> Result<GenreClassifier> {
    let Some(wheel) = wheel else { return Ok(GenreClassifier::load_on(device, model)?) };
    let front = Arc::new(MusiCnn::from_wheel(wheel)?.to_device(device)?);
    Ok(GenreClassifier::new(Classifier::load_on(device, model)?.with_embedded_front(front))?)
}

/// Refuses an output file in a folder that does not exist before the work begins.
pub(crate) fn check_folder_of(file: &Path) -> Result<()> {
    ensure!(
        file.parent().is_none_or(|parent| parent.join(".").is_dir()),
        "{}: no such folder",
        file.display()
    );
    Ok(())
}
