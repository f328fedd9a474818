//! Attribution on spectra: a class score as a function of the power spectrum that its features were computed from.

use cepstrum_dataset::FeatureConfig;
use cepstrum_dataset::cepstrum_features::dsp::{Complex, Stft, StftConfig};
use cepstrum_dataset::cepstrum_features::inverse::{ChainRule, SpectralGradient};
use cepstrum_dataset::cepstrum_features::{LogMel, LogMelConfig, Mfcc};
use ndarray::{Array2, Array3, ArrayRef2, Axis};

use super::{array, gradient};
use crate::pretrained::MusiCnnFront;
use crate::{Classifier, Error, Result};

/// Spectra whose gradients are computed together.
const BATCH: usize = 8;

/// The way from the power spectrum of a segment to the scores of a model's classes, and the derivatives on the way back.
///
/// Features are a differentiable function of the power spectrum: filter bank, logarithm, cosine transform, standardizer, and for
/// [`MusiCnn`](crate::pretrained::MusiCnn) the published network. The chain rule
/// ([`ChainRule`], which says how the clip of `top_db` is treated) therefore turns the gradient of a score by the features into
/// one by mel bands and by the bins of the short-time transform, exactly.
///
/// ```
/// use cepstrum_dataset::ExtractConfig;
/// use cepstrum_models::explain::SpectralPath;
/// use cepstrum_models::{ModelMetadata, zoo};
///
/// let metadata = ModelMetadata {
///     classes: vec!["a".into(), "b".into()],
///     config: Some(ExtractConfig::default()),
///     standardizer: None,
/// };
/// let model = zoo::ffnn(1, [44, 13], 2, 7)?.with_metadata(metadata)?;
/// let samples: Vec<f32> = (0..22_050).map(|i| (0.1 * i as f32).sin()).collect();
/// let mut path = SpectralPath::new(&model)?;
/// let power = path.power(&samples)?;
/// let gradient = path.saliency(&power, 0)?;
/// assert_eq!(gradient.mel.dim(), (44, 128));
/// assert_eq!(gradient.power.dim(), (44, 1025));
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Debug)]
pub struct SpectralPath<'a> {
    model: &'a Classifier,
    features: Features,
    rule: ChainRule,
    log_mel: LogMelConfig,
    stft: Stft<f32>,
}

/// The features of a model.
#[derive(Debug)]
enum Features {
    Mfcc(Box<Mfcc>),
    LogMel(Box<LogMel<f32>>),
    MusiCnn(Box<LogMel<f32>>, MusiCnnFront),
}

impl<'a> SpectralPath<'a> {
    /// Prepares the features of a model.
    ///
    /// # Errors
    /// [`Error::NoExtractConfig`] for a model that does not record how its features are computed, [`Error::Dataset`] around
    /// [`FrontMissing`](cepstrum_dataset::Error::FrontMissing) for one whose features a network computes that it does not
    /// [hold](Classifier::with_embedded_front).
    pub fn new(model: &'a Classifier) -> Result<Self> {
        let config = &model.config().ok_or(Error::NoExtractConfig)?.features;
        let log_mel = match config {
            FeatureConfig::Mfcc(config) => config.log_mel.clone(),
            FeatureConfig::LogMel(config) => config.clone(),
            _ => LogMelConfig::musicnn(),
        };
        let bands = || LogMel::new(&log_mel).map(Box::new);
        let (features, rule) = match config {
            FeatureConfig::Mfcc(config) => {
                (Mfcc::new(config).map(|mfcc| Features::Mfcc(Box::new(mfcc))), ChainRule::mfcc(config))
            }
            FeatureConfig::Front(config) => {
                let Some(network) = model.embedded_front() else {
                    config.check(None)?;
                    return Err(Error::NoExtractConfig);
                };
                let front = MusiCnnFront::from_config(network.clone(), config)?;
                (bands().map(|bands| Features::MusiCnn(bands, front)), ChainRule::log_mel(&log_mel))
            }
            _ => (bands().map(Features::LogMel), ChainRule::log_mel(&log_mel)),
        };
        let (features, rule) = (features.map_err(of_features)?, rule.map_err(of_features)?);
        let stft = Stft::new(&log_mel.stft).map_err(cepstrum_dataset::Error::from)?;
        Ok(Self { model, features, rule, log_mel, stft })
    }

    /// The model.
    pub fn model(&self) -> &'a Classifier {
        self.model
    }

    /// Sample rate of the audio, Hz.
    pub fn sample_rate(&self) -> u32 {
        self.log_mel.sample_rate
    }

    /// Framing, window and length of the short-time transform.
    pub fn stft(&self) -> &StftConfig {
        &self.log_mel.stft
    }

    /// Computes the short-time transform of samples, `[n_frames, n_bins]`.
    ///
    /// # Errors
    /// [`Error::Dataset`] when the signal is empty or holds NaN or infinity.
    pub fn spectra(&mut self, samples: &[f32]) -> Result<Array2<Complex<f32>>> {
        let shape = (self.stft.n_frames(samples.len()), self.stft.n_bins());
        let mut spectra = Array2::zeros(shape);
        if let Some(to) = spectra.as_slice_mut() {
            self.stft.process_into(samples, to).map_err(cepstrum_dataset::Error::from)?;
        }
        Ok(spectra)
    }

    /// Computes the power spectrum of samples, `[n_frames, n_bins]`.
    ///
    /// # Errors
    /// As [`spectra`](Self::spectra).
    pub fn power(&mut self, samples: &[f32]) -> Result<Array2<f32>> {
        Ok(self.spectra(samples)?.mapv(|z| z.norm_sqr()))
    }

    /// Computes the features of a segment from its power spectrum, `[n_frames, n_coefficients]`.
    ///
    /// # Errors
    /// [`Error::Dataset`] for no frame, another number of bins, or a power that is negative or not finite.
    pub fn features(&mut self, power: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        Ok(self.stages(power)?.0)
    }

    /// Computes the scores of all classes before the softmax from the power spectrum of a segment.
    ///
    /// # Errors
    /// As [`features`](Self::features), and [`Error::FeatureShape`] for another number of frames than the model takes.
    pub fn logits(&mut self, power: &ArrayRef2<f32>) -> Result<Vec<f32>> {
        let features = self.features(power)?.insert_axis(Axis(0));
        Ok(self.model.forward(&self.model.input(&features)?)?.flatten_all()?.to_vec1()?)
    }

    /// Computes the gradient of a class's score before the softmax by the spectrum of a segment,
    /// `d logit[class] / d power[t, k]`, and by its mel bands before and after the logarithm.
    ///
    /// Multiplied by the power itself, it is the change of the score for a relative change of each bin: the form in which bins
    /// of all levels compare.
    ///
    /// # Errors
    /// As [`logits`](Self::logits), and [`Error::LabelOutOfRange`] for a class that the model does not have.
    pub fn saliency(&mut self, power: &ArrayRef2<f32>, class: usize) -> Result<SpectralGradient<f32>> {
        self.check_class(class)?;
        let mut found = self.gradients(&[power.to_owned()], class)?;
        found.pop().ok_or(Error::NoData { part: "explanation" })
    }

    /// Features of a spectrum, and the log-mel bands that a network takes.
    fn stages(&mut self, power: &ArrayRef2<f32>) -> Result<(Array2<f32>, Option<Array2<f32>>)> {
        Ok(match &mut self.features {
            Features::Mfcc(mfcc) => (mfcc.process_power(power).map_err(of_features)?, None),
            Features::LogMel(log_mel) => (log_mel.process_power(power).map_err(of_features)?, None),
            Features::MusiCnn(log_mel, front) => {
                let mel = log_mel.process_power(power).map_err(of_features)?;
                (front.mel_features(&mel)?, Some(mel))
            }
        })
    }

    /// The gradients at several spectra of one shape.
    pub(super) fn gradients(
        &mut self,
        powers: &[Array2<f32>],
        class: usize,
    ) -> Result<Vec<SpectralGradient<f32>>> {
        let mut found = Vec::with_capacity(powers.len());
        for powers in powers.chunks(BATCH) {
            let stages: Vec<_> = powers.iter().map(|power| self.stages(power)).collect::<Result<_>>()?;
            let (n_frames, n_coefficients) = stages[0].0.dim();
            let mut features = Array3::zeros((powers.len(), n_frames, n_coefficients));
            for ((row, _), mut to) in stages.iter().zip(features.outer_iter_mut()) {
                to.assign(row);
            }
            let by_input =
                gradient(self.model, &self.model.input(&features)?, 0, &vec![class; powers.len()])?;
            let mut by_features = array(&by_input, features.dim())?;
            if let Some(standardizer) = self.model.standardizer() {
                // Means play no part in a derivative.
                for mut frame in by_features.rows_mut() {
                    frame.iter_mut().zip(standardizer.deviation()).for_each(|(g, deviation)| *g /= deviation);
                }
            }
            for ((power, by_features), (_, mel)) in powers.iter().zip(by_features.outer_iter()).zip(&stages) {
                let gradient = match (&self.features, mel) {
                    (Features::MusiCnn(_, front), Some(mel)) => front.by_mel(mel, &by_features)?,
                    _ => by_features.to_owned(),
                };
                found.push(self.rule.process(power, &gradient).map_err(of_features)?);
            }
        }
        Ok(found)
    }

    pub(super) fn check_class(&self, class: usize) -> Result<()> {
        let n_classes = self.model.n_classes();
        if class < n_classes {
            return Ok(());
        }
        Err(Error::LabelOutOfRange { part: "explanation", segment: 0, label: class as u32, n_classes })
    }
}

/// The contribution of every mel band and every bin to a score.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectralContributions {
    /// Of mel bands, `[n_frames, n_mels]`.
    pub mel: Array2<f32>,
    /// Of bins, `[n_frames, n_bins]`.
    pub power: Array2<f32>,
}

/// Integrated Gradients on a spectrum: the contribution of every bin to the change of a score from a baseline, along the path
/// on which all bins change at constant rates in decibels.
///
/// ```text
/// P_s[t, k] = b[t, k]^(1 - s) P[t, k]^s
/// map[t, k] = ln(P / b) / steps * sum over s = (j + 1/2) / steps of  P_s[t, k] d logit[class] / d P[t, k]  at  P_s
/// ```
///
/// Decibels are the scale of the features: on a straight line in power a bin would reach its last 10 dB within the last tenth of the way.
/// Either map sums to the difference between the scores of spectrum and baseline, up to the error of the midpoint rule.
///
/// # References
/// Sundararajan, Taly and Yan (2017), *Axiomatic attribution for deep networks*, arXiv 1703.01365, section 4: any path is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegratedSpectrum {
    /// The spectrum without evidence, `[n_frames, n_bins]`.
    pub baseline: Array2<f32>,
    /// Number of points on the path, at least 1. The time grows in proportion. 32 by default; raise it while a map's sum
    /// differs from the change of the score.
    pub steps: usize,
}

/// The power below which a bin counts as silent: librosa's `amin`.
const SILENCE: f32 = 1e-10;

impl IntegratedSpectrum {
    /// Integrated Gradients from this spectrum in 32 steps.
    pub fn new(baseline: Array2<f32>) -> Self {
        Self { baseline, steps: 32 }
    }

    /// Computes the contributions to the score of a class.
    ///
    /// # Errors
    /// As [`SpectralPath::saliency`]; [`Error::Setting`] for no step, [`Error::ExplainedMaps`] for a baseline of another shape
    /// than the spectrum.
    pub fn map(
        &self,
        path: &mut SpectralPath<'_>,
        power: &ArrayRef2<f32>,
        class: usize,
    ) -> Result<SpectralContributions> {
        if self.steps == 0 {
            return Err(Error::Setting { setting: "steps", bound: "at least 1", value: 0.0 });
        }
        path.check_class(class)?;
        check_shape(power.dim(), self.baseline.dim())?;
        // Checks both spectra.
        path.features(power)?;
        path.features(&self.baseline)?;
        let floored = |power: f32| power.max(SILENCE);
        let mut change = power.mapv(floored);
        change.zip_mut_with(&self.baseline, |p, &b| *p = (*p / floored(b)).ln());
        let mut power_map = Array2::zeros(power.dim());
        let mut mel_map = Array2::zeros((power.nrows(), path.log_mel.mel.n_mels));
        let steps: Vec<f32> = (0..self.steps).map(|step| (step as f32 + 0.5) / self.steps as f32).collect();
        for shares in steps.chunks(BATCH) {
            let at = |share: f32| {
                let mut at = self.baseline.mapv(floored);
                at.zip_mut_with(&change, |b, change| *b *= (share * change).exp());
                at
            };
            let powers: Vec<_> = shares.iter().map(|&share| at(share)).collect();
            for (gradient, power) in path.gradients(&powers, class)?.into_iter().zip(&powers) {
                let speed = power * &change;
                power_map += &(&gradient.power * &speed);
                mel_map += &(gradient.mel * path.rule.mel_change(power, &speed).map_err(of_features)?);
            }
        }
        let steps = self.steps as f32;
        Ok(SpectralContributions { mel: mel_map / steps, power: power_map / steps })
    }
}

pub(super) fn check_shape(expected: (usize, usize), actual: (usize, usize)) -> Result<()> {
    if expected == actual {
        return Ok(());
    }
    let (expected, actual) = ([1, expected.0, expected.1], [1, actual.0, actual.1]);
    Err(Error::ExplainedMaps { expected, actual })
}

fn of_features(error: cepstrum_dataset::cepstrum_features::Error) -> Error {
    cepstrum_dataset::Error::from(error).into()
}
