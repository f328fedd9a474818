//! From signals to signals.

mod augment;
mod emphasis;
mod hpss;
mod mask;
mod silence;
mod vocoder;

pub use augment::AudioAugmentation;
pub use emphasis::{deemphasis, preemphasis};
pub use hpss::{HarmonicPercussive, Hpss, HpssConfig};
pub use mask::Mask;
pub use silence::{SilenceConfig, split, trim};
pub use vocoder::{phase_vocoder, pitch_shift, time_stretch};
