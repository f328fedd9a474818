/// The errors of this crate. Every variant carries the bound and the value that broke it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the transform, the filter bank or the decibels is not legal, or a signal is empty, too short or
    /// not finite.
    #[error(transparent)]
    Dsp(#[from] cepstrum_dsp::Error),
    /// The number of coefficients is zero or exceeds the number of mel bands.
    #[error("n_mfcc must be from 1 to n_mels = {n_mels}, not {n_mfcc}")]
    CoefficientCount {
        /// The requested number of coefficients.
        n_mfcc: usize,
        /// The number of mel bands.
        n_mels: usize,
    },
    /// The lifter is negative, NaN or infinite.
    #[error("lifter must be finite and at least 0, not {lifter}")]
    Lifter {
        /// The value given.
        lifter: f64,
    },
    /// The factor of `log10(scale x + 1)` is not positive and finite.
    #[error("the scale of the logarithm must be finite and above 0, not {scale}")]
    LogScale {
        /// The value given.
        scale: f64,
    },
    /// The width of a delta filter is even, less than 3, or greater than the number of frames.
    #[error("the delta width must be odd, at least 3 and at most n_frames = {n_frames}, not {width}")]
    DeltaWidth {
        /// The requested width, frames.
        width: usize,
        /// The number of frames.
        n_frames: usize,
    },
    /// The order of a delta is zero, or not less than the width of its filter.
    #[error("the delta order must be at least 1 and less than the width {width}, not {order}")]
    DeltaOrder {
        /// The requested order.
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
    /// A matrix of frames that was handed in has no frame, or another number of columns than the configuration.
    #[error("{what} must have shape [n_frames, {n_columns}] with at least one frame, not {actual:?}")]
    FramesShape {
        /// The matrix.
        what: &'static str,
        /// Number of columns that the configuration asks for.
        n_columns: usize,
        /// The shape it has.
        actual: [usize; 2],
    },
    /// A value of a matrix of frames that was handed in is out of bounds.
    #[error("{what} must be {bound}, not {value} (frame {frame}, column {column})")]
    FramesValue {
        /// The matrix.
        what: &'static str,
        /// Index of the frame.
        frame: usize,
        /// Index of the bin, band or coefficient.
        column: usize,
        /// The bound, in words.
        bound: &'static str,
        /// The value.
        value: f64,
    },
    /// A band of the spectral contrast holds no bin of the transform.
    #[error("band {band} from {low} to {high} Hz holds no bin of n_fft = {n_fft}")]
    EmptyBand {
        /// Index of the band.
        band: usize,
        /// Lower edge, Hz.
        low: f64,
        /// Upper edge, Hz.
        high: f64,
        /// Length of the transform, samples.
        n_fft: usize,
    },
    /// The momentum of Griffin-Lim is negative, NaN or infinite.
    #[error("momentum must be finite and at least 0, not {momentum}")]
    Momentum {
        /// The value given.
        momentum: f64,
    },
    /// An output array has the wrong shape.
    #[error("the output must have shape {expected:?} ([n_frames, n_coefficients]), not {actual:?}")]
    OutputShape {
        /// The shape it must have.
        expected: [usize; 2],
        /// The shape it has.
        actual: [usize; 2],
    },
}

/// A result whose error is this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
