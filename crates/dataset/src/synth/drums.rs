//! Percussion: one-shots of decaying sines and filtered noise, tuned for each track.

use super::math::{decay, exp2, sine};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// An instrument of the drum kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drum {
    Kick,
    Snare,
    Hat,
    OpenHat,
    Rim,
    LowTom,
    HighTom,
    Shaker,
}

impl Drum {
    const ALL: [Self; 8] = [
        Self::Kick,
        Self::Snare,
        Self::Hat,
        Self::OpenHat,
        Self::Rim,
        Self::LowTom,
        Self::HighTom,
        Self::Shaker,
    ];

    /// The tone (Hz, semitones by which it falls, seconds to -60 dB, level) and the noise (seconds to -60 dB, level, low
    /// and high edge of its band in Hz, seconds of attack) of the drum.
    const fn recipe(self) -> Recipe {
        match self {
            Self::Kick => Recipe::new([50.0, 24.0, 0.35, 1.0], [0.02, 0.3, 200.0, 5_000.0, 0.0]),
            Self::Snare => Recipe::new([190.0, 5.0, 0.16, 0.5], [0.24, 0.5, 900.0, 7_500.0, 0.0]),
            Self::Hat => Recipe::new([0.0, 0.0, 0.1, 0.0], [0.08, 0.35, 5_000.0, 10_000.0, 0.0]),
            Self::OpenHat => Recipe::new([0.0, 0.0, 0.1, 0.0], [0.45, 0.3, 4_500.0, 10_000.0, 0.0]),
            Self::Rim => Recipe::new([1_050.0, 1.0, 0.07, 0.6], [0.015, 0.4, 1_500.0, 6_000.0, 0.0]),
            Self::LowTom => Recipe::new([85.0, 7.0, 0.45, 0.9], [0.03, 0.15, 400.0, 3_000.0, 0.0]),
            Self::HighTom => Recipe::new([290.0, -4.0, 0.22, 0.7], [0.04, 0.2, 800.0, 5_000.0, 0.0]),
            Self::Shaker => Recipe::new([0.0, 0.0, 0.1, 0.0], [0.12, 0.25, 3_500.0, 9_000.0, 0.025]),
        }
    }
}

struct Recipe {
    tone: [f64; 4],
    noise: [f64; 5],
}

impl Recipe {
    const fn new(tone: [f64; 4], noise: [f64; 5]) -> Self {
        Self { tone, noise }
    }
}

/// One stroke on a drum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// Time in seconds.
    pub(super) time: f64,
    pub(super) drum: Drum,
    /// Amplitude.
    pub(super) gain: f64,
}

/// The drum kit of a track: one rendered stroke per drum.
#[derive(Debug)]
pub(super) struct Kit {
    shots: Vec<Vec<f32>>,
}

impl Kit {
    /// Renders each drum with a random tuning, within a few semitones, and a random length, within a factor of two.
    pub(super) fn new(sample_rate: f64, rng: &mut ChaCha8Rng) -> Self {
        let shots = Drum::ALL
            .iter()
            .map(|drum| {
                let tuning = exp2(rng.random_range(-0.3..0.3));
                let length = exp2(rng.random_range(-0.5..0.5));
                one_shot(&drum.recipe(), tuning, length, sample_rate, rng)
            })
            .collect();
        Self { shots }
    }

    /// Adds strokes to `out`.
    pub(super) fn play(&self, hits: &[Hit], sample_rate: f64, out: &mut [f32]) {
        for hit in hits {
            let begin = ((hit.time.max(0.0) * sample_rate) as usize).min(out.len());
            let gain = hit.gain as f32;
            for (sample, value) in out[begin..].iter_mut().zip(&self.shots[hit.drum as usize]) {
                *sample += gain * value;
            }
        }
    }
}

fn one_shot(recipe: &Recipe, tuning: f64, length: f64, sample_rate: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let [hz, fall, tone_t60, tone_level] = recipe.tone;
    let [noise_t60, noise_level, low, high, attack] = recipe.noise;
    let seconds = length * if tone_level > 0.0 { tone_t60.max(noise_t60) } else { noise_t60 } + attack;
    let n = (seconds * sample_rate) as usize;
    let tone_ratio = decay(1.0 / sample_rate, tone_t60 * length);
    let noise_ratio = decay(1.0 / sample_rate, noise_t60 * length);
    let audible = hz * tuning * exp2(fall.max(0.0) / 12.0) < 0.5 * sample_rate;
    let mut tone = if audible { tone_level } else { 0.0 };
    let mut noise = noise_level;
    let mut band = Band::new(low * tuning, high * tuning, sample_rate);
    let mut phase = 0.0;
    (0..n)
        .map(|i| {
            let t = i as f64 / sample_rate;
            let mut value = 0.0;
            if tone > 1e-4 {
                phase += hz * tuning * exp2(fall / 12.0 * decay(t, 0.12)) / sample_rate;
                value += tone * sine(phase);
                tone *= tone_ratio;
            }
            let swell = if t < attack { t / attack } else { 1.0 };
            value += noise * swell * band.next(rng.random_range(-1.0..1.0));
            if t >= attack {
                noise *= noise_ratio;
            }
            value as f32
        })
        .collect()
}

/// A band-pass for white noise: the difference of two one-pole low-passes, with a gain that restores the power.
struct Band {
    keep: [f64; 2],
    state: [f64; 2],
    gain: f64,
}

impl Band {
    fn new(low: f64, high: f64, sample_rate: f64) -> Self {
        let keep =
            |hz: f64| exp2(-std::f64::consts::TAU * (hz / sample_rate).min(0.5) / std::f64::consts::LN_2);
        let width = ((high - low).max(1.0) / (0.5 * sample_rate)).min(1.0);
        Self { keep: [keep(low), keep(high)], state: [0.0; 2], gain: 1.0 / width.sqrt() }
    }

    fn next(&mut self, white: f64) -> f64 {
        for (state, keep) in self.state.iter_mut().zip(self.keep) {
            *state = keep * *state + (1.0 - keep) * white;
        }
        self.gain * (self.state[1] - self.state[0])
    }
}
