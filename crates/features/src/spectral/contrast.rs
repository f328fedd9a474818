use std::ops::Range;

use cepstrum_dsp::block::{self, LANES, Lanes, PowerStft};
use cepstrum_dsp::{DecibelConfig, Error as DspError, Float, StftConfig, fft_frequencies};
use ndarray::{Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use crate::blocks::{BlockFeature, run};
use crate::check::check_positive;
use crate::{Error, Result, output};

/// The scale on which peaks and valleys are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContrastScale {
    /// Difference of the two in decibels, each at most 80 dB below the signal's largest: librosa's default.
    #[default]
    Decibel,
    /// Difference of the magnitudes (`linear=True`).
    Linear,
}

/// The settings of spectral contrast. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpectralContrastConfig {
    /// Sample rate of the signals, Hz. It places the bands; the signal is not resampled. Default 22,050.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Upper edge of the lowest band, Hz, positive. Default 200.
    pub f_min: f64,
    /// Number of octaves above `f_min`, at least 1; the last one reaches up to half the sample rate. Default 6. A lower
    /// sample rate has room for fewer.
    pub n_bands: usize,
    /// Share of a band's bins that make its peak, and its valley, between 0 and 1; one bin at least. Default 0.02.
    pub quantile: f64,
    /// Scale of the difference. Default decibels.
    pub scale: ContrastScale,
}

impl Default for SpectralContrastConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            stft: StftConfig::default(),
            f_min: 200.0,
            n_bands: 6,
            quantile: 0.02,
            scale: ContrastScale::Decibel,
        }
    }
}

/// Spectral contrast: how far the strongest bins of each octave stand above the weakest.
/// `librosa.feature.spectral_contrast`, transposed.
///
/// Per band `db(mean of the largest |X|) - db(mean of the smallest |X|)` with `db(x) = 10 log10 max(x, 1e-10)`, over the share
/// `quantile` of the band's bins. The bands are `0..f_min`, `f_min..2 f_min`, ... Tonal music has a high contrast, noise a
/// low one.
///
/// # Shapes
/// `[n_frames, n_bands + 1]`.
///
/// ```
/// use cepstrum_features::{SpectralContrast, SpectralContrastConfig};
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.3).sin()).collect(); // 1,053 Hz
/// let contrast = SpectralContrast::new(&SpectralContrastConfig::default())?.process(&tone)?;
/// assert_eq!(contrast.dim(), (44, 7));
/// assert!(contrast[[20, 3]] > contrast[[20, 6]]); // 800 to 1,600 Hz holds the tone
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D.-N. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002,
/// doi:10.1109/ICME.2002.1035731.
#[derive(Debug, Clone)]
pub struct SpectralContrast<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: ContrastBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct ContrastBlocks<T> {
    scale: ContrastScale,
    bands: Vec<Band>,
    smallest: Vec<Lanes<T>>,
    largest: Vec<Lanes<T>>,
    /// Means of the smallest magnitudes of eight frames, then those of the largest, `[2, n_bands + 1]`; decibels where these
    /// are asked for.
    means: Vec<Lanes<T>>,
    /// Those of the smallest of the whole signal, `[n_frames, n_bands + 1]`.
    valleys: Vec<T>,
    /// The largest of the smallest and of the largest so far, decibels.
    most: [T; 2],
}

/// The bins of one octave, and how many of them make its peak and its valley.
#[derive(Debug, Clone)]
struct Band {
    bins: Range<usize>,
    count: usize,
}

impl<T: Float> SpectralContrast<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::EmptyBand`] when the transform is too short for a bin in each band, and [`Error::Dsp`] with the setting that
    /// is not legal.
    pub fn new(config: &SpectralContrastConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, blocks: ContrastBlocks::new(config)? })
    }

    /// Number of bands, `n_bands + 1`.
    #[must_use]
    pub fn n_bands(&self) -> usize {
        self.blocks.bands.len()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the contrast of a signal, `[n_frames, n_bands + 1]`, dB or magnitude.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_bands()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the contrast into a caller-provided array, `[n_frames, n_bands + 1]`. Allocates nothing for signals that are
    /// no longer than the longest one before.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`].
    pub fn process_into(&mut self, samples: &[T], out: ArrayViewMut2<'_, T>) -> Result<()> {
        run(&mut self.stft, &mut self.blocks, samples, out)
    }
}

impl<T: Float> ContrastBlocks<T> {
    pub(crate) fn new(config: &SpectralContrastConfig) -> Result<Self> {
        let bands = bands(config)?;
        let most = bands.iter().map(|band| band.count).max().unwrap_or(1);
        let places = vec![Lanes::default(); most];
        Ok(Self {
            scale: config.scale,
            bands,
            smallest: places.clone(),
            largest: places,
            means: vec![Lanes::default(); 2 * (config.n_bands + 1)],
            valleys: Vec::new(),
            most: [T::zero(); 2],
        })
    }
}

impl<T: Float> BlockFeature<T> for ContrastBlocks<T> {
    fn n_columns(&self) -> usize {
        self.bands.len()
    }

    fn begin(&mut self, n_frames: usize) {
        self.valleys.resize(n_frames * self.bands.len(), T::zero());
        self.most = [T::of(f64::NEG_INFINITY); 2];
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        let Self { scale, bands, smallest, largest, means, valleys, most } = self;
        let n_bands = bands.len();
        for (k, band) in bands.iter().enumerate() {
            let (smallest, largest) = (&mut smallest[..band.count], &mut largest[..band.count]);
            // Magnitudes have the order of powers, and only the chosen ones need a root.
            block::extremes(&power[band.bins.clone()], smallest, largest);
            (means[k], means[n_bands + k]) = (mean_root(smallest), mean_root(largest));
        }
        if *scale == ContrastScale::Decibel {
            for (means, most) in means.chunks_exact_mut(n_bands).zip(most) {
                let largest = block::to_db(means, T::of(DecibelConfig::default().amin));
                *most = largest.0.into_iter().fold(*most, T::max);
            }
        }
        let rows = valleys.chunks_exact_mut(n_bands).skip(frames.start).take(frames.len());
        for (lane, row) in rows.enumerate() {
            row.iter_mut().zip(means.iter()).for_each(|(y, x)| *y = x.0[lane]);
        }
        output::write(frames, &means[n_bands..], out);
        Ok(())
    }

    fn finish(&mut self, _: &[T], out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        let least = match (self.scale, DecibelConfig::default().top_db) {
            (ContrastScale::Decibel, Some(top_db)) => self.most.map(|most| most - T::of(top_db)),
            _ => [T::of(f64::NEG_INFINITY); 2],
        };
        for (y, &valley) in out.iter_mut().zip(&self.valleys) {
            *y = y.max(least[1]) - valley.max(least[0]);
        }
        Ok(())
    }
}

/// The mean of the square roots in each frame; the values are overwritten.
fn mean_root<T: Float>(values: &mut [Lanes<T>]) -> Lanes<T> {
    block::sqrt(values);
    let (sum, n) = (block::sum(values), T::of(values.len() as f64));
    Lanes(std::array::from_fn::<T, LANES, _>(|lane| sum.0[lane] / n))
}

/// The bands as librosa counts their bins: each but the first begins one bin before its lower edge, and each but the last
/// ends one bin early.
fn bands(config: &SpectralContrastConfig) -> Result<Vec<Band>> {
    let SpectralContrastConfig { f_min, n_bands, quantile, .. } = *config;
    check_positive("f_min", f_min)?;
    if !(quantile > 0.0 && quantile < 1.0) {
        return Err(
            DspError::Parameter { name: "quantile", bound: "between 0 and 1", value: quantile }.into()
        );
    }
    let nyquist = f64::from(config.sample_rate) / 2.0;
    let room = (nyquist / f_min).log2().ceil().max(0.0) as usize;
    if n_bands == 0 || n_bands > room {
        return Err(DspError::Count { name: "n_bands", min: 1, max: room, actual: n_bands }.into());
    }
    let frequencies = fft_frequencies(config.sample_rate, config.stft.n_fft)?;
    (0..=n_bands).map(|k| band(&frequencies, k, config)).collect()
}

fn band(frequencies: &[f64], k: usize, config: &SpectralContrastConfig) -> Result<Band> {
    let low = if k == 0 { 0.0 } else { config.f_min * 2.0_f64.powi(k as i32 - 1) };
    let high = config.f_min * 2.0_f64.powi(k as i32);
    let first = frequencies.partition_point(|&hz| hz < low);
    let end = frequencies.partition_point(|&hz| hz <= high);
    let last_band = k == config.n_bands;
    let begin = first.saturating_sub(usize::from(k > 0));
    let counted = if last_band { begin..frequencies.len() } else { begin..end };
    let bins = if last_band { counted.clone() } else { begin..end.saturating_sub(1) };
    if first >= end || bins.is_empty() {
        return Err(Error::EmptyBand { band: k, low, high, n_fft: config.stft.n_fft });
    }
    let count = (config.quantile * counted.len() as f64).round_ties_even().max(1.0) as usize;
    Ok(Band { count: count.min(bins.len()), bins })
}
