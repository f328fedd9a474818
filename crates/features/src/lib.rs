#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "rayon")]
mod batch;
mod blocks;
mod check;
mod config;
mod convert;
mod delta;
mod effects;
mod error;
mod genre_columns;
pub mod inverse;
mod log_mel;
mod memory;
mod mfcc;
mod normalize;
mod output;
mod pcen;
mod pitch;
mod plan;
mod rhythm;
mod spectral;
mod speech;
mod stream;
mod summary;
mod tonal;

#[cfg(feature = "rayon")]
pub use batch::process_batch;
pub use config::{LogMelConfig, LogScale, MfccConfig, Spectrum};
pub use convert::{
    frames_to_samples, frames_to_time, hz_to_midi, hz_to_note, midi_to_hz, midi_to_note, note_to_hz,
    note_to_midi, samples_to_frames, samples_to_time, time_to_frames, time_to_samples,
};
pub use delta::delta;
pub use effects::{
    AudioAugmentation, HarmonicPercussive, Hpss, HpssConfig, Mask, SilenceConfig, deemphasis, phase_vocoder,
    pitch_shift, preemphasis, split, time_stretch, trim,
};
pub use error::{Error, Result};
pub use genre_columns::{ColumnStyle, GENRE_COLUMNS, GenreColumns};
pub use log_mel::LogMel;
pub use memory::stack_memory;
pub use mfcc::Mfcc;
pub use normalize::{Fill, Norm, normalize};
pub use pcen::{PcenConfig, pcen};
pub use pitch::{PitchTrack, Pyin, PyinConfig, Yin, YinConfig};
pub use plan::{Feature, FeaturePlan};
pub use rhythm::{
    Aggregate, BeatTracker, BeatTrackerConfig, Beats, OnsetStrength, OnsetStrengthConfig, PeakPick,
    PlpConfig, Tempo, TempoConfig, Tempogram, TempogramConfig, Trend, Trim, fourier_tempogram,
    onset_backtrack, onset_detect, peak_pick, plp, tempo_frequencies,
};
pub use spectral::{
    ContrastScale, Descriptors, DescriptorsConfig, PolyFeatures, PolyFeaturesConfig, SpectralContrast,
    SpectralContrastConfig, SpectralDescriptors, SpectralFlatness, SpectralFlatnessConfig,
};
pub use speech::{Edges, Fbank, FbankConfig, FbankLog, FrameEnergy, KaldiMfcc, KaldiMfccConfig, Offset};
pub use stream::{LogMelStream, MfccStream};
pub use summary::{Summary, SummaryConfig};
pub use tonal::{
    Bandwidth, Chroma, ChromaConfig, ChromaCqt, ChromaCqtConfig, Cqt, CqtConfig, CqtScale, Tuning,
    chroma_cens, tonnetz,
};

// Crates whose types stand in this crate's signatures.
pub use cepstrum_dsp as dsp;
pub use ndarray;
#[cfg(feature = "rayon")]
pub use rayon;
