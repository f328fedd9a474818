use cepstrum_dsp::{Error as DspError, Float};

use crate::Result;

/// Raises high frequencies, in place: `y[n] = x[n] - coef x[n - 1]` and `y[0] = 3 x[0] - x[1]`; `librosa.effects.preemphasis`.
///
/// A `coef` of 0.97, librosa's default, is usual for speech. A single sample continues as a constant.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) unless `coef` is from -1 to 1.
///
/// ```
/// let mut samples = [1.0_f64, 2.0, 3.0];
/// cepstrum_features::preemphasis(&mut samples, 0.5)?;
/// assert_eq!(samples, [1.0, 1.5, 2.0]);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn preemphasis<T: Float>(samples: &mut [T], coef: f64) -> Result<()> {
    check(coef)?;
    let Some(&first) = samples.first() else { return Ok(()) };
    let second = samples.get(1).copied().unwrap_or(first);
    let coef = T::of(coef);
    let mut before = first;
    for x in samples.iter_mut().skip(1) {
        let here = *x;
        *x = here - coef * before;
        before = here;
    }
    samples[0] = first + (first + first - second);
    Ok(())
}

/// Undoes [`preemphasis`], in place: `librosa.effects.deemphasis`.
///
/// `x[n] = y[n] + coef x[n - 1]`, less the answer `coef^n ((2 - coef) y[0] - y[1]) / (3 - coef)` to the first sample's share.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) unless `coef` is from -1 to 1.
///
/// ```
/// let mut samples = [1.0_f64, 1.5, 2.0];
/// cepstrum_features::deemphasis(&mut samples, 0.5)?;
/// assert!(samples.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn deemphasis<T: Float>(samples: &mut [T], coef: f64) -> Result<()> {
    check(coef)?;
    let Some(&first) = samples.first() else { return Ok(()) };
    // The first sample of a single one has been doubled.
    let second = samples.get(1).map_or(first.to_f64() * (1.0 - coef) / 2.0, |x| x.to_f64());
    let mut answer = ((2.0 - coef) * first.to_f64() - second) / (3.0 - coef);
    let mut before = 0.0;
    for y in samples {
        before = y.to_f64() + coef * before;
        *y = T::of(before - answer);
        answer *= coef;
    }
    Ok(())
}

fn check(coef: f64) -> Result<()> {
    if (-1.0..=1.0).contains(&coef) {
        return Ok(());
    }
    Err(DspError::Parameter { name: "coef", bound: "from -1 to 1", value: coef }.into())
}
