use serde::{Deserialize, Serialize};

use crate::error::check_parameter;
use crate::framing::check_finite;
use crate::{Float, Result};

/// The value that counts as 0 dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A fixed value, in the unit of the input; librosa's default is 1. Keeps the loudness of signals comparable.
    Value(f64),
    /// The largest value of the input (`ref=np.max`), whose loudest point becomes 0 dB. Removes differences in level
    /// between signals.
    Maximum,
}

/// The reference and range of the conversion to decibels.
///
/// `db = 10 log10(max(amin, S)) - 10 log10(max(amin, reference))`, then raised to at least `max(db) - top_db`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecibelConfig {
    /// The value of 0 dB. Default 1; see [`Reference`].
    pub reference: Reference,
    /// Smaller values count as this one, in the unit of the input: it keeps silence finite. Positive. Default 1e-10, which
    /// for powers is -100 dB; below the noise of the recording it changes nothing.
    pub amin: f64,
    /// Range kept below the input's own maximum, dB, at least 0. A smaller range hides background noise, and soft detail
    /// with it. Default 80, librosa's; `None` keeps everything.
    pub top_db: Option<f64>,
}

impl Default for DecibelConfig {
    fn default() -> Self {
        Self { reference: Reference::Value(1.0), amin: 1e-10, top_db: Some(80.0) }
    }
}

impl DecibelConfig {
    /// Checks the bounds of all fields.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless `amin` is positive, the reference and `top_db` are at least 0,
    /// and all are finite.
    pub fn validate(&self) -> Result<()> {
        let at_least_0 = |name, value: f64| {
            check_parameter(name, "finite and at least 0", value, |x| x.is_finite() && x >= 0.0)
        };
        check_parameter("amin", "positive and finite", self.amin, |x| x.is_finite() && x > 0.0)?;
        if let Reference::Value(reference) = self.reference {
            at_least_0("the decibel reference", reference)?;
        }
        self.top_db.map_or(Ok(()), |top_db| at_least_0("top_db", top_db))
    }
}

/// Converts powers to decibels, in place; matches `librosa.power_to_db`.
///
/// An `amin` below the smallest positive normal number of `T` counts as that number.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) when the configuration is not legal,
/// [`Error::NonFinite`](crate::Error::NonFinite) when a power is NaN or infinite. The powers are then unchanged.
///
/// ```
/// use cepstrum_dsp::{DecibelConfig, power_to_db};
///
/// let mut power = [1.0_f32, 0.1, 0.0];
/// power_to_db(&mut power, &DecibelConfig::default())?;
/// assert_eq!(power, [0.0, -10.0, -80.0]);
/// # Ok::<(), cepstrum_dsp::Error>(())
/// ```
pub fn power_to_db<T: Float>(power: &mut [T], config: &DecibelConfig) -> Result<()> {
    config.validate()?;
    check_finite(power)?;
    convert(power, config);
    Ok(())
}

/// Converts amplitudes to decibels, in place: `power_to_db(s^2, reference^2, amin^2)`; matches
/// `librosa.amplitude_to_db`, whose default `amin` is 1e-5.
///
/// An amplitude whose square overflows counts as the largest finite power.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) when the configuration, or the squares of its values, are not legal,
/// [`Error::NonFinite`](crate::Error::NonFinite) when an amplitude is NaN or infinite. The amplitudes are then unchanged.
pub fn amplitude_to_db<T: Float>(amplitude: &mut [T], config: &DecibelConfig) -> Result<()> {
    config.validate()?;
    let reference = match config.reference {
        Reference::Value(value) => Reference::Value(value * value),
        Reference::Maximum => Reference::Maximum,
    };
    let squared = DecibelConfig { reference, amin: config.amin * config.amin, top_db: config.top_db };
    squared.validate()?;
    check_finite(amplitude)?;
    for a in amplitude.iter_mut() {
        *a = (*a * *a).min(T::MAX);
    }
    convert(amplitude, &squared);
    Ok(())
}

/// [`power_to_db`] of finite powers with a legal configuration.
fn convert<T: Float>(power: &mut [T], config: &DecibelConfig) {
    let amin = T::of(config.amin).max(T::MIN_POSITIVE);
    let zero_db = match config.reference {
        Reference::Value(value) => value,
        Reference::Maximum => power.iter().fold(0.0, |max, &p| f64::max(max, p.to_f64())),
    };
    let offset = T::of(10.0 * zero_db.max(config.amin).log10());
    let ten = T::of(10.0);
    let mut max = T::of(f64::NEG_INFINITY);
    for p in power.iter_mut() {
        *p = ten * p.max(amin).log10() - offset;
        max = max.max(*p);
    }
    if let Some(top_db) = config.top_db {
        let floor = max - T::of(top_db);
        for p in power {
            *p = p.max(floor);
        }
    }
}
