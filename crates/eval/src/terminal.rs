//! A song's genre over time, as text for a terminal.

use std::fmt::Write as _;

use cepstrum_models::{Classification, argmax};

/// The most segments per line.
const PER_LINE: usize = 60;
/// Columns before the letters, which the time takes.
const MARGIN: usize = 7;
/// Colors of the 256-color palette close to Okabe and Ito's, which color-blind readers can distinguish; more classes
/// than colors are distinguished by their letters.
const COLORS: [u8; 7] = [74, 208, 36, 175, 178, 110, 245];

/// The use of color in terminal output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// Letters only: for files, pipes, and where `NO_COLOR` is set.
    #[default]
    Plain,
    /// Letters on a colored background, by ANSI escape sequences.
    Ansi,
}

/// Draws the segments of a song as letters, sixty per line after the time of the first, with a key below. Each class
/// has a letter, which is a capital where the class has a probability of at least one half.
///
/// ```text
///  0:00 AAAAaAAbBBBBAA
///       A blues 10, B jazz 4
/// ```
pub fn timeline(song: &Classification, color: ColorMode) -> String {
    timeline_within(song, color, usize::MAX)
}

/// Draws the segments of a song as [`timeline`] does, in lines of at most `columns` characters: fewer segments per line, a multiple
/// of ten where ten fit, and the key over several lines.
pub fn timeline_within(song: &Classification, color: ColorMode, columns: usize) -> String {
    let fitting = columns.saturating_sub(MARGIN).clamp(1, PER_LINE);
    let per_line = if fitting >= 10 { fitting / 10 * 10 } else { fitting };
    let votes = song.votes();
    let mut order: Vec<usize> = (0..votes.len()).filter(|&class| votes[class] > 0).collect();
    order.sort_by_key(|&class| (std::cmp::Reverse(votes[class]), class));
    let mut out = String::new();
    for (segment, row) in song.segments().outer_iter().enumerate() {
        if segment % per_line == 0 {
            let seconds = (segment as f64 * song.segment_seconds()).floor() as u64;
            let line = if segment == 0 { "" } else { "\n" };
            // Writing to a `String` cannot fail.
            let _ = write!(out, "{line}{:>3}:{:02} ", seconds / 60, seconds % 60);
        }
        let class = argmax(&row.to_vec());
        let rank = order.iter().position(|&ranked| ranked == class).unwrap_or_default();
        out.push_str(&colored(letter(rank, row[class]), rank, color));
    }
    let mut width = 0;
    for (rank, &class) in order.iter().enumerate() {
        let words = format!(" {} {}", song.classes()[class], votes[class]);
        // The letter and the comma behind it.
        let more = words.chars().count() + 2;
        let begins_line = rank == 0 || width + 1 + more > columns;
        let before = if begins_line { "\n       " } else { " " };
        width = if begins_line { MARGIN + more } else { width + 1 + more };
        out.push_str(if rank > 0 { "," } else { "" });
        out.push_str(before);
        out.push_str(&colored(letter(rank, 1.0), rank, color));
        out.push_str(&words);
    }
    out
}

/// The letter of a class; all classes from the 27th on share the question mark.
fn letter(rank: usize, probability: f32) -> char {
    let letter =
        u8::try_from(rank).ok().filter(|rank| *rank < 26).map_or('?', |rank| char::from(b'A' + rank));
    if probability < 0.5 { letter.to_ascii_lowercase() } else { letter }
}

fn colored(letter: char, rank: usize, color: ColorMode) -> String {
    match color {
        ColorMode::Plain => letter.to_string(),
        ColorMode::Ansi => format!("\x1b[30;48;5;{}m{letter}\x1b[0m", COLORS[rank % COLORS.len()]),
    }
}
