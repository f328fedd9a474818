//! Named networks with the settings that train them.
//!
//! # The reference experiment
//! "The reference experiment" is the Keras notebook that this workspace reproduces. It classifies GTZAN (Tzanetakis and Cook
//! 2002: 10 genres, 100 tracks each, 30 s each) from MFCCs: each track is cut into ten segments of 3 s, each segment
//! becomes 130 frames of 13 coefficients, and a random 70 % of the segments train six feed-forward and seven convolutional
//! networks. [`Architecture::reference`] lists these networks, and [`Recipe`] holds the settings that trained them.
//!
//! Two of its choices inflate its accuracies: segments of one track lie in both the training and the test part, and the
//! feed-forward networks stop early by the test set. Both remain available; neither is the default. The project's
//! [README](https://docs.rs/cepstrum) describes the data and the whole workflow.
//!
//! # Simple models
//! [`MajorityClass`], [`KNeighbors`] and [`LogisticRegression`] show what can be had without a network; [`ModelName`] names
//! any of them or any network. On unheard tracks the logistic regression is hard to beat.
//!
//! # Own networks
//! [`Own`] lists three networks that the reference experiment does not have: one recurrent, one small, and one for log-mel
//! input and small sets.
//!
//! ```
//! use cepstrum_models::zoo;
//!
//! let model = zoo::cnn([256, 128, 64, 32], [130, 13], 10, 7)?;
//! assert_eq!(model.n_parameters(), 351_530);
//! assert_eq!(zoo::ffnn(5, [130, 13], 10, 7)?.n_parameters(), 1_049_522);
//! # Ok::<(), cepstrum_models::Error>(())
//! ```

mod architecture;
mod cnn;
mod ffnn;
mod own;
mod recipe;
mod simple;

pub use architecture::Architecture;
pub use ffnn::Ffnn;
pub use own::Own;
pub use recipe::{Recipe, ValidationUse};
pub use simple::{FittedModel, KNeighbors, LogisticRegression, MajorityClass, ModelName, SimpleModel};

use crate::{Classifier, Error, Result};

/// Builds a feed-forward network of the [reference experiment](self#the-reference-experiment), by its number from 1 to 6.
///
/// # Shapes
/// `shape` is `[n_frames, n_coefficients]` of one segment.
///
/// # Errors
/// [`Error::UnknownModel`] for another number, and those of [`Architecture::build`].
pub fn ffnn(number: usize, shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
    let unknown = || Error::UnknownModel { name: format!("ffnn{number}") };
    Architecture::Ffnn(Ffnn::numbered(number).ok_or_else(unknown)?).build(shape, n_classes, seed)
}

/// Builds the convolutional network of the [reference experiment](self#the-reference-experiment) with the given numbers of
/// filters in its four blocks.
///
/// # Shapes
/// `shape` is `[n_frames, n_coefficients]` of one segment.
///
/// # Errors
/// Those of [`Architecture::build`].
pub fn cnn(filters: [usize; 4], shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
    Architecture::Cnn(filters).build(shape, n_classes, seed)
}
