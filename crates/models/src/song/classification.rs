//! The classification of one song.

use ndarray::{Array1, Array2};

use super::vote::{softmax, votes};
use super::{CalibratedTemperatures, OodScore, Vote};

/// The classification of a song: probabilities of every segment, of the song, and its out-of-distribution score.
///
/// `Display` lists the probable classes, the most probable first: `reggae 71 % (58 of 71 segments), rock 20 % (9)`. The
/// alternate form (`{:#}`) adds a line per segment with its time and its three most probable classes.
///
/// It serializes to an object with `verdict`, `confidence`, `classes`, `song`, `votes`, `segment_seconds` and `segments`;
/// for a model with an [`OodDetector`](crate::OodDetector) also `distance`, `distance_limit` and `unlike_training`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    classes: Vec<String>,
    segments: Array2<f32>,
    song: Array1<f32>,
    votes: Vec<usize>,
    segment_seconds: f64,
    ood_score: Option<OodScore>,
}

/// The rule that makes one classification of many segments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aggregation {
    pub(super) vote: Vote,
    pub(super) temperatures: CalibratedTemperatures,
}

impl Classification {
    /// Aggregates log-probabilities `[n_segments, n_classes]`.
    pub(super) fn new(
        classes: Vec<String>,
        log_probabilities: &Array2<f32>,
        aggregation: Aggregation,
    ) -> Self {
        let Aggregation { vote, temperatures } = aggregation;
        let mut segments = log_probabilities.clone();
        for mut row in segments.outer_iter_mut() {
            let logs: Vec<f64> = row.iter().map(|log| f64::from(*log)).collect();
            row.assign(&softmax(&logs, temperatures.segment()));
        }
        let song = vote.combine(log_probabilities, temperatures.song());
        let votes = votes(log_probabilities);
        Self { classes, segments, song, votes, segment_seconds: 0.0, ood_score: None }
    }

    pub(super) fn with_segment_seconds(self, segment_seconds: f64) -> Self {
        Self { segment_seconds, ..self }
    }

    pub(super) fn with_ood_score(self, ood_score: Option<OodScore>) -> Self {
        Self { ood_score, ..self }
    }

    /// Class names in the order of the model's outputs.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Probabilities of every segment, `[n_segments, n_classes]`, at the model's
    /// [segment temperature](CalibratedTemperatures::segment).
    pub fn segments(&self) -> &Array2<f32> {
        &self.segments
    }

    /// Length of a segment, in seconds.
    pub fn segment_seconds(&self) -> f64 {
        self.segment_seconds
    }

    /// Probabilities of the whole song, `[n_classes]`, by the classifier's [`Vote`].
    pub fn song(&self) -> &Array1<f32> {
        &self.song
    }

    /// Name of the song's most probable class.
    pub fn top_class(&self) -> &str {
        self.ranked().first().map_or("", |(class, _)| class)
    }

    /// Probability of the song's most probable class, 0 to 1.
    pub fn confidence(&self) -> f32 {
        self.ranked().first().map_or(0.0, |(_, probability)| *probability)
    }

    /// Classes with their probabilities for the song, in descending order of probability.
    pub fn ranked(&self) -> Vec<(&str, f32)> {
        let order = descending(self.song.iter().copied());
        order.into_iter().map(|class| (self.classes[class].as_str(), self.song[class])).collect()
    }

    /// Number of segments per class whose most probable class it is.
    pub fn votes(&self) -> &[usize] {
        &self.votes
    }

    /// Distance of the song from the training data; `None` for a model without an [`OodDetector`](crate::OodDetector).
    pub fn ood_score(&self) -> Option<OodScore> {
        self.ood_score
    }

    /// Returns whether the song is unlike the training data, so that [`top_class`](Self::top_class) means little.
    pub fn is_out_of_distribution(&self) -> bool {
        self.ood_score.is_some_and(OodScore::is_out_of_distribution)
    }
}

/// The indices of values in descending order, equal ones in their order.
pub(super) fn descending(values: impl IntoIterator<Item = f32>) -> Vec<usize> {
    let values: Vec<f32> = values.into_iter().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&left, &right| values[right].total_cmp(&values[left]));
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use ndarray::{Array2, array};

    use super::{Aggregation, CalibratedTemperatures, Classification, OodScore, Vote};

    fn logs() -> Array2<f32> {
        array![[0.6_f32, 0.4], [0.6, 0.4], [0.01, 0.99]].ln()
    }

    fn classes() -> Vec<String> {
        vec!["jazz".into(), "rock".into()]
    }

    #[test]
    fn the_default_is_a_geometric_mean() {
        let song = Classification::new(classes(), &logs(), Aggregation::default());
        assert_eq!(song.votes(), [2, 1]);
        assert_eq!(song.top_class(), "rock");
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
    fn an_out_of_distribution_song_is_marked_for_people_and_scripts() {
        let ood_score = OodScore { distance: 3.0, limit: 2.0 };
        let song = Classification::new(classes(), &logs(), Aggregation::default());
        let song = song.with_segment_seconds(3.0).with_ood_score(Some(ood_score));
        assert!(song.to_string().ends_with("; unlike the training data"), "{song}");
        let json = serde_json::to_value(&song).unwrap();
        assert_eq!(json["verdict"], "rock");
        assert_eq!(json["votes"], serde_json::json!([2, 1]));
        assert_eq!(json["segments"].as_array().unwrap().len(), 3);
        assert_eq!(json["unlike_training"], true);
        assert_eq!(json["distance_limit"], 2.0);
    }
}
