use std::ops::Range;

use cepstrum_dsp::block::{ComplexFilters, ComplexLanes, ComplexStft, Lanes, magnitudes};
use cepstrum_dsp::{Complex, Error as DspError, Float, Padding, Resampler, StftConfig, Window};
use ndarray::{Array2, Axis, Slice};
use serde::{Deserialize, Serialize};

use super::cqt_filters::{Layout, responses};
use super::tuning::TuningEstimator;
use crate::check::{check_not_negative, check_positive};
use crate::{Norm, Result, Tuning, output};

/// The bandwidth that is added to a constant share of each filter's frequency.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bandwidth {
    /// None: the constant-Q transform (`gamma=0`). The default.
    #[default]
    ConstantQ,
    /// In proportion to the equivalent rectangular bandwidth of hearing (`gamma=None` of `vqt`): low filters are shorter.
    Erb,
    /// The same for all, at least 0 (`gamma=hz`).
    Added {
        /// Hz.
        hz: f64,
    },
}

/// The loudness of a bin whose filter is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CqtScale {
    /// Divided by the square root of the filter's length: white noise is white (`scale=True`). The default.
    #[default]
    Length,
    /// Not divided (`scale=False`).
    None,
}

/// The settings of a constant-Q or variable-Q transform. The default is librosa's `cqt` at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CqtConfig {
    /// Sample rate of the signals, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Distance of the frames, samples. Default 512. One that is divisible by 2 as often as there are octaves less one is
    /// fastest: each octave is then computed at half the rate of the one above.
    pub hop_length: usize,
    /// Lowest frequency, Hz. Default C1, 32.7.
    pub f_min: f64,
    /// Number of bins, from 1 to 4,096. Default 84: seven octaves.
    pub n_bins: usize,
    /// Number of bins per octave, from 1 to 960. Default 12.
    pub bins_per_octave: usize,
    /// Deviation from concert pitch, in bins. Default 0; estimated, it costs a transform more.
    pub tuning: Tuning,
    /// Factor of the filters' lengths, positive. Default 1; smaller ones resolve time better.
    pub filter_scale: f64,
    /// Size by which each filter is divided. Default the sum of its magnitudes.
    pub norm: Norm,
    /// Share of each filter's magnitude that is left out to save time, at least 0 and below 1. Default 0.01.
    pub sparsity: f64,
    /// Taper of the filters. Default Hann.
    pub window: Window,
    /// Bandwidth beside a constant share of the frequency. Default none.
    pub bandwidth: Bandwidth,
    /// Loudness of long filters. Default divided by the root of the length.
    pub scale: CqtScale,
    /// Values beyond the ends of the signal. Default zeros.
    pub padding: Padding,
}

impl Default for CqtConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            hop_length: 512,
            f_min: crate::midi_to_hz(24.0),
            n_bins: 84,
            bins_per_octave: 12,
            tuning: Tuning::Fixed(0.0),
            filter_scale: 1.0,
            norm: Norm::Power(1.0),
            sparsity: 0.01,
            window: Window::Hann,
            bandwidth: Bandwidth::ConstantQ,
            scale: CqtScale::Length,
            padding: Padding::Zero,
        }
    }
}

impl CqtConfig {
    /// The settings of `librosa.vqt`: the default with the bandwidth of hearing added.
    #[must_use]
    pub fn vqt() -> Self {
        Self { bandwidth: Bandwidth::Erb, ..Self::default() }
    }

    fn validate(&self) -> Result<()> {
        let parameter = |name, bound, value| Err(DspError::Parameter { name, bound, value }.into());
        for (name, value) in [("f_min", self.f_min), ("filter_scale", self.filter_scale)] {
            check_positive(name, value)?;
        }
        for (name, max, actual) in
            [("n_bins", 1 << 12, self.n_bins), ("bins_per_octave", 960, self.bins_per_octave)]
        {
            if actual == 0 || actual > max {
                return Err(DspError::Count { name, min: 1, max, actual }.into());
            }
        }
        if self.sample_rate == 0 {
            return Err(DspError::SampleRate.into());
        }
        if self.hop_length == 0 {
            return Err(DspError::HopLength.into());
        }
        if !(0.0..1.0).contains(&self.sparsity) {
            return parameter("sparsity", "at least 0 and below 1", self.sparsity);
        }
        match (self.tuning, self.bandwidth) {
            (Tuning::Fixed(value), _) if !value.is_finite() => parameter("tuning", "finite", value),
            (_, Bandwidth::Added { hz }) => check_not_negative("the added bandwidth", hz),
            _ => Ok(()),
        }
    }
}

/// Constant-Q and variable-Q transforms: spectra whose bins are notes. `librosa.cqt` and `librosa.vqt`, transposed.
///
/// `y[t, k] = sum_n x[t hop_length + n] conj(w_k[n]) / sqrt(length_k)`, where `w_k` is a windowed tone at
/// `f_min 2^(k / bins_per_octave)` Hz whose length is a fixed number of periods. As in librosa, the highest octave is computed
/// from short transforms of the signal, and each octave below it from the signal at half the rate.
///
/// # Shapes
/// `[n_frames, n_bins]`.
///
/// ```
/// use cepstrum_features::{Cqt, CqtConfig};
///
/// let a4: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// let found = Cqt::new(&CqtConfig::default())?.magnitudes(&a4)?;
/// assert_eq!(found.dim(), (44, 84));
/// let loudest = (0..84).max_by(|&a, &b| found[[20, a]].total_cmp(&found[[20, b]]));
/// assert_eq!(loudest, Some(45)); // 45 semitones above C1
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// C. Schörkhuber, A. Klapuri, "Constant-Q transform toolbox for music processing", SMC 2010. J. C. Brown, "Calculation of a
/// constant Q spectral transform", J. Acoust. Soc. Am. 89(1), 1991, doi:10.1121/1.400476.
#[derive(Debug, Clone)]
pub struct Cqt<T: Float = f32> {
    config: CqtConfig,
    tuning: Option<TuningEstimator<T>>,
    plan: Plan<T>,
}

/// The filters for one tuning.
#[derive(Debug, Clone)]
struct Plan<T: Float> {
    /// In bins.
    tuning: f64,
    /// Lowers the signal's rate before all, where even the highest octave lies far below half of it.
    early: Option<Resampler<T>>,
    /// Halves the rate between octaves.
    halver: Resampler<T>,
    /// From the highest.
    octaves: Vec<Octave<T>>,
}

#[derive(Debug, Clone)]
struct Octave<T: Float> {
    first_bin: usize,
    stft: ComplexStft<T>,
    filters: ComplexFilters<T>,
    /// The responses of the filters in eight frames, `[n_filters]`.
    responses: Vec<ComplexLanes<T>>,
    /// True where the octave below is computed at half the rate.
    halves: bool,
}

impl<T: Float> Cqt<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal, and when the highest filters reach beyond half the
    /// sample rate.
    pub fn new(config: &CqtConfig) -> Result<Self> {
        config.validate()?;
        let (tuning, fixed) = match config.tuning {
            Tuning::Estimated => (Some(TuningEstimator::new(config.sample_rate)?), 0.0),
            Tuning::Fixed(tuning) => (None, tuning),
        };
        Ok(Self { config: config.clone(), tuning, plan: Plan::new(config, fixed)? })
    }

    /// Number of bins.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.config.n_bins
    }

    /// Transforms a signal, `[n_frames, n_bins]`. The result has a frame for every `hop_length` samples, and one more.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty or holds NaN or infinity, and when the estimated tuning moves
    /// the highest filters beyond half the sample rate.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<Complex<T>>> {
        let mut out = self.prepare(samples)?;
        self.plan.for_each_block(samples, out.nrows(), |frames, first_bin, responses| {
            for (lane, t) in frames.enumerate() {
                for (y, z) in out.row_mut(t).iter_mut().skip(first_bin).zip(responses) {
                    *y = Complex::new(z.re.0[lane], z.im.0[lane]);
                }
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// Computes the magnitudes of the transform, `[n_frames, n_bins]`: `np.abs(librosa.cqt(y))`, transposed.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn magnitudes(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = self.prepare(samples)?;
        let mut block = vec![Lanes::default(); self.config.bins_per_octave];
        self.plan.for_each_block(samples, out.nrows(), |frames, first_bin, responses| {
            let block = &mut block[..responses.len()];
            magnitudes(responses, block)?;
            let mut octave = out.slice_axis_mut(Axis(1), Slice::from(first_bin..));
            output::write(frames, block, &mut octave);
            Ok(())
        })?;
        Ok(out)
    }

    /// Estimates the tuning where asked for, and allocates the result.
    fn prepare<V: Clone + Default>(&mut self, samples: &[T]) -> Result<Array2<V>> {
        if samples.is_empty() {
            return Err(DspError::EmptySignal.into());
        }
        if let Some(estimator) = &mut self.tuning {
            let tuning = estimator.estimate(samples, self.config.bins_per_octave)?;
            if (tuning - self.plan.tuning).abs() > 1e-9 {
                self.plan = Plan::new(&self.config, tuning)?;
            }
        }
        Ok(Array2::default((self.plan.n_frames(samples.len()), self.config.n_bins)))
    }
}

impl<T: Float> Plan<T> {
    fn new(config: &CqtConfig, tuning: f64) -> Result<Self> {
        let per_octave = config.bins_per_octave;
        let layout = Layout::new(config, config.f_min * (tuning / per_octave as f64).exp2())?;
        let (mut rate, mut hop) = (f64::from(config.sample_rate), config.hop_length);
        if layout.cutoff > rate / 2.0 {
            let bound = "such that the highest filter ends below half the sample rate";
            return Err(
                DspError::Parameter { name: "the highest frequency", bound, value: layout.cutoff }.into()
            );
        }
        let n_octaves = config.n_bins.div_ceil(per_octave);
        let early = early_halvings(rate / 2.0, layout.cutoff, hop, n_octaves);
        (rate, hop) = (rate / f64::from(1_u32 << early), hop >> early);
        // librosa scales a signal by the root of the factor by which its rate is lowered, and without scaling by length once
        // more; and the filters of an octave by the root of the factor by which it lies below the first.
        let mut gain = f64::from(1_u32 << early).sqrt();
        if config.scale == CqtScale::None {
            gain *= gain;
        }
        let first_rate = rate;
        let mut octaves = Vec::with_capacity(n_octaves);
        for i in 0..n_octaves {
            let end = config.n_bins - i * per_octave;
            let range = end.saturating_sub(per_octave)..end;
            let mut responses = responses(&layout, range.clone(), config, rate, gain)?;
            if config.scale == CqtScale::Length {
                for (k, row) in range.clone().zip(&mut responses.rows) {
                    let scale = 1.0 / layout.length(k, first_rate).sqrt();
                    for (_, z) in row.iter_mut() {
                        *z *= scale;
                    }
                }
            }
            let n_fft = responses.n_fft;
            let (window, padding) = (Window::Rectangular, config.padding);
            let stft = StftConfig { n_fft, hop_length: hop, win_length: None, window, padding };
            let halves = hop % 2 == 0;
            octaves.push(Octave {
                first_bin: range.start,
                stft: ComplexStft::new(&stft)?,
                filters: ComplexFilters::new(&responses.rows, n_fft / 2 + 1)?,
                responses: vec![ComplexLanes::default(); range.len()],
                halves: halves && i + 1 < n_octaves,
            });
            if halves {
                (rate, hop) = (rate / 2.0, hop / 2);
                gain *= 2.0;
            }
        }
        let early = if early == 0 { None } else { Some(Resampler::new(1 << early, 1)?) };
        Ok(Self { tuning, early, halver: Resampler::new(2, 1)?, octaves })
    }

    /// Number of frames of a signal of `n_samples`: an octave at a lower rate may have fewer, by one.
    fn n_frames(&self, n_samples: usize) -> usize {
        let mut n = n_samples.div_ceil(self.early.as_ref().map_or(1, |early| early.from_hz() as usize));
        let mut frames = usize::MAX;
        for octave in &self.octaves {
            frames = frames.min(octave.stft.framing().n_frames(n));
            n = if octave.halves { n.div_ceil(2) } else { n };
        }
        frames
    }

    /// Calls `sink` with ranges of up to eight of the first `n_frames` frames, an octave's first bin, and the responses of its
    /// filters, octave after octave.
    fn for_each_block(
        &mut self,
        samples: &[T],
        n_frames: usize,
        mut sink: impl FnMut(Range<usize>, usize, &[ComplexLanes<T>]) -> Result<()>,
    ) -> Result<()> {
        let Self { early, halver, octaves, .. } = self;
        let mut lowered = early.as_mut().map(|early| early.process(samples)).transpose()?;
        for Octave { first_bin, stft, filters, responses, halves } in octaves {
            let signal = lowered.as_deref().unwrap_or(samples);
            stft.for_each_block(signal, |frames, spectra| -> Result<()> {
                filters.process_block(spectra, responses)?;
                sink(frames.start.min(n_frames)..frames.end.min(n_frames), *first_bin, responses)
            })?;
            if *halves {
                lowered = Some(halver.process(signal)?);
            }
        }
        Ok(())
    }
}

/// How often the rate of the signal can be halved before the highest octave.
fn early_halvings(nyquist: f64, cutoff: f64, hop_length: usize, n_octaves: usize) -> u32 {
    let by_frequency = ((nyquist / cutoff).log2().ceil() as i64 - 2).max(0);
    let by_hop = (i64::from(hop_length.trailing_zeros()) - n_octaves as i64 + 1).max(0);
    by_frequency.min(by_hop).min(16) as u32
}
