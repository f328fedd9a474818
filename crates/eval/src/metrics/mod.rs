//! Figures of merit, each checked against scikit-learn or `SciPy`.
//!
//! Metrics of counts alone are methods of [`ConfusionMatrix`]. Metrics of probabilities are methods of [`Evaluation`]:
//! [`top_k_accuracy`](Evaluation::top_k_accuracy), [`roc_auc`](Evaluation::roc_auc),
//! [`by_track`](Evaluation::by_track).

mod bootstrap;
mod by_track;
mod calibration;
mod classes;
mod confusion;
mod cross_validation;
mod evaluation;
mod mcnemar;
mod ranking;
mod spread;

pub use cepstrum_models::Vote;

pub use bootstrap::{Bootstrap, Interval};
pub use calibration::{Calibration, CalibrationBin, TemperatureScaling};
pub use classes::{Averages, ClassMetrics};
pub use confusion::ConfusionMatrix;
pub use cross_validation::CrossValidation;
pub use evaluation::Evaluation;
pub use mcnemar::McNemar;
pub use ranking::RocCurve;
pub use spread::Spread;
