//! Conversions between the units of time, pitch and rhythm.

/// Converts frame numbers to the samples at which the frames are centered: `frame hop_length`; `librosa.frames_to_samples`.
///
/// ```
/// assert_eq!(cepstrum_features::frames_to_samples(10, 512), 5120);
/// ```
#[must_use]
pub fn frames_to_samples(frame: usize, hop_length: usize) -> usize {
    frame.saturating_mul(hop_length)
}

/// Converts a sample to the last frame that is centered at or before it; `librosa.samples_to_frames`. A hop of 0 counts as 1.
#[must_use]
pub fn samples_to_frames(sample: usize, hop_length: usize) -> usize {
    sample / hop_length.max(1)
}

/// Converts a frame number to seconds: `frame hop_length / sample_rate`; `librosa.frames_to_time`. Infinite at a rate of 0.
///
/// ```
/// assert_eq!(cepstrum_features::frames_to_time(441, 500, 22_050), 10.0);
/// ```
#[must_use]
pub fn frames_to_time(frame: usize, hop_length: usize, sample_rate: u32) -> f64 {
    samples_to_time(frames_to_samples(frame, hop_length), sample_rate)
}

/// Converts seconds to the last frame that is centered at or before them; `librosa.time_to_frames`. Times before the signal,
/// and NaN, belong to frame 0.
#[must_use]
pub fn time_to_frames(seconds: f64, hop_length: usize, sample_rate: u32) -> usize {
    samples_to_frames(time_to_samples(seconds, sample_rate), hop_length)
}

/// Converts a sample number to seconds; `librosa.samples_to_time`. Infinite at a rate of 0.
#[must_use]
pub fn samples_to_time(sample: usize, sample_rate: u32) -> f64 {
    sample as f64 / f64::from(sample_rate)
}

/// Converts seconds to the last sample at or before them; `librosa.time_to_samples`. Times before the signal, and NaN, belong
/// to sample 0.
#[must_use]
pub fn time_to_samples(seconds: f64, sample_rate: u32) -> usize {
    (seconds * f64::from(sample_rate)) as usize
}

/// Converts a frequency to a MIDI number, which may lie between notes: `12 log2(hz / 440) + 69`; `librosa.hz_to_midi`. Not
/// finite at 0 Hz, NaN below.
///
/// ```
/// assert_eq!(cepstrum_features::hz_to_midi(880.0), 81.0);
/// ```
#[must_use]
pub fn hz_to_midi(hz: f64) -> f64 {
    12.0 * (hz.log2() - 440.0_f64.log2()) + 69.0
}

/// Converts a MIDI number to a frequency, Hz; `librosa.midi_to_hz`.
#[must_use]
pub fn midi_to_hz(midi: f64) -> f64 {
    440.0 * ((midi - 69.0) / 12.0).exp2()
}

/// Names of the notes of an octave, with sharps.
const NOTES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/// Names the note nearest to a MIDI number, in sharps and with its octave, such as `A4` for 69: `librosa.midi_to_note`. `None`
/// unless the number is finite. (librosa counts octaves below MIDI number 0 one too high.)
///
/// ```
/// use cepstrum_features::{hz_to_midi, midi_to_note};
///
/// assert_eq!(midi_to_note(hz_to_midi(554.0)).as_deref(), Some("C♯5"));
/// ```
#[must_use]
pub fn midi_to_note(midi: f64) -> Option<String> {
    if !midi.is_finite() {
        return None;
    }
    let number = midi.round_ties_even() as i64;
    let octave = number.div_euclid(12) - 1;
    Some(format!("{}{octave}", NOTES[number.rem_euclid(12) as usize]))
}

/// Reads a note's name as a MIDI number: a letter, any number of sharps (`#`, `♯`, `𝄪`) or flats (`b`, `!`, `♭`, `𝄫`), the octave
/// (0 without one), and cents (`A4+25`): `librosa.note_to_midi(note, round_midi=False)`. `None` for anything else.
///
/// ```
/// use cepstrum_features::note_to_midi;
///
/// assert_eq!(note_to_midi("C4"), Some(60.0));
/// assert_eq!(note_to_midi("Bb3-50"), Some(57.5));
/// assert_eq!(note_to_midi("H4"), None);
/// ```
#[must_use]
pub fn note_to_midi(note: &str) -> Option<f64> {
    let mut rest = note.chars();
    let pitch = match rest.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let step = |c: char| match c {
        '#' | '♯' => Some(1),
        '𝄪' => Some(2),
        'b' | '!' | '♭' => Some(-1),
        '𝄫' => Some(-2),
        '♮' => Some(0),
        _ => None,
    };
    let mut alteration = 0_i32;
    let mut tail = rest.as_str();
    while let Some(change) = rest.next().and_then(step) {
        alteration = alteration.checked_add(change)?;
        tail = rest.as_str();
    }
    let split =
        tail.char_indices().skip(1).find(|&(_, c)| c == '+' || c == '-').map_or(tail.len(), |(i, _)| i);
    let (octave, cents) = tail.split_at(split);
    let octave: i32 = if octave.is_empty() { 0 } else { octave.parse().ok()? };
    let cents: i32 = if cents.is_empty() { 0 } else { cents.parse().ok()? };
    Some(
        12.0 * (f64::from(octave) + 1.0)
            + f64::from(pitch)
            + f64::from(alteration)
            + f64::from(cents) / 100.0,
    )
}

/// Reads a note's name as a frequency, Hz; `librosa.note_to_hz`. See [`note_to_midi`].
#[must_use]
pub fn note_to_hz(note: &str) -> Option<f64> {
    note_to_midi(note).map(midi_to_hz)
}

/// Names the note nearest to a frequency; `librosa.hz_to_note`. `None` unless the frequency is positive and finite.
#[must_use]
pub fn hz_to_note(hz: f64) -> Option<String> {
    midi_to_note(hz_to_midi(hz))
}
