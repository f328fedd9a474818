//! The integration tests of this crate, in one binary, so that they are linked once.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod fuzz_targets;

mod audio_files;
mod audio_folder;
mod bad_audio;
mod cache;
mod configs;
mod decode_formats;
mod errors;
mod extraction;
mod feature_parts;
mod front;
mod fuzz_cases;
mod gtzan_tables;
mod join;
mod killed;
mod leakage;
mod librosa;
mod lists;
mod long_track;
mod mutations;
mod npz;
mod odd;
mod odd_mp4;
mod odd_mpeg;
mod odd_pcm;
mod odd_streams;
mod parquet;
mod parts;
mod progress;
mod real_audio;
mod splits;
mod stores;
mod synth;
mod tables;
mod wav;
