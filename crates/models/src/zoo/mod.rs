//! Named networks with the settings that train them.
//!
//! # The reference experiment
//! "The reference experiment" is a published Keras notebook that classifies the ten genres of GTZAN from MFCCs, with six
//! feed-forward and seven convolutional networks; the project's
//! [README](https://docs.rs/cepstrum) describes it. [`Architecture::reference`] lists its networks, and [`Recipe`]
//! holds how it trained them.
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

pub use architecture::Architecture;
pub use ffnn::Ffnn;
pub use own::Own;
pub use recipe::{Recipe, ValidationUse};

use crate::{Classifier, Error, Result};

/// A feed-forward network of the experiment, by its number from 1 to 6.
///
/// # Shapes
/// `shape` is `[n_frames, n_coefficients]` of a segment.
///
/// # Errors
/// [`Error::UnknownModel`] for another number, and what [`Architecture::build`] gives.
pub fn ffnn(number: usize, shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
    let unknown = || Error::UnknownModel { name: format!("ffnn{number}") };
    Architecture::Ffnn(Ffnn::numbered(number).ok_or_else(unknown)?).build(shape, n_classes, seed)
}

/// A convolutional network of the experiment with these numbers of filters.
///
/// # Shapes
/// `shape` is `[n_frames, n_coefficients]` of a segment.
///
/// # Errors
/// What [`Architecture::build`] gives.
pub fn cnn(filters: [usize; 4], shape: [usize; 2], n_classes: usize, seed: u64) -> Result<Classifier> {
    Architecture::Cnn(filters).build(shape, n_classes, seed)
}
