use serde::{Deserialize, Serialize};

use crate::block::{Band, Lanes, MelKernel, Task};
use crate::error::check_length;
use crate::framing::{check_fft_length, check_finite};
use crate::{Error, Float, MelScale, Result, mel_frequencies};

/// The scaling of mel filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// Each triangle has the same area (its height is 2 over its width in Hz): librosa's default. Noise with a flat
    /// spectrum has the same power in every band.
    #[default]
    Slaney,
    /// Each triangle has peak 1: wide bands collect more power. The convention of HTK and Kaldi.
    None,
}

/// The number, range and shape of the filters of a mel filter bank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MelConfig {
    /// Number of bands, from 1 to [`MelFilterBank::MAX_MELS`]. More bands keep more detail of the spectrum; so many that
    /// the lowest fall between two bins leave [empty bands](MelFilterBank::empty_bands). Default 128, librosa's; 40 to 80
    /// are usual for speech.
    pub n_mels: usize,
    /// Lower edge of the lowest band, Hz. Raise it to ignore rumble and hum; 20 to 60 is usual. Default 0.
    pub f_min: f64,
    /// Upper edge of the highest band, Hz, at most half the sample rate. Lower it for recordings without treble (8000 for
    /// wide-band, 3800 for telephone speech). `None`, the default, is half the sample rate.
    pub f_max: Option<f64>,
    /// Formula of the mel scale. Default Slaney; see [`MelScale`].
    pub scale: MelScale,
    /// Scaling of the filters. Default Slaney; see [`MelNorm`].
    pub norm: MelNorm,
}

impl Default for MelConfig {
    fn default() -> Self {
        Self { n_mels: 128, f_min: 0.0, f_max: None, scale: MelScale::Slaney, norm: MelNorm::Slaney }
    }
}

/// A bank of overlapping triangular filters, evenly spaced in mel, that reduces a spectrum to bands.
///
/// Band `m` rises from edge `e[m]` to `e[m + 1]` and falls to `e[m + 2]`, where `e` are `n_mels + 2` frequencies evenly
/// spaced in mel. Only the non-zero weights are stored. Matches `librosa.filters.mel`.
///
/// ```
/// use cepstrum_dsp::{MelConfig, MelFilterBank};
///
/// let bank = MelFilterBank::<f32>::new(&MelConfig { n_mels: 40, ..MelConfig::default() }, 22_050, 1024)?;
/// let mut bands = vec![0.0; bank.n_mels()];
/// bank.process_into(&vec![1.0; bank.n_bins()], &mut bands)?;
/// // The area of each filter is 1, that of a bin 22,050 / 1024 Hz.
/// assert!((bands[39] - 1024.0 / 22_050.0).abs() < 1e-3);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
///
/// # References
/// M. Slaney, "Auditory Toolbox", version 2, Technical Report 1998-010, Interval Research Corporation, 1998.
#[derive(Debug, Clone)]
pub struct MelFilterBank<T> {
    n_bins: usize,
    filters: Vec<Band>,
    weights: Vec<T>,
    empty: Vec<usize>,
}

impl<T: Float> MelFilterBank<T> {
    /// The largest supported number of bands.
    pub const MAX_MELS: usize = 1 << 12;

    /// Builds the filters for spectra of `n_fft`-point transforms at `sample_rate` Hz.
    ///
    /// # Errors
    /// [`Error::SampleRate`], [`Error::FftLength`], [`Error::Count`] for `n_mels` outside 1 to [`Self::MAX_MELS`],
    /// [`Error::MelBand`] unless `0 <= f_min < f_max <= sample_rate / 2`. All are checked before anything is allocated.
    pub fn new(config: &MelConfig, sample_rate: u32, n_fft: usize) -> Result<Self> {
        Self::with_position(config, sample_rate, n_fft, |hz| hz)
    }

    /// Builds filters whose sides are straight in mel instead of Hz: those of Kaldi and TensorFlow. They differ most in the
    /// lowest bands.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// ```
    /// use cepstrum_dsp::{MelConfig, MelFilterBank, MelNorm, MelScale};
    ///
    /// let config = MelConfig { n_mels: 23, f_min: 20.0, scale: MelScale::Htk, norm: MelNorm::None, ..MelConfig::default() };
    /// let bank = MelFilterBank::<f64>::in_mel(&config, 16_000, 512)?;
    /// assert_eq!(bank.weights(0).0, 1); // bin 0 lies below 20 Hz
    /// # Ok::<(), cepstrum_dsp::Error>(())
    /// ```
    pub fn in_mel(config: &MelConfig, sample_rate: u32, n_fft: usize) -> Result<Self> {
        let scale = config.scale;
        Self::with_position(config, sample_rate, n_fft, move |hz| scale.hz_to_mel(hz))
    }

    /// Builds filters whose sides are straight in `position` of the frequency.
    fn with_position(
        config: &MelConfig,
        sample_rate: u32,
        n_fft: usize,
        position: impl Fn(f64) -> f64,
    ) -> Result<Self> {
        if sample_rate == 0 {
            return Err(Error::SampleRate);
        }
        check_fft_length(n_fft)?;
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
        let edges = mel_frequencies(config.n_mels + 2, f_min, f_max, config.scale)?;
        let filters = Vec::with_capacity(config.n_mels);
        let mut bank = Self { n_bins, filters, weights: Vec::new(), empty: Vec::new() };
        for (m, edge) in edges.windows(3).enumerate() {
            let gain = match config.norm {
                MelNorm::Slaney => 2.0 / (edge[2] - edge[0]),
                MelNorm::None => 1.0,
            };
            bank.push_filter(m, [edge[0], edge[1], edge[2]], gain, hz_per_bin, &position);
        }
        Ok(bank)
    }

    fn push_filter(
        &mut self,
        m: usize,
        [low, center, high]: [f64; 3],
        gain: f64,
        hz_per_bin: f64,
        position: impl Fn(f64) -> f64,
    ) {
        let (left, middle, right) = (position(low), position(center), position(high));
        let weight = |bin: usize| {
            let x = position(bin as f64 * hz_per_bin);
            f64::min((x - left) / (middle - left), (right - x) / (right - middle))
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
        self.filters.push(Band { first_bin, start, end });
    }

    /// Number of bands.
    #[must_use]
    pub fn n_mels(&self) -> usize {
        self.filters.len()
    }

    /// Number of bins of the spectra, `n_fft / 2 + 1`.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// The indices of bands so narrow that no bin falls inside; their output is always zero.
    ///
    /// librosa warns of such bands ("Empty filters detected in mel frequency basis"). Lower `n_mels` or raise `n_fft` to
    /// avoid them.
    #[must_use]
    pub fn empty_bands(&self) -> &[usize] {
        &self.empty
    }

    /// The first bin of a band, and the band's non-zero weights from there on.
    ///
    /// # Panics
    /// If `band` is not below [`n_mels`](Self::n_mels).
    #[must_use]
    pub fn weights(&self, band: usize) -> (usize, &[T]) {
        let Band { first_bin, start, end } = self.filters[band];
        (first_bin, &self.weights[start..end])
    }

    /// Reduces one spectrum `[n_bins]` to bands `[n_mels]`.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length, [`Error::NonFinite`] when the spectrum holds NaN or infinity.
    pub fn process_into(&self, spectrum: &[T], bands: &mut [T]) -> Result<()> {
        self.check_lengths(spectrum.len(), bands.len())?;
        check_finite(spectrum)?;
        for (y, filter) in bands.iter_mut().zip(&self.filters) {
            let weights = &self.weights[filter.start..filter.end];
            *y = weights.iter().zip(&spectrum[filter.first_bin..]).map(|(&w, &s)| w * s).sum();
        }
        Ok(())
    }

    /// Reduces the spectra `[n_bins]` of eight frames to bands `[n_mels]`; see the module [`block`](crate::block). Values
    /// are not checked.
    ///
    /// # Errors
    /// [`Error::BufferLength`] when either has another length.
    pub fn process_block(&self, spectra: &[Lanes<T>], bands: &mut [Lanes<T>]) -> Result<()> {
        self.check_lengths(spectra.len(), bands.len())?;
        T::run(Task::Mel(MelKernel { filters: &self.filters, weights: &self.weights, spectra, bands }));
        Ok(())
    }

    fn check_lengths(&self, n_bins: usize, n_mels: usize) -> Result<()> {
        check_length("the spectrum", self.n_bins, n_bins)?;
        check_length("the mel bands", self.filters.len(), n_mels)
    }
}
