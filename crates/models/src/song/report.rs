//! A classification as text for people and as an object for scripts.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::classification::descending;
use super::{Classification, OodScore};

/// Classes below this probability are listed only if a segment votes for them.
const LEAST_LISTED: f32 = 0.005;
/// Number of classes listed per segment.
const LISTED_PER_SEGMENT: usize = 3;

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (song, votes) = (self.song(), self.votes());
        for (rank, class) in descending(song.iter().copied()).into_iter().enumerate() {
            if rank > 0 && song[class] < LEAST_LISTED && votes[class] == 0 {
                continue;
            }
            let percent = 100.0 * song[class];
            match rank {
                0 => {
                    let n = self.segments().nrows();
                    write!(f, "{} {percent:.0} % ({} of {n} segments)", self.classes()[class], votes[class])?;
                }
                _ => write!(f, ", {} {percent:.0} % ({})", self.classes()[class], votes[class])?,
            }
        }
        if self.is_out_of_distribution() {
            write!(f, "; unlike the training data")?;
        }
        if f.alternate() { list_segments(self, f) } else { Ok(()) }
    }
}

/// Writes one line per segment: its start and its most probable classes.
fn list_segments(song: &Classification, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (segment, row) in song.segments().outer_iter().enumerate() {
        let seconds = (segment as f64 * song.segment_seconds()) as u64;
        write!(f, "\n{:>3}:{:02}", seconds / 60, seconds % 60)?;
        let order = descending(row.iter().copied());
        for (rank, class) in order.into_iter().take(LISTED_PER_SEGMENT).enumerate() {
            let comma = if rank > 0 { "," } else { "" };
            write!(f, "{comma} {} {:.0} %", song.classes()[class], 100.0 * row[class])?;
        }
    }
    Ok(())
}

impl Serialize for Classification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let segments: Vec<Vec<f32>> = self.segments().outer_iter().map(|row| row.to_vec()).collect();
        let n_fields = if self.ood_score().is_some() { 10 } else { 7 };
        let mut object = serializer.serialize_struct("Classification", n_fields)?;
        object.serialize_field("verdict", self.top_class())?;
        object.serialize_field("confidence", &self.confidence())?;
        object.serialize_field("classes", self.classes())?;
        object.serialize_field("song", &self.song().to_vec())?;
        object.serialize_field("votes", self.votes())?;
        object.serialize_field("segment_seconds", &self.segment_seconds())?;
        object.serialize_field("segments", &segments)?;
        if let Some(OodScore { distance, limit }) = self.ood_score() {
            object.serialize_field("distance", &distance)?;
            object.serialize_field("distance_limit", &limit)?;
            object.serialize_field("unlike_training", &self.is_out_of_distribution())?;
        }
        object.end()
    }
}
