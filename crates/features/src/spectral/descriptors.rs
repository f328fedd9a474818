use std::ops::Range;

use cepstrum_dsp::block::{self, LANES, Lanes, Matrix, PowerStft};
use cepstrum_dsp::{Float, Padding, StftConfig, fft_frequencies};
use ndarray::{Array1, Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use super::levels::Levels;
use crate::blocks::{BlockFeature, run};
use crate::{Error, Result};

/// The settings of spectral descriptors. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DescriptorsConfig {
    /// Sample rate of the signals, Hz. It is the unit of the frequencies; the signal is not resampled. Default 22,050.
    pub sample_rate: u32,
    /// Framing, window and transform length. Default 2048/512 samples under a Hann window; see [`StftConfig`].
    pub stft: StftConfig,
    /// Share of a frame's magnitude that lies below the roll-off frequency, between 0 and 1. Default 0.85; 0.95 and above
    /// follow the highest frequency in use.
    pub roll_percent: f64,
    /// The values beyond the ends of the signal in the frames whose RMS is taken; without effect where `stft.padding` is
    /// [`Padding::None`]. Default zeros, librosa's since 0.9; mirrored before.
    pub rms_padding: Padding,
}

impl Default for DescriptorsConfig {
    fn default() -> Self {
        let (stft, rms_padding) = (StftConfig::default(), Padding::Zero);
        Self { sample_rate: 22_050, stft, roll_percent: 0.85, rms_padding }
    }
}

/// Number of descriptors.
const N_DESCRIPTORS: usize = 5;

/// The value of each descriptor per frame, `[n_frames]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralDescriptors<T> {
    /// Mean frequency weighted by magnitude, Hz: `sum f |X| / sum |X|`; 0 for silence. `spectral_centroid`.
    pub centroid: Array1<T>,
    /// Spread about the centroid, Hz: `sqrt(sum (f - centroid)^2 |X| / sum |X|)`. `spectral_bandwidth`.
    pub bandwidth: Array1<T>,
    /// Lowest frequency at or below which the share `roll_percent` of the magnitude lies, Hz. `spectral_rolloff`.
    pub rolloff: Array1<T>,
    /// Changes of sign per sample of the frame; beyond its ends the signal continues with its end values.
    /// `zero_crossing_rate`.
    pub zero_crossing_rate: Array1<T>,
    /// Root mean square of the frame's samples, without a window. `rms`.
    pub rms: Array1<T>,
}

/// Spectral centroid, bandwidth and roll-off, zero-crossing rate and RMS of frames, as `librosa.feature` defines them.
///
/// ```
/// use cepstrum_features::{Descriptors, DescriptorsConfig};
///
/// let tone: Vec<f64> = (0..22_050).map(|i| (i as f64 * 0.3).sin()).collect();
/// let found = Descriptors::new(&DescriptorsConfig::default())?.process(&tone)?;
/// let hz = 0.3 / std::f64::consts::TAU * 22_050.0;
/// assert!((found.centroid[20] - hz).abs() < 5.0 && (found.rms[20] - 0.5_f64.sqrt()).abs() < 1e-3);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// G. Peeters, "A large set of audio features for sound description", CUIDADO project report, IRCAM, 2004.
#[derive(Debug, Clone)]
pub struct Descriptors<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: DescriptorBlocks<T>,
}

/// The steps after the power spectrum. The columns are those of [`SpectralDescriptors`], in their order.
#[derive(Debug, Clone)]
pub(crate) struct DescriptorBlocks<T> {
    /// Center of each bin, Hz.
    frequencies: Vec<T>,
    /// Sums of the magnitudes and of the magnitudes times their frequencies.
    sums: Matrix<T>,
    roll_percent: f64,
    levels: Levels,
    rms_padding: Padding,
    padded: Vec<T>,
}

impl<T: Float> Descriptors<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::RollPercent`], and [`Error::Dsp`] with the setting that is not legal.
    pub fn new(config: &DescriptorsConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.stft)?, blocks: DescriptorBlocks::new(config)? })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the descriptors of a signal.
    ///
    /// Samples beyond 1e15 have powers that overflow in `f32`, and results that are not finite.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<SpectralDescriptors<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), N_DESCRIPTORS), T::zero());
        run(&mut self.stft, &mut self.blocks, samples, out.view_mut())?;
        let column = |i: usize| out.column(i).to_owned();
        Ok(SpectralDescriptors {
            centroid: column(0),
            bandwidth: column(1),
            rolloff: column(2),
            zero_crossing_rate: column(3),
            rms: column(4),
        })
    }
}

impl<T: Float> DescriptorBlocks<T> {
    pub(crate) fn new(config: &DescriptorsConfig) -> Result<Self> {
        let roll_percent = config.roll_percent;
        if !(roll_percent > 0.0 && roll_percent < 1.0) {
            return Err(Error::RollPercent { roll_percent });
        }
        let frequencies = fft_frequencies(config.sample_rate, config.stft.n_fft)?;
        let sums: Vec<[f64; 2]> = frequencies.iter().map(|&hz| [1.0, hz]).collect();
        Ok(Self {
            levels: Levels::new(config.stft.framing()?),
            sums: Matrix::new(sums.as_flattened(), 2)?,
            frequencies: frequencies.into_iter().map(T::of).collect(),
            roll_percent,
            rms_padding: config.rms_padding,
            padded: Vec::new(),
        })
    }
}

impl<T: Float> BlockFeature<T> for DescriptorBlocks<T> {
    fn n_columns(&self) -> usize {
        N_DESCRIPTORS
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        block::sqrt(power);
        let moments = Moments::new(power, &self.frequencies, &self.sums, self.roll_percent)?;
        for (lane, t) in frames.enumerate() {
            out[[t, 0]] = moments.centroid.0[lane];
            out[[t, 1]] = moments.bandwidth.0[lane];
            out[[t, 2]] = moments.rolloff.0[lane];
        }
        Ok(())
    }

    fn finish(&mut self, samples: &[T], out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        let Self { levels, rms_padding, padded, .. } = self;
        levels.pad(samples, Padding::Edge, padded);
        levels.zero_crossing_rates(padded, out.column_mut(3));
        levels.pad(samples, *rms_padding, padded);
        levels.rms(padded, out.column_mut(4));
        Ok(())
    }
}

/// Centroid, bandwidth and roll-off of eight frames, Hz; zeros for silence.
struct Moments<T> {
    centroid: Lanes<T>,
    bandwidth: Lanes<T>,
    rolloff: Lanes<T>,
}

impl<T: Float> Moments<T> {
    fn new(magnitudes: &[Lanes<T>], hz: &[T], sums: &Matrix<T>, roll_percent: f64) -> Result<Self> {
        let mut totals = [Lanes::default(); 2];
        sums.process_block(magnitudes, &mut totals)?;
        let lanes = |f: &dyn Fn(usize) -> T| Lanes(std::array::from_fn::<T, LANES, _>(f));
        let total = totals[0].0;
        let silent = |lane: usize| total[lane] <= T::MIN_POSITIVE;
        let or_zero = |lane: usize, value: T| if silent(lane) { T::zero() } else { value };
        let centroid = lanes(&|lane| or_zero(lane, totals[1].0[lane] / total[lane]));
        let share = lanes(&|lane| T::of(roll_percent) * total[lane]);
        let spread = block::spread(magnitudes, hz, &centroid, &share)?;
        let reached = |lane: usize| hz[(spread.before.0[lane].to_f64() as usize).min(hz.len() - 1)];
        Ok(Self {
            centroid,
            bandwidth: lanes(&|lane| or_zero(lane, (spread.moment.0[lane] / total[lane]).sqrt())),
            rolloff: lanes(&|lane| or_zero(lane, reached(lane))),
        })
    }
}
