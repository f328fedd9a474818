/// What can go wrong in this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the transform, the filter bank or the decibels is not legal, or a signal is empty, too short or
    /// not finite.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// More coefficients are asked for than there are bands, or none.
    #[error("n_mfcc must be from 1 to n_mels = {n_mels}, not {n_mfcc}")]
    CoefficientCount {
        /// The number asked for.
        n_mfcc: usize,
        /// The number of mel bands.
        n_mels: usize,
    },
    /// The lifter is negative or not finite.
    #[error("lifter must be finite and at least 0, not {lifter}")]
    Lifter {
        /// The value given.
        lifter: f64,
    },
    /// The width of a delta filter is even, too small, or more than there are frames.
    #[error(
        "the delta filter's width must be odd, at least 3 and at most n_frames = {n_frames}, not {width}"
    )]
    DeltaWidth {
        /// The width asked for, frames.
        width: usize,
        /// The number of frames.
        n_frames: usize,
    },
    /// The order of a derivative is zero, or not below the width of its filter.
    #[error("the order of a delta must be from 1 to its width - 1 = {}, not {order}", width - 1)]
    DeltaOrder {
        /// The order asked for.
        order: usize,
        /// The width of the filter, frames.
        width: usize,
    },
    /// The share of the spectrum below the roll-off frequency is not between 0 and 1.
    #[error("roll_percent must be between 0 and 1, not {roll_percent}")]
    RollPercent {
        /// The value given.
        roll_percent: f64,
    },
    /// An output has the wrong shape.
    #[error("the output must be {expected:?} ([n_frames, n_coefficients]), not {actual:?}")]
    OutputShape {
        /// The shape it must have.
        expected: [usize; 2],
        /// The shape it has.
        actual: [usize; 2],
    },
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
