//! A song's genre over time, in a terminal.

use std::fmt::Write as _;

use cepstrum_models::Classification;

use crate::evaluation::first_maximum;

/// Segments in a line.
const PER_LINE: usize = 60;
/// Colours of the 256-colour palette close to Okabe and Ito's, told apart by colour-blind readers; letters tell the rest.
const COLORS: [u8; 7] = [74, 208, 36, 175, 178, 110, 245];

/// How a terminal may be written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMode {
    /// Letters alone: for files, pipes and where `NO_COLOR` is set.
    #[default]
    Plain,
    /// Letters on coloured ground, by ANSI escape sequences.
    Ansi,
}

/// Draws the segments of a song as letters in lines of sixty, each with its time at the left, and a key below: one letter a
/// class, a capital where the class has at least half of the probability.
///
/// ```text
///  0:00 AAAAaAAbBBBBAA
///       A blues 10, B jazz 4
/// ```
pub fn timeline(song: &Classification, ink: ColorMode) -> String {
    let votes = song.votes();
    let mut order: Vec<usize> = (0..votes.len()).filter(|&class| votes[class] > 0).collect();
    order.sort_by_key(|&class| (std::cmp::Reverse(votes[class]), class));
    let mut out = String::new();
    for (segment, row) in song.segments().outer_iter().enumerate() {
        if segment % PER_LINE == 0 {
            let seconds = (segment as f64 * song.segment_seconds()).floor() as u64;
            let line = if segment == 0 { "" } else { "\n" };
            // Writing to a `String` cannot fail.
            let _ = write!(out, "{line}{:>3}:{:02} ", seconds / 60, seconds % 60);
        }
        let class = first_maximum(&row);
        let rank = order.iter().position(|&ranked| ranked == class).unwrap_or_default();
        out.push_str(&painted(&letter(rank, row[class]).to_string(), rank, ink));
    }
    let keys = order.iter().enumerate().map(|(rank, &class)| {
        format!(
            "{} {} {}",
            painted(&letter(rank, 1.0).to_string(), rank, ink),
            song.classes()[class],
            votes[class]
        )
    });
    out.push_str("\n       ");
    out.push_str(&keys.collect::<Vec<_>>().join(", "));
    out
}

/// The letter of a class; from the 27th on they share one.
fn letter(rank: usize, probability: f32) -> char {
    let letter =
        u8::try_from(rank).ok().filter(|rank| *rank < 26).map_or('?', |rank| char::from(b'A' + rank));
    if probability < 0.5 { letter.to_ascii_lowercase() } else { letter }
}

fn painted(text: &str, rank: usize, ink: ColorMode) -> String {
    match ink {
        ColorMode::Plain => text.to_owned(),
        ColorMode::Ansi => format!("\x1b[30;48;5;{}m{text}\x1b[0m", COLORS[rank % COLORS.len()]),
    }
}
