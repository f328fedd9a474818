//! Checks that several features share.

use cepstrum_dsp::Error as DspError;

use crate::Result;

/// Checks that a setting is positive and finite.
pub(crate) fn check_positive(name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(DspError::Parameter { name, bound: "positive and finite", value }.into())
}
