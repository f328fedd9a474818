#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod confusion;
mod error;
mod evaluation;
mod history;
pub mod metrics;
pub mod plot;
pub mod report;
mod run;
mod table;
pub mod tensorboard;

pub use cepstrum_models::EpochReport;
pub use confusion::ConfusionMatrix;
pub use error::{Error, Result};
pub use evaluation::Evaluation;
pub use history::History;
pub use run::{
    CalibrationRun, ClassCount, DataSummary, Figure, Gap, ModelRun, Protocol, Run, Section, SkippedFile,
    SongRun,
};
pub use table::results_table;
