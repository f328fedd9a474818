//! What the features keep of a sound.

use cepstrum_dataset::FeatureConfig;
use cepstrum_dataset::cepstrum_features::inverse::{GriffinLimConfig, log_mel_to_audio, mfcc_to_audio};
use cepstrum_dataset::cepstrum_features::{LogMel, LogMelConfig, Mfcc};

use super::Audible;
use crate::{Error, Result};

impl Audible<'_> {
    /// Computes the features of a sound and turns them back into sound: what the model hears at all.
    ///
    /// Phases are lost, and are found anew by the Griffin-Lim algorithm. For a published network it is what the spectrogram keeps
    /// that the network takes. Memory grows with the length: a segment or an excerpt, not an hour.
    ///
    /// # Errors
    /// [`Error::Dataset`] for samples that are none or not finite, or a lifter that cannot be undone.
    pub fn kept_by_features(&self, samples: &[f32], griffin_lim: &GriffinLimConfig) -> Result<Vec<f32>> {
        let config = &self.path.model().config().ok_or(Error::NoExtractConfig)?.features;
        let n = Some(samples.len());
        let of_bands = |config: &LogMelConfig| {
            let bands = LogMel::new(config)?.process(samples)?;
            log_mel_to_audio(&bands, config, griffin_lim, n)
        };
        let heard = match config {
            FeatureConfig::Mfcc(config) => Mfcc::new(config)
                .and_then(|mut mfcc| mfcc.process(samples))
                .and_then(|mfcc| mfcc_to_audio(&mfcc, config, griffin_lim, n)),
            FeatureConfig::LogMel(config) => of_bands(config),
            _ => of_bands(&LogMelConfig::musicnn()),
        };
        Ok(heard.map_err(cepstrum_dataset::Error::from)?)
    }
}
