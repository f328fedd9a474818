#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;
mod history;
pub mod metrics;
pub mod plot;
mod run;
mod table;
pub mod tensorboard;
mod terminal;
mod views;

pub use cepstrum_models::EpochReport;
pub use error::{Error, Result};
pub use history::History;
pub use metrics::{ConfusionMatrix, CrossValidation, Evaluation};
pub use run::{
    AgainstLogistic, CalibrationRun, ClassCount, Comparison, CrossValidationRun, DataSummary,
    DeletionInsertionRun, Figure, LeakageGap, LeakageRun, ListeningRun, MapScores, ModelRun, Run, Section,
    SkippedFile, SongRun, SoundRun, SplitBy, TruthRun, rank_models, report, results_chart, results_table,
};
pub use terminal::{ColorMode, timeline, timeline_within};
pub use views::{AttributionPlot, Listening, Sound, TrackAnalysis};
