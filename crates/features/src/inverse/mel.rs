//! From mel bands to spectra.

use cepstrum_dsp::{Float, MelFilterBank};
use ndarray::{Array2, ArrayRef2, Axis, Slice};

use super::tridiagonal::{Eight, Tridiagonal};
use crate::check::{Legal, check_frames};
use crate::{LogMelConfig, Result, Spectrum};

/// Approximate magnitudes of the short-time transform from mel bands: `librosa.feature.inverse.mel_to_stft`.
///
/// Of all spectra `x >= 0` the result minimizes `|A x - b|^2`, where `A` is the filter bank and `b` the bands of a frame. It
/// starts at the smallest spectrum with these bands (by the pseudo-inverse, without its negative parts), so that energy is
/// spread over a band instead of standing in one bin, and is refined bin by bin, each to its own optimum.
///
/// # Shapes
/// Bands `[n_frames, n_mels]` to magnitudes `[n_frames, n_fft / 2 + 1]`.
///
/// ```
/// use cepstrum_features::LogMelConfig;
/// use cepstrum_features::inverse::MelToStft;
/// use ndarray::Array2;
///
/// let magnitudes = MelToStft::new(&LogMelConfig::default())?.process(&Array2::<f32>::ones((3, 128)))?;
/// assert_eq!(magnitudes.dim(), (3, 1025));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// C. L. Lawson, R. J. Hanson, *Solving Least Squares Problems*, 1974, chapter 23; V. Franc, V. Hlaváč, M. Navara,
/// "Sequential coordinate-wise algorithm for the non-negative least squares problem", CAIP 2005,
/// <https://doi.org/10.1007/11556121_50>.
#[derive(Debug, Clone)]
pub struct MelToStft {
    spectrum: Spectrum,
    n_mels: usize,
    /// The bands that see each bin, with their weights: at most two for triangles.
    bins: Vec<Vec<(usize, f64)>>,
    /// `A A^T`: a band overlaps only its neighbors.
    products: Tridiagonal,
}

/// Most passes over the bins; real spectra need a few.
const MAX_SWEEPS: usize = 300;
/// Share of the bands' energy below which what is left to explain is no longer reduced.
const NEGLIGIBLE: f64 = 1e-14;
/// Least share by which a pass must reduce what is left to explain.
const PROGRESS: f64 = 1e-4;

impl MelToStft {
    /// Checks the configuration and prepares the filter bank.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) for a filter bank or a length that is not legal.
    pub fn new(config: &LogMelConfig) -> Result<Self> {
        let bank = MelFilterBank::<f64>::new(&config.mel, config.sample_rate, config.stft.n_fft)?;
        let n_mels = bank.n_mels();
        let mut bins = vec![Vec::new(); bank.n_bins()];
        for band in 0..n_mels {
            let (first, weights) = bank.weights(band);
            for (bin, &weight) in bins[first..].iter_mut().zip(weights) {
                if weight > 0.0 {
                    bin.push((band, weight));
                }
            }
        }
        let (mut diagonal, mut beside) = (vec![0.0; n_mels], vec![0.0; n_mels.saturating_sub(1)]);
        for bands in &bins {
            for &(band, weight) in bands {
                diagonal[band] += weight * weight;
                let next = bands.iter().find(|(other, _)| *other == band + 1);
                if let Some((_, other)) = next {
                    beside[band] += weight * other;
                }
            }
        }
        let products = Tridiagonal::new(&diagonal, beside);
        Ok(Self { spectrum: config.spectrum, n_mels, bins, products })
    }

    /// Computes the magnitudes of all frames.
    ///
    /// # Errors
    /// [`Error::FramesShape`](crate::Error::FramesShape) for no frame or another number of bands,
    /// [`Error::FramesValue`](crate::Error::FramesValue) for a value that is negative, NaN or infinite.
    pub fn process<T: Float>(&self, mel: &ArrayRef2<T>) -> Result<Array2<T>> {
        check_frames("the mel spectrogram", mel, self.n_mels, Legal::NotNegative)?;
        let mut out = Array2::from_elem((mel.nrows(), self.bins.len()), T::zero());
        let (mut bands, mut x) = (vec![[0.0; 8]; self.n_mels], vec![[0.0; 8]; self.bins.len()]);
        for start in (0..mel.nrows()).step_by(8) {
            let end = mel.nrows().min(start + 8);
            bands.fill([0.0; 8]);
            for lane in 0..end - start {
                for (to, from) in bands.iter_mut().zip(mel.row(start + lane)) {
                    to[lane] = from.to_f64();
                }
            }
            self.explain(&mut bands, &mut x);
            let mut rows = out.slice_axis_mut(Axis(0), Slice::from(start..end));
            for (lane, mut row) in rows.rows_mut().into_iter().enumerate() {
                for (to, x) in row.iter_mut().zip(&x) {
                    *to = T::of(match self.spectrum {
                        Spectrum::Power => x[lane].sqrt(),
                        Spectrum::Magnitude => x[lane],
                    });
                }
            }
        }
        Ok(out)
    }

    /// Finds the spectra of eight frames. The bands are replaced by what the spectra do not explain.
    fn explain(&self, bands: &mut [Eight], x: &mut [Eight]) {
        let energy = |of: &[Eight]| of.iter().flatten().map(|value| value * value).sum::<f64>();
        let given = energy(bands);
        let mut start = bands.to_vec();
        self.products.solve(&mut start);
        for (x, seen_by) in x.iter_mut().zip(&self.bins) {
            *x = [0.0; 8];
            for &(band, weight) in seen_by {
                x.iter_mut().zip(start[band]).for_each(|(x, c)| *x += weight * c);
            }
            *x = x.map(|x| x.max(0.0));
            for &(band, weight) in seen_by {
                bands[band].iter_mut().zip(&*x).for_each(|(rest, x)| *rest -= weight * x);
            }
        }
        let mut left = energy(bands);
        for _ in 0..MAX_SWEEPS {
            if left <= NEGLIGIBLE * given {
                break;
            }
            self.sweep(bands, x);
            let before = left;
            left = energy(bands);
            if left > (1.0 - PROGRESS) * before {
                break;
            }
        }
    }

    /// Moves every bin to its optimum while the others stay.
    fn sweep(&self, rest: &mut [Eight], x: &mut [Eight]) {
        for (x, seen_by) in x.iter_mut().zip(&self.bins) {
            let norm: f64 = seen_by.iter().map(|(_, weight)| weight * weight).sum();
            if norm <= 0.0 {
                continue;
            }
            let mut change = [0.0; 8];
            for &(band, weight) in seen_by {
                change.iter_mut().zip(rest[band]).for_each(|(change, rest)| *change += weight * rest);
            }
            for (change, x) in change.iter_mut().zip(x) {
                let moved = (*x + *change / norm).max(0.0);
                *change = moved - *x;
                *x = moved;
            }
            for &(band, weight) in seen_by {
                rest[band].iter_mut().zip(change).for_each(|(rest, change)| *rest -= weight * change);
            }
        }
    }
}
