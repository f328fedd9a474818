//! The plucked string of Karplus and Strong, tuned as by Jaffe and Smith.

use super::math::{decay, frequency};
use super::oscillator::{Envelope, Note, each_block};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A plucked string: a burst of noise that circulates in a delay line of one period and loses its high frequencies in
/// every round.
///
/// `y[n] = x[n] + g ((1 - s) y[n - N] + s y[n - N - 1])`, where a first-order all-pass filter adds the fractional part of
/// the period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pluck {
    /// Share of the older sample in the loop's average, 0 to 0.5; a greater share damps high frequencies faster.
    pub(super) damping: f64,
    /// Time in which the fundamental falls by 60 dB, in seconds.
    pub(super) t60: f64,
    /// Brightness of the noise burst, 0 (dull) to 1 (white).
    pub(super) brightness: f64,
}

impl Pluck {
    pub(super) fn play(
        &self,
        note: &Note,
        envelope: &Envelope,
        sample_rate: f64,
        rng: &mut ChaCha8Rng,
        out: &mut [f32],
    ) {
        let hz = frequency(note.pitch);
        let period = sample_rate / hz - self.damping;
        if period < 3.0 {
            return;
        }
        let whole = (period - 0.2) as usize;
        let fraction = period - whole as f64;
        let allpass = ((1.0 - fraction) / (1.0 + fraction)) as f32;
        let loss = decay(1.0 / hz, self.t60) as f32;
        let (newer, older) = (loss * (1.0 - self.damping) as f32, loss * self.damping as f32);

        let mut line = self.burst(whole, rng);
        let (mut position, mut last, mut last_in, mut last_out) = (0, 0.0f32, 0.0f32, 0.0f32);
        each_block(note, envelope, sample_rate, out, |_, block, levels| {
            for (sample, level) in block.iter_mut().zip(levels) {
                let value = line[position];
                *sample += level * value;
                let averaged = newer * value + older * last;
                last = value;
                let tuned = allpass * (averaged - last_out) + last_in;
                last_in = averaged;
                last_out = tuned;
                line[position] = tuned;
                position += 1;
                if position == whole {
                    position = 0;
                }
            }
        });
    }

    /// One period of noise with mean 0 and root mean square 1.
    fn burst(&self, n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let keep = 1.0 - self.brightness as f32;
        let mut smooth = 0.0f32;
        let mut line: Vec<f32> = (0..n)
            .map(|_| {
                smooth = keep * smooth + (1.0 - keep) * rng.random_range(-1.0f32..1.0);
                smooth
            })
            .collect();
        let mean = line.iter().sum::<f32>() / n as f32;
        let power = line.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n as f32;
        let scale = 1.0 / power.sqrt().max(1e-6);
        for value in &mut line {
            *value = (*value - mean) * scale;
        }
        line
    }
}
