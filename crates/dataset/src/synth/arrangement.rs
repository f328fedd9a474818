//! The arrangement of a composition: every stroke and note of a track with its time.

use super::composition::{Composition, draw};
use super::drums::Hit;
use super::oscillator::Note;
use super::style::Figure;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The strokes and notes of a track, by part.
#[derive(Debug)]
pub(super) struct Arrangement {
    pub(super) hits: Vec<Hit>,
    pub(super) chords: Vec<Note>,
    pub(super) bass: Vec<Note>,
    pub(super) melody: Vec<Note>,
}

/// Probability of leaving out a drum stroke or a note of the melody.
const OMITTED: f64 = 0.03;
/// Greatest distance of a stroke or note from the beat, in seconds.
const TIMING_ERROR: f64 = 0.006;
/// MIDI number of the tonic of each part, before the transposition of the track.
const BASS: i32 = 36;
const CHORDS: i32 = 54;
const MELODY: i32 = 66;

impl Arrangement {
    /// Arranges `seconds` of the composition.
    pub(super) fn new(composition: &Composition, seconds: f64, rng: &mut ChaCha8Rng) -> Self {
        let character = composition.character;
        let steps_per_bar = character.beats_per_bar * character.steps_per_beat;
        let bars = ((seconds - composition.lead) / (composition.step * steps_per_bar as f64)).ceil().max(0.0);
        let mut arrangement = Self { hits: vec![], chords: vec![], bass: vec![], melody: vec![] };
        let motif = motif(steps_per_bar, rng);
        let (mut melody_plays, mut degree) = (true, 0);
        for bar in 0..bars as usize {
            let first = bar * steps_per_bar;
            let chord =
                composition.progression[bar / composition.bars_per_chord % composition.progression.len()];
            if bar % 4 == 0 {
                melody_plays = rng.random_bool(0.85);
                degree = rng.random_range(-2..3);
            }
            arrangement.drum(composition, first, steps_per_bar, rng);
            arrangement.accompany(composition, first, steps_per_bar, chord, rng);
            arrangement.walk(composition, first, steps_per_bar, chord, rng);
            if melody_plays {
                arrangement.sing(composition, first, steps_per_bar, chord as i32 + degree, &motif, rng);
            }
        }
        arrangement
    }

    fn drum(&mut self, composition: &Composition, first: usize, n: usize, rng: &mut ChaCha8Rng) {
        for &(drum, pattern) in composition.groove {
            for stroke in strokes(pattern, n) {
                if rng.random_bool(OMITTED) {
                    continue;
                }
                let time =
                    time_of(composition, first + stroke.step) + draw((-TIMING_ERROR, TIMING_ERROR), rng);
                self.hits.push(Hit { time, drum, gain: stroke.gain(rng) });
            }
        }
    }

    fn accompany(
        &mut self,
        composition: &Composition,
        first: usize,
        n: usize,
        chord: usize,
        rng: &mut ChaCha8Rng,
    ) {
        for stroke in strokes(composition.chords.pattern, n) {
            let start = time_of(composition, first + stroke.step);
            let length = stroke.steps as f64 * composition.step;
            let gain = stroke.gain(rng);
            let tone =
                |k: usize| pitch(composition, CHORDS, (chord + 2 * (k % 3)) as i32 + 7 * (k / 3) as i32);
            match composition.figure {
                Figure::Strum(spread) => {
                    for k in 0..3 {
                        let start = start + k as f64 * spread + draw((0.0, TIMING_ERROR), rng);
                        self.chords.push(Note { start, length, pitch: tone(k), gain });
                    }
                }
                Figure::Broken(per_step) => {
                    let every = composition.step / per_step;
                    for i in 0..(length / every + 0.01) as usize {
                        let k = [0, 1, 2, 3, 2, 1][i % 6];
                        let start = start + i as f64 * every;
                        self.chords.push(Note { start, length: every, pitch: tone(k), gain });
                    }
                }
            }
        }
    }

    fn walk(
        &mut self,
        composition: &Composition,
        first: usize,
        n: usize,
        chord: usize,
        rng: &mut ChaCha8Rng,
    ) {
        for stroke in strokes(composition.bass.pattern, n) {
            let degree = chord as i32
                + match stroke.mark {
                    b'5' => 4,
                    b'8' => 7,
                    b'w' => rng.random_range(1..4),
                    _ => 0,
                };
            self.bass.push(Note {
                start: time_of(composition, first + stroke.step) + draw((0.0, TIMING_ERROR), rng),
                length: stroke.steps as f64 * composition.step,
                pitch: pitch(composition, BASS, degree),
                gain: stroke.gain(rng),
            });
        }
    }

    fn sing(
        &mut self,
        composition: &Composition,
        first: usize,
        n: usize,
        degree: i32,
        motif: &[i32],
        rng: &mut ChaCha8Rng,
    ) {
        for stroke in strokes(composition.melody.pattern, n) {
            if rng.random_bool(OMITTED) {
                continue;
            }
            let ornament = if rng.random_bool(0.15) { rng.random_range(-1..=1) } else { 0 };
            self.melody.push(Note {
                start: time_of(composition, first + stroke.step) + draw((0.0, TIMING_ERROR), rng),
                length: stroke.steps as f64 * composition.step,
                pitch: pitch(composition, MELODY, degree + motif[stroke.step] + ornament),
                gain: stroke.gain(rng),
            });
        }
    }
}

/// A note of a pattern.
struct Stroke {
    /// The step at which it begins.
    step: usize,
    /// Its length in steps.
    steps: usize,
    /// Its character in the pattern.
    mark: u8,
}

impl Stroke {
    fn gain(&self, rng: &mut ChaCha8Rng) -> f64 {
        let level = if self.mark == b'o' { 0.4 } else { 1.0 };
        level * draw((0.8, 1.0), rng)
    }
}

/// The notes of a pattern that is repeated to `n` steps.
fn strokes(pattern: &'static str, n: usize) -> impl Iterator<Item = Stroke> {
    let marks = pattern.as_bytes();
    (0..n).filter(|step| !matches!(marks[step % marks.len()], b'.' | b'-')).map(move |step| {
        let held = (step + 1..n).take_while(|next| marks[next % marks.len()] == b'-').count();
        Stroke { step, steps: 1 + held, mark: marks[step % marks.len()] }
    })
}

fn time_of(composition: &Composition, step: usize) -> f64 {
    let late = if step % 2 == 1 { composition.swing } else { 0.0 };
    composition.lead + (step as f64 + late) * composition.step
}

/// The MIDI number of a degree of the track's scale; degrees continue into other octaves.
fn pitch(composition: &Composition, base: i32, degree: i32) -> f64 {
    let octave = degree.div_euclid(7);
    let semitone = composition.mode.degrees()[degree.rem_euclid(7) as usize];
    f64::from(base + composition.key + 12 * octave + semitone)
}

/// A random walk over the degrees of the scale, one value per step of the bar, within an octave.
fn motif(n: usize, rng: &mut ChaCha8Rng) -> Vec<i32> {
    let mut degree = 0i32;
    (0..n)
        .map(|_| {
            degree = (degree + rng.random_range(-2..=2)).clamp(-4, 4);
            degree
        })
        .collect()
}
