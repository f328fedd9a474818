use cepstrum_dsp::{Complex, Error as DspError, Float, InverseStft, Stft, StftConfig};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::check_envelope;
use super::tempogram::check_win_length;
use crate::Result;

/// Computes the Fourier tempogram of an onset envelope, `[n_frames + 1, win_length / 2 + 1]` for an even `win_length`:
/// `librosa.feature.fourier_tempogram(onset_envelope=o)`, transposed, whose default `win_length` is 384 frames.
///
/// The short-time Fourier transform at every frame under a Hann window. Bin `k` speaks for the tempo
/// `60 k sample_rate / (win_length hop_length)`; its phase, for where the beats lie.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when the envelope is empty or holds NaN or infinity, and unless `win_length` is from 1 to
/// 65,536.
///
/// ```
/// use cepstrum_features::fourier_tempogram;
///
/// let envelope: Vec<f32> = (0..400).map(|t| if t % 16 == 0 { 1.0 } else { 0.0 }).collect();
/// let found = fourier_tempogram(&envelope, 384)?;
/// assert_eq!(found.dim(), (401, 193));
/// assert!(found[[200, 24]].norm() > 10.0 * found[[200, 20]].norm()); // 384 / 16 pulses in a window
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn fourier_tempogram<T: Float>(envelope: &[T], win_length: usize) -> Result<Array2<Complex<T>>> {
    check_envelope(envelope)?;
    check_win_length(win_length)?;
    let mut stft = Stft::new(&transform(win_length))?;
    let spectra = stft.process(envelope)?;
    let n_bins = stft.n_bins();
    Ok(Array2::from_shape_fn((spectra.len() / n_bins, n_bins), |(t, k)| spectra[t * n_bins + k]))
}

fn transform(win_length: usize) -> StftConfig {
    StftConfig { n_fft: win_length, hop_length: 1, ..StftConfig::default() }
}

/// The settings of predominant local pulse. The default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlpConfig {
    /// Sample rate of the signals, Hz. Default 22,050.
    pub sample_rate: u32,
    /// Distance of the envelope's values, samples. Default 512.
    pub hop_length: usize,
    /// Length of the window, frames, even, from 2 to 65,536. Default 384.
    pub win_length: usize,
    /// Slowest tempo, beats per minute. Default 30.
    pub tempo_min: Option<f64>,
    /// Fastest tempo, beats per minute, above the slowest. Default 300.
    pub tempo_max: Option<f64>,
}

impl Default for PlpConfig {
    fn default() -> Self {
        Self {
            sample_rate: 22_050,
            hop_length: 512,
            win_length: 384,
            tempo_min: Some(30.0),
            tempo_max: Some(300.0),
        }
    }
}

/// Computes the predominant local pulse of an onset envelope, `[n_frames]`, from 0 to 1: `librosa.beat.plp(onset_envelope=o)`.
///
/// Around each frame the strongest tempo of the [Fourier tempogram](fourier_tempogram) remains, and the cosines of all frames
/// are added: the sum is high where a beat is expected, also where tempo changes. Its local maxima are the beats.
///
/// As in librosa, a frame's cosine is divided by its magnitude only where its real part is positive, and is otherwise far
/// louder than all others.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) when a setting is out of range, or the envelope is empty or holds NaN or infinity.
///
/// ```
/// use cepstrum_features::{PlpConfig, plp};
///
/// let envelope: Vec<f64> = (0..400).map(|t| if t % 20 == 0 { 1.0 } else { 0.0 }).collect();
/// let pulse = plp(&envelope, &PlpConfig::default())?;
/// assert_eq!(pulse.len(), 400);
/// assert!(pulse.iter().all(|x| (0.0..=1.0).contains(x)));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// P. Grosche, M. Müller, "Extracting predominant local pulse information from music recordings", IEEE Trans. Audio, Speech,
/// and Language Processing 19(6), 2011, doi:10.1109/TASL.2010.2096216.
pub fn plp<T: Float>(envelope: &[T], config: &PlpConfig) -> Result<Vec<T>> {
    let PlpConfig { sample_rate, hop_length, win_length, tempo_min, tempo_max } = *config;
    if sample_rate == 0 {
        return Err(DspError::SampleRate.into());
    }
    if hop_length == 0 {
        return Err(DspError::HopLength.into());
    }
    if win_length == 0 || !win_length.is_multiple_of(2) {
        let (name, max) = ("win_length, an even number,", 1 << 16);
        return Err(DspError::Count { name, min: 2, max, actual: win_length }.into());
    }
    if let (Some(min), Some(max)) = (tempo_min, tempo_max)
        && (max <= min || max.is_nan() || min.is_nan())
    {
        return Err(DspError::Parameter { name: "tempo_max", bound: "above tempo_min", value: max }.into());
    }
    let mut spectra = fourier_tempogram(envelope, win_length)?;
    let per_bin = 60.0 * f64::from(sample_rate) / (hop_length as f64 * win_length as f64);
    let feasible = |k: usize| {
        let bpm = per_bin * k as f64;
        tempo_min.is_none_or(|min| bpm >= min) && tempo_max.is_none_or(|max| bpm <= max)
    };
    for mut frame in spectra.rows_mut() {
        keep_the_strongest(frame.as_slice_mut().unwrap_or_default(), feasible);
    }
    let values = spectra.as_slice().unwrap_or_default();
    let mut pulse = InverseStft::new(&transform(win_length))?.process(values, envelope.len())?;
    let most = pulse.iter().copied().fold(T::zero(), T::max);
    let scale = if most < T::MIN_POSITIVE { T::one() } else { most };
    for x in &mut pulse {
        *x = x.max(T::zero()) / scale;
    }
    Ok(pulse)
}

/// Leaves the phase of the strongest feasible bin of a frame, and zeros.
fn keep_the_strongest<T: Float>(frame: &mut [Complex<T>], feasible: impl Fn(usize) -> bool) {
    let strength = |k: usize, z: &Complex<T>| {
        if feasible(k) { (1e6 * z.norm_sqr().to_f64().sqrt()).ln_1p() } else { 0.0 }
    };
    let most = frame.iter().enumerate().map(|(k, z)| strength(k, z)).fold(0.0, f64::max);
    let mut largest = Complex::default();
    for (k, z) in frame.iter_mut().enumerate() {
        if !feasible(k) || strength(k, z) < most {
            *z = Complex::default();
        }
        // NumPy orders complex values by their real parts, then by their imaginary ones.
        if (z.re, z.im) > (largest.re, largest.im) {
            largest = *z;
        }
    }
    let scale = T::of(T::MIN_POSITIVE.to_f64().sqrt()) + largest.norm_sqr().sqrt();
    for z in frame {
        *z = Complex::new(z.re / scale, z.im / scale);
    }
}
