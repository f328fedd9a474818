use cepstrum_dsp::block::{Lanes, PowerStft};
use cepstrum_dsp::{Error as DspError, Float, StftConfig};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::blocks::BlockFeature;
use crate::log_mel::MelBlocks;
use crate::mfcc::MfccBlocks;
use crate::rhythm::OnsetBlocks;
use crate::spectral::{ContrastBlocks, DescriptorBlocks, FlatnessBlocks, PolyBlocks};
use crate::tonal::ChromaBlocks;
use crate::{
    ChromaConfig, DescriptorsConfig, LogMelConfig, MfccConfig, OnsetStrengthConfig, PolyFeaturesConfig,
    Result, SpectralContrastConfig, SpectralFlatnessConfig, output,
};

/// A feature of a [`FeaturePlan`], with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// [`LogMel`](crate::LogMel), `[n_frames, n_mels]`.
    LogMel(LogMelConfig),
    /// [`Mfcc`](crate::Mfcc), `[n_frames, n_mfcc]`.
    Mfcc(MfccConfig),
    /// [`Chroma`](crate::Chroma), `[n_frames, 12]`.
    Chroma(ChromaConfig),
    /// [`Descriptors`](crate::Descriptors), `[n_frames, 5]`: centroid, bandwidth, roll-off, zero-crossing rate, RMS.
    Descriptors(DescriptorsConfig),
    /// [`SpectralContrast`](crate::SpectralContrast), `[n_frames, n_bands + 1]`.
    SpectralContrast(SpectralContrastConfig),
    /// [`SpectralFlatness`](crate::SpectralFlatness), `[n_frames, 1]`.
    SpectralFlatness(SpectralFlatnessConfig),
    /// [`PolyFeatures`](crate::PolyFeatures), `[n_frames, order + 1]`.
    PolyFeatures(PolyFeaturesConfig),
    /// [`OnsetStrength`](crate::OnsetStrength), `[n_frames, 1]`.
    OnsetStrength(OnsetStrengthConfig),
}

impl Feature {
    /// The transform that the feature starts from.
    #[must_use]
    pub fn stft(&self) -> &StftConfig {
        match self {
            Self::LogMel(config) => &config.stft,
            Self::Mfcc(config) => &config.log_mel.stft,
            Self::Chroma(config) => &config.stft,
            Self::Descriptors(config) => &config.stft,
            Self::SpectralContrast(config) => &config.stft,
            Self::SpectralFlatness(config) => &config.stft,
            Self::PolyFeatures(config) => &config.stft,
            Self::OnsetStrength(config) => &config.log_mel.stft,
        }
    }
}

/// Several features of a signal, with one transform for all that start from the same one.
///
/// The values are those of each feature alone, to the last bit; only the time differs. Features share a transform where
/// their [`StftConfig`]s are equal. A [`Chroma`](crate::Chroma) whose tuning is estimated needs it a second time.
///
/// ```
/// use cepstrum_features::{ChromaConfig, Feature, FeaturePlan, MfccConfig, SpectralContrastConfig};
///
/// let mut plan = FeaturePlan::new(&[
///     Feature::Mfcc(MfccConfig::default()),
///     Feature::Chroma(ChromaConfig::default()),
///     Feature::SpectralContrast(SpectralContrastConfig::default()),
/// ])?;
/// assert_eq!(plan.n_transforms(), 1);
/// let found = plan.process(&vec![0.5_f32; 22_050])?;
/// assert_eq!((found[0].dim(), found[1].dim(), found[2].dim()), ((44, 13), (44, 12), (44, 7)));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FeaturePlan<T: Float = f32> {
    groups: Vec<Group<T>>,
    n_features: usize,
}

/// Features with the same transform.
#[derive(Debug, Clone)]
struct Group<T: Float> {
    config: StftConfig,
    stft: PowerStft<T>,
    members: Vec<Member<T>>,
    /// A copy of the spectra for features that overwrite them, `[n_bins]`.
    power: Vec<Lanes<T>>,
}

#[derive(Debug, Clone)]
struct Member<T: Float> {
    /// Place in the list of features.
    index: usize,
    blocks: Blocks<T>,
}

#[derive(Debug, Clone)]
enum Blocks<T: Float> {
    LogMel(MelBlocks<T>),
    Mfcc(MfccBlocks<T>),
    Chroma(ChromaBlocks<T>),
    Descriptors(DescriptorBlocks<T>),
    Contrast(ContrastBlocks<T>),
    Flatness(FlatnessBlocks<T>),
    Poly(PolyBlocks<T>),
    Onset(OnsetBlocks<T>),
}

impl<T: Float> FeaturePlan<T> {
    /// Checks all configurations and prepares all tables.
    ///
    /// # Errors
    /// The first error of a feature's own constructor.
    pub fn new(features: &[Feature]) -> Result<Self> {
        let mut groups: Vec<Group<T>> = Vec::new();
        for (index, feature) in features.iter().enumerate() {
            let place = groups.iter().position(|group| group.config == *feature.stft());
            let place = if let Some(place) = place {
                place
            } else {
                groups.push(Group::new(feature.stft())?);
                groups.len() - 1
            };
            groups[place].members.push(Member { index, blocks: Blocks::new(feature)? });
        }
        Ok(Self { groups, n_features: features.len() })
    }

    /// Number of features.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Number of different transforms.
    #[must_use]
    pub fn n_transforms(&self) -> usize {
        self.groups.len()
    }

    /// The shape of each feature, `[n_frames, n_columns]`, of a signal of `n_samples`.
    #[must_use]
    pub fn shapes(&self, n_samples: usize) -> Vec<[usize; 2]> {
        let mut shapes = vec![[0, 0]; self.n_features];
        for group in &self.groups {
            let n_frames = group.stft.n_frames(n_samples);
            for member in &group.members {
                shapes[member.index] = [n_frames, member.blocks.feature().n_columns()];
            }
        }
        shapes
    }

    /// Computes the features of a signal, in the order of the list.
    ///
    /// # Errors
    /// The first error of a feature.
    pub fn process(&mut self, samples: &[T]) -> Result<Vec<Array2<T>>> {
        let shapes = self.shapes(samples.len());
        let mut out: Vec<_> = shapes.into_iter().map(|shape| Array2::from_elem(shape, T::zero())).collect();
        self.process_into(samples, &mut out)?;
        Ok(out)
    }

    /// Computes the features into caller-provided arrays, one per feature, of their [`shapes`](Self::shapes). Allocates nothing
    /// for signals that are as long as the one before, except where a tuning is estimated.
    ///
    /// # Errors
    /// As [`process`](Self::process), [`Error::OutputShape`](crate::Error::OutputShape), and
    /// [`DspError::BufferLength`](cepstrum_dsp::Error::BufferLength) for another number of arrays.
    pub fn process_into(&mut self, samples: &[T], out: &mut [Array2<T>]) -> Result<()> {
        if out.len() != self.n_features {
            let (expected, actual) = (self.n_features, out.len());
            return Err(DspError::BufferLength { what: "the list of outputs", expected, actual }.into());
        }
        self.groups.iter_mut().try_for_each(|group| group.process_into(samples, out))
    }
}

impl<T: Float> Group<T> {
    fn new(config: &StftConfig) -> Result<Self> {
        let stft = PowerStft::new(config)?;
        let power = vec![Lanes::default(); stft.n_bins()];
        Ok(Self { config: config.clone(), stft, members: Vec::new(), power })
    }

    fn process_into(&mut self, samples: &[T], out: &mut [Array2<T>]) -> Result<()> {
        let Self { stft, members, power: copy, .. } = self;
        let n_frames = stft.n_frames(samples.len());
        for Member { index, blocks } in &mut *members {
            let feature = blocks.feature_mut();
            output::check_shape([n_frames, feature.n_columns()], &out[*index].view_mut())?;
            feature.begin(n_frames);
        }
        stft.for_each_block(samples, |frames, power| -> Result<()> {
            for Member { index, blocks } in &mut *members {
                let feature = blocks.feature_mut();
                if feature.has_survey() {
                    feature.survey(power, frames.len())?;
                } else {
                    copy.copy_from_slice(power);
                    feature.block(frames.clone(), copy, &mut out[*index].view_mut())?;
                }
            }
            Ok(())
        })?;
        if members.iter().any(Member::has_survey) {
            let surveyed = |member: &&mut Member<T>| member.has_survey();
            members
                .iter_mut()
                .filter(surveyed)
                .try_for_each(|member| member.blocks.feature_mut().surveyed())?;
            stft.for_each_block(samples, |frames, power| -> Result<()> {
                members.iter_mut().filter(surveyed).try_for_each(|Member { index, blocks }| {
                    copy.copy_from_slice(power);
                    blocks.feature_mut().block(frames.clone(), copy, &mut out[*index].view_mut())
                })
            })?;
        }
        members.iter_mut().try_for_each(|Member { index, blocks }| {
            blocks.feature_mut().finish(samples, &mut out[*index].view_mut())
        })
    }
}

impl<T: Float> Member<T> {
    fn has_survey(&self) -> bool {
        self.blocks.feature().has_survey()
    }
}

impl<T: Float> Blocks<T> {
    fn new(feature: &Feature) -> Result<Self> {
        Ok(match feature {
            Feature::LogMel(config) => Self::LogMel(MelBlocks::new(config)?),
            Feature::Mfcc(config) => Self::Mfcc(MfccBlocks::new(config)?),
            Feature::Chroma(config) => Self::Chroma(ChromaBlocks::new(config)?),
            Feature::Descriptors(config) => Self::Descriptors(DescriptorBlocks::new(config)?),
            Feature::SpectralContrast(config) => Self::Contrast(ContrastBlocks::new(config)?),
            Feature::SpectralFlatness(config) => Self::Flatness(FlatnessBlocks::new(config)?),
            Feature::PolyFeatures(config) => Self::Poly(PolyBlocks::new(config)?),
            Feature::OnsetStrength(config) => Self::Onset(OnsetBlocks::new(config)?),
        })
    }

    fn feature(&self) -> &dyn BlockFeature<T> {
        match self {
            Self::LogMel(blocks) => blocks,
            Self::Mfcc(blocks) => blocks,
            Self::Chroma(blocks) => blocks,
            Self::Descriptors(blocks) => blocks,
            Self::Contrast(blocks) => blocks,
            Self::Flatness(blocks) => blocks,
            Self::Poly(blocks) => blocks,
            Self::Onset(blocks) => blocks,
        }
    }

    fn feature_mut(&mut self) -> &mut dyn BlockFeature<T> {
        match self {
            Self::LogMel(blocks) => blocks,
            Self::Mfcc(blocks) => blocks,
            Self::Chroma(blocks) => blocks,
            Self::Descriptors(blocks) => blocks,
            Self::Contrast(blocks) => blocks,
            Self::Flatness(blocks) => blocks,
            Self::Poly(blocks) => blocks,
            Self::Onset(blocks) => blocks,
        }
    }
}
