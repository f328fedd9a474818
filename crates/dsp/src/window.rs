use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::error::check_parameter;
use crate::framing::check_finite;
use crate::{Error, Result};

/// The taper that multiplies each frame.
///
/// Every taper is a trade-off: a narrow main lobe separates neighboring frequencies, low side lobes keep a loud partial
/// from hiding a soft one far away. Start with Hann.
///
/// With `x = 2 pi n / D`, where `D` is the window's length (periodic) or its length - 1 (symmetric):
///
/// | variant | formula | `scipy.signal.get_window` |
/// |---|---|---|
/// | `Hann` | 0.5 - 0.5 cos x | `"hann"` |
/// | `Hamming` | 0.54 - 0.46 cos x | `"hamming"` |
/// | `Blackman` | 0.42 - 0.5 cos x + 0.08 cos 2x | `"blackman"` |
/// | `BlackmanHarris` | 0.35875 - 0.48829 cos x + 0.14128 cos 2x - 0.01168 cos 3x | `"blackmanharris"` |
/// | `Povey` | (0.5 - 0.5 cos x)^0.85 | none: Kaldi's |
/// | `Rectangular` | 1 | `"boxcar"` |
/// | `Kaiser` | I0(beta sqrt(1 - (2n/D - 1)^2)) / I0(beta) | `("kaiser", beta)` |
/// | `Samples` | the given values, one per sample of the window | an array |
///
/// # References
/// F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proc. IEEE 66(1),
/// 1978, doi:10.1109/PROC.1978.10837.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Raised cosine, zero at the edge: the default, as in librosa. Side lobes below -31 dB that decay fast.
    #[default]
    Hann,
    /// Raised cosine on a pedestal: lower first side lobe (-43 dB), slower decay.
    Hamming,
    /// Three cosine terms: side lobes below -58 dB, main lobe 1.5 times as wide as Hann's.
    Blackman,
    /// Four cosine terms: side lobes below -92 dB, main lobe twice as wide as Hann's.
    BlackmanHarris,
    /// Hann's to the power 0.85, Kaldi's default: as smooth, with a main lobe a little narrower.
    Povey,
    /// No taper: the narrowest main lobe, side lobes of -13 dB.
    Rectangular,
    /// An adjustable trade-off between the width of the main lobe and the height of the side lobes.
    Kaiser {
        /// Shape, from 0 to 700: larger is wider, with lower side lobes. 0 is rectangular; 8.6, a good start, is close to
        /// Blackman.
        beta: f64,
    },
    /// Custom values, `win_length` of them.
    Samples(Vec<f64>),
}

/// The purpose of a window: spectra (periodic) or filters (symmetric).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symmetry {
    /// One period of the infinite cosine sum: the right choice for spectra, and librosa's.
    #[default]
    Periodic,
    /// Equal first and last values: the right choice for filter design.
    Symmetric,
}

impl Window {
    /// Checks that the window can have `length` values. Allocates nothing.
    ///
    /// # Errors
    /// [`Error::WindowSamples`] when a custom window has another length, [`Error::NonFinite`] when one of its values is NaN
    /// or infinite, [`Error::Parameter`] when a Kaiser `beta` is outside 0 to 700.
    pub fn validate(&self, length: usize) -> Result<()> {
        match self {
            Self::Kaiser { beta } => {
                check_parameter("Kaiser beta", "from 0 to 700", *beta, |beta| (0.0..=700.0).contains(&beta))
            }
            Self::Samples(samples) if samples.len() != length => {
                Err(Error::WindowSamples { expected: length, actual: samples.len() })
            }
            Self::Samples(samples) => check_finite(samples),
            _ => Ok(()),
        }
    }

    /// The window's values, `[length]`.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    ///
    /// ```
    /// use cepstrum_dsp::{Symmetry, Window};
    ///
    /// let hann = Window::Hann.samples(4, Symmetry::Periodic)?;
    /// assert!(hann.iter().zip([0.0, 0.5, 1.0, 0.5]).all(|(a, b)| (a - b).abs() < 1e-15));
    /// # Ok::<(), cepstrum_dsp::Error>(())
    /// ```
    pub fn samples(&self, length: usize, symmetry: Symmetry) -> Result<Vec<f64>> {
        self.validate(length)?;
        Ok(match self {
            Self::Hann => cosine_sum(&[0.5, 0.5], length, symmetry),
            Self::Hamming => cosine_sum(&[0.54, 0.46], length, symmetry),
            Self::Blackman => cosine_sum(&[0.42, 0.5, 0.08], length, symmetry),
            Self::BlackmanHarris => cosine_sum(&[0.35875, 0.48829, 0.14128, 0.01168], length, symmetry),
            Self::Povey => {
                cosine_sum(&[0.5, 0.5], length, symmetry).iter().map(|w| w.max(0.0).powf(0.85)).collect()
            }
            Self::Rectangular => vec![1.0; length],
            Self::Kaiser { beta } => kaiser(*beta, length, symmetry),
            Self::Samples(samples) => samples.clone(),
        })
    }
}

/// `sum (-1)^k a_k cos(k x)`.
fn cosine_sum(coefficients: &[f64], length: usize, symmetry: Symmetry) -> Vec<f64> {
    if length == 1 {
        return vec![1.0];
    }
    let period = period(length, symmetry);
    (0..length)
        .map(|n| {
            let x = 2.0 * PI * n as f64 / period;
            let terms = coefficients.iter().enumerate();
            terms
                .map(|(k, a)| if k % 2 == 0 { a * (k as f64 * x).cos() } else { -a * (k as f64 * x).cos() })
                .sum()
        })
        .collect()
}

fn kaiser(beta: f64, length: usize, symmetry: Symmetry) -> Vec<f64> {
    if length == 1 {
        return vec![1.0];
    }
    let period = period(length, symmetry);
    let peak = bessel_i0(beta);
    (0..length)
        .map(|n| {
            let y = 2.0 * n as f64 / period - 1.0;
            bessel_i0(beta * (1.0 - y * y).max(0.0).sqrt()) / peak
        })
        .collect()
}

fn period(length: usize, symmetry: Symmetry) -> f64 {
    match symmetry {
        Symmetry::Periodic => length as f64,
        Symmetry::Symmetric => length as f64 - 1.0,
    }
}

/// Modified Bessel function of the first kind and order zero, by its power series `sum ((x/2)^k / k!)^2`.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
