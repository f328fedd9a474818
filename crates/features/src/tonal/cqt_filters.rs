//! The filters of the constant-Q transform: `librosa.filters.wavelet` and `librosa.util.sparsify_rows`.

use std::f64::consts::TAU;

use cepstrum_dsp::{Complex, Error as DspError, Padding, Stft, StftConfig, Symmetry, Window};

use super::cqt::{Bandwidth, CqtConfig};
use crate::{Norm, Result};

/// Width of a window's main lobe in bins, as librosa has it in its table: `n sum w^2 / (sum w)^2` for 1,000 points.
fn window_bandwidth(window: &Window) -> Result<f64> {
    const POINTS: usize = 1000;
    // librosa's table has the value of an infinitely long Hann window to four digits.
    if *window == Window::Hann {
        return Ok(1.500_183_105_468_75);
    }
    let w = window.samples(POINTS, Symmetry::Periodic)?;
    let (sum, squares) = (w.iter().sum::<f64>(), w.iter().map(|w| w * w).sum::<f64>());
    Ok(POINTS as f64 * squares / (sum * sum))
}

/// The frequencies of all bins with their filters' relative bandwidths and lengths.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Hz, ascending.
    pub(super) hz: Vec<f64>,
    /// Bandwidth over frequency.
    alpha: Vec<f64>,
    /// Added bandwidth, Hz.
    gamma: Vec<f64>,
    filter_scale: f64,
    /// Highest frequency that any filter lets pass, Hz.
    pub(super) cutoff: f64,
}

impl Layout {
    /// Lays out the bins of a configuration whose lowest frequency is `f_min` after tuning, Hz.
    pub(super) fn new(config: &CqtConfig, f_min: f64) -> Result<Self> {
        let (n, per_octave) = (config.n_bins, config.bins_per_octave);
        let ratio = |k: usize| {
            ((k % per_octave) as f64 / per_octave as f64).exp2() * ((k / per_octave) as f64).exp2()
        };
        let hz: Vec<f64> = (0..n).map(|k| f_min * ratio(k)).collect();
        if let Some(&value) = hz.iter().find(|hz| !hz.is_normal()) {
            let bound = "such that every tuned frequency is above 0 and finite";
            return Err(DspError::Parameter { name: "f_min", bound, value }.into());
        }
        let alpha = relative_bandwidths(&hz, per_octave);
        let gamma = alpha.iter().map(|&alpha| match config.bandwidth {
            Bandwidth::ConstantQ => 0.0,
            Bandwidth::Erb => alpha * 24.7 / 0.108,
            Bandwidth::Added { hz } => hz,
        });
        let gamma: Vec<f64> = gamma.collect();
        let lobe = window_bandwidth(&config.window)?;
        let upper = |k: usize| hz[k] * (1.0 + 0.5 * lobe * alpha[k] / config.filter_scale) + 0.5 * gamma[k];
        let cutoff = (0..n).map(upper).fold(0.0, f64::max);
        Ok(Self { hz, alpha, gamma, filter_scale: config.filter_scale, cutoff })
    }

    /// Length of the filter of bin `k`, samples at `sample_rate` Hz.
    pub(super) fn length(&self, k: usize, sample_rate: f64) -> f64 {
        let q = self.filter_scale / self.alpha[k];
        q * sample_rate / (self.hz[k] + self.gamma[k] / self.alpha[k])
    }
}

fn relative_bandwidths(hz: &[f64], per_octave: usize) -> Vec<f64> {
    let last = hz.len() - 1;
    (0..hz.len())
        .map(|k| {
            // Octaves between neighboring bins.
            let step = match k {
                _ if last == 0 => 1.0 / per_octave as f64,
                0 => hz[1].log2() - hz[0].log2(),
                k if k == last => hz[k].log2() - hz[k - 1].log2(),
                k => (hz[k + 1].log2() - hz[k - 1].log2()) / 2.0,
            };
            let ratio = (2.0 * step).exp2();
            (ratio - 1.0) / (ratio + 1.0)
        })
        .collect()
}

/// Responses of some bins' filters, by bins of a transform; bins that contribute least are left out.
pub(super) struct Responses {
    pub(super) n_fft: usize,
    pub(super) rows: Vec<Vec<(usize, Complex<f64>)>>,
}

/// The responses of the bins `range` at `sample_rate` Hz, times `gain`.
pub(super) fn responses(
    layout: &Layout,
    range: std::ops::Range<usize>,
    config: &CqtConfig,
    sample_rate: f64,
    gain: f64,
) -> Result<Responses> {
    const MAX_N_FFT: f64 = (1 << 20) as f64;
    let longest = range.clone().map(|k| layout.length(k, sample_rate)).fold(0.0, f64::max);
    if longest > MAX_N_FFT {
        let bound = "so large that no filter has more than 2^20 samples";
        return Err(DspError::Parameter { name: "f_min", bound, value: config.f_min }.into());
    }
    let n_fft = longest.log2().ceil().max(0.0).exp2() as usize;
    let mut transform = Transform::new(n_fft)?;
    let mut rows = Vec::with_capacity(range.len());
    for k in range {
        let length = layout.length(k, sample_rate);
        let filter = transform.process(&wavelet(layout.hz[k], length, n_fft, config, sample_rate)?)?;
        let scale = gain * length / n_fft as f64;
        rows.push(sparse(&filter, config.sparsity).map(|(i, z)| (i, z * scale)).collect());
    }
    Ok(Responses { n_fft, rows })
}

/// The lower half of the discrete Fourier transform of complex values, as those of their real and imaginary parts.
struct Transform {
    stft: Stft<f64>,
}

impl Transform {
    fn new(n_fft: usize) -> Result<Self> {
        let (window, padding) = (Window::Rectangular, Padding::None);
        let stft = Stft::new(&StftConfig { n_fft, hop_length: n_fft, win_length: None, window, padding })?;
        Ok(Self { stft })
    }

    fn process(&mut self, values: &[Complex<f64>]) -> Result<Vec<Complex<f64>>> {
        let mut part =
            |part: fn(&Complex<f64>) -> f64| self.stft.process(&values.iter().map(part).collect::<Vec<_>>());
        let (re, im) = (part(|z| z.re)?, part(|z| z.im)?);
        Ok(re.iter().zip(im).map(|(re, im)| re + im * Complex::i()).collect())
    }
}

/// A windowed complex tone in the middle of `n_fft` samples, divided by its norm.
fn wavelet(
    hz: f64,
    length: f64,
    n_fft: usize,
    config: &CqtConfig,
    sample_rate: f64,
) -> Result<Vec<Complex<f64>>> {
    let (first, end) = ((-length / 2.0).floor() as i64, (length / 2.0).floor() as i64);
    let n = (end - first).max(1) as usize;
    let window = config.window.samples(n, Symmetry::Periodic)?;
    let norm = match config.norm {
        Norm::None => 1.0,
        Norm::Maximum => window.iter().fold(0.0, |max, w| f64::max(max, w.abs())),
        Norm::Minimum => window.iter().fold(f64::INFINITY, |min, w| f64::min(min, w.abs())),
        Norm::Count => window.iter().filter(|&&w| w != 0.0).count() as f64,
        Norm::Power(p) => window.iter().map(|w| w.abs().powf(p)).sum::<f64>().powf(1.0 / p),
    };
    let norm = if norm < f64::from(f32::MIN_POSITIVE) { 1.0 } else { norm };
    let mut padded = vec![Complex::default(); n_fft.max(n)];
    let left = (padded.len() - n) / 2;
    for ((i, w), z) in (first..).zip(window).zip(&mut padded[left..]) {
        *z = Complex::from_polar(w / norm, TAU * hz * i as f64 / sample_rate);
    }
    Ok(padded)
}

/// The values that remain when the smallest, with up to the share `sparsity` of all magnitude, are left out.
fn sparse(row: &[Complex<f64>], sparsity: f64) -> impl Iterator<Item = (usize, Complex<f64>)> {
    let mut magnitudes: Vec<f64> = row.iter().map(|z| z.norm()).collect();
    magnitudes.sort_unstable_by(f64::total_cmp);
    let (total, mut sum) = (magnitudes.iter().sum::<f64>(), 0.0);
    let least = magnitudes.iter().copied().find(|magnitude| {
        sum += magnitude / total;
        sum >= sparsity
    });
    let least = least.unwrap_or(0.0);
    row.iter().copied().enumerate().filter(move |(_, z)| z.norm() >= least)
}
