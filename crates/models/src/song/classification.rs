//! From segments to a song.

use std::fmt;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::temperatures::softmax;
use super::{CalibratedTemperatures, OodScore};
use crate::model::argmax;

/// How the segments of a song agree on a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vote {
    /// Mean of the log-probabilities, as if the segments were independent witnesses of equal weight (a geometric mean,
    /// normalised): a segment that rules a class out counts.
    #[default]
    MeanLogProbability,
    /// One vote a segment for its most probable class; the probability of a class is its share of the votes.
    Majority,
}

impl Vote {
    /// Returns the song's probabilities `[n_classes]` from its segments' log-probabilities `[n_segments, n_classes]`.
    ///
    /// The mean of the log-probabilities is divided by `temperature` before the softmax; a majority ignores it.
    pub fn combine(self, log_probabilities: ArrayView2<'_, f32>, temperature: f64) -> Array1<f32> {
        let (n_segments, n_classes) = log_probabilities.dim();
        match self {
            Self::MeanLogProbability => {
                let mean = log_probabilities.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(n_classes));
                softmax(&mean, temperature)
            }
            Self::Majority => {
                let votes = votes(log_probabilities).into_iter().map(|votes| votes as f32);
                Array1::from_iter(votes) / n_segments.max(1) as f32
            }
        }
    }
}

/// What a model makes of a song.
///
/// `Display` names the likely genres, the likeliest first: `reggae 71 % (58 of 71 segments), rock 20 % (9)`, and as `{:#}` a
/// line for each segment below, with its time and its three likeliest genres. Serialised it is
/// an object with `verdict`, `confidence`, `classes`, `song`, `votes`, `segment_seconds`, `segments` and, where the model
/// knows its training data, `distance`, `distance_limit` and `unlike_training`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    classes: Vec<String>,
    segments: Array2<f32>,
    song: Array1<f32>,
    segment_seconds: f64,
    ood_score: Option<OodScore>,
}

/// Genres below this probability that no segment votes for are not worth naming.
const WORTH_NAMING: f32 = 0.005;

/// How a song is summed up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aggregation {
    pub(super) vote: Vote,
    pub(super) temperatures: CalibratedTemperatures,
}

impl Classification {
    /// Sums up log-probabilities `[n_segments, n_classes]`.
    pub(super) fn new(
        classes: Vec<String>,
        log_probabilities: &Array2<f32>,
        aggregation: Aggregation,
    ) -> Self {
        let Aggregation { vote, temperatures } = aggregation;
        let mut segments = log_probabilities.clone();
        for mut row in segments.outer_iter_mut() {
            let tempered = softmax(&row, temperatures.segment());
            row.assign(&tempered);
        }
        let song = vote.combine(log_probabilities.view(), temperatures.song());
        Self { classes, segments, song, segment_seconds: 0.0, ood_score: None }
    }

    pub(super) fn with_segment_seconds(self, segment_seconds: f64) -> Self {
        Self { segment_seconds, ..self }
    }

    pub(super) fn with_ood_score(self, ood_score: Option<OodScore>) -> Self {
        Self { ood_score, ..self }
    }

    /// Class names.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Probabilities of every segment, `[n_segments, n_classes]`, at the model's [`CalibratedTemperatures`].
    pub fn segments(&self) -> &Array2<f32> {
        &self.segments
    }

    /// Length of a segment, in seconds.
    pub fn segment_seconds(&self) -> f64 {
        self.segment_seconds
    }

    /// Probabilities of the whole song, `[n_classes]`: by the mean of the segments' log-probabilities, where a segment that
    /// all but excludes a genre counts more so than in a vote, or by their [votes](Vote::Majority).
    pub fn song(&self) -> &Array1<f32> {
        &self.song
    }

    /// Name of the likeliest class.
    pub fn verdict(&self) -> &str {
        self.ranked().first().map_or("", |(class, _)| class)
    }

    /// Probability of the likeliest class, 0 to 1.
    pub fn confidence(&self) -> f32 {
        self.ranked().first().map_or(0.0, |(_, probability)| *probability)
    }

    /// Classes with their probabilities for the song, the likeliest first.
    pub fn ranked(&self) -> Vec<(&str, f32)> {
        self.order().into_iter().map(|class| (self.classes[class].as_str(), self.song[class])).collect()
    }

    /// For every class, the number of segments whose likeliest class it is.
    pub fn votes(&self) -> Vec<usize> {
        votes(self.segments.view())
    }

    /// How far the song is from the training data; `None` when the model does not know them.
    pub fn ood_score(&self) -> Option<OodScore> {
        self.ood_score
    }

    /// Whether the song is unlike anything in the training, so that the verdict is worth little.
    pub fn is_out_of_distribution(&self) -> bool {
        self.ood_score.is_some_and(OodScore::is_out_of_distribution)
    }

    /// Classes by falling probability.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_by(|&left, &right| self.song[right].total_cmp(&self.song[left]));
        order
    }
}

fn votes(segments: ArrayView2<'_, f32>) -> Vec<usize> {
    let mut votes = vec![0; segments.ncols()];
    for row in segments.rows() {
        votes[argmax(&row.to_vec())] += 1;
    }
    votes
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes = self.votes();
        for (rank, class) in self.order().into_iter().enumerate() {
            if rank > 0 && self.song[class] < WORTH_NAMING && votes[class] == 0 {
                continue;
            }
            let percent = 100.0 * self.song[class];
            match rank {
                0 => {
                    let n = self.segments.nrows();
                    write!(f, "{} {percent:.0} % ({} of {n} segments)", self.classes[class], votes[class])?;
                }
                _ => write!(f, ", {} {percent:.0} % ({})", self.classes[class], votes[class])?,
            }
        }
        if self.is_out_of_distribution() {
            write!(f, "; unlike anything in the training")?;
        }
        if f.alternate() { self.list_segments(f) } else { Ok(()) }
    }
}

impl Classification {
    fn list_segments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 3;
        for (segment, row) in self.segments.outer_iter().enumerate() {
            let seconds = (segment as f64 * self.segment_seconds) as u64;
            write!(f, "\n{:>3}:{:02}", seconds / 60, seconds % 60)?;
            let mut order: Vec<usize> = (0..self.classes.len()).collect();
            order.sort_by(|&left, &right| row[right].total_cmp(&row[left]));
            for (rank, class) in order.into_iter().take(NAMED).enumerate() {
                let comma = if rank > 0 { "," } else { "" };
                write!(f, "{comma} {} {:.0} %", self.classes[class], 100.0 * row[class])?;
            }
        }
        Ok(())
    }
}

impl Serialize for Classification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let segments: Vec<Vec<f32>> = self.segments.outer_iter().map(|row| row.to_vec()).collect();
        let n_fields = if self.ood_score.is_some() { 10 } else { 7 };
        let mut object = serializer.serialize_struct("Classification", n_fields)?;
        object.serialize_field("verdict", self.verdict())?;
        object.serialize_field("confidence", &self.confidence())?;
        object.serialize_field("classes", &self.classes)?;
        object.serialize_field("song", &self.song.to_vec())?;
        object.serialize_field("votes", &self.votes())?;
        object.serialize_field("segment_seconds", &self.segment_seconds)?;
        object.serialize_field("segments", &segments)?;
        if let Some(ood_score) = self.ood_score {
            object.serialize_field("distance", &ood_score.distance)?;
            object.serialize_field("distance_limit", &ood_score.limit)?;
            object.serialize_field("unlike_training", &ood_score.is_out_of_distribution())?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use ndarray::{Array2, array};

    use super::{Aggregation, CalibratedTemperatures, Classification, OodScore, Vote};

    fn logs() -> Array2<f32> {
        array![[0.6_f32, 0.4], [0.6, 0.4], [0.01, 0.99]].mapv(f32::ln)
    }

    fn classes() -> Vec<String> {
        vec!["jazz".into(), "rock".into()]
    }

    #[test]
    fn the_mean_is_of_logarithms() {
        let song = Classification::new(classes(), &logs(), Aggregation::default());
        assert_eq!(song.votes(), [2, 1]);
        assert_eq!(song.verdict(), "rock");
        let (jazz, rock) = ((0.6 * 0.6 * 0.01_f32).cbrt(), (0.4 * 0.4 * 0.99_f32).cbrt());
        assert!((song.song()[1] - rock / (jazz + rock)).abs() < 1e-6);
        assert_eq!(song.to_string(), "rock 78 % (1 of 3 segments), jazz 22 % (2)");
        let listed = format!("{:#}", song.with_segment_seconds(35.0));
        let lines: Vec<&str> = listed.lines().skip(1).collect();
        assert_eq!(
            lines,
            ["  0:00 jazz 60 %, rock 40 %", "  0:35 jazz 60 %, rock 40 %", "  1:10 rock 99 %, jazz 1 %"]
        );
    }

    #[test]
    fn a_majority_counts_segments() {
        let aggregation = Aggregation { vote: Vote::Majority, ..Aggregation::default() };
        let song = Classification::new(classes(), &logs(), aggregation);
        assert_eq!(song.to_string(), "jazz 67 % (2 of 3 segments), rock 33 % (1)");
    }

    #[test]
    fn temperatures_lower_confidences_and_keep_the_order() {
        let temperatures = CalibratedTemperatures::new(2.0, 4.0).unwrap();
        let song =
            Classification::new(classes(), &logs(), Aggregation { temperatures, ..Aggregation::default() });
        let root = |p: f32| p.sqrt() / (p.sqrt() + (1.0 - p).sqrt());
        assert!((song.segments()[[2, 1]] - root(0.99)).abs() < 1e-6);
        let raw = Classification::new(classes(), &logs(), Aggregation::default());
        let odds = (raw.song()[1] / raw.song()[0]).powf(0.25);
        assert!((song.song()[1] - odds / (1.0 + odds)).abs() < 1e-6);
        assert!(
            CalibratedTemperatures::new(0.0, 1.0).is_err()
                && CalibratedTemperatures::new(1.0, f64::NAN).is_err()
        );
    }

    #[test]
    fn a_stranger_is_called_one_and_scripts_can_read_it() {
        let ood_score = OodScore { distance: 3.0, limit: 2.0 };
        let song = Classification::new(classes(), &logs(), Aggregation::default());
        let song = song.with_segment_seconds(3.0).with_ood_score(Some(ood_score));
        assert!(song.to_string().ends_with("; unlike anything in the training"), "{song}");
        let json = serde_json::to_value(&song).unwrap();
        assert_eq!(json["verdict"], "rock");
        assert_eq!(json["votes"], serde_json::json!([2, 1]));
        assert_eq!(json["segments"].as_array().unwrap().len(), 3);
        assert_eq!(json["unlike_training"], true);
        assert_eq!(json["distance_limit"], 2.0);
    }
}
