//! A track in the four views of the reference experiment.

use cepstrum_dataset::FeatureConfig;
use cepstrum_dsp::{DecibelConfig, Reference, Stft, StftConfig, amplitude_to_db, fft_magnitude};
use cepstrum_features::{LogMelConfig, Mfcc, MfccConfig};
use ndarray::Array2;

use crate::Result;
use crate::plot::{FrameRate, TrackViews};

/// Waveform, spectrum, spectrogram and MFCCs of one track.
///
/// ```
/// use cepstrum_eval::{TrackAnalysis, plot};
/// use cepstrum_dataset::FeatureConfig;
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
/// let track = TrackAnalysis::compute(&tone, &FeatureConfig::default())?;
/// assert_eq!(track.mfcc.dim(), (44, 13));
/// let row = plot::overview(&[track.views("a tone")], &plot::Style::default());
/// assert!(row.to_svg()?.contains("a tone"));
/// # Ok::<(), cepstrum_eval::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrackAnalysis {
    /// The samples.
    pub samples: Vec<f32>,
    /// Frequencies of the spectrum of the whole signal, in Hz, `[n_samples / 2 + 1]`.
    pub frequencies: Vec<f32>,
    /// Magnitudes of that spectrum, `[n_samples / 2 + 1]`.
    pub magnitudes: Vec<f32>,
    /// Magnitudes of the short-time Fourier transform in decibels below their maximum, `[n_frames, n_fft / 2 + 1]`.
    pub spectrogram: Array2<f32>,
    /// Mel-frequency cepstral coefficients, `[n_frames, n_mfcc]`.
    pub mfcc: Array2<f32>,
    /// Hop length and sampling rate.
    pub rate: FrameRate,
}

impl TrackAnalysis {
    /// Analyzes samples with the sampling rate and the transform of a feature configuration. A configuration of log-mel
    /// bands yields librosa's default of 13 coefficients from these bands.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) and [`Error::Features`](crate::Error::Features) for invalid settings, and for
    /// a signal that is empty or not finite.
    pub fn compute(samples: &[f32], config: &FeatureConfig) -> Result<Self> {
        let config = match config {
            FeatureConfig::Mfcc(config) => config.clone(),
            FeatureConfig::LogMel(log_mel) => {
                MfccConfig { log_mel: log_mel.clone(), ..MfccConfig::default() }
            }
            // A network's features have no transform of their own.
            other => {
                let log_mel = LogMelConfig { sample_rate: other.sample_rate(), ..LogMelConfig::default() };
                MfccConfig { log_mel, ..MfccConfig::default() }
            }
        };
        let stft = &config.log_mel.stft;
        let rate = FrameRate { hop_length: stft.hop_length, sample_rate: config.log_mel.sample_rate };
        let (frequencies, magnitudes) = fft_magnitude(samples, rate.sample_rate)?;
        Ok(Self {
            samples: samples.to_vec(),
            frequencies: frequencies.into_iter().map(|hertz| hertz as f32).collect(),
            magnitudes,
            spectrogram: spectrogram(samples, stft)?,
            mfcc: Mfcc::new(&config)?.process(samples)?,
            rate,
        })
    }

    /// Borrows the track for [`plot::overview`](crate::plot::overview), under a name.
    pub fn views<'a>(&'a self, name: &'a str) -> TrackViews<'a> {
        TrackViews {
            name,
            samples: &self.samples,
            frequencies: &self.frequencies,
            magnitudes: &self.magnitudes,
            spectrogram: &self.spectrogram,
            mfcc: &self.mfcc,
            rate: self.rate,
        }
    }
}

/// `librosa.amplitude_to_db(abs(librosa.stft(y)), ref=np.max)`, transposed.
fn spectrogram(samples: &[f32], config: &StftConfig) -> Result<Array2<f32>> {
    let mut stft = Stft::new(config)?;
    let mut decibels: Vec<f32> = stft.process(samples)?.iter().map(|bin| bin.norm()).collect();
    let relative = DecibelConfig { reference: Reference::Maximum, ..DecibelConfig::default() };
    amplitude_to_db(&mut decibels, &relative)?;
    let shape = (stft.n_frames(samples.len()), stft.n_bins());
    Ok(Array2::from_shape_fn(shape, |(frame, bin)| decibels[frame * shape.1 + bin]))
}
