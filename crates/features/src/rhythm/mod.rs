//! Onsets, tempo and beats.

mod beat;
mod beat_path;
mod onset;
mod peaks;
mod pulse;
mod tempo;
mod tempogram;

pub use beat::{BeatTracker, BeatTrackerConfig, Beats, Trim};
pub use onset::{Aggregate, OnsetStrength, OnsetStrengthConfig, Trend};
pub use peaks::{PeakPick, onset_backtrack, onset_detect, peak_pick};
pub use pulse::{PlpConfig, fourier_tempogram, plp};
pub use tempo::{Tempo, TempoConfig, tempo_frequencies};
pub use tempogram::{Tempogram, TempogramConfig};

pub(crate) use onset::OnsetBlocks;

use cepstrum_dsp::{Error as DspError, Float};

use crate::Result;
use crate::check::check_finite;

/// Checks that an envelope has a value and that all are finite.
fn check_envelope<T: Float>(envelope: &[T]) -> Result<()> {
    if envelope.is_empty() {
        return Err(DspError::EmptySignal.into());
    }
    check_finite(envelope)
}
