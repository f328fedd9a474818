use serde::{Deserialize, Serialize};

use crate::{Error, Float, Result, Symmetry, Window};

/// The values before the first and after the last sample of a signal.
///
/// With padding, frame `t` is centered at sample `t * hop_length`, and even a short signal has a frame. The choice changes
/// only the frames within half a frame of the ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// No padding: frame `t` begins at sample `t * hop_length` (`center=False`). For frames that must not see anything but
    /// the signal; samples after the last whole frame are not used.
    None,
    /// Zeros: librosa's default (`pad_mode="constant"`). Right for signals that begin and end in silence.
    #[default]
    Zero,
    /// The signal mirrored at its first and last sample, which are not repeated (`pad_mode="reflect"`). For excerpts, where
    /// zeros would look like an attack.
    Reflect,
    /// The first and last sample, repeated (`pad_mode="edge"`).
    Edge,
}

/// The framing, window and length of a short-time Fourier transform.
///
/// ```
/// use cepstrum_dsp::StftConfig;
///
/// // Speech at 16 kHz: frames of 25 ms every 10 ms.
/// let config = StftConfig { n_fft: 512, win_length: Some(400), hop_length: 160, ..StftConfig::default() };
/// config.validate()?;
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StftConfig {
    /// Length of a frame and of its transform, in samples, from 1 to 2^24. A longer frame resolves frequency better and
    /// time worse: bins are `sample_rate / n_fft` Hz apart. Powers of two are fastest. Default 2048 (93 ms at 22,050 Hz), a
    /// good start for music; for speech, 25 to 32 ms.
    pub n_fft: usize,
    /// Distance between the starts of neighboring frames, in samples, at least 1. A smaller hop yields more frames per
    /// second, at proportional cost. Default 512; `n_fft / 4` is a good start for any other `n_fft`.
    pub hop_length: usize,
    /// Length of the window, in samples, at most `n_fft`; the window is centered in the frame and padded with zeros.
    /// Smaller than `n_fft`, it improves the resolution in time and interpolates the spectrum. `None`, the default, is
    /// `n_fft`.
    pub win_length: Option<usize>,
    /// The taper that multiplies each frame. Default Hann, which suits almost everything; see [`Window`] for the trade-offs.
    pub window: Window,
    /// The values beyond the ends of the signal. Default zeros; see [`Padding`].
    pub padding: Padding,
}

impl Default for StftConfig {
    fn default() -> Self {
        Self { n_fft: 2048, hop_length: 512, win_length: None, window: Window::Hann, padding: Padding::Zero }
    }
}

/// Longest supported transform.
const MAX_N_FFT: usize = 1 << 24;

pub(crate) fn check_fft_length(n_fft: usize) -> Result<()> {
    if (1..=MAX_N_FFT).contains(&n_fft) { Ok(()) } else { Err(Error::FftLength { n_fft, max: MAX_N_FFT }) }
}

impl StftConfig {
    /// Checks the bounds of all fields. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`], [`Error::WindowLength`] and those of [`Window::validate`].
    pub fn validate(&self) -> Result<()> {
        self.framing()?;
        self.window.validate(self.checked_win_length()?)
    }

    /// The framing of signals under this configuration.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`].
    pub fn framing(&self) -> Result<Framing> {
        Framing::new(self.n_fft, self.hop_length, self.padding)
    }

    /// The window's values, padded with zeros on both sides to `[n_fft]`.
    pub(crate) fn frame_window(&self) -> Result<Vec<f64>> {
        let win_length = self.checked_win_length()?;
        let left = (self.n_fft - win_length) / 2;
        let mut window = vec![0.0; self.n_fft];
        window[left..left + win_length]
            .copy_from_slice(&self.window.samples(win_length, Symmetry::Periodic)?);
        Ok(window)
    }

    fn checked_win_length(&self) -> Result<usize> {
        let n_fft = self.n_fft;
        let win_length = self.win_length.unwrap_or(n_fft);
        if win_length == 0 || win_length > n_fft {
            return Err(Error::WindowLength { win_length, n_fft });
        }
        Ok(win_length)
    }
}

/// The division of a signal into overlapping, possibly padded frames.
///
/// Frame `t` covers samples `t * hop_length - pad` to `t * hop_length - pad + n_fft`, with `pad = n_fft / 2`, or 0 without
/// padding.
///
/// ```
/// use cepstrum_dsp::{Framing, Padding};
///
/// let framing = Framing::new(2048, 512, Padding::Zero)?;
/// assert_eq!(framing.n_frames(66_150), 130);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    n_fft: usize,
    hop_length: usize,
    padding: Padding,
}

impl Framing {
    /// Checks the lengths.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`].
    pub fn new(n_fft: usize, hop_length: usize, padding: Padding) -> Result<Self> {
        check_fft_length(n_fft)?;
        if hop_length == 0 { Err(Error::HopLength) } else { Ok(Self { n_fft, hop_length, padding }) }
    }

    /// Length of a frame, samples.
    #[must_use]
    pub fn n_fft(&self) -> usize {
        self.n_fft
    }

    /// Distance between the starts of neighboring frames, samples.
    #[must_use]
    pub fn hop_length(&self) -> usize {
        self.hop_length
    }

    /// The values beyond the ends of the signal.
    #[must_use]
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Number of samples by which frame 0 begins before the signal.
    #[must_use]
    pub fn pad(&self) -> usize {
        if self.padding == Padding::None { 0 } else { self.n_fft / 2 }
    }

    /// Number of frames of a signal of `n_samples`; 0 for an empty signal, or one too short without padding.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        let padded = if n_samples == 0 { 0 } else { n_samples.saturating_add(2 * self.pad()) };
        if padded < self.n_fft { 0 } else { 1 + (padded - self.n_fft) / self.hop_length }
    }

    /// Checks that a signal has at least one frame and holds finite samples only.
    ///
    /// # Errors
    /// [`Error::EmptySignal`], [`Error::SignalTooShort`], [`Error::NonFinite`].
    pub fn check<T: Float>(&self, samples: &[T]) -> Result<()> {
        self.check_length(samples.len())?;
        check_finite(samples)
    }

    pub(crate) fn check_length(&self, n_samples: usize) -> Result<()> {
        if n_samples == 0 {
            return Err(Error::EmptySignal);
        }
        if self.n_frames(n_samples) == 0 {
            return Err(Error::SignalTooShort { n_samples, n_fft: self.n_fft });
        }
        Ok(())
    }

    /// The end of frame `t`, in samples. Saturates when the hop length exceeds any possible signal.
    pub(crate) fn end(&self, t: usize) -> usize {
        t.saturating_mul(self.hop_length).saturating_add(self.n_fft).saturating_sub(self.pad())
    }

    /// Frame `t`, `[n_fft]`: a part of `samples` where it lies inside the signal, otherwise assembled in `spill`.
    ///
    /// # Panics
    /// If `samples` is empty or `spill` is shorter than `n_fft`.
    pub fn frame<'a, T: Float>(&self, samples: &'a [T], t: usize, spill: &'a mut [T]) -> &'a [T] {
        match (t * self.hop_length).checked_sub(self.pad()) {
            Some(start) if start + self.n_fft <= samples.len() => &samples[start..start + self.n_fft],
            _ => {
                let spill = &mut spill[..self.n_fft];
                let start = (t * self.hop_length) as i64 - self.pad() as i64;
                for (i, x) in (start..).zip(spill.iter_mut()) {
                    *x = self.padding.resolve(i, samples.len()).map_or(T::zero(), |i| samples[i]);
                }
                spill
            }
        }
    }
}

impl Padding {
    /// The sample of a signal of `n` that stands at index `i`, which may lie beyond its ends; `None` for silence.
    ///
    /// ```
    /// use cepstrum_dsp::Padding;
    ///
    /// assert_eq!(Padding::Reflect.resolve(-2, 10), Some(2));
    /// assert_eq!(Padding::Edge.resolve(12, 10), Some(9));
    /// assert_eq!(Padding::Zero.resolve(12, 10), None);
    /// ```
    #[must_use]
    pub fn resolve(self, i: i64, n: usize) -> Option<usize> {
        if n == 0 {
            return None;
        }
        let last = n as i64 - 1;
        if (0..=last).contains(&i) {
            return Some(i as usize);
        }
        match self {
            Self::None | Self::Zero => None,
            Self::Edge => Some(i.clamp(0, last) as usize),
            Self::Reflect if last == 0 => Some(0),
            Self::Reflect => {
                let i = i.rem_euclid(2 * last);
                Some(i.min(2 * last - i) as usize)
            }
        }
    }
}

/// [`check_finite`] for a piece of a signal that begins at index `first`.
pub(crate) fn check_finite_from<T: Float>(first: usize, samples: &[T]) -> Result<()> {
    check_finite(samples).map_err(|error| match error {
        Error::NonFinite { index } => Error::NonFinite { index: first + index },
        other => other,
    })
}

/// Checks that all values are finite; [`Error::NonFinite`] carries the index of the first that is not.
pub(crate) fn check_finite<T: Float>(samples: &[T]) -> Result<()> {
    const CHUNK: usize = 1024;
    for (i, chunk) in samples.chunks(CHUNK).enumerate() {
        // Without an early exit the compiler turns the loop over a chunk into vector code.
        let finite = chunk.iter().fold(true, |all, x| all & x.is_finite());
        if !finite {
            let inside = chunk.iter().position(|x| !x.is_finite()).unwrap_or_default();
            return Err(Error::NonFinite { index: i * CHUNK + inside });
        }
    }
    Ok(())
}
