/// What can go wrong in this crate; every variant carries the bound and the value that broke it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `n_fft` is outside what is supported.
    #[error("n_fft must be from 1 to {max}, not {n_fft}")]
    FftLength {
        /// The length asked for, in samples.
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
        /// The window length asked for, in samples.
        win_length: usize,
        /// The frame length, in samples.
        n_fft: usize,
    },
    /// The samples of a window of one's own do not fill `win_length`.
    #[error("the window has {actual} samples, but win_length is {expected}")]
    WindowSamples {
        /// `win_length`.
        expected: usize,
        /// How many samples were given.
        actual: usize,
    },
    /// A parameter that must be a finite number in a range is not.
    #[error("{name} must be {bound}, not {value}")]
    Parameter {
        /// The parameter's name.
        name: &'static str,
        /// The legal range, in words.
        bound: &'static str,
        /// The value given.
        value: f64,
    },
    /// The band of the mel filter bank is empty or reaches beyond the Nyquist frequency.
    #[error(
        "the mel band must satisfy 0 <= f_min < f_max <= {nyquist} Hz, not f_min = {f_min}, f_max = {f_max}"
    )]
    MelBand {
        /// Lower edge, Hz.
        f_min: f64,
        /// Upper edge, Hz.
        f_max: f64,
        /// Half the sample rate, Hz.
        nyquist: f64,
    },
    /// A count lies outside its bounds.
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
    #[error("a sample rate must be at least 1 Hz, not 0")]
    SampleRate,
    /// The two rates have so large a reduced ratio that the filter would not fit in memory.
    #[error(
        "the ratio {from_hz}:{to_hz} Hz reduces to {up}:{down}; at most {max} is supported on either side"
    )]
    Ratio {
        /// Rate of the input, Hz.
        from_hz: u32,
        /// Rate of the output, Hz.
        to_hz: u32,
        /// Reduced numerator: interpolation factor.
        up: u32,
        /// Reduced denominator: decimation factor.
        down: u32,
        /// The largest supported factor.
        max: u32,
    },
    /// There are no samples.
    #[error("the signal is empty")]
    EmptySignal,
    /// The signal does not fill one frame, and the padding is [`Padding::None`](crate::Padding::None).
    #[error("the signal has {n_samples} samples; without padding at least n_fft = {n_fft} are needed")]
    SignalTooShort {
        /// Samples given.
        n_samples: usize,
        /// Samples of one frame.
        n_fft: usize,
    },
    /// A buffer has the wrong length.
    #[error("{what} must have {expected} elements, not {actual}")]
    BufferLength {
        /// Which buffer.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        actual: usize,
    },
    /// A sample is NaN or infinite.
    #[error("sample {index} is not a finite number")]
    NonFinite {
        /// Index of the first such sample.
        index: usize,
    },
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
