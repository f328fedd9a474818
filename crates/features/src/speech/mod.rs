//! The features of speech toolkits: frames without a share of their neighbors' samples, triangles straight in mel, natural
//! logarithms.

mod config;
mod fbank;
mod frames;
mod kaldi_mfcc;

pub use config::{Edges, FbankConfig, FbankLog, FrameEnergy, KaldiMfccConfig, Offset};
pub use fbank::Fbank;
pub use kaldi_mfcc::KaldiMfcc;
