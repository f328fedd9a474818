use serde::{Deserialize, Serialize};

use crate::simd::{Arch, Kernel, Lanes};
use crate::task::Task;
use crate::{Error, Float, Result, check_length};

/// Formula of the mel scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// Linear to 1 kHz, logarithmic above (Slaney's Auditory Toolbox): librosa's default.
    #[default]
    Slaney,
    /// `2595 log10(1 + f / 700)`, as the HTK toolkit has it.
    Htk,
}

/// Scaling of the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// Each triangle has the same area (2 over its width in Hz): librosa's default.
    #[default]
    Slaney,
    /// Each triangle has peak 1.
    None,
}

/// Slope of the Slaney scale's linear part, Hz a mel.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
/// Where the Slaney scale turns logarithmic, Hz.
const SLANEY_BREAK_HZ: f64 = 1000.0;
/// The same point in mel.
const SLANEY_BREAK_MEL: f64 = SLANEY_BREAK_HZ / SLANEY_HZ_PER_MEL;
/// The logarithmic part grows by this factor over 27 mel.
const SLANEY_LOG_FACTOR: f64 = 6.4;

impl MelScale {
    /// Frequency in Hz to mel; `librosa.hz_to_mel`.
    pub fn hz_to_mel(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Self::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_BREAK_MEL + (hz / SLANEY_BREAK_HZ).ln() / slaney_log_step(),
        }
    }

    /// Mel to frequency in Hz; `librosa.mel_to_hz`.
    pub fn mel_to_hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
            Self::Slaney if mel < SLANEY_BREAK_MEL => mel * SLANEY_HZ_PER_MEL,
            Self::Slaney => SLANEY_BREAK_HZ * (slaney_log_step() * (mel - SLANEY_BREAK_MEL)).exp(),
        }
    }
}

fn slaney_log_step() -> f64 {
    SLANEY_LOG_FACTOR.ln() / 27.0
}

/// `n` frequencies from `f_min` to `f_max` Hz, both included, evenly spaced in mel; `librosa.mel_frequencies`.
pub fn mel_frequencies(n: usize, f_min: f64, f_max: f64, scale: MelScale) -> Vec<f64> {
    let (low, high) = (scale.hz_to_mel(f_min), scale.hz_to_mel(f_max));
    let step = if n > 1 { (high - low) / (n - 1) as f64 } else { 0.0 };
    (0..n).map(|i| scale.mel_to_hz(if i + 1 == n && n > 1 { high } else { low + step * i as f64 })).collect()
}

/// Shape of a mel filter bank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MelConfig {
    /// Number of bands; default 128.
    pub n_mels: usize,
    /// Lower edge of the lowest band, Hz; default 0.
    pub f_min: f64,
    /// Upper edge of the highest band, Hz; `None`, the default, is half the sample rate.
    pub f_max: Option<f64>,
    /// Formula of the scale; default Slaney.
    pub scale: MelScale,
    /// Scaling of the filters; default Slaney.
    pub norm: MelNorm,
}

impl Default for MelConfig {
    fn default() -> Self {
        Self { n_mels: 128, f_min: 0.0, f_max: None, scale: MelScale::Slaney, norm: MelNorm::Slaney }
    }
}

/// Overlapping triangular filters, evenly spaced in mel, that reduce a spectrum to bands.
///
/// Band `m` rises from edge `e[m]` to `e[m + 1]` and falls to `e[m + 2]`, where `e` are `n_mels + 2` frequencies evenly
/// spaced in mel. Only the non-zero weights are kept. Matches `librosa.filters.mel`.
///
/// # References
/// M. Slaney, "Auditory Toolbox", version 2, Technical Report 1998-010, Interval Research Corporation, 1998.
#[derive(Debug, Clone)]
pub struct MelFilterBank<T> {
    n_bins: usize,
    bands: Vec<Band>,
    weights: Vec<T>,
    empty: Vec<usize>,
}

/// One filter: its first bin, and where its weights lie.
#[derive(Debug, Clone, Copy)]
struct Band {
    first_bin: usize,
    start: usize,
    end: usize,
}

impl<T: Float> MelFilterBank<T> {
    /// Most bands that are built.
    pub const MAX_MELS: usize = 1 << 12;

    /// Builds the filters for spectra of `n_fft`-point transforms at `sample_rate` Hz.
    ///
    /// # Errors
    /// [`Error::SampleRate`], [`Error::FftLength`], [`Error::Count`] for `n_mels` outside 1 to [`Self::MAX_MELS`],
    /// [`Error::MelBand`] unless `0 <= f_min < f_max <= sample_rate / 2`. All are found before anything is allocated.
    pub fn new(config: &MelConfig, sample_rate: u32, n_fft: usize) -> Result<Self> {
        if sample_rate == 0 {
            return Err(Error::SampleRate);
        }
        crate::framing::check_fft_length(n_fft)?;
        if config.n_mels == 0 || config.n_mels > Self::MAX_MELS {
            return Err(Error::Count { name: "n_mels", min: 1, max: Self::MAX_MELS, actual: config.n_mels });
        }
        let nyquist = f64::from(sample_rate) / 2.0;
        let (f_min, f_max) = (config.f_min, config.f_max.unwrap_or(nyquist));
        let legal = f_min >= 0.0 && f_min < f_max && f_max <= nyquist;
        if !legal {
            return Err(Error::MelBand { f_min, f_max, nyquist });
        }

        let n_bins = n_fft / 2 + 1;
        let hz_per_bin = f64::from(sample_rate) / n_fft as f64;
        let edges = mel_frequencies(config.n_mels + 2, f_min, f_max, config.scale);
        let mut bank =
            Self { n_bins, bands: Vec::with_capacity(config.n_mels), weights: Vec::new(), empty: Vec::new() };
        for (m, edge) in edges.windows(3).enumerate() {
            let gain = match config.norm {
                MelNorm::Slaney => 2.0 / (edge[2] - edge[0]),
                MelNorm::None => 1.0,
            };
            bank.push_band(m, [edge[0], edge[1], edge[2]], gain, hz_per_bin);
        }
        Ok(bank)
    }

    fn push_band(&mut self, m: usize, [low, centre, high]: [f64; 3], gain: f64, hz_per_bin: f64) {
        let weight = |bin: usize| {
            let hz = bin as f64 * hz_per_bin;
            f64::min((hz - low) / (centre - low), (high - hz) / (high - centre))
        };
        let first_bin = ((low / hz_per_bin) as usize).min(self.n_bins - 1);
        let first_bin = (first_bin..self.n_bins).find(|&bin| weight(bin) > 0.0).unwrap_or(self.n_bins);
        let start = self.weights.len();
        let inside = (first_bin..self.n_bins).map(weight).take_while(|&w| w > 0.0);
        self.weights.extend(inside.map(|w| T::of(w * gain)));
        let end = self.weights.len();
        if start == end && low > 0.0 {
            self.empty.push(m);
        }
        self.bands.push(Band { first_bin, start, end });
    }

    /// Number of bands.
    pub fn n_mels(&self) -> usize {
        self.bands.len()
    }

    /// Number of bins of the spectra: `n_fft / 2 + 1`.
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// Bands so narrow that no bin falls inside: their output is always zero. Where librosa prints a warning
    /// ("Empty filters detected in mel frequency basis"), this list is not empty; lower `n_mels` or raise `n_fft`.
    pub fn empty_bands(&self) -> &[usize] {
        &self.empty
    }

    /// The non-zero weights of a band, and the bin of the first one.
    ///
    /// # Panics
    /// When `band` is not below [`n_mels`](Self::n_mels).
    pub fn weights(&self, band: usize) -> (usize, &[T]) {
        let Band { first_bin, start, end } = self.bands[band];
        (first_bin, &self.weights[start..end])
    }

    /// Reduces one spectrum `[n_bins]` to bands `[n_mels]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_into(&self, spectrum: &[T], bands: &mut [T]) -> Result<()> {
        self.check_lengths(spectrum.len(), bands.len())?;
        for (y, band) in bands.iter_mut().zip(&self.bands) {
            let weights = &self.weights[band.start..band.end];
            *y = weights.iter().zip(&spectrum[band.first_bin..]).map(|(&w, &s)| w * s).sum();
        }
        Ok(())
    }

    /// The same for eight frames: spectra `[n_bins]` to bands `[n_mels]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_block(&self, spectra: &[Lanes<T>], bands: &mut [Lanes<T>]) -> Result<()> {
        self.check_lengths(spectra.len(), bands.len())?;
        T::run(Task::Mel(MelKernel { bank: self, spectra, bands }));
        Ok(())
    }

    fn check_lengths(&self, n_bins: usize, n_mels: usize) -> Result<()> {
        check_length("the spectrum", self.n_bins, n_bins)?;
        check_length("the mel bands", self.bands.len(), n_mels)
    }
}

pub(crate) struct MelKernel<'a, T> {
    bank: &'a MelFilterBank<T>,
    spectra: &'a [Lanes<T>],
    bands: &'a mut [Lanes<T>],
}

impl<T: Float> Kernel<T> for MelKernel<'_, T> {
    /// Four partial sums a band: one would wait for itself.
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        for (y, band) in self.bands.iter_mut().zip(&self.bank.bands) {
            let weights = &self.bank.weights[band.start..band.end];
            let spectra = &self.spectra[band.first_bin..][..weights.len()];
            let ((weights, rest), (spectra, rest_spectra)) =
                (weights.as_chunks::<4>(), spectra.as_chunks::<4>());
            let mut sums = [arch.splat(T::zero()); 4];
            for (w, s) in weights.iter().zip(spectra) {
                for i in 0..4 {
                    sums[i] = arch.mul_add(arch.splat(w[i]), arch.load(&s[i]), sums[i]);
                }
            }
            for (i, (&w, s)) in rest.iter().zip(rest_spectra).enumerate() {
                sums[i] = arch.mul_add(arch.splat(w), arch.load(s), sums[i]);
            }
            arch.store(arch.add(arch.add(sums[0], sums[1]), arch.add(sums[2], sums[3])), y);
        }
    }
}
