//! Explanations as sound: what of a song spoke for a class, what spoke against it, and what is left without the former.

mod joiner;
mod kept;
mod mask;
mod song;
mod truth;
mod units;

use cepstrum_dataset::cepstrum_features::dsp::{Complex, InverseStft};
use ndarray::{Array2, ArrayRef2};

pub use mask::{MaskConfig, Masks};
pub use song::SoundParts;
pub use truth::{KeepRemove, SoundTruth, random_order};
pub use units::{Unit, UnitEffect};

use super::spectral::{IntegratedSpectrum, SpectralPath, check_shape};
use crate::{Classifier, Error, Result, ops};

/// The relevance of every bin of a segment for the score of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Relevance {
    /// The gradient times the power: the change of the score for a relative change of the bin. One pass back.
    Gradient,
    /// [Integrated Gradients](IntegratedSpectrum) from the segment's own spectrum, `decibels` softer. The default.
    ///
    /// The path fades the segment in, as a listener would: it stays near sounds that the network knows, where a path from
    /// silence or from noise does not.
    FadeIn {
        /// The level at which the path begins, below the segment's own, dB.
        decibels: f64,
        /// Number of points on the path, at least 1.
        steps: usize,
    },
}

impl Default for Relevance {
    fn default() -> Self {
        Self::FadeIn { decibels: 30.0, steps: 16 }
    }
}

/// Settings of explanations as sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudibleConfig {
    /// The map on the short-time transform.
    pub relevance: Relevance,
    /// The way from the map to masks.
    pub masks: MaskConfig,
}

/// Explanations of a model as sound.
///
/// ```text
/// samples ──STFT──▶ X ──|X|²──▶ features ──model──▶ score
///                   │                                 │
///              X · mask ◀──share, smoothed, floor── relevance
///                   │
///                   └──inverse STFT──▶ what spoke for the class
/// ```
///
/// The masked transform keeps the song's own phases, so that what is heard is part of the song itself, not a synthesis.
#[derive(Debug)]
pub struct Audible<'a> {
    path: SpectralPath<'a>,
    config: AudibleConfig,
    inverse: InverseStft<f32>,
    /// Samples of a segment.
    n_samples: usize,
}

impl<'a> Audible<'a> {
    /// Checks the settings and prepares the features of a model.
    ///
    /// # Errors
    /// Those of [`SpectralPath::new`], and [`Error::Setting`] for a setting that is out of bounds.
    pub fn new(model: &'a Classifier, config: AudibleConfig) -> Result<Self> {
        let path = SpectralPath::new(model)?;
        config.masks.check()?;
        if let Relevance::FadeIn { decibels, steps } = config.relevance {
            if steps == 0 {
                return Err(Error::Setting { setting: "steps", bound: "at least 1", value: 0.0 });
            }
            if !(decibels > 0.0 && decibels.is_finite()) {
                let bound = "positive and finite";
                return Err(Error::Setting { setting: "decibels", bound, value: decibels });
            }
        }
        let segment = model.config().ok_or(Error::NoExtractConfig)?.segment;
        let n_samples = segment.n_samples(path.sample_rate())?;
        let inverse = InverseStft::new(path.stft()).map_err(cepstrum_dataset::Error::from)?;
        Ok(Self { path, config, inverse, n_samples })
    }

    /// The way from the power spectrum to the scores.
    pub fn path(&mut self) -> &mut SpectralPath<'a> {
        &mut self.path
    }

    /// Sample rate of the audio, Hz.
    pub fn sample_rate(&self) -> u32 {
        self.path.sample_rate()
    }

    /// Number of samples of a segment.
    pub fn segment_samples(&self) -> usize {
        self.n_samples
    }

    /// Computes the relevance of every bin of a segment for the score of a class, `[n_frames, n_bins]`: positive where the bin
    /// speaks for the class.
    ///
    /// # Errors
    /// Those of [`SpectralPath::power`] and [`SpectralPath::saliency`].
    pub fn relevance(&mut self, segment: &[f32], class: usize) -> Result<Array2<f32>> {
        let power = self.path.power(segment)?;
        match self.config.relevance {
            Relevance::Gradient => Ok(self.path.saliency(&power, class)?.power * power),
            Relevance::FadeIn { decibels, steps } => {
                let baseline = &power * 10.0_f32.powf(-0.1 * decibels as f32);
                Ok(IntegratedSpectrum { baseline, steps }.map(&mut self.path, &power, class)?.power)
            }
        }
    }

    /// Turns the relevance of a segment, or of any stretch of frames, into masks.
    ///
    /// # Errors
    /// [`Error::NonFiniteFeature`] for a value that is NaN or infinite.
    pub fn masks(&self, relevance: &ArrayRef2<f32>) -> Result<Masks> {
        self.config.masks.masks(relevance, self.path.sample_rate(), self.path.stft())
    }

    /// Multiplies the short-time transform of samples by a mask and returns to samples, with the phases of the samples.
    ///
    /// # Shapes
    /// Samples `[n]`, mask `[n_frames, n_bins]`; the result has `n` samples.
    ///
    /// # Errors
    /// [`Error::ExplainedMaps`] for a mask of another shape than the transform, [`Error::NonFiniteFeature`] for a value of it
    /// that is NaN or infinite, [`Error::Dataset`] for samples that are none or not finite.
    pub fn apply(&mut self, samples: &[f32], mask: &ArrayRef2<f32>) -> Result<Vec<f32>> {
        let spectra = self.path.spectra(samples)?;
        self.masked(&spectra, mask, samples.len())
    }

    /// Computes what of a segment spoke for a class, what spoke against it, and what is left without the former.
    ///
    /// # Errors
    /// Those of [`relevance`](Self::relevance).
    pub fn segment(&mut self, segment: &[f32], class: usize) -> Result<SoundParts> {
        let relevance = self.relevance(segment, class)?;
        let masks = self.masks(&relevance)?;
        self.parts(segment, &masks)
    }

    /// Computes the probability of every class for a segment of samples.
    ///
    /// # Errors
    /// Those of [`SpectralPath::logits`].
    pub fn probabilities(&mut self, segment: &[f32]) -> Result<Vec<f32>> {
        let power = self.path.power(segment)?;
        Ok(ops::rows::softmax(&self.path.logits(&power)?))
    }

    fn parts(&mut self, samples: &[f32], masks: &Masks) -> Result<SoundParts> {
        let spectra = self.path.spectra(samples)?;
        let mut heard = |mask: &Array2<f32>| self.masked(&spectra, mask, samples.len());
        Ok(SoundParts {
            spoke_for: heard(&masks.spoke_for)?,
            spoke_against: heard(&masks.spoke_against)?,
            without: heard(&masks.without)?,
        })
    }

    fn masked(
        &mut self,
        spectra: &Array2<Complex<f32>>,
        mask: &ArrayRef2<f32>,
        n_samples: usize,
    ) -> Result<Vec<f32>> {
        check_shape(spectra.dim(), mask.dim())?;
        mask::check_finite("mask", mask)?;
        let masked: Vec<_> = spectra.iter().zip(mask).map(|(z, &m)| z * m).collect();
        Ok(self.inverse.process(&masked, n_samples).map_err(cepstrum_dataset::Error::from)?)
    }
}
