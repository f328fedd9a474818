//! From audio to genre: MFCCs with librosa's numbers, labeled audio sets, neural classifiers and their evaluation.
//!
//! This crate re-exports five crates, each behind a feature of its name that enables those it builds on. All are on by
//! default.
//!
//! | feature and module | crate | contents |
//! |---|---|---|
//! | `dsp` | [`cepstrum-dsp`](https://docs.rs/cepstrum-dsp) | windows, STFT, mel filter bank, DCT, decibels, resampling |
//! | `features` | [`cepstrum-features`](https://docs.rs/cepstrum-features) | MFCC, log-mel spectrograms, chroma, spectral descriptors, deltas |
//! | `dataset` | [`cepstrum-dataset`](https://docs.rs/cepstrum-dataset) | decoding, labeled folders, segments, splits, stores, the synthetic set |
//! | `models` | [`cepstrum-models`](https://docs.rs/cepstrum-models) | layers, networks, training, model files, attribution maps |
//! | `eval` | [`cepstrum-eval`](https://docs.rs/cepstrum-eval) | metrics, tables, pictures, the record of a run and its report |
//!
//! Below, the synthetic set of ten styles becomes features, a trained network and its evaluation. The examples of the
//! repository are programs for every step, and one that reproduces the whole reference experiment.
//!
#![cfg_attr(feature = "eval", doc = "```")]
#![cfg_attr(not(feature = "eval"), doc = "```ignore")]
//! use cepstrum::dataset::synth::{SyntheticConfig, SyntheticSet};
//! use cepstrum::dataset::{ExtractConfig, Extraction, Split};
//! use cepstrum::eval::Evaluation;
//! use cepstrum::models::{Adam, TrainConfig, Trainer, zoo};
//!
//! let songs = SyntheticSet::new(SyntheticConfig { tracks_per_class: 3, seconds: 6.0, seed: 7, ..Default::default() })?;
//! let features = Extraction::new(ExtractConfig::default()).run(&songs)?.features; // or AudioFolder::scan(..)?
//! let split = Split::by_track(&features, 0.7, 7)?;
//! let mut model = zoo::ffnn(5, features.segment_shape(), features.n_classes(), 7)?;
//! Trainer::new(TrainConfig { epochs: 2, seed: 7, ..Default::default() })
//!     .optimizer(Adam::new(0.01))
//!     .fit(&mut model, &split.train, &split.validation)?;
//! println!("{}", Evaluation::from_model(&model, &split.test)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

/// The examples in `README.md`, as tests.
#[cfg(all(doctest, feature = "eval"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
