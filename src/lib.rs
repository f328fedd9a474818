#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "dataset")]
pub use cepstrum_dataset as dataset;
#[cfg(feature = "dsp")]
pub use cepstrum_dsp as dsp;
#[cfg(feature = "eval")]
pub use cepstrum_eval as eval;
#[cfg(feature = "features")]
pub use cepstrum_features as features;
#[cfg(feature = "models")]
pub use cepstrum_models as models;
