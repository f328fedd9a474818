//! The ten styles, and the vocabulary in which [`characters`](super::characters) describes them.

use super::drums::Drum;
use super::oscillator::Envelope;
use std::fmt;

/// One of the ten styles of the synthetic set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Long swelling chords and melodies, few drums.
    Ambient,
    /// Slow broken chords over a backbeat.
    Ballad,
    /// Syncopated plucked chords, rim clicks and shaker.
    Bossa,
    /// Chords broken so fast that they blur into one sound.
    Chiptune,
    /// Off-beat stabs with a long echo.
    Dub,
    /// Sixteenth chords under a filter that opens twice per beat.
    Funk,
    /// Drum rolls and short chords between the beats.
    March,
    /// Rapidly repeated plucks over a drone.
    Raga,
    /// A kick on every beat, and chords that it ducks.
    Techno,
    /// Three beats, with tremolo chords on the second and third.
    Waltz,
}

impl Style {
    /// All styles, in alphabetical order: the class indices of a [`SyntheticSet`](super::SyntheticSet).
    pub const ALL: [Self; 10] = [
        Self::Ambient,
        Self::Ballad,
        Self::Bossa,
        Self::Chiptune,
        Self::Dub,
        Self::Funk,
        Self::March,
        Self::Raga,
        Self::Techno,
        Self::Waltz,
    ];

    /// The class name: the style in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ambient => "ambient",
            Self::Ballad => "ballad",
            Self::Bossa => "bossa",
            Self::Chiptune => "chiptune",
            Self::Dub => "dub",
            Self::Funk => "funk",
            Self::March => "march",
            Self::Raga => "raga",
            Self::Techno => "techno",
            Self::Waltz => "waltz",
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The least and the greatest value of a uniform draw.
pub(super) type Range = (f64, f64);

/// The properties that the tracks of a style share.
///
/// A pattern has one character per step: `x` for a note, `o` for a soft note, `-` for a note that continues, `.` for
/// silence; in a bass also `5` for the fifth, `8` for the octave, `w` for a step of the scale. A pattern that is shorter
/// than the bar repeats.
#[derive(Debug)]
pub(super) struct Character {
    /// Beats per minute.
    pub(super) tempo: Range,
    pub(super) beats_per_bar: usize,
    /// Steps of a pattern per beat.
    pub(super) steps_per_beat: usize,
    /// Delay of every other step, as a share of a step.
    pub(super) swing: Range,
    pub(super) modes: &'static [Mode],
    pub(super) bars_per_chord: &'static [usize],
    /// Sets of drum patterns, of which a track uses one.
    pub(super) grooves: &'static [&'static [(Drum, &'static str)]],
    pub(super) chords: Line,
    /// The spread of the notes of a chord.
    pub(super) figure: Figure,
    pub(super) bass: Line,
    pub(super) melody: Line,
    /// Feedback of the echo of chords and melody, 0 to 0.8.
    pub(super) echo: Range,
    /// Level of the reverberation, 0 to 1.
    pub(super) reverb: Range,
    /// Level of the drums in dB.
    pub(super) drums: f64,
}

/// One part of a style: its patterns, instruments and sound.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) patterns: &'static [&'static str],
    /// The instruments that most tracks use; the others use any.
    pub(super) instruments: &'static [Instrument],
    pub(super) envelope: Envelope,
    pub(super) motion: Motion,
    /// Level in dB.
    pub(super) level: f64,
}

/// The spread of the notes of a chord in time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// Together, each note a number of seconds after the one before.
    Strum(f64),
    /// One after the other, a number of notes per step.
    Broken(f64),
}

/// A movement of loudness or timbre.
#[derive(Clone, Copy, Debug)]
pub(super) enum Motion {
    Still,
    /// Loudness oscillates at a rate in Hz, by a depth.
    Tremolo(Range, f64),
    /// A resonant low-pass opens over a number of beats, then starts again closed.
    Open(f64),
    /// A resonant low-pass closes over a number of beats, then starts again open.
    Close(f64),
    /// Loudness drops every number of beats by a depth, and recovers.
    Duck(f64, f64),
}

/// A scale.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    Major,
    Minor,
    Dorian,
    Mixolydian,
    Phrygian,
    Harmonic,
}

impl Mode {
    /// The seven degrees in semitones above the key.
    pub(super) const fn degrees(self) -> [i32; 7] {
        match self {
            Self::Major => [0, 2, 4, 5, 7, 9, 11],
            Self::Minor => [0, 2, 3, 5, 7, 8, 10],
            Self::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Self::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
            Self::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Self::Harmonic => [0, 2, 3, 5, 7, 8, 11],
        }
    }
}

/// An instrument; every track draws the details of its voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instrument {
    Organ,
    Reed,
    Strings,
    Square,
    Flute,
    Keys,
    Bell,
    Brass,
    Nylon,
    Steel,
    Sitar,
}

impl Instrument {
    pub(super) const ALL: [Self; 11] = [
        Self::Organ,
        Self::Reed,
        Self::Strings,
        Self::Square,
        Self::Flute,
        Self::Keys,
        Self::Bell,
        Self::Brass,
        Self::Nylon,
        Self::Steel,
        Self::Sitar,
    ];
}
