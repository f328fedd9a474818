//! The ten styles, and the vocabulary in which [`characters`](super::characters) describes them.

use super::drums::Drum;
use super::oscillator::Envelope;
use std::fmt;

/// One of the ten styles of the synthetic set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Long swelling chords under a slow filter.
    Ambient,
    /// Slow broken chords over a backbeat.
    Ballad,
    /// Syncopated plucked chords, rim clicks and shaker.
    Bossa,
    /// Chords broken so fast that they blur into one tone.
    Chiptune,
    /// Off-beat stabs that echo.
    Dub,
    /// Sixteenths whose filter opens on every stroke.
    Funk,
    /// Drum rolls and short chords between the beats.
    March,
    /// Rapidly repeated plucks and gliding notes over a drone.
    Raga,
    /// A kick on every beat that ducks the chords.
    Techno,
    /// Three beats, chords on the second and third, tremolo.
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

    /// The class name, in lower case.
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

/// The least and the greatest value that a track draws between, evenly.
pub(super) type Range = (f64, f64);

/// What the tracks of a style have in common.
///
/// A pattern has one character a step: `x` a note, `o` a soft one, `-` the note goes on, `.` silence; in a bass `5` is
/// the fifth, `8` the octave, `w` a step of the scale. A pattern shorter than the bar repeats.
#[derive(Debug)]
pub(super) struct Character {
    /// Beats a minute.
    pub(super) tempo: Range,
    pub(super) beats_per_bar: usize,
    /// Steps of a pattern that make a beat.
    pub(super) steps_per_beat: usize,
    /// How much of a step every second step comes late.
    pub(super) swing: Range,
    pub(super) modes: &'static [Mode],
    pub(super) bars_per_chord: &'static [usize],
    /// A track takes one of these kits of patterns.
    pub(super) grooves: &'static [&'static [(Drum, &'static str)]],
    pub(super) chords: Line,
    /// How the notes of a chord are spread.
    pub(super) figure: Figure,
    pub(super) bass: Line,
    pub(super) melody: Line,
    /// Share of the chords and melody that comes back as echo; 0 to 0.8.
    pub(super) echo: Range,
    /// Level of the reverberation, 0 to 1.
    pub(super) reverb: Range,
    /// Level of the drums in dB.
    pub(super) drums: f64,
}

/// What one part of a style plays and how.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) patterns: &'static [&'static str],
    /// The instruments most of its tracks use; the others take any.
    pub(super) instruments: &'static [Instrument],
    pub(super) envelope: Envelope,
    pub(super) motion: Motion,
    /// Level in dB.
    pub(super) level: f64,
}

/// How the notes of a chord are spread in time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// Together, the strings struck within so many seconds.
    Strum(f64),
    /// One after the other, so many a step.
    Broken(f64),
}

/// A movement of loudness or timbre.
#[derive(Clone, Copy, Debug)]
pub(super) enum Motion {
    Still,
    /// Loudness swings so many times a second, by so much.
    Tremolo(Range, f64),
    /// A resonant low-pass opens within every so many beats, and starts again closed.
    Open(f64),
    /// The same backwards.
    Close(f64),
    /// Loudness drops at every so many beats by so much, and recovers.
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
    /// Semitones above the key of the seven degrees.
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

/// A recipe for a voice; every track draws its details anew.
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
