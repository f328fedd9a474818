#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod atomic;
mod collection;
mod config;
pub mod decode;
mod error;
mod extract;
mod feature_set;
mod files;
pub mod gtzan;
mod leakage;
mod library;
pub mod progress;
pub mod rng;
mod split;
mod store;
pub mod synth;

pub use atomic::write_atomically;
pub use collection::{Collection, Track};
pub use config::{ConfigDifference, ExtractConfig, FeatureConfig, Segment};
pub use decode::{load_audio, stream_audio};
pub use error::{Cause, Damage, Error, Result};
pub use extract::{DamagePolicy, Extracted, Extraction, Skipped, StageTimes, segment_features};
pub use feature_set::FeatureSet;
pub use files::audio_files;
pub use leakage::{Leakage, NearDuplicate, leakage};
pub use library::AudioFolder;
pub use split::{FixedSplit, Groups, KFold, Split, SplitConfig, SplitIndices, SplitUnit, TrackList};
pub use store::StoreFormat;
