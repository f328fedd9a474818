use serde::{Deserialize, Serialize};

use crate::{Error, Float, Result, Symmetry, Window};

/// What stands before the first and after the last sample, so that frame `t` is centred at sample `t * hop_length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// Frames are not centred: frame `t` begins at sample `t * hop_length`. `center=False`.
    None,
    /// Zeros: librosa's default (`pad_mode="constant"`).
    #[default]
    Zero,
    /// The signal mirrored at its first and last sample, which are not repeated (`pad_mode="reflect"`).
    Reflect,
    /// The first and last sample, repeated (`pad_mode="edge"`).
    Edge,
}

/// How a signal is cut into frames and transformed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StftConfig {
    /// Length of a frame and of its transform, samples; any size, powers of two are fastest. Default 2048 (93 ms at
    /// 22,050 Hz): longer resolves frequency better and time worse.
    pub n_fft: usize,
    /// Distance between frames, samples; default 512 (a quarter of a frame).
    pub hop_length: usize,
    /// Length of the window, centred in the frame and padded with zeros; `None`, the default, is `n_fft`.
    pub win_length: Option<usize>,
    /// Taper; default Hann, periodic.
    pub window: Window,
    /// Treatment of the ends; default zeros.
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
    /// Checks lengths and window.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`], [`Error::WindowLength`] and those of [`Window::samples`].
    pub fn validate(&self) -> Result<()> {
        self.framing()?;
        self.frame_window().map(|_| ())
    }

    /// The cut into frames.
    ///
    /// # Errors
    /// [`Error::FftLength`], [`Error::HopLength`].
    pub fn framing(&self) -> Result<Framing> {
        Framing::new(self.n_fft, self.hop_length, self.padding)
    }

    /// The window's values, padded with zeros on both sides to `[n_fft]`.
    pub(crate) fn frame_window(&self) -> Result<Vec<f64>> {
        let n_fft = self.n_fft;
        let win_length = self.win_length.unwrap_or(n_fft);
        if win_length == 0 || win_length > n_fft {
            return Err(Error::WindowLength { win_length, n_fft });
        }
        let left = (n_fft - win_length) / 2;
        let mut window = vec![0.0; n_fft];
        window[left..left + win_length]
            .copy_from_slice(&self.window.samples(win_length, Symmetry::Periodic)?);
        Ok(window)
    }
}

/// The cut of a signal into overlapping frames, with what lies beyond its ends.
///
/// Frame `t` covers samples `t * hop_length - pad` to `t * hop_length - pad + n_fft`, with `pad = n_fft / 2`, or 0 without
/// padding.
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
    pub fn n_fft(&self) -> usize {
        self.n_fft
    }

    /// Distance between frames, samples.
    pub fn hop_length(&self) -> usize {
        self.hop_length
    }

    /// Treatment of the ends.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// How far frame 0 reaches before the first sample.
    pub fn pad(&self) -> usize {
        if self.padding == Padding::None { 0 } else { self.n_fft / 2 }
    }

    /// Number of frames of a signal of `n_samples`; 0 for an empty signal, or one too short without padding.
    pub fn n_frames(&self, n_samples: usize) -> usize {
        let padded = if n_samples == 0 { 0 } else { n_samples.saturating_add(2 * self.pad()) };
        if padded < self.n_fft { 0 } else { 1 + (padded - self.n_fft) / self.hop_length }
    }

    /// Whether a signal can be cut at all.
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

    /// Where frame `t` ends, samples. Of a hop that no signal reaches, the last that can be counted.
    pub(crate) fn end(&self, t: usize) -> usize {
        t.saturating_mul(self.hop_length).saturating_add(self.n_fft).saturating_sub(self.pad())
    }

    /// Frame `t`, `[n_fft]`: a part of the signal where it lies inside, otherwise put together in `spill`.
    ///
    /// # Panics
    /// When the signal is empty or `spill` is shorter than `n_fft`.
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
    /// Which sample of a signal of `n` stands at `i`, which may lie beyond its ends; `None` for silence.
    pub(crate) fn resolve(self, i: i64, n: usize) -> Option<usize> {
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

/// [`check_finite`] of a part of a signal that begins at `first`.
pub(crate) fn check_finite_from<T: Float>(first: usize, samples: &[T]) -> Result<()> {
    check_finite(samples).map_err(|error| match error {
        Error::NonFinite { index } => Error::NonFinite { index: first + index },
        other => other,
    })
}

/// Finds the first sample that is not a finite number.
///
/// # Errors
/// [`Error::NonFinite`] with its index.
pub fn check_finite<T: Float>(samples: &[T]) -> Result<()> {
    const CHUNK: usize = 1024;
    for (i, chunk) in samples.chunks(CHUNK).enumerate() {
        // Without an early exit the loop over a chunk becomes vector code.
        let finite = chunk.iter().fold(true, |all, x| all & x.is_finite());
        if !finite {
            let inside = chunk.iter().position(|x| !x.is_finite()).unwrap_or_default();
            return Err(Error::NonFinite { index: i * CHUNK + inside });
        }
    }
    Ok(())
}
