//! The table of styles, with all differences between them.
//!
//! Tempo ranges, modes and instruments overlap between styles; grooves, envelopes and motions belong to one style.

use super::drums::Drum::{Hat, HighTom, Kick, LowTom, OpenHat, Rim, Shaker, Snare};
use super::oscillator::Envelope;
use super::style::Instrument::{Bell, Brass, Flute, Keys, Nylon, Organ, Reed, Sitar, Square, Steel, Strings};
use super::style::Mode::{Dorian, Harmonic, Major, Minor, Mixolydian, Phrygian};
use super::style::{Character, Figure, Line, Motion, Style};

/// The envelope of a note that begins at once, decays within its length, and ends at once.
const SHORT: Envelope = Envelope { attack: 0.004, decay: 0.25, sustain: 0.0, release: 0.05 };
/// The envelope of a note that rings on.
const RINGING: Envelope = Envelope { attack: 0.004, decay: 2.0, sustain: 0.0, release: 0.4 };
/// The envelope of a note that keeps its level for its whole length.
const HELD: Envelope = Envelope { attack: 0.02, decay: 1.0, sustain: 0.7, release: 0.12 };
/// The envelope of a note that grows until its end.
const SWELLING: Envelope = Envelope { attack: 9.0, decay: 1.0, sustain: 1.0, release: 1.5 };

const fn line(
    patterns: &'static [&'static str],
    instruments: &'static [super::style::Instrument],
    envelope: Envelope,
    motion: Motion,
    level: f64,
) -> Line {
    Line { patterns, instruments, envelope, motion, level }
}

impl Style {
    pub(super) const fn character(self) -> &'static Character {
        match self {
            Self::Ambient => &AMBIENT,
            Self::Ballad => &BALLAD,
            Self::Bossa => &BOSSA,
            Self::Chiptune => &CHIPTUNE,
            Self::Dub => &DUB,
            Self::Funk => &FUNK,
            Self::March => &MARCH,
            Self::Raga => &RAGA,
            Self::Techno => &TECHNO,
            Self::Waltz => &WALTZ,
        }
    }
}

static AMBIENT: Character = Character {
    tempo: (70.0, 120.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.0),
    modes: &[Major, Minor, Dorian],
    bars_per_chord: &[1, 2],
    grooves: &[
        &[(Shaker, "x.......o......."), (LowTom, "o...............")],
        &[(OpenHat, "........x.......")],
    ],
    chords: line(&["x-------x-------", "x---------------"], &[Strings, Flute], SWELLING, Motion::Still, 0.0),
    figure: Figure::Strum(0.0),
    bass: line(&["x---------------"], &[Organ, Flute, Strings], HELD, Motion::Still, -2.0),
    melody: line(
        &["x-------x---....", "....x-----------"],
        &[Flute, Bell, Strings],
        SWELLING,
        Motion::Still,
        -4.0,
    ),
    echo: (0.0, 0.5),
    reverb: (0.2, 0.5),
    drums: -8.0,
};

static BALLAD: Character = Character {
    tempo: (64.0, 92.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.1),
    modes: &[Major, Minor, Mixolydian],
    bars_per_chord: &[1],
    grooves: &[
        &[(Kick, "x.......x......."), (Snare, "....x.......x..."), (Hat, "x.o.x.o.x.o.x.o.")],
        &[(Kick, "x.....x.x......."), (Rim, "....x.......x..."), (Hat, "x.o.x.o.x.o.x.o.")],
    ],
    chords: line(&["x---------------"], &[Keys, Bell], RINGING, Motion::Still, 0.0),
    figure: Figure::Broken(0.5),
    bass: line(&["x-------5-------", "x-----x-5-------"], &[Organ, Nylon, Keys], HELD, Motion::Still, 0.0),
    melody: line(
        &["x---x-x-x-------", "..x-x-x-x-----x-"],
        &[Flute, Reed, Strings],
        HELD,
        Motion::Still,
        -2.0,
    ),
    echo: (0.0, 0.2),
    reverb: (0.1, 0.4),
    drums: -2.0,
};

static BOSSA: Character = Character {
    tempo: (96.0, 132.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.1),
    modes: &[Major, Dorian, Minor],
    bars_per_chord: &[1],
    grooves: &[
        &[(Rim, "x..x..x...x..x.."), (Shaker, "xooxxooxxooxxoox"), (Kick, "x..ox..ox..ox..o")],
        &[(Rim, "..x..x..x..x..x."), (Shaker, "xooxxooxxooxxoox"), (Kick, "x..ox..ox..ox..o")],
    ],
    chords: line(&["x-.x-.x-..x-.x-.", "x-..x-.x-.x-..x-"], &[Nylon, Steel], SHORT, Motion::Still, 0.0),
    figure: Figure::Strum(0.012),
    bass: line(&["x--x5---5--5x---"], &[Organ, Nylon, Keys], HELD, Motion::Still, 0.0),
    melody: line(&["x-.x-.x---.x-.x-", "...x-.x-.x-----."], &[Flute, Keys, Nylon], HELD, Motion::Still, -3.0),
    echo: (0.0, 0.15),
    reverb: (0.05, 0.3),
    drums: -1.0,
};

static CHIPTUNE: Character = Character {
    tempo: (96.0, 144.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.0),
    modes: &[Major, Minor, Harmonic],
    bars_per_chord: &[1],
    grooves: &[
        &[(Kick, "x...x...x...x..."), (Snare, "....x.......x..."), (Hat, "x.x.x.x.x.x.x.x.")],
        &[(Kick, "x.....x.x.....x."), (Snare, "....x.......x..."), (Hat, "xxx.xxx.xxx.xxx.")],
    ],
    chords: line(&["x-------x-------"], &[Square, Reed], SHORT, Motion::Still, 0.0),
    figure: Figure::Broken(2.0),
    bass: line(&["x.8.x.8.x.8.x.8."], &[Square, Organ, Reed], HELD, Motion::Still, 0.0),
    melody: line(
        &["x-x-xxx-x-x-x---", "x-xxx-xxx---x-x-"],
        &[Square, Reed, Flute],
        SHORT,
        Motion::Still,
        -2.0,
    ),
    echo: (0.0, 0.3),
    reverb: (0.0, 0.2),
    drums: -3.0,
};

static DUB: Character = Character {
    tempo: (66.0, 92.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.1, 0.3),
    modes: &[Minor, Dorian, Major],
    bars_per_chord: &[1, 2],
    grooves: &[
        &[(Kick, "........x......."), (Rim, "........x......."), (Hat, "x.x.x.xox.x.x.x.")],
        &[(Kick, "x.......x......."), (Snare, "........x....o.."), (Hat, "..x...x...x...x.")],
    ],
    chords: line(&["..x...x...x...x.", "..xo..xo..xo..xo"], &[Organ, Steel], SHORT, Motion::Still, 0.0),
    figure: Figure::Strum(0.006),
    bass: line(&["x-.x-.5-..8-x-..", "x---..xx5-..w-x-"], &[Flute, Organ, Keys], HELD, Motion::Still, 3.0),
    melody: line(
        &["x-......x-..x-..", "..........x-x-x-"],
        &[Reed, Organ, Brass],
        SHORT,
        Motion::Still,
        -3.0,
    ),
    echo: (0.45, 0.7),
    reverb: (0.1, 0.4),
    drums: -1.0,
};

static FUNK: Character = Character {
    tempo: (88.0, 120.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.1, 0.3),
    modes: &[Dorian, Mixolydian, Minor],
    bars_per_chord: &[1, 2],
    grooves: &[
        &[(Kick, "x..x..x...x..x.."), (Snare, "....x..o.o..x..o"), (Hat, "xoxoxoxoxoxoxoxo")],
        &[(Kick, "x.x....x..x....."), (Snare, "....x..o.o.ox..o"), (Hat, "x.xox.xox.xox.xo")],
    ],
    chords: line(&["x.xxx.xx.xx.xxx.", "xx.xx.xxx.xx.xx."], &[Steel, Keys], SHORT, Motion::Open(0.5), 3.0),
    figure: Figure::Strum(0.004),
    bass: line(&["x.x..8.x..x.5.8.", "x..x8..x.5..x.w."], &[Steel, Square, Keys], SHORT, Motion::Still, 2.0),
    melody: line(&["..x.x-..x.xx..x.", "x-..x.x.....x-x."], &[Brass, Reed, Keys], SHORT, Motion::Still, -3.0),
    echo: (0.0, 0.15),
    reverb: (0.0, 0.25),
    drums: 0.0,
};

static MARCH: Character = Character {
    tempo: (96.0, 126.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.05),
    modes: &[Major, Mixolydian, Minor],
    bars_per_chord: &[1],
    grooves: &[
        &[(Kick, "x...x...x...x..."), (Snare, "x.xxx.xxx.xxxxxx")],
        &[(LowTom, "x...x...x...x..."), (Snare, "xoooxoooxoooxxxx")],
    ],
    chords: line(&["..x...x...x...x."], &[Brass, Reed], SHORT, Motion::Still, 0.0),
    figure: Figure::Strum(0.0),
    bass: line(&["x-..5-..x-..5-.."], &[Brass, Reed, Organ], HELD, Motion::Still, 1.0),
    melody: line(&["x--xx---x--xx-x-", "x---x--xx-x-x---"], &[Brass, Flute, Reed], HELD, Motion::Still, -1.0),
    echo: (0.0, 0.1),
    reverb: (0.1, 0.4),
    drums: 0.0,
};

static RAGA: Character = Character {
    tempo: (72.0, 108.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.1),
    modes: &[Phrygian, Harmonic, Dorian, Mixolydian],
    bars_per_chord: &[4],
    grooves: &[
        &[(LowTom, "x.....x.x......."), (HighTom, "..xxo.x...xxo.xx"), (Rim, "x...x...x...x...")],
        &[(LowTom, "x..x......x....."), (HighTom, ".xo.xxo.x.o.xxxx"), (Rim, "x.....x.....x...")],
    ],
    chords: line(&["x---x---x---x---"], &[Sitar, Strings], RINGING, Motion::Still, -3.0),
    figure: Figure::Broken(0.5),
    bass: line(&["x---------------"], &[Strings, Reed, Organ], HELD, Motion::Still, -4.0),
    melody: line(&["xxxxxxxxxxxxx---", "xxxxxxxxx---xxxx"], &[Sitar, Steel], SHORT, Motion::Still, 3.0),
    echo: (0.0, 0.2),
    reverb: (0.05, 0.35),
    drums: -2.0,
};

static TECHNO: Character = Character {
    tempo: (112.0, 136.0),
    beats_per_bar: 4,
    steps_per_beat: 4,
    swing: (0.0, 0.05),
    modes: &[Minor, Phrygian, Dorian],
    bars_per_chord: &[1, 2],
    grooves: &[
        &[(Kick, "x...x...x...x..."), (OpenHat, "..x...x...x...x.")],
        &[(Kick, "x...x...x...x..."), (Hat, "..x...x...x..xx."), (Snare, "....x.......x...")],
    ],
    chords: line(&["x---------------"], &[Strings, Square], HELD, Motion::Duck(1.0, 0.95), 2.0),
    figure: Figure::Strum(0.0),
    bass: line(
        &["..xx..xx..xx..xx", ".xxx.xxx.xxx.xxx"],
        &[Square, Strings, Keys],
        SHORT,
        Motion::Still,
        1.0,
    ),
    melody: line(
        &["x..x..x..x..x.x.", "x.x..x.x..x.x..."],
        &[Square, Bell, Keys],
        SHORT,
        Motion::Close(1.0),
        -3.0,
    ),
    echo: (0.0, 0.4),
    reverb: (0.0, 0.3),
    drums: 1.0,
};

static WALTZ: Character = Character {
    tempo: (96.0, 144.0),
    beats_per_bar: 3,
    steps_per_beat: 4,
    swing: (0.0, 0.1),
    modes: &[Major, Minor, Harmonic],
    bars_per_chord: &[1, 2],
    grooves: &[
        &[(Kick, "x..........."), (Hat, "....x...x...")],
        &[(LowTom, "x..........."), (Shaker, "....x...x.o.")],
    ],
    chords: line(&["....x-..x-.."], &[Reed, Organ], HELD, Motion::Tremolo((5.0, 8.0), 0.9), 2.0),
    figure: Figure::Strum(0.005),
    bass: line(&["x---........", "x-----......"], &[Reed, Brass, Organ], HELD, Motion::Still, 0.0),
    melody: line(
        &["x-------x---", "x---x---x---", "x-----x-x-x-"],
        &[Reed, Flute],
        HELD,
        Motion::Tremolo((5.0, 8.0), 0.9),
        0.0,
    ),
    echo: (0.0, 0.15),
    reverb: (0.1, 0.4),
    drums: -4.0,
};
