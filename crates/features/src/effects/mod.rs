//! From signals to signals.

mod emphasis;
mod hpss;
mod mask;
mod silence;

pub use emphasis::{deemphasis, preemphasis};
pub use hpss::{HarmonicPercussive, Hpss, HpssConfig};
pub use mask::Mask;
pub use silence::{SilenceConfig, split, trim};
