use serde::{Deserialize, Serialize};

use crate::simd::{Arch, Kernel, Lanes};
use crate::task::Task;
use crate::{Error, Float, Result};

/// What counts as 0 dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// A fixed value, in the unit of the input; librosa's default is 1.
    Value(f64),
    /// The largest value of the input: `ref=np.max`.
    Maximum,
}

/// How powers or amplitudes become decibels.
///
/// `db = 10 log10(max(amin, S)) - 10 log10(max(amin, reference))`, then nothing below `max(db) - top_db`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DecibelConfig {
    /// The value of 0 dB; default 1.
    pub reference: Reference,
    /// Values below this count as this: it bounds the result from below. Default 1e-10 (for powers: -100 dB).
    pub amin: f64,
    /// Range kept below the input's own maximum, dB; default 80. `None` keeps everything.
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
    /// [`Error::Parameter`] unless `amin` is positive, the reference not negative, `top_db` not negative, all finite.
    pub fn validate(&self) -> Result<()> {
        let positive = |name, value: f64| {
            let legal = value.is_finite() && value > 0.0;
            if legal { Ok(()) } else { Err(Error::Parameter { name, bound: "positive and finite", value }) }
        };
        let not_negative = |name, value: f64| {
            let legal = value.is_finite() && value >= 0.0;
            if legal { Ok(()) } else { Err(Error::Parameter { name, bound: "finite and at least 0", value }) }
        };
        positive("amin", self.amin)?;
        if let Reference::Value(reference) = self.reference {
            not_negative("the decibel reference", reference)?;
        }
        self.top_db.map_or(Ok(()), |top_db| not_negative("top_db", top_db))
    }
}

/// Powers to decibels, in place; matches `librosa.power_to_db`.
///
/// # Errors
/// [`Error::Parameter`] when the configuration is not legal.
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
    let amin = T::of(config.amin);
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
    Ok(())
}

/// Amplitudes to decibels, in place: `power_to_db(s^2, reference^2, amin^2)`; matches `librosa.amplitude_to_db`, whose
/// default `amin` is 1e-5.
///
/// # Errors
/// [`Error::Parameter`] when the configuration is not legal.
pub fn amplitude_to_db<T: Float>(amplitude: &mut [T], config: &DecibelConfig) -> Result<()> {
    config.validate()?;
    for a in amplitude.iter_mut() {
        *a = *a * *a;
    }
    let reference = match config.reference {
        Reference::Value(value) => Reference::Value(value * value),
        Reference::Maximum => Reference::Maximum,
    };
    power_to_db(
        amplitude,
        &DecibelConfig { reference, amin: config.amin * config.amin, top_db: config.top_db },
    )
}

/// `10 log10(max(x, amin))` of a block, in place; returns the largest result of each frame. The first half of [`power_to_db`].
///
/// In `f32` the logarithm is a polynomial, right to 2e-7 of the value. Results are finite whatever the input: what is not a
/// number counts as the largest finite one.
pub fn decibel_block<T: Float>(block: &mut [Lanes<T>], amin: T) -> Lanes<T> {
    let mut max = Lanes::default();
    T::run(Task::Decibel(DecibelKernel { block, amin, max: &mut max }));
    max
}

/// `max(x, floor) - offset` of a block, in place, each frame with its own. The second half of [`power_to_db`].
pub fn floor_block<T: Float>(block: &mut [Lanes<T>], floor: &Lanes<T>, offset: &Lanes<T>) {
    T::run(Task::Floor(FloorKernel { block, floor, offset }));
}

/// Square roots of a block, in place: powers to magnitudes.
pub fn sqrt_block<T: Float>(block: &mut [Lanes<T>]) {
    T::run(Task::Sqrt(SqrtKernel { block }));
}

pub(crate) struct DecibelKernel<'a, T> {
    block: &'a mut [Lanes<T>],
    amin: T,
    max: &'a mut Lanes<T>,
}

impl<T: Float> Kernel<T> for DecibelKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let ten = arch.splat(T::of(10.0));
        let amin = arch.splat(self.amin.max(T::MIN_POSITIVE));
        let (mut max, most) = (arch.splat(T::of(f64::NEG_INFINITY)), arch.splat(T::MAX));
        for x in self.block {
            let power = arch.max(arch.min(arch.load(x), most), amin);
            let db = arch.mul(ten, arch.log10(power));
            max = arch.max(db, max);
            arch.store(db, x);
        }
        arch.store(max, self.max);
    }
}

pub(crate) struct FloorKernel<'a, T> {
    block: &'a mut [Lanes<T>],
    floor: &'a Lanes<T>,
    offset: &'a Lanes<T>,
}

impl<T: Float> Kernel<T> for FloorKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        let (floor, offset) = (arch.load(self.floor), arch.load(self.offset));
        for x in self.block {
            arch.store(arch.sub(arch.max(arch.load(x), floor), offset), x);
        }
    }
}

pub(crate) struct SqrtKernel<'a, T> {
    block: &'a mut [Lanes<T>],
}

impl<T: Float> Kernel<T> for SqrtKernel<'_, T> {
    #[inline(always)]
    fn run<A: Arch<T>>(self, arch: A) {
        for x in self.block {
            arch.store(arch.sqrt(arch.load(x)), x);
        }
    }
}
