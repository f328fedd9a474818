//! The calibration of one model in the record of a run.

use cepstrum_models::CalibratedTemperatures;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::metrics::{Calibration, Evaluation, TemperatureScaling, Vote};

/// Bins of a reliability diagram.
const N_BINS: usize = 10;

/// Reliability before and after a temperature that was fitted on validation data, or 1 where it did not help on validation
/// data that it was not fitted on ([`TemperatureScaling::cross_fitted`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRun {
    /// The temperature of segments.
    pub temperature: TemperatureScaling,
    /// The reliability of the model as trained.
    pub before: Calibration,
    /// The reliability at the temperature.
    pub after: Calibration,
    /// The temperature of whole songs, where tracks are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub song_temperature: Option<TemperatureScaling>,
}

impl CalibrationRun {
    /// Fits both temperatures on validation data, and measures the effect of that of segments on the test part.
    ///
    /// # Errors
    /// As [`Evaluation::by_track`].
    pub fn fit(validation: &Evaluation, test: &Evaluation) -> Result<Self> {
        let temperature = TemperatureScaling::cross_fitted(validation)?;
        let before = Calibration::from_evaluation(test, N_BINS)?;
        let after = Calibration::from_evaluation(&temperature.recalibrate(test)?, N_BINS)?;
        let has_tracks = !validation.track_ids().is_empty();
        let songs = has_tracks.then(|| validation.by_track(Vote::default())).transpose()?;
        let song_temperature = songs.map(|songs| TemperatureScaling::cross_fitted(&songs)).transpose()?;
        Ok(Self { temperature, before, after, song_temperature })
    }

    /// Returns both temperatures in the form of a model file. Where tracks are unknown, that of segments stands in for
    /// that of songs.
    ///
    /// # Errors
    /// None for fitted temperatures; [`Error::Models`](crate::Error::Models) for one that is not positive and finite.
    pub fn temperatures(&self) -> Result<CalibratedTemperatures> {
        let (segment, song) = (self.temperature, self.song_temperature.unwrap_or(self.temperature));
        Ok(CalibratedTemperatures::new(segment.value(), song.value())?)
    }
}
