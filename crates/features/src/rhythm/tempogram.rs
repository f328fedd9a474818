use cepstrum_dsp::{Autocorrelation, Error as DspError, Float, Symmetry, Window};
use ndarray::{Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use super::check_envelope;
use crate::{Fill, Norm, Result, normalize, output};

/// The settings of a tempogram. The default is librosa's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TempogramConfig {
    /// Length of the excerpts of the envelope, frames, from 1 to 65,536. Default 384: 8.9 s at 22,050 Hz and a hop of 512.
    pub win_length: usize,
    /// Taper of the excerpts. Default Hann.
    pub window: Window,
    /// Size by which each frame is divided. Default its maximum, the value at lag 0.
    pub norm: Norm,
}

impl Default for TempogramConfig {
    fn default() -> Self {
        Self { win_length: 384, window: Window::Hann, norm: Norm::Maximum }
    }
}

/// Tempograms: the autocorrelation of an onset envelope around each frame. `librosa.feature.tempogram`, transposed.
///
/// `y[t, k] = sum_n z[n] z[n + k]` with `z[n] = w[n] o[t - win_length / 2 + n]`, divided by the [`Norm`]. Beyond its ends the
/// envelope falls to 0 on a straight line. A value at lag `k` speaks for the tempo [`tempo_frequencies`] `[k]`.
///
/// # Shapes
/// `[n_frames]` to `[n_frames, win_length]`.
///
/// ```
/// use cepstrum_features::{Tempogram, TempogramConfig};
///
/// let envelope: Vec<f32> = (0..400).map(|t| if t % 20 == 0 { 1.0 } else { 0.0 }).collect();
/// let found = Tempogram::new(&TempogramConfig::default())?.process(&envelope)?;
/// assert_eq!(found.dim(), (400, 384));
/// assert!(found[[200, 20]] > 0.9 && found[[200, 10]] < 1e-6);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// [`tempo_frequencies`]: crate::tempo_frequencies
///
/// # References
/// P. Grosche, M. Müller, F. Kurth, "Cyclic tempogram – A mid-level tempo representation for music signals", ICASSP 2010,
/// doi:10.1109/ICASSP.2010.5495219.
#[derive(Debug, Clone)]
pub struct Tempogram<T: Float = f32> {
    window: Vec<T>,
    norm: Norm,
    autocorrelation: Autocorrelation<T>,
    padded: Vec<T>,
    excerpt: Vec<T>,
    out: Vec<T>,
}

impl<T: Float> Tempogram<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &TempogramConfig) -> Result<Self> {
        let win_length = config.win_length;
        check_win_length(win_length)?;
        // An empty array still has its norm checked.
        normalize(Array2::<T>::default((0, 0)).view_mut(), config.norm, Fill::Kept)?;
        let window = config.window.samples(win_length, Symmetry::Periodic)?.into_iter().map(T::of).collect();
        let autocorrelation = Autocorrelation::new(win_length)?;
        let zeros = vec![T::zero(); win_length];
        Ok(Self {
            window,
            norm: config.norm,
            autocorrelation,
            padded: Vec::new(),
            excerpt: zeros.clone(),
            out: zeros,
        })
    }

    /// Computes the tempogram of an onset envelope, `[n_frames, win_length]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the envelope is empty, or holds NaN or infinity.
    pub fn process(&mut self, envelope: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((envelope.len(), self.window.len()), T::zero());
        self.process_into(envelope, out.view_mut())?;
        Ok(out)
    }

    /// Computes the tempogram into a caller-provided array, `[n_frames, win_length]`. Allocates nothing for envelopes that are
    /// no longer than the longest one before.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`](crate::Error::OutputShape).
    pub fn process_into(&mut self, envelope: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        let win_length = self.window.len();
        output::check_shape([envelope.len(), win_length], &out)?;
        check_envelope(envelope)?;
        ramp(envelope, win_length / 2, &mut self.padded);
        for (excerpt, mut row) in self.padded.windows(win_length).zip(out.rows_mut()) {
            for (z, (&x, &w)) in self.excerpt.iter_mut().zip(excerpt.iter().zip(&self.window)) {
                *z = x * w;
            }
            self.autocorrelation.process_into(&self.excerpt, &mut self.out)?;
            row.iter_mut().zip(&self.out).for_each(|(y, &x)| *y = x);
        }
        normalize(out, self.norm, Fill::Kept)
    }
}

pub(super) fn check_win_length(actual: usize) -> Result<()> {
    const MAX: usize = 1 << 16;
    if (1..=MAX).contains(&actual) {
        return Ok(());
    }
    Err(DspError::Count { name: "win_length", min: 1, max: MAX, actual }.into())
}

/// Continues an envelope by `pad` frames on both sides, on straight lines to 0: `np.pad(mode="linear_ramp")`.
pub(super) fn ramp<T: Float>(envelope: &[T], pad: usize, out: &mut Vec<T>) {
    let share = |i: usize| T::of(i as f64 / pad as f64);
    let (first, last) = (envelope[0], envelope[envelope.len() - 1]);
    out.clear();
    out.extend((0..pad).map(|i| first * share(i)));
    out.extend_from_slice(envelope);
    out.extend((0..pad).rev().map(|i| last * share(i)));
}
