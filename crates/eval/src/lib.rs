#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod analysis;
mod confusion;
mod cross_validation;
mod error;
mod evaluation;
mod explained;
mod history;
pub mod metrics;
pub mod plot;
pub mod report;
mod run;
mod table;
pub mod tensorboard;
mod terminal;

pub use analysis::TrackAnalysis;
pub use cepstrum_models::EpochReport;
pub use confusion::ConfusionMatrix;
pub use cross_validation::CrossValidation;
pub use error::{Error, Result};
pub use evaluation::Evaluation;
pub use explained::AttributionPlot;
pub use history::History;
pub use run::{
    CalibrationRun, ClassCount, Comparison, CrossValidationRun, DataSummary, DeletionInsertionRun, Figure,
    LeakageGap, LeakageRun, MapScores, ModelRun, Run, Section, SkippedFile, SongRun, SplitBy,
};
pub use table::results_table;
pub use terminal::{ColorMode, timeline};
