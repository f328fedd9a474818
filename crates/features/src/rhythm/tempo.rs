use cepstrum_dsp::block::{self, LANES, Lanes, PowerStft};
use cepstrum_dsp::{Autocorrelation, Error as DspError, Float, Padding, StftConfig, Symmetry, Window};
use serde::{Deserialize, Serialize};

use super::check_envelope;
use super::tempogram::{Tempogram, TempogramConfig, check_win_length, ramp};
use crate::Result;
use crate::check::check_positive;

/// The settings of a tempo estimate. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TempoConfig {
    /// Sample rate of the signals, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Distance of the envelope's values, samples. Default 512.
    pub hop_length: usize,
    /// Tempo that is most likely in advance, beats per minute, positive. Default 120.
    pub start_bpm: f64,
    /// Standard deviation of the tempo about it, octaves, positive. Default 1.
    pub std_bpm: f64,
    /// Length of the excerpts in which periods are sought, s, positive. Default 8.
    pub ac_size: f64,
    /// Tempi at or above this one do not count. Default 320 beats per minute.
    pub max_tempo: Option<f64>,
}

impl Default for TempoConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            hop_length: 512,
            start_bpm: 120.0,
            std_bpm: 1.0,
            ac_size: 8.0,
            max_tempo: Some(320.0),
        }
    }
}

/// Tempo from an onset envelope: `librosa.feature.tempo`.
///
/// The lag `k` of the [tempogram](Tempogram) `a[k]`, averaged over time, with the largest
/// `ln(1 + 10^6 a[k]) - (log2(bpm[k]) - log2(start_bpm))^2 / (2 std_bpm^2)`. Tempi are those of whole frames: near 120 they are
/// 4 beats per minute apart at the default hop.
///
/// An envelope of zeros has the tempo nearest to `start_bpm`.
///
/// ```
/// use cepstrum_features::{Tempo, TempoConfig};
///
/// // A click every half second: 21.5 frames, which the envelope rounds.
/// let mut envelope = vec![0.0_f32; 1300];
/// (0..60).for_each(|beat| envelope[(beat as f64 * 21.533) as usize] = 1.0);
/// let bpm = Tempo::new(&TempoConfig::default())?.process(&envelope)?;
/// assert!((bpm - 120.0).abs() < 4.0);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tempo<T: Float = f32> {
    tempogram: Tempogram<T>,
    stft: PowerStft<T>,
    autocorrelation: Autocorrelation<T>,
    bpm: Vec<f64>,
    /// Logarithm of the prior of each lag.
    prior: Vec<f64>,
    padded: Vec<T>,
    sums: Vec<Lanes<T>>,
}

impl<T: Float> Tempo<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal. The excerpts must hold 2 to 65,536 frames.
    pub fn new(config: &TempoConfig) -> Result<Self> {
        for (name, value) in
            [("start_bpm", config.start_bpm), ("std_bpm", config.std_bpm), ("ac_size", config.ac_size)]
        {
            check_positive(name, value)?;
        }
        if config.sample_rate == 0 {
            return Err(DspError::SampleRate.into());
        }
        if config.hop_length == 0 {
            return Err(DspError::HopLength.into());
        }
        let n = (config.ac_size * f64::from(config.sample_rate)) as usize / config.hop_length;
        if n < 2 {
            return Err(
                DspError::Count { name: "the frames of ac_size", min: 2, max: 1 << 16, actual: n }.into()
            );
        }
        check_win_length(n)?;
        let bpm = tempo_frequencies(n, config.hop_length, config.sample_rate)?;
        let autocorrelation = Autocorrelation::new(n)?;
        let n_fft = autocorrelation.n_fft();
        let mut window = Window::Hann.samples(n, Symmetry::Periodic)?;
        window.resize(n_fft, 0.0);
        let (window, padding) = (Window::Samples(window), Padding::None);
        let stft = PowerStft::new(&StftConfig { n_fft, hop_length: 1, win_length: None, window, padding })?;
        let tempogram = Tempogram::new(&TempogramConfig { win_length: n, ..TempogramConfig::default() })?;
        let sums = vec![Lanes::default(); stft.n_bins()];
        Ok(Self {
            tempogram,
            stft,
            autocorrelation,
            prior: prior(&bpm, config),
            bpm,
            padded: Vec::new(),
            sums,
        })
    }

    /// Estimates the tempo of an onset envelope, beats per minute.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the envelope is empty, or holds NaN or infinity.
    pub fn process(&mut self, envelope: &[T]) -> Result<f64> {
        check_envelope(envelope)?;
        let mean = self.mean_autocorrelation(envelope)?;
        Ok(self.most_likely(mean.iter().map(|x| x.to_f64())))
    }

    /// Estimates the tempo around each frame, beats per minute, `[n_frames]`: `aggregate=None`.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn per_frame(&mut self, envelope: &[T]) -> Result<Vec<f64>> {
        let tempogram = self.tempogram.process(envelope)?;
        Ok(tempogram.rows().into_iter().map(|row| self.most_likely(row.iter().map(|x| x.to_f64()))).collect())
    }

    /// The mean over time of the tempogram. Each frame is divided by its value at lag 0, which is the largest; so the mean of
    /// the spectra, divided by it, is transformed back once.
    fn mean_autocorrelation(&mut self, envelope: &[T]) -> Result<Vec<T>> {
        let Self { stft, autocorrelation, padded, sums, .. } = self;
        let n = autocorrelation.n();
        ramp(envelope, n / 2, padded);
        let n_fft = autocorrelation.n_fft();
        padded.resize(envelope.len() + n_fft - 1, T::zero());
        sums.fill(Lanes::default());
        stft.for_each_block(padded, |frames, power| -> Result<()> {
            let energy = energy(power, n_fft);
            let scale: [T; LANES] = std::array::from_fn(|lane| match energy.0[lane] {
                _ if lane >= frames.len() => T::zero(),
                energy if energy < T::MIN_POSITIVE => T::one(),
                energy => T::one() / energy,
            });
            for (sum, power) in sums.iter_mut().zip(power) {
                for ((sum, &power), &scale) in sum.0.iter_mut().zip(&power.0).zip(&scale) {
                    *sum += power * scale;
                }
            }
            Ok(())
        })?;
        let count = T::of(envelope.len() as f64);
        let power: Vec<T> = sums.iter().map(|sum| sum.0.into_iter().sum::<T>() / count).collect();
        let mut out = vec![T::zero(); n];
        autocorrelation.of_power(&power, &mut out)?;
        Ok(out)
    }

    fn most_likely(&self, tempogram: impl Iterator<Item = f64>) -> f64 {
        let mut best = (f64::NEG_INFINITY, self.bpm[self.bpm.len() - 1]);
        for ((value, prior), &bpm) in tempogram.zip(&self.prior).zip(&self.bpm) {
            // An envelope with negative values may have a negative autocorrelation, which speaks against a period.
            let score = (1e6 * value.max(-1e-6)).ln_1p() + prior;
            if score > best.0 {
                best = (score, bpm);
            }
        }
        best.1
    }
}

/// The energy of each frame, from its power spectrum.
fn energy<T: Float>(power: &[Lanes<T>], n_fft: usize) -> Lanes<T> {
    let sum = block::sum(power);
    let (first, last) = (power[0], power[power.len() - 1]);
    let scale = T::of(1.0 / n_fft as f64);
    Lanes(std::array::from_fn(|lane| (sum.0[lane] + sum.0[lane] - first.0[lane] - last.0[lane]) * scale))
}

fn prior(bpm: &[f64], config: &TempoConfig) -> Vec<f64> {
    let fast = |bpm: f64| config.max_tempo.is_some_and(|max| bpm >= max);
    // librosa keeps every tempo where none is below the maximum.
    let all_fast = bpm.iter().all(|&bpm| fast(bpm));
    bpm.iter()
        .map(|&bpm| {
            if bpm.is_infinite() || (fast(bpm) && !all_fast) {
                return f64::NEG_INFINITY;
            }
            -0.5 * ((bpm.log2() - config.start_bpm.log2()) / config.std_bpm).powi(2)
        })
        .collect()
}

/// Returns the tempo of each lag of a [tempogram](Tempogram), beats per minute, `60 sample_rate / (hop_length k)`:
/// `librosa.tempo_frequencies`. Lag 0 is infinitely fast.
///
/// # Errors
/// [`DspError::SampleRate`](cepstrum_dsp::Error::SampleRate) and [`DspError::HopLength`](cepstrum_dsp::Error::HopLength) when
/// one of the two is 0.
pub fn tempo_frequencies(n_lags: usize, hop_length: usize, sample_rate: u32) -> Result<Vec<f64>> {
    if sample_rate == 0 {
        return Err(DspError::SampleRate.into());
    }
    if hop_length == 0 {
        return Err(DspError::HopLength.into());
    }
    let per_minute = 60.0 * f64::from(sample_rate);
    Ok((0..n_lags).map(|k| per_minute / (hop_length as f64 * k as f64)).collect())
}
