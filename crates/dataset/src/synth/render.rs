//! The rendering of a track: every part on its own, then the room, then the recording.

use super::arrangement::Arrangement;
use super::composition::{Composition, Mix, Movement, Part};
use super::drums::Kit;
use super::effects::{Biquad, comb, filter, quantize, reverberate, saturate};
use super::math::{amplitude, cosine, exp2, sine};
use super::oscillator::{CONTROL_BLOCK, Note, raised_cosine};
use super::style::Style;
use crate::rng::stream;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Cutoff frequencies in Hz of a moving filter, closed and open.
const SWEEP: (f64, f64) = (250.0, 5_000.0);

/// Renders a track; [`SyntheticConfig`](super::SyntheticConfig) has checked the arguments.
pub(super) fn track(style: Style, seed: u64, index: usize, seconds: f64, sample_rate: u32) -> Vec<f32> {
    let rng = |purpose: &str| stream(seed, &format!("synth/{style}/{index}/{purpose}"));
    let composition = Composition::new(style, &mut rng("composition"));
    let arrangement = Arrangement::new(&composition, seconds, &mut rng("arrangement"));
    let sample_rate = f64::from(sample_rate);
    let n = (seconds * sample_rate).round() as usize;
    let mut sound = rng("sound");

    let mut music = vec![0.0f32; n];
    let mut bus = vec![0.0f32; n];
    for (part, notes) in
        [(&composition.chords, &arrangement.chords), (&composition.melody, &arrangement.melody)]
    {
        perform(part, notes, &composition, sample_rate, &mut sound, &mut bus);
        mix_in(&mut music, &mut bus, part.level);
    }
    let (feedback, delay) = composition.mix.echo;
    comb(&mut music, (delay * sample_rate) as usize, feedback as f32);
    perform(&composition.bass, &arrangement.bass, &composition, sample_rate, &mut sound, &mut bus);
    mix_in(&mut music, &mut bus, composition.bass.level);
    Kit::new(sample_rate, &mut sound).play(&arrangement.hits, sample_rate, &mut bus);
    mix_in(&mut music, &mut bus, composition.mix.drums);

    record(&mut music, &composition.mix, sample_rate, &mut rng("noise"));
    music
}

fn perform(
    part: &Part,
    notes: &[Note],
    composition: &Composition,
    sample_rate: f64,
    rng: &mut ChaCha8Rng,
    bus: &mut [f32],
) {
    for note in notes {
        part.voice.play(note, &part.line.envelope, sample_rate, rng, bus);
    }
    part.movement.apply(composition.lead, sample_rate, bus);
}

/// Adds the bus to the mix at a root mean square of `level` dB, then clears the bus.
fn mix_in(mix: &mut [f32], bus: &mut [f32], level: f64) {
    let gain = normalizer(bus, level);
    for (sum, value) in mix.iter_mut().zip(bus) {
        *sum += gain * *value;
        *value = 0.0;
    }
}

/// The gain that brings samples to a root mean square of `level` dB; 0 for silence.
fn normalizer(samples: &[f32], level: f64) -> f32 {
    let power = samples.chunks(1024).map(|c| f64::from(c.iter().map(|v| v * v).sum::<f32>())).sum::<f64>()
        / samples.len().max(1) as f64;
    if power > 1e-20 { (amplitude(level) / power.sqrt()) as f32 } else { 0.0 }
}

/// Applies the room, the background noise, the equalizer, the bandwidth, the level and the bits of a recording.
fn record(music: &mut [f32], mix: &Mix, sample_rate: f64, rng: &mut ChaCha8Rng) {
    let (level, t60) = mix.reverb;
    let wet = reverberate(music, t60, sample_rate);
    let gain = normalizer(music, 0.0);
    let wet_gain = gain * level as f32;
    let hiss = amplitude(mix.noise) as f32 * 3.0f32.sqrt();
    for (sample, wet) in music.iter_mut().zip(wet) {
        *sample = gain * *sample + wet_gain * wet + hiss * rng.random_range(-1.0f32..1.0);
    }
    let [low, middle, high] = mix.equalizer;
    filter(
        &[
            Biquad::low_shelf(low.0, low.1, sample_rate),
            Biquad::peak(middle.0, middle.1, 0.8, sample_rate),
            Biquad::high_shelf(high.0, high.1, sample_rate),
        ],
        music,
    );
    if mix.bandwidth.is_finite() {
        filter(&[Biquad::low_pass(mix.bandwidth, 0.7, sample_rate)], music);
    }
    let gain = normalizer(music, mix.level);
    for sample in music.iter_mut() {
        *sample = saturate(gain * *sample);
    }
    quantize(music, mix.bits);
}

impl Movement {
    /// Applies the movement to a part whose first beat comes after `lead` seconds.
    fn apply(self, lead: f64, sample_rate: f64, bus: &mut [f32]) {
        let phase = |t: f64, seconds: f64| {
            let turns = (t - lead) / seconds;
            turns - turns.floor()
        };
        match self {
            Self::Still => {}
            Self::Tremolo { hz, depth } => {
                scale(bus, sample_rate, |t| raised_cosine(hz * t, depth));
            }
            Self::Duck { seconds, depth } => {
                scale(bus, sample_rate, |t| {
                    let left = 1.0 - phase(t, seconds);
                    1.0 - depth * left * left
                });
            }
            Self::Open { seconds } => sweep(bus, sample_rate, |t| phase(t, seconds)),
            Self::Close { seconds } => sweep(bus, sample_rate, |t| 1.0 - phase(t, seconds)),
        }
    }
}

/// Multiplies the samples by a gain, a function of the time in seconds.
fn scale(bus: &mut [f32], sample_rate: f64, gain: impl Fn(f64) -> f64) {
    let mut level = gain(0.0) as f32;
    for (k, block) in bus.chunks_mut(CONTROL_BLOCK).enumerate() {
        let target = gain((k + 1) as f64 * CONTROL_BLOCK as f64 / sample_rate) as f32;
        let slope = (target - level) / CONTROL_BLOCK as f32;
        for sample in block {
            level += slope;
            *sample *= level;
        }
    }
}

/// Filters the samples with a resonant low-pass (state-variable, trapezoidal integration) whose opening, from 0 to 1, is a
/// function of the time in seconds.
fn sweep(bus: &mut [f32], sample_rate: f64, opening: impl Fn(f64) -> f64) {
    const RESONANCE: f64 = 0.35;
    let octaves = super::math::log2(SWEEP.1 / SWEEP.0);
    let (mut band, mut low) = (0.0f32, 0.0f32);
    for (k, block) in bus.chunks_mut(CONTROL_BLOCK).enumerate() {
        let t = k as f64 * CONTROL_BLOCK as f64 / sample_rate;
        let turns = (0.5 * SWEEP.0 * exp2(octaves * opening(t)) / sample_rate).min(0.22);
        let g = sine(turns) / cosine(turns);
        let a1 = 1.0 / (1.0 + g * (g + RESONANCE));
        let (a1, a2, a3) = (a1 as f32, (g * a1) as f32, (g * g * a1) as f32);
        for sample in block {
            let high = *sample - low;
            let v1 = a1 * band + a2 * high;
            let v2 = low + a2 * band + a3 * high;
            band = 2.0 * v1 - band;
            low = 2.0 * v2 - low;
            *sample = v2;
        }
    }
}
