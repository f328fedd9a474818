use cepstrum_dsp::Float;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::check::check_positive;

/// The division of a bin between two parts of a signal whose strengths there are `x` and `r`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// Shares `x^power / (x^power + r^power)`. librosa's default has a power of 2, a Wiener filter.
    Soft {
        /// The exponent, positive and finite. A higher one divides more sharply.
        power: f64,
    },
    /// All or nothing: 1 where `x > r` (`power=inf`).
    Hard,
}

impl Default for Mask {
    fn default() -> Self {
        Self::Soft { power: 2.0 }
    }
}

impl Mask {
    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Soft { power } => check_positive("the mask's power", power),
            Self::Hard => Ok(()),
        }
    }

    /// Turns the strengths of two parts into their masks, in place. Each part must exceed the other by its margin; where both
    /// vanish, the masks are 1/2 without margins and 0 with any. `librosa.util.softmask`.
    pub(super) fn divide<T: Float>(self, first: &mut [T], second: &mut [T], margins: [f64; 2]) {
        let [m, n] = margins.map(T::of);
        // Margins are at least 1.
        let nothing = if margins.iter().all(|&margin| margin <= 1.0) { T::of(0.5) } else { T::zero() };
        let pairs = first.iter_mut().zip(second.iter_mut());
        match self {
            Self::Hard => pairs.for_each(|(x, y)| (*x, *y) = (hard(*x, *y * m), hard(*y, *x * n))),
            Self::Soft { power: 2.0 } => pairs.for_each(|(x, y)| {
                let square = |x: T| x * x;
                (*x, *y) = (soft(*x, *y * m, square, nothing), soft(*y, *x * n, square, nothing));
            }),
            Self::Soft { power } => pairs.for_each(|(x, y)| {
                let raise = |x: T| T::of(x.to_f64().powf(power));
                (*x, *y) = (soft(*x, *y * m, raise, nothing), soft(*y, *x * n, raise, nothing));
            }),
        }
    }
}

fn hard<T: Float>(x: T, reference: T) -> T {
    if x > reference { T::one() } else { T::zero() }
}

#[inline(always)]
fn soft<T: Float>(x: T, reference: T, raise: impl Fn(T) -> T, nothing: T) -> T {
    let larger = if x > reference { x } else { reference };
    let (x, reference) = (raise(x / larger), raise(reference / larger));
    if larger < T::MIN_POSITIVE { nothing } else { x / (x + reference) }
}
