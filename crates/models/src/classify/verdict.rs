//! From segments to a song.

use std::fmt;

use ndarray::{Array1, Array2, Axis};

use crate::classifier::argmax;

/// What a model makes of a song.
///
/// `Display` names the likely genres, the likeliest first: `reggae 71 % (58 of 71 segments), rock 20 % (9)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    classes: Vec<String>,
    segments: Array2<f32>,
    song: Array1<f32>,
}

/// Genres below this probability that no segment votes for are not worth naming.
const WORTH_NAMING: f32 = 0.005;

impl Classification {
    /// Sums up log-probabilities `[n_segments, n_classes]`: the song's are their mean, normalised.
    pub(super) fn new(classes: Vec<String>, log_probabilities: &Array2<f32>) -> Self {
        let zeros = Array1::zeros(log_probabilities.len_of(Axis(1)));
        let mean = log_probabilities.mean_axis(Axis(0)).unwrap_or(zeros);
        let largest = mean.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let song = mean.mapv_into(|value| (value - largest).exp());
        let total = song.sum();
        Self { classes, segments: log_probabilities.mapv(f32::exp), song: song / total }
    }

    /// Class names.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Probabilities of every segment, `[n_segments, n_classes]`.
    pub fn segments(&self) -> &Array2<f32> {
        &self.segments
    }

    /// Probabilities of the whole song, `[n_classes]`: the mean of the segments' log-probabilities, normalised.
    ///
    /// A segment that all but excludes a genre counts more so than in a vote.
    pub fn song(&self) -> &Array1<f32> {
        &self.song
    }

    /// Name of the likeliest class.
    pub fn verdict(&self) -> &str {
        self.ranked().first().map_or("", |(class, _)| class)
    }

    /// Classes with their probabilities for the song, the likeliest first.
    pub fn ranked(&self) -> Vec<(&str, f32)> {
        let mut ranked: Vec<_> =
            self.classes.iter().map(String::as_str).zip(self.song.iter().copied()).collect();
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
        ranked
    }

    /// For every class, the number of segments whose likeliest class it is.
    pub fn votes(&self) -> Vec<usize> {
        let mut votes = vec![0; self.classes.len()];
        for row in self.segments.rows() {
            votes[argmax(&row.to_vec())] += 1;
        }
        votes
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes = self.votes();
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        order.sort_by(|&left, &right| self.song[right].total_cmp(&self.song[left]));
        for (rank, &class) in order.iter().enumerate() {
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::Classification;

    #[test]
    fn the_mean_is_of_logarithms() {
        let probabilities = array![[0.6_f32, 0.4], [0.6, 0.4], [0.01, 0.99]];
        let song = Classification::new(vec!["jazz".into(), "rock".into()], &probabilities.mapv(f32::ln));
        assert_eq!(song.votes(), [2, 1]);
        assert_eq!(song.verdict(), "rock");
        let (jazz, rock) = ((0.6 * 0.6 * 0.01_f32).cbrt(), (0.4 * 0.4 * 0.99_f32).cbrt());
        assert!((song.song()[1] - rock / (jazz + rock)).abs() < 1e-6);
        assert_eq!(song.to_string(), "rock 78 % (1 of 3 segments), jazz 22 % (2)");
    }
}
