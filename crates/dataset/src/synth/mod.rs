//! A synthetic set: ten musical styles, composed and rendered from a seed.
//!
//! Every track has its own composition: key, mode, tempo, chord progression, patterns of drums, chords, bass and melody,
//! instruments, room, equalizer, background noise, bandwidth, bits and level are drawn from the streams
//! `synth/<style>/<track>/...` of the seed (see [`rng::stream`](crate::rng::stream)). The same seed yields the same
//! samples on every platform, since the arithmetic uses no function of the platform's mathematics library.
//!
//! # The styles
//!
//! Loudness, equalizer, tempo, keys, modes, progressions and instruments overlap between the styles, so that averages
//! over time do not separate them. The styles differ in how the sound moves:
//!
//! | style | beats per minute | drums | chords | bass | melody |
//! |---|---|---|---|---|---|
//! | ambient | 70 to 120 | few | swell over half a bar or more | one held note per bar | swelling, echo |
//! | ballad | 64 to 92 | backbeat, eighths | broken, ringing | half notes | legato |
//! | bossa | 96 to 132 | clave on the rim, shaker | syncopated, short | dotted, root and fifth | syncopated |
//! | chiptune | 96 to 144 | eighths | broken, eight notes per beat | octaves | staccato sixteenths |
//! | dub | 66 to 92 | third beat | off-beat stabs that echo | heavy, syncopated | fragments |
//! | funk | 88 to 120 | swung sixteenths, ghost notes | sixteenths, a filter opens twice per beat | syncopated | riffs |
//! | march | 96 to 126 | snare rolls | between the beats | on the beats, root and fifth | dotted |
//! | raga | 72 to 108 | tuned hand drums | a ringing drone | a held drone | repeated plucks |
//! | techno | 112 to 136 | every beat | held, ducked by the kick | off-beat sixteenths | a filter closes every beat |
//! | waltz | 96 to 144 | first of three beats | second and third beat, tremolo | first beat | legato, tremolo |
//!
//! # Difficulty
//!
//! Accuracy on segments of 3 s, for 30 tracks of each style, seed 0, split by track (210 for training, 90 for testing):
//!
//! | classifier | accuracy |
//! |---|---|
//! | nearest class mean of loudness and spectral centroid, per track | 19 % |
//! | `ffnn1`, the plain feed-forward network, 50 epochs | 38 % |
//! | `ffnn5`, with batch normalization, 60 epochs | 58 % |
//! | `cnn:32-32-32-32`, 60 epochs | 61 % |
//! | `cnn:256-128-64-32`, 40 epochs | 90 % |
//!
//! ```text
//! cargo run --release --example synthesize -- --out synthetic --tracks 30
//! cargo run --release --example notebook -- --data synthetic --models cnn:256-128-64-32 --epochs 40
//! ```
//!
//! # Synthesis
//!
//! Organ, reed, strings, square and flute are additive: `sum of a_h sin(2 pi h f t)` from wavetables, one per octave of
//! band limit. Keys, bell and brass are Chowning's frequency modulation,
//! `sin(2 pi f t + I(t) sin(2 pi r f t))`. Nylon, steel and sitar are strings of Karplus and Strong: noise that
//! circulates in a delay line of one period and is averaged in every round. Drums are decaying sines and band-limited
//! noise. The room is Schroeder's: four comb filters in parallel, then two all-passes.
//!
//! # References
//!
//! - J. M. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", J. Audio Eng. Soc. 21
//!   (1973), 526-534.
//! - K. Karplus and A. Strong, "Digital Synthesis of Plucked-String and Drum Timbres", Computer Music Journal 7 (1983),
//!   43-55, doi:10.2307/3680062; tuned as in D. A. Jaffe and J. O. Smith, "Extensions of the Karplus-Strong
//!   Plucked-String Algorithm", ibid., 56-69, doi:10.2307/3680063.
//! - M. R. Schroeder, "Natural Sounding Artificial Reverberation", J. Audio Eng. Soc. 10 (1962), 219-223.
//! - M. R. Schroeder, "Synthesis of Low-Peak-Factor Signals and Binary Sequences with Low Autocorrelation", IEEE Trans.
//!   Inf. Theory 16 (1970), 85-89, doi:10.1109/TIT.1970.1054411 (the phases of the additive voices).

mod arrangement;
mod characters;
mod composition;
mod drums;
mod effects;
mod instrument;
mod math;
mod oscillator;
mod pluck;
mod render;
mod set;
mod style;

pub use set::{SyntheticConfig, SyntheticSet, render};
pub use style::Style;
