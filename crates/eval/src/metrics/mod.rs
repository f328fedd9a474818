//! Figures of merit, each checked against scikit-learn or `SciPy`.
//!
//! What needs counts alone is on [`ConfusionMatrix`](crate::ConfusionMatrix), what needs probabilities on
//! [`Evaluation`](crate::Evaluation): [`top_k_accuracy`](crate::Evaluation::top_k_accuracy),
//! [`roc_auc`](crate::Evaluation::roc_auc), [`by_track`](crate::Evaluation::by_track).

mod bootstrap;
mod calibration;
mod classes;
mod mcnemar;
mod ranking;
mod spread;
mod voting;

pub use cepstrum_models::Vote;

pub use bootstrap::{Bootstrap, Interval};
pub use calibration::{Calibration, CalibrationBin, TemperatureScaling};
pub use classes::{Averages, ClassMetrics};
pub use mcnemar::McNemar;
pub use ranking::RocCurve;
pub use spread::Spread;
