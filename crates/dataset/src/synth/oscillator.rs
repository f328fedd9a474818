//! Pitched voices of additive and frequency-modulation synthesis, and the envelope of a note.

use super::math::{cosine, decay, exp2, frequency, log2, sine};

/// Samples between two evaluations of envelope and vibrato; the envelope is linear in between, the pitch constant.
pub(super) const CONTROL_BLOCK: usize = 32;

const TABLE_BITS: u32 = 11;
const TABLE_SIZE: usize = 1 << TABLE_BITS;
const FRACTION_BITS: u32 = 32 - TABLE_BITS;
/// Number of wavetables; the last one has `2^(OCTAVES - 1)` harmonics.
const OCTAVES: usize = 7;

/// One note of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// Start in seconds.
    pub(super) start: f64,
    /// Time until the release begins, in seconds.
    pub(super) length: f64,
    /// MIDI number; may be fractional.
    pub(super) pitch: f64,
    /// Amplitude.
    pub(super) gain: f64,
}

/// The level of a note over time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    /// Time from silence to full level in seconds; at most the length of the note.
    pub(super) attack: f64,
    /// Time in which the level, after the attack, falls by 60 dB toward `sustain`, in seconds.
    pub(super) decay: f64,
    /// Level at the end of the decay, 0 to 1.
    pub(super) sustain: f64,
    /// Time in which the end of the note fades by 60 dB, in seconds.
    pub(super) release: f64,
}

impl Envelope {
    /// The level `t` seconds after the start of a note that is held for `length` seconds.
    pub(super) fn level(&self, t: f64, length: f64) -> f64 {
        if t > length {
            return self.held(length, length) * decay(t - length, self.release);
        }
        self.held(t, length)
    }

    fn held(&self, t: f64, length: f64) -> f64 {
        let attack = self.attack.min(length).max(1e-4);
        if t < attack {
            return t / attack;
        }
        self.sustain + (1.0 - self.sustain) * decay(t - attack, self.decay)
    }

    /// Time from the start of a note to its inaudible end, in seconds.
    pub(super) fn duration(&self, length: f64) -> f64 {
        length + self.release
    }
}

/// The vibrato of a voice, which sets in over the first quarter of a second of a note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vibrato {
    /// Rate in Hz.
    pub(super) rate: f64,
    /// Depth in semitones; 0 for none.
    pub(super) depth: f64,
}

impl Vibrato {
    fn semitones(&self, t: f64) -> f64 {
        if self.depth > 0.0 { self.depth * sine(self.rate * t) * (t * 4.0).min(1.0) } else { 0.0 }
    }
}

/// A wavetable: one period of a waveform, for linear interpolation.
#[derive(Clone, Debug)]
pub(super) struct Table(Box<[f32; TABLE_SIZE + 1]>);

impl Table {
    /// A sine.
    pub(super) fn sine() -> Self {
        let mut table = Box::new([0.0; TABLE_SIZE + 1]);
        for (i, value) in table.iter_mut().enumerate() {
            *value = sine(i as f64 / TABLE_SIZE as f64) as f32;
        }
        Self(table)
    }

    /// The value at a phase, where `2^32` is one period.
    #[inline]
    fn at(&self, phase: u32) -> f32 {
        let index = (phase >> FRACTION_BITS) as usize;
        let fraction = (phase & ((1 << FRACTION_BITS) - 1)) as f32 * (1.0 / (1u32 << FRACTION_BITS) as f32);
        self.0[index] + fraction * (self.0[index + 1] - self.0[index])
    }
}

/// The amplitudes of the harmonics of an additive voice: `a_h = h^-slope`, times `even` for even harmonics, plus a
/// formant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spectrum {
    pub(super) slope: f64,
    pub(super) even: f64,
    /// Harmonic at the center of the formant.
    pub(super) formant: f64,
    /// Amplitude of the formant.
    pub(super) boost: f64,
}

/// An additive voice: one wavetable per octave of band limit, played by one oscillator or by two detuned ones.
#[derive(Clone, Debug)]
pub(super) struct Additive {
    octaves: Vec<Table>,
    detune: f64,
    vibrato: Vibrato,
}

impl Additive {
    pub(super) fn new(spectrum: &Spectrum, detune: f64, vibrato: Vibrato, sine: &Table) -> Self {
        let mut sum = Box::new([0.0f32; TABLE_SIZE + 1]);
        let mut octaves = Vec::with_capacity(OCTAVES);
        let mut power = 0.0f64;
        for harmonic in 1..=1usize << (OCTAVES - 1) {
            let h = harmonic as f64;
            let distance = (h - spectrum.formant) / (0.3 * spectrum.formant).max(1.0);
            let parity = if harmonic % 2 == 0 { spectrum.even } else { 1.0 };
            let strength =
                parity * exp2(-spectrum.slope * log2(h)) + spectrum.boost / h * exp2(-distance * distance);
            power += strength * strength;
            // Schroeder's phases keep the crest factor of the sum low.
            let shift = (0.5 * h * h / 64.0 * TABLE_SIZE as f64) as usize;
            for (i, value) in sum.iter_mut().enumerate() {
                *value += strength as f32 * sine.0[(i * harmonic + shift) % TABLE_SIZE];
            }
            if harmonic.is_power_of_two() {
                let scale = (1.0 / power.sqrt()) as f32;
                octaves.push(Table(Box::new(sum.map(|value| value * scale))));
            }
        }
        Self { octaves, detune, vibrato }
    }

    pub(super) fn play(&self, note: &Note, envelope: &Envelope, sample_rate: f64, out: &mut [f32]) {
        let hz = frequency(note.pitch);
        let allowed = 0.45 * sample_rate / hz;
        let octave = (0..OCTAVES).rev().find(|&k| (1usize << k) as f64 <= allowed);
        let Some(table) = octave.map(|k| &self.octaves[k]) else { return };
        let spread = exp2(self.detune / 1200.0);
        let mut phase = [0u32, 0x5a5a_5a5a];
        each_block(note, envelope, sample_rate, out, |t, block, levels| {
            let hz = hz * exp2(self.vibrato.semitones(t) / 12.0);
            let step = [increment(hz / spread, sample_rate), increment(hz * spread, sample_rate)];
            if self.detune > 0.0 {
                for (sample, level) in block.iter_mut().zip(levels) {
                    *sample += level * 0.7 * (table.at(phase[0]) + table.at(phase[1]));
                    phase = [phase[0].wrapping_add(step[0]), phase[1].wrapping_add(step[1])];
                }
            } else {
                for (sample, level) in block.iter_mut().zip(levels) {
                    *sample += level * table.at(phase[0]);
                    phase[0] = phase[0].wrapping_add(step[0]);
                }
            }
        });
    }
}

/// Chowning's frequency-modulation voice: `sin(2 pi f t + I(t) sin(2 pi r f t))`, where the index `I` follows its own
/// decay or the envelope.
#[derive(Clone, Debug)]
pub(super) struct Fm {
    /// Modulator frequency divided by carrier frequency.
    pub(super) ratio: f64,
    /// Modulation index in radians at full level.
    pub(super) index: f64,
    /// Time in which the index falls by 60 dB, in seconds; if infinite, the index follows the envelope, as in brass.
    pub(super) index_decay: f64,
    pub(super) vibrato: Vibrato,
}

impl Fm {
    pub(super) fn play(
        &self,
        note: &Note,
        envelope: &Envelope,
        sample_rate: f64,
        sine: &Table,
        out: &mut [f32],
    ) {
        let hz = frequency(note.pitch);
        // Carson's rule: the outermost audible sideband stays below the Nyquist frequency.
        let room = (0.48 * sample_rate / hz - 1.0) / self.ratio - 1.0;
        if room < 0.0 {
            return;
        }
        let index = self.index.min(room);
        let mut phase = [0u32; 2];
        each_block(note, envelope, sample_rate, out, |t, block, levels| {
            let hz = hz * exp2(self.vibrato.semitones(t) / 12.0);
            let step = [increment(hz, sample_rate), increment(hz * self.ratio, sample_rate)];
            let shape = if self.index_decay.is_finite() {
                decay(t, self.index_decay)
            } else {
                envelope.level(t, note.length)
            };
            let depth = (index * shape / std::f64::consts::TAU * f64::from(1u32 << 31) * 2.0) as f32;
            for (sample, level) in block.iter_mut().zip(levels) {
                let modulation = (depth * sine.at(phase[1])) as i64 as u32;
                *sample += level * sine.at(phase[0].wrapping_add(modulation));
                phase = [phase[0].wrapping_add(step[0]), phase[1].wrapping_add(step[1])];
            }
        });
    }
}

/// Calls `fill(seconds since the start, samples, levels)` for every control block of a note that lies in `out`.
pub(super) fn each_block(
    note: &Note,
    envelope: &Envelope,
    sample_rate: f64,
    out: &mut [f32],
    mut fill: impl FnMut(f64, &mut [f32], &[f32]),
) {
    let begin = ((note.start * sample_rate) as usize).min(out.len());
    let n = (envelope.duration(note.length) * sample_rate) as usize;
    let end = begin.saturating_add(n).min(out.len());
    let mut levels = [0.0f32; CONTROL_BLOCK];
    let mut level = 0.0f32;
    for (k, block) in out[begin..end].chunks_mut(CONTROL_BLOCK).enumerate() {
        let t = (k * CONTROL_BLOCK) as f64 / sample_rate;
        let ahead = t + CONTROL_BLOCK as f64 / sample_rate;
        let target = (note.gain * envelope.level(ahead, note.length)) as f32;
        let slope = (target - level) / CONTROL_BLOCK as f32;
        for value in &mut levels {
            level += slope;
            *value = level;
        }
        fill(t, block, &levels);
    }
}

fn increment(hz: f64, sample_rate: f64) -> u32 {
    (hz / sample_rate * 4_294_967_296.0) as u32
}

/// A raised cosine from 1 down to `1 - depth` and back, once per turn.
pub(super) fn raised_cosine(turns: f64, depth: f64) -> f64 {
    1.0 - depth * 0.5 * (1.0 - cosine(turns))
}
