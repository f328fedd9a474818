//! The record of a run and everything made from it: tables, charts and a report.

mod against_logistic;
mod calibration;
mod comparison;
mod data;
mod data_uri;
mod deletion_insertion;
mod figure;
mod leakage;
mod listening;
mod model;
mod record;
pub mod report;
mod results;
mod song;
mod split_by;

pub use against_logistic::AgainstLogistic;
pub use calibration::CalibrationRun;
pub use comparison::{Comparison, CrossValidationRun, rank_models};
pub use data::{ClassCount, DataSummary, SkippedFile};
pub use deletion_insertion::{DeletionInsertionRun, MapScores};
pub use figure::{Figure, Section};
pub use leakage::{LeakageGap, LeakageRun};
pub use listening::{ListeningRun, SoundRun, TruthRun};
pub use model::ModelRun;
pub use record::Run;
pub use results::{results_chart, results_table};
pub use song::SongRun;
pub use split_by::SplitBy;
