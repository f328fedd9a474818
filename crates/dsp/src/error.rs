/// The errors of this crate. Every variant carries the bound and the value that broke it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `n_fft` is zero or longer than the longest supported transform.
    #[error("n_fft must be from 1 to {max}, not {n_fft}")]
    FftLength {
        /// The requested length, in samples.
        n_fft: usize,
        /// The longest supported transform, in samples.
        max: usize,
    },
    /// `hop_length` is zero.
    #[error("hop_length must be at least 1 sample, not 0")]
    HopLength,
    /// The window is empty or longer than the frame.
    #[error("win_length must be from 1 to n_fft = {n_fft}, not {win_length}")]
    WindowLength {
        /// The requested window length, in samples.
        win_length: usize,
        /// The frame length, in samples.
        n_fft: usize,
    },
    /// A custom window does not have `win_length` values.
    #[error("the window has {actual} values, but win_length is {expected}")]
    WindowSamples {
        /// `win_length`.
        expected: usize,
        /// The number of values given.
        actual: usize,
    },
    /// A numeric parameter is out of range, NaN or infinite.
    #[error("{name} must be {bound}, not {value}")]
    Parameter {
        /// The parameter's name.
        name: &'static str,
        /// The legal range, in words.
        bound: &'static str,
        /// The value given.
        value: f64,
    },
    /// The frequency range of a mel filter bank is empty or reaches beyond the Nyquist frequency.
    #[error(
        "the mel bands must satisfy 0 <= f_min < f_max <= {nyquist} Hz, not f_min = {f_min}, f_max = {f_max}"
    )]
    MelBand {
        /// Lower edge, Hz.
        f_min: f64,
        /// Upper edge, Hz.
        f_max: f64,
        /// Half the sample rate, Hz.
        nyquist: f64,
    },
    /// A count is out of range.
    #[error("{name} must be from {min} to {max}, not {actual}")]
    Count {
        /// The parameter's name.
        name: &'static str,
        /// The least legal value.
        min: usize,
        /// The greatest legal value.
        max: usize,
        /// The value given.
        actual: usize,
    },
    /// A sample rate is zero.
    #[error("the sample rate must be at least 1 Hz, not 0")]
    SampleRate,
    /// The reduced ratio of two sample rates has a factor so large that the filter would not fit in memory.
    #[error(
        "the ratio {from_hz}:{to_hz} Hz reduces to {up}:{down}, but at most {max} is supported on either side"
    )]
    Ratio {
        /// Sample rate of the input, Hz.
        from_hz: u32,
        /// Sample rate of the output, Hz.
        to_hz: u32,
        /// Reduced numerator: the interpolation factor.
        up: u32,
        /// Reduced denominator: the decimation factor.
        down: u32,
        /// The largest supported factor.
        max: u32,
    },
    /// A signal has no samples.
    #[error("the signal is empty")]
    EmptySignal,
    /// A signal is shorter than one frame, and the padding is [`Padding::None`](crate::Padding::None).
    #[error("the signal has {n_samples} samples, but without padding at least n_fft = {n_fft} are needed")]
    SignalTooShort {
        /// The number of samples given.
        n_samples: usize,
        /// The number of samples in one frame.
        n_fft: usize,
    },
    /// A signal that arrives in pieces has ended, and more samples were pushed.
    #[error("the signal has ended; reset the buffer before the samples of the next one")]
    SignalEnded,
    /// A buffer has the wrong length.
    #[error("{what} must have {expected} elements, not {actual}")]
    BufferLength {
        /// Description of the buffer.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        actual: usize,
    },
    /// An input value is NaN or infinite.
    #[error("the value at index {index} is NaN or infinite")]
    NonFinite {
        /// Index of the first such value.
        index: usize,
    },
}

/// A result whose error is this crate's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Checks the length of a buffer.
pub(crate) fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    if expected == actual { Ok(()) } else { Err(Error::BufferLength { what, expected, actual }) }
}

/// Checks the range of a numeric parameter.
pub(crate) fn check_parameter(
    name: &'static str,
    bound: &'static str,
    value: f64,
    legal: impl FnOnce(f64) -> bool,
) -> Result<()> {
    if legal(value) { Ok(()) } else { Err(Error::Parameter { name, bound, value }) }
}
