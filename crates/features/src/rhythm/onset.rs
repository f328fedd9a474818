use std::ops::Range;

use cepstrum_dsp::block::{Lanes, PowerStft};
use cepstrum_dsp::{Error as DspError, Float, Padding, StftConfig};
use ndarray::{Array1, Array2, ArrayViewMut2};
use serde::{Deserialize, Serialize};

use crate::blocks::{BlockFeature, run};
use crate::log_mel::MelBlocks;
use crate::{LogMelConfig, Result, output};

/// The statistic over the mel bands that makes one strength of their increases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The mean: the default of `onset_strength`.
    #[default]
    Mean,
    /// The median, which asks for an increase in half of the bands: what `beat_track` uses.
    Median,
}

/// The slow part of an onset envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// Left as it is: the default.
    #[default]
    Kept,
    /// Removed by the filter `y[t] = x[t] - x[t - 1] + 0.99 y[t - 1]` (`detrend=True`). Values can then be negative.
    Removed,
}

/// The settings of onset strength. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnsetStrengthConfig {
    /// The spectrogram whose increases count. Default 128 mel bands in decibels.
    pub log_mel: LogMelConfig,
    /// Distance of the compared frames, at least 1. Default 1; a longer one sees slow attacks.
    pub lag: usize,
    /// Width of a maximum filter over the bands of the earlier frame, from 1 to 4,096. Default 1, none; 3 keeps vibrato from
    /// counting.
    pub max_size: usize,
    /// Statistic over the bands. Default the mean.
    pub aggregate: Aggregate,
    /// Treatment of slow changes. Default none.
    pub trend: Trend,
}

impl Default for OnsetStrengthConfig {
    fn default() -> Self {
        Self {
            log_mel: LogMelConfig::default(),
            lag: 1,
            max_size: 1,
            aggregate: Aggregate::default(),
            trend: Trend::default(),
        }
    }
}

/// Onset strength: how much the spectrum grows from frame to frame. `librosa.onset.onset_strength`.
///
/// `o[t] = mean over b of max(0, S[t, b] - R[t - lag, b])`, where `S` is the [log-mel spectrogram](crate::LogMel) and `R` its maximum
/// over `max_size` neighboring bands. Under padding, the result is delayed by `n_fft / (2 hop_length)` frames, so that it rises
/// where the onset lies and not where a frame first reaches it. The first `lag` frames are 0.
///
/// # Shapes
/// `[n_frames]`.
///
/// ```
/// use cepstrum_features::{OnsetStrength, OnsetStrengthConfig};
///
/// let mut click = vec![0.0_f32; 22_050];
/// click[11_025..11_035].fill(1.0);
/// let envelope = OnsetStrength::new(&OnsetStrengthConfig::default())?.process(&click)?;
/// let most = envelope.iter().copied().fold(0.0, f32::max);
/// assert!((20..24).any(|t| envelope[t] == most)); // 11,025 / 512 = 21.5
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// S. Böck, G. Widmer, "Maximum filter vibrato suppression for onset detection", `DAFx` 2013.
#[derive(Debug, Clone)]
pub struct OnsetStrength<T: Float = f32> {
    stft: PowerStft<T>,
    blocks: OnsetBlocks<T>,
}

/// The steps after the power spectrum.
#[derive(Debug, Clone)]
pub(crate) struct OnsetBlocks<T: Float> {
    mel: MelBlocks<T>,
    /// Number of frames by which padding delays the result.
    shift: usize,
    lag: usize,
    max_size: usize,
    aggregate: Aggregate,
    trend: Trend,
    decibels: Array2<T>,
    increases: Vec<T>,
    /// Of the whole signal.
    strengths: Vec<T>,
}

impl<T: Float> OnsetStrength<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// Those of [`LogMel::new`](crate::LogMel::new), and [`Error::Dsp`](crate::Error::Dsp) when `lag` or `max_size` is out of range.
    pub fn new(config: &OnsetStrengthConfig) -> Result<Self> {
        Ok(Self { stft: PowerStft::new(&config.log_mel.stft)?, blocks: OnsetBlocks::new(config)? })
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Computes the onset strength of a signal, `[n_frames]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array1<T>> {
        let mut out = vec![T::zero(); self.n_frames(samples.len())];
        self.process_into(samples, &mut out)?;
        Ok(Array1::from_vec(out))
    }

    /// Computes the onset strength into a caller-provided buffer, `[n_frames]`. Allocates nothing for signals that are as long
    /// as the one before.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`DspError::BufferLength`](cepstrum_dsp::Error::BufferLength).
    pub fn process_into(&mut self, samples: &[T], out: &mut [T]) -> Result<()> {
        output::check_length(self.n_frames(samples.len()), out)?;
        let out = output::column(out)?;
        run(&mut self.stft, &mut self.blocks, samples, out)
    }

    /// Computes the onset strength in ranges of mel bands: `librosa.onset.onset_strength_multi`, transposed.
    ///
    /// # Shapes
    /// `[n_frames, n_channels]`.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::Dsp`](crate::Error::Dsp) when a range is empty or reaches beyond the bands.
    pub fn multi(&mut self, samples: &[T], channels: &[Range<usize>]) -> Result<Array2<T>> {
        let n_mels = self.blocks.mel.n_mels();
        if let Some(range) = channels.iter().find(|range| range.start >= range.end || range.end > n_mels) {
            let (name, actual) = ("the end of a range of bands", range.end);
            return Err(
                DspError::Count { name, min: range.start.saturating_add(1), max: n_mels, actual }.into()
            );
        }
        let Self { stft, blocks } = self;
        blocks.begin(stft.n_frames(samples.len()));
        stft.for_each_block(samples, |frames, power| blocks.mel.add(frames, power))?;
        blocks.fill()?;
        let mut out = Array2::from_elem((blocks.decibels.nrows(), channels.len()), T::zero());
        let mut channel = vec![T::zero(); out.nrows()];
        for (range, mut column) in channels.iter().zip(out.columns_mut()) {
            blocks.strength(range.clone(), &mut channel);
            column.iter_mut().zip(&channel).for_each(|(y, &x)| *y = x);
        }
        Ok(out)
    }
}

impl<T: Float> OnsetBlocks<T> {
    pub(crate) fn new(config: &OnsetStrengthConfig) -> Result<Self> {
        const MAX_SIZE: usize = 1 << 12;
        let OnsetStrengthConfig { lag, max_size, aggregate, trend, .. } = *config;
        for (name, max, actual) in [("lag", usize::MAX, lag), ("max_size", MAX_SIZE, max_size)] {
            if actual == 0 || actual > max {
                return Err(DspError::Count { name, min: 1, max, actual }.into());
            }
        }
        let StftConfig { n_fft, hop_length, padding, .. } = config.log_mel.stft;
        let shift = match padding {
            Padding::None => 0,
            _ => n_fft / hop_length.saturating_mul(2),
        };
        let mel = MelBlocks::new(&config.log_mel)?;
        let (increases, decibels) = (Vec::with_capacity(mel.n_mels()), Array2::default((0, 0)));
        Ok(Self { mel, shift, lag, max_size, aggregate, trend, decibels, increases, strengths: Vec::new() })
    }

    /// Turns the blocks into `decibels`.
    fn fill(&mut self) -> Result<()> {
        let decibels = &mut self.decibels;
        self.mel.finish_blocks(|frames, bands| {
            output::write(frames, bands, &mut decibels.view_mut());
            Ok(())
        })
    }

    /// The strength in some bands of the spectrogram in `decibels`.
    fn strength(&mut self, bands: Range<usize>, out: &mut [T]) {
        let delay = self.lag.saturating_add(self.shift).min(out.len());
        let (nothing, strengths) = out.split_at_mut(delay);
        nothing.fill(T::zero());
        let plain = self.max_size == 1 && self.aggregate == Aggregate::Mean;
        let (n_mels, all) = (self.mel.n_mels(), self.decibels.as_slice().unwrap_or_default());
        for (t, y) in strengths.iter_mut().enumerate() {
            if plain {
                let frame = |t: usize| &all[t * n_mels..][bands.clone()];
                *y = mean_increase(frame(t), frame(t + self.lag));
                continue;
            }
            self.increases.clear();
            increases(&self.decibels, [t, t + self.lag], bands.clone(), self.max_size, &mut self.increases);
            *y = match self.aggregate {
                Aggregate::Mean => mean(&self.increases),
                Aggregate::Median => median(&mut self.increases),
            };
        }
        if self.trend == Trend::Removed {
            remove_trend(out);
        }
    }
}

impl<T: Float> BlockFeature<T> for OnsetBlocks<T> {
    fn n_columns(&self) -> usize {
        1
    }

    fn begin(&mut self, n_frames: usize) {
        let shape = (n_frames, self.mel.n_mels());
        if self.decibels.dim() != shape {
            self.decibels = Array2::from_elem(shape, T::zero());
        }
        self.strengths.resize(n_frames, T::zero());
        self.mel.begin(n_frames);
    }

    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        _out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        self.mel.add(frames, power)
    }

    fn finish(&mut self, _: &[T], out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        self.fill()?;
        let mut strengths = std::mem::take(&mut self.strengths);
        self.strength(0..self.mel.n_mels(), &mut strengths);
        out.iter_mut().zip(&strengths).for_each(|(y, &x)| *y = x);
        self.strengths = strengths;
        Ok(())
    }
}

/// The increase of each band from one frame, or its maximum over neighboring bands, to another.
fn increases<T: Float>(
    decibels: &Array2<T>,
    [from, to]: [usize; 2],
    bands: Range<usize>,
    max_size: usize,
    out: &mut Vec<T>,
) {
    let (from, to) = (decibels.row(from), decibels.row(to));
    if max_size == 1 {
        let pairs = from.iter().zip(to).skip(bands.start).take(bands.len());
        return out.extend(pairs.map(|(&from, &to)| positive(to - from)));
    }
    // A mirror image beyond the ends, whose maximum is that of the bands inside as long as the window has any.
    let n_mels = from.len();
    out.extend(bands.map(|band| {
        let first = (band as i64 - max_size as i64 / 2, band as i64 - max_size as i64 / 2 + max_size as i64);
        let mirrored = |i: i64| {
            let i = i.rem_euclid(2 * n_mels as i64);
            from[i.min(2 * n_mels as i64 - 1 - i) as usize]
        };
        let reference = (first.0..first.1).map(mirrored).fold(T::of(f64::NEG_INFINITY), T::max);
        (to[band] - reference).max(T::zero())
    }));
}

/// The value, or 0 where it is negative; without the care for NaN that `max` takes, it becomes vector code.
fn positive<T: Float>(x: T) -> T {
    if x > T::zero() { x } else { T::zero() }
}

fn mean<T: Float>(values: &[T]) -> T {
    values.iter().copied().sum::<T>() / T::of(values.len() as f64)
}

/// The mean increase from one frame to another, by eight sums side by side, which become vector code.
fn mean_increase<T: Float>(from: &[T], to: &[T]) -> T {
    let ((from_eights, from_rest), (to_eights, to_rest)) = (from.as_chunks::<8>(), to.as_chunks::<8>());
    let mut sums = [T::zero(); 8];
    for (from, to) in from_eights.iter().zip(to_eights) {
        for i in 0..8 {
            sums[i] += positive(to[i] - from[i]);
        }
    }
    let rest = from_rest.iter().zip(to_rest).map(|(&from, &to)| positive(to - from));
    sums.into_iter().chain(rest).sum::<T>() / T::of(from.len() as f64)
}

/// The median of at least one finite value; the values are reordered.
fn median<T: Float>(values: &mut [T]) -> T {
    let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    let (n, middle) = (values.len(), values.len() / 2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, order);
    if n % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(T::of(f64::NEG_INFINITY), T::max);
    (lower + upper) * T::of(0.5)
}

fn remove_trend<T: Float>(envelope: &mut [T]) {
    let (mut x, mut y) = (T::zero(), T::zero());
    for value in envelope {
        y = *value - x + T::of(0.99) * y;
        x = std::mem::replace(value, y);
    }
}
