#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod atomic;
mod audio_files;
mod audio_folder;
mod augmented;
mod collection;
mod config;
pub mod decode;
mod error;
mod extract;
#[cfg(feature = "parquet")]
mod feature_parts;
mod feature_set;
mod front;
pub mod gtzan;
mod join;
mod leakage;
pub mod progress;
mod read_file;
pub mod rng;
mod split;
mod store;
pub mod synth;
mod table;
mod wav;

pub use cepstrum_features;
pub use ndarray;

pub use atomic::write_atomically;
pub use audio_files::audio_files;
pub use audio_folder::AudioFolder;
pub use augmented::Augmented;
pub use collection::{Collection, SampleSink, Track};
pub use config::{ExtractConfig, FeatureConfig, Segment};
pub use decode::{
    Damage, LoadConfig, Loaded, load_audio, load_audio_from, load_audio_with, stream_audio, stream_audio_from,
};
pub use error::{Cause, Error, Result};
pub use extract::{
    DamagePolicy, Extracted, Extraction, Skipped, StageTimes, TrackExtractor, TrackFeatures,
    segment_features, segment_features_with,
};
#[cfg(feature = "parquet")]
pub use feature_parts::FeatureParts;
pub use feature_set::FeatureSet;
pub use front::{Front, FrontConfig};
pub use leakage::{Leakage, NearDuplicate, leakage};
pub use split::{
    FixedSplit, Groups, KFold, Split, SplitConfig, SplitError, SplitIndices, SplitUnit, TrackList,
};
pub use store::{StoreError, StoreFormat};
pub use table::{
    NpzConfig, Table, TableClasses, TableColumns, TableConfig, TableError, TableFormat, TableRow, TableRows,
    read_npz, read_npz_from, read_table, read_table_from,
};
pub use wav::{WavFile, write_wav, write_wav_to};
