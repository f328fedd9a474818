use cepstrum_dsp::{Error as DspError, Float, StftConfig, convolve};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{pitch_shift, time_stretch};
use crate::Result;

/// Energy of a room's reverberation, relative to the direct sound.
const REVERBERATION: f64 = 0.25;

/// Random changes to a recording that leave its genre as it is: tempo, pitch, room, noise and level. Applied to copies of
/// training tracks before features are computed; none by default.
///
/// The changes are made in the order of the fields. Each draws from a stream of its own, so that switching one on does not
/// change the draws of another. The same seed yields the same bits.
///
/// ```
/// use cepstrum_features::AudioAugmentation;
///
/// let samples: Vec<f32> = (0..22_050).map(|i| (i as f32 * 0.1).sin()).collect();
/// let augmentation = AudioAugmentation {
///     tempo: 1.1,
///     pitch: 1.0,
///     noise: Some([20.0, 40.0]),
///     ..AudioAugmentation::default()
/// };
/// let changed = augmentation.apply(&samples, 22_050, 7)?;
/// assert!(changed.len() >= 20_045 && changed.len() <= 24_255);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AudioAugmentation {
    /// Largest factor by which the tempo rises or falls, at most 4, drawn evenly on a logarithmic scale; 1.1 is a good start.
    /// Default 1, no change.
    pub tempo: f64,
    /// Largest change of pitch in semitones, up or down, at most 24; 1 or 2 keep instruments natural. Default 0.
    pub pitch: f64,
    /// Shortest and longest reverberation time of a room in seconds, from 0.05 to 10: the recording is convolved with an
    /// impulse followed by noise that decays by 60 dB in that time and has a quarter of its energy. `[0.2, 0.8]` are rooms of
    /// a home. Default none.
    pub room: Option<[f64; 2]>,
    /// Lowest and highest ratio of signal to added white noise in dB, from -20 to 120; `[20.0, 40.0]` is a noisy recording.
    /// Default none.
    pub noise: Option<[f64; 2]>,
    /// Largest change of level in dB, up or down, at most 60; 6 is a good start where levels carry no meaning. Samples are
    /// not clipped. Default 0.
    pub gain: f64,
}

impl Default for AudioAugmentation {
    fn default() -> Self {
        Self { tempo: 1.0, pitch: 0.0, room: None, noise: None, gain: 0.0 }
    }
}

impl AudioAugmentation {
    /// Checks the settings, which `apply` does as well.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the field, its bound and the value.
    pub fn check(&self) -> Result<()> {
        check("tempo", self.tempo, "from 1 to 4", 1.0, 4.0)?;
        check("pitch", self.pitch, "from 0 to 24", 0.0, 24.0)?;
        check_range("room", self.room, "two rising numbers from 0.05 to 10", 0.05, 10.0)?;
        check_range("noise", self.noise, "two rising numbers from -20 to 120", -20.0, 120.0)?;
        check("gain", self.gain, "from 0 to 60", 0.0, 60.0)
    }

    /// Returns a changed copy of a recording. Its length changes with the tempo only.
    ///
    /// # Errors
    /// As [`check`](Self::check), and for a signal that is empty, too short for a change of tempo or pitch (1,024 samples), or
    /// holds NaN or infinity.
    pub fn apply<T: Float>(&self, samples: &[T], sample_rate: u32, seed: u64) -> Result<Vec<T>> {
        self.check()?;
        crate::check::check_finite(samples)?;
        if samples.is_empty() {
            return Err(DspError::EmptySignal.into());
        }
        let mut changed = samples.to_vec();
        if self.tempo > 1.0 {
            let rate = self.tempo.powf(draw(&mut stream(seed, 0), [-1.0, 1.0]));
            changed = time_stretch(&changed, rate, &StftConfig::default())?;
        }
        if self.pitch > 0.0 {
            let n_steps = self.pitch * draw(&mut stream(seed, 1), [-1.0, 1.0]);
            changed = pitch_shift(&changed, n_steps, &StftConfig::default())?;
        }
        if let Some(times) = self.room {
            let mut rng = stream(seed, 2);
            let t60 = draw(&mut rng, times);
            let room: Vec<T> = impulse_response(t60, sample_rate, &mut rng).into_iter().map(T::of).collect();
            let n = changed.len();
            changed = convolve(&changed, &room)?;
            changed.truncate(n);
        }
        if let Some(ratios) = self.noise {
            add_noise(&mut changed, ratios, &mut stream(seed, 3));
        }
        if self.gain > 0.0 {
            let gain = self.gain * draw(&mut stream(seed, 4), [-1.0, 1.0]);
            let factor = T::of(10_f64.powf(gain / 20.0));
            for x in &mut changed {
                *x *= factor;
            }
        }
        Ok(changed)
    }
}

fn check(name: &'static str, value: f64, bound: &'static str, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(DspError::Parameter { name, bound, value }.into())
}

fn check_range(
    name: &'static str,
    range: Option<[f64; 2]>,
    bound: &'static str,
    least: f64,
    most: f64,
) -> Result<()> {
    let Some([low, high]) = range else { return Ok(()) };
    check(name, low, bound, least, most)?;
    check(name, high, bound, low, most)
}

/// The generator of one kind of change.
fn stream(seed: u64, kind: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(kind);
    rng
}

/// A number drawn uniformly from a range.
fn draw(rng: &mut ChaCha8Rng, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A number of the standard normal distribution (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// An impulse, and noise that decays by 60 dB in `t60` seconds.
fn impulse_response(t60: f64, sample_rate: u32, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let n = (t60 * f64::from(sample_rate)).ceil().max(1.0);
    let mut tail: Vec<f64> =
        (1..=n as usize).map(|i| normal(rng) * 10_f64.powf(-3.0 * i as f64 / n)).collect();
    let energy: f64 = tail.iter().map(|x| x * x).sum();
    let scale = (REVERBERATION / energy.max(f64::MIN_POSITIVE)).sqrt();
    for x in &mut tail {
        *x *= scale;
    }
    tail.insert(0, 1.0);
    tail
}

/// Adds white noise at a ratio to the signal's mean power that is drawn from `ratios`, in dB.
fn add_noise<T: Float>(samples: &mut [T], ratios: [f64; 2], rng: &mut ChaCha8Rng) {
    let power = samples.iter().map(|x| x.to_f64().powi(2)).sum::<f64>() / samples.len() as f64;
    let deviation = (power * 10_f64.powf(-draw(rng, ratios) / 10.0)).sqrt();
    for x in samples {
        *x += T::of(deviation * normal(rng));
    }
}
