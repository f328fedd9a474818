//! The composition of a track: its key, mode, tempo, progression, patterns, instruments and mix.

use super::instrument::Voice;
use super::oscillator::Vibrato;
use super::style::{Character, Figure, Instrument, Line, Mode, Motion, Range, Style};
use super::{drums::Drum, math::exp2};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Progressions as degrees of the scale, shared by all styles.
const PROGRESSIONS: [&[usize]; 10] = [
    &[0, 3, 4, 0],
    &[0, 4, 5, 3],
    &[0, 5, 3, 4],
    &[1, 4, 0, 0],
    &[0, 6, 5, 4],
    &[0, 3, 0, 4],
    &[5, 3, 0, 4],
    &[0, 2, 3, 4],
    &[0, 0, 3, 3],
    &[0, 6, 3, 0],
];

/// Probability that a part uses one of the style's own instruments; otherwise it uses any.
const OWN_INSTRUMENT: f64 = 0.9;

/// The decisions behind a track.
#[derive(Debug)]
pub(super) struct Composition {
    pub(super) character: &'static Character,
    /// Length of one step of a pattern, in seconds.
    pub(super) step: f64,
    /// Delay of every other step, as a share of a step.
    pub(super) swing: f64,
    /// Silence before the first bar, in seconds.
    pub(super) lead: f64,
    /// Transposition of all parts, in semitones.
    pub(super) key: i32,
    pub(super) mode: Mode,
    pub(super) progression: &'static [usize],
    pub(super) bars_per_chord: usize,
    pub(super) groove: &'static [(Drum, &'static str)],
    pub(super) figure: Figure,
    pub(super) chords: Part,
    pub(super) bass: Part,
    pub(super) melody: Part,
    pub(super) mix: Mix,
}

/// One part of a track.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) line: &'static Line,
    pub(super) pattern: &'static str,
    pub(super) voice: Voice,
    pub(super) movement: Movement,
    /// Level in dB.
    pub(super) level: f64,
}

/// A [`Motion`] with the values of one track.
#[derive(Clone, Copy, Debug)]
pub(super) enum Movement {
    Still,
    Tremolo { hz: f64, depth: f64 },
    Open { seconds: f64 },
    Close { seconds: f64 },
    Duck { seconds: f64, depth: f64 },
}

/// The mix and the recording of the parts.
#[derive(Debug)]
pub(super) struct Mix {
    /// Level of the drums in dB.
    pub(super) drums: f64,
    /// Feedback of the echo, and its delay in seconds.
    pub(super) echo: (f64, f64),
    /// Level of the reverberation, and its length in seconds.
    pub(super) reverb: (f64, f64),
    /// Low shelf, peak, high shelf: frequency in Hz and gain in dB.
    pub(super) equalizer: [(f64, f64); 3],
    /// Highest frequency of the recording in Hz; may be infinite.
    pub(super) bandwidth: f64,
    /// Bits per sample.
    pub(super) bits: u32,
    /// Level of the background noise in dB, relative to the music.
    pub(super) noise: f64,
    /// Root mean square of the track in dB of full scale.
    pub(super) level: f64,
}

impl Composition {
    pub(super) fn new(style: Style, rng: &mut ChaCha8Rng) -> Self {
        let character = style.character();
        let beat = 60.0 / draw(character.tempo, rng);
        Self {
            character,
            step: beat / character.steps_per_beat as f64,
            swing: draw(character.swing, rng),
            lead: draw((0.0, beat), rng),
            key: rng.random_range(-6..6),
            mode: pick(character.modes, rng),
            progression: pick(&PROGRESSIONS, rng),
            bars_per_chord: pick(character.bars_per_chord, rng),
            groove: pick(character.grooves, rng),
            figure: character.figure,
            chords: Part::new(&character.chords, beat, rng),
            bass: Part::new(&character.bass, beat, rng),
            melody: Part::new(&character.melody, beat, rng),
            mix: Mix::new(character, beat, rng),
        }
    }
}

impl Part {
    fn new(line: &'static Line, beat: f64, rng: &mut ChaCha8Rng) -> Self {
        let own = rng.random_bool(OWN_INSTRUMENT);
        let instrument = pick(if own { line.instruments } else { &Instrument::ALL }, rng);
        let vibrato = Vibrato {
            rate: draw((4.5, 6.5), rng),
            depth: if rng.random_bool(0.5) { draw((0.05, 0.35), rng) } else { 0.0 },
        };
        let movement = match line.motion {
            Motion::Still => Movement::Still,
            Motion::Tremolo(hz, depth) => Movement::Tremolo { hz: draw(hz, rng), depth },
            Motion::Open(beats) => Movement::Open { seconds: beats * beat },
            Motion::Close(beats) => Movement::Close { seconds: beats * beat },
            Motion::Duck(beats, depth) => Movement::Duck { seconds: beats * beat, depth },
        };
        Self {
            line,
            pattern: pick(line.patterns, rng),
            voice: Voice::new(instrument, vibrato, rng),
            movement,
            level: line.level + draw((-2.0, 2.0), rng),
        }
    }
}

impl Mix {
    fn new(character: &Character, beat: f64, rng: &mut ChaCha8Rng) -> Self {
        let narrow = rng.random_bool(0.2);
        Self {
            drums: character.drums + draw((-2.5, 2.5), rng),
            echo: (draw(character.echo, rng), pick(&[0.5, 0.75, 1.0], rng) * beat),
            reverb: (draw(character.reverb, rng), draw((0.5, 2.5), rng)),
            equalizer: [
                (geometric((120.0, 400.0), rng), draw((-4.0, 4.0), rng)),
                (geometric((500.0, 2_500.0), rng), draw((-4.0, 4.0), rng)),
                (geometric((2_000.0, 5_000.0), rng), draw((-5.0, 5.0), rng)),
            ],
            bandwidth: if narrow { geometric((3_500.0, 9_000.0), rng) } else { f64::INFINITY },
            bits: rng.random_range(9..=16),
            noise: draw((-70.0, -38.0), rng),
            level: draw((-28.0, -14.0), rng),
        }
    }
}

fn pick<T: Copy>(choices: &[T], rng: &mut ChaCha8Rng) -> T {
    choices[rng.random_range(0..choices.len())]
}

/// A uniform value between the ends of a range.
pub(super) fn draw((low, high): Range, rng: &mut ChaCha8Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A value between the ends of a range, uniform on a logarithmic scale.
fn geometric((low, high): Range, rng: &mut ChaCha8Rng) -> f64 {
    low * exp2(super::math::log2(high / low) * rng.random::<f64>())
}
