//! Instruments: the voice of each, with details drawn per track.

use super::math::exp2;
use super::oscillator::{Additive, Envelope, Fm, Note, Spectrum, Table, Vibrato};
use super::pluck::Pluck;
use super::style::Instrument;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A voice that plays notes.
#[derive(Debug)]
pub(super) enum Voice {
    Additive(Additive),
    Fm(Fm, Table),
    Pluck(Pluck),
}

impl Voice {
    /// Draws the details of an instrument for one track.
    pub(super) fn new(instrument: Instrument, vibrato: Vibrato, rng: &mut ChaCha8Rng) -> Self {
        let mut near = |value: f64| value * exp2(rng.random_range(-0.4..0.4));
        match instrument {
            Instrument::Organ => Self::additive([1.3, 0.8, 4.0, 0.5], near(2.0), vibrato, near(1.0)),
            Instrument::Reed => Self::additive([0.9, 0.5, 6.0, 0.8], near(9.0), vibrato, near(1.0)),
            Instrument::Strings => Self::additive([1.1, 1.0, 3.0, 0.3], near(8.0), vibrato, near(1.0)),
            Instrument::Square => Self::additive([1.0, 0.05, 2.0, 0.0], 0.0, vibrato, near(1.0)),
            Instrument::Flute => Self::additive([2.2, 0.6, 2.0, 0.3], 0.0, vibrato, near(1.0)),
            Instrument::Keys => Self::fm(1.0, near(1.4), near(1.2), vibrato),
            Instrument::Bell => Self::fm(3.5, near(1.6), near(1.5), vibrato),
            Instrument::Brass => Self::fm(1.0, near(2.8), f64::INFINITY, vibrato),
            Instrument::Nylon => Self::Pluck(Pluck { damping: 0.45, t60: near(2.0), brightness: near(0.35) }),
            Instrument::Steel => Self::Pluck(Pluck { damping: 0.3, t60: near(3.5), brightness: near(0.6) }),
            Instrument::Sitar => Self::Pluck(Pluck { damping: 0.15, t60: near(3.0), brightness: 1.0 }),
        }
    }

    fn additive([slope, even, formant, boost]: [f64; 4], detune: f64, vibrato: Vibrato, bright: f64) -> Self {
        let spectrum = Spectrum { slope: slope / bright.sqrt(), even, formant: formant * bright, boost };
        Self::Additive(Additive::new(&spectrum, detune, vibrato, &Table::sine()))
    }

    fn fm(ratio: f64, index: f64, index_decay: f64, vibrato: Vibrato) -> Self {
        Self::Fm(Fm { ratio, index, index_decay, vibrato }, Table::sine())
    }

    /// Adds a note to `out`.
    pub(super) fn play(
        &self,
        note: &Note,
        envelope: &Envelope,
        sample_rate: f64,
        rng: &mut ChaCha8Rng,
        out: &mut [f32],
    ) {
        match self {
            Self::Additive(voice) => voice.play(note, envelope, sample_rate, out),
            Self::Fm(voice, sine) => voice.play(note, envelope, sample_rate, sine, out),
            Self::Pluck(voice) => voice.play(note, envelope, sample_rate, rng, out),
        }
    }
}
