use cepstrum_dsp::{Complex, Error as DspError, Float, InverseStft, Resampler, Stft, StftConfig};

use crate::Result;
use crate::check::check_positive;

/// The rates that [`time_stretch`] supports, and their reciprocals: a stretch by up to a thousand.
const MAX_RATE: f64 = 1e3;

/// Changes the duration of a signal, not its pitch, by a phase vocoder: `librosa.effects.time_stretch`.
///
/// A `rate` above 1 is faster: the result has `round(n / rate)` samples. Each of its spectra has magnitudes between those of
/// two neighboring frames, and phases that advance from frame to frame as they do there. Transients smear; rates from 0.8 to
/// 1.25 sound natural, and serve to augment training data.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) unless `rate` is from 0.001 to 1,000, for illegal settings of the transform, and when the
/// signal is empty, too short, or holds NaN or infinity.
///
/// ```
/// use cepstrum_features::dsp::StftConfig;
/// use cepstrum_features::time_stretch;
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
/// assert_eq!(time_stretch(&tone, 2.0, &StftConfig::default())?.len(), 11_025);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// J. L. Flanagan, R. M. Golden, "Phase vocoder", Bell System Technical Journal 45(9), 1966,
/// doi:10.1002/j.1538-7305.1966.tb01706.x.
pub fn time_stretch<T: Float>(samples: &[T], rate: f64, config: &StftConfig) -> Result<Vec<T>> {
    check_rate(rate)?;
    let mut stft = Stft::new(config)?;
    let spectra = stft.process(samples)?;
    let stretched = phase_vocoder(&spectra, stft.n_bins(), rate)?;
    let n_samples = (samples.len() as f64 / rate).round_ties_even() as usize;
    Ok(InverseStft::new(config)?.process_to_length(&stretched, n_samples)?)
}

/// Changes the pitch of a signal, not its duration, by a number of semitones: `librosa.effects.pitch_shift`.
///
/// The signal is [stretched](time_stretch) by `2^(-n_steps / 12)` and resampled to its old length. librosa resamples by another
/// filter: values differ by up to 1e-4 of the largest.
///
/// # Errors
/// As [`time_stretch`]; `n_steps` must be from -60 to 60.
///
/// ```
/// use cepstrum_features::dsp::StftConfig;
/// use cepstrum_features::pitch_shift;
///
/// let tone: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
/// let octave_up = pitch_shift(&tone, 12.0, &StftConfig::default())?;
/// let crossings = |x: &[f32]| x.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
/// assert_eq!(octave_up.len(), tone.len());
/// assert!((crossings(&octave_up) as f64 / crossings(&tone) as f64 - 2.0).abs() < 0.05);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
pub fn pitch_shift<T: Float>(samples: &[T], n_steps: f64, config: &StftConfig) -> Result<Vec<T>> {
    if !(-60.0..=60.0).contains(&n_steps) {
        return Err(DspError::Parameter { name: "n_steps", bound: "from -60 to 60", value: n_steps }.into());
    }
    let rate = (-n_steps / 12.0).exp2();
    let stretched = time_stretch(samples, rate, config)?;
    let (to, from) = fraction(rate);
    let mut shifted = Resampler::new(from, to)?.process(&stretched)?;
    shifted.resize(samples.len(), T::zero());
    Ok(shifted)
}

/// Stretches spectra `[n_frames, n_bins]` in time: `librosa.phase_vocoder`, transposed, for a hop of a quarter of the window
/// or any other. The result has `ceil(n_frames / rate)` frames.
///
/// # Errors
/// [`Error::Dsp`](crate::Error::Dsp) unless `rate` is from 0.001 to 1,000 and the spectra are whole.
pub fn phase_vocoder<T: Float>(spectra: &[Complex<T>], n_bins: usize, rate: f64) -> Result<Vec<Complex<T>>> {
    check_rate(rate)?;
    if n_bins == 0 || !spectra.len().is_multiple_of(n_bins) {
        let expected = spectra.len() / n_bins.max(1) * n_bins.max(1);
        return Err(DspError::BufferLength { what: "the spectra", expected, actual: spectra.len() }.into());
    }
    let n_frames = spectra.len() / n_bins;
    let n_out = (n_frames as f64 / rate).ceil() as usize;
    let silence = vec![Complex::default(); n_bins];
    let frame = |t: usize| spectra.get(t * n_bins..(t + 1) * n_bins).unwrap_or(&silence);
    // The phases as unit vectors: the phase grows by the angle between two frames, whatever whole turns lie between.
    let mut phases: Vec<Complex<f64>> = frame(0).iter().map(|&z| unit(z)).collect();
    let mut out = Vec::with_capacity(n_out * n_bins);
    for step in (0..n_out).map(|t| t as f64 * rate) {
        let (here, next) = (frame(step as usize), frame(step as usize + 1));
        let share = step.fract();
        for ((phase, &a), &b) in phases.iter_mut().zip(here).zip(next) {
            let magnitude = (1.0 - share) * norm(a) + share * norm(b);
            out.push(Complex::new(T::of(magnitude * phase.re), T::of(magnitude * phase.im)));
            let turned = *phase * unit(b) * unit(a).conj();
            *phase = turned / turned.norm();
        }
    }
    Ok(out)
}

fn check_rate(rate: f64) -> Result<()> {
    check_positive("rate", rate)?;
    if (1.0 / MAX_RATE..=MAX_RATE).contains(&rate) {
        return Ok(());
    }
    Err(DspError::Parameter { name: "rate", bound: "from 0.001 to 1,000", value: rate }.into())
}

fn norm<T: Float>(z: Complex<T>) -> f64 {
    z.re.to_f64().hypot(z.im.to_f64())
}

/// The direction of a number; that of 1 for 0.
fn unit<T: Float>(z: Complex<T>) -> Complex<f64> {
    let z = Complex::new(z.re.to_f64(), z.im.to_f64());
    let norm = z.re.hypot(z.im);
    if norm > 0.0 { z / norm } else { Complex::new(1.0, 0.0) }
}

/// The fraction closest to a positive number among those of its continued fraction, with parts up to 2^17.
fn fraction(x: f64) -> (u32, u32) {
    const MAX: f64 = 131_072.0;
    let (mut p, mut q) = ([1.0, x.floor()], [0.0, 1.0]);
    let mut rest = x - x.floor();
    while rest > 1e-9 {
        let term = (1.0 / rest).floor();
        let next = (term * p[1] + p[0], term * q[1] + q[0]);
        if next.0 > MAX || next.1 > MAX || (p[1] / q[1] / x - 1.0).abs() < 1e-10 {
            break;
        }
        (p, q) = ([p[1], next.0], [q[1], next.1]);
        rest = 1.0 / rest - term;
    }
    (p[1] as u32, q[1] as u32)
}
