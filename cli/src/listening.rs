//! The explanation of a part of a song as picture and as sound.

use anyhow::{Result, ensure};
use cepstrum::eval::{Listening, ListeningRun};
use cepstrum::models::explain::audible::{Audible, AudibleConfig};
use cepstrum::models::{Classification, GenreClassifier, argmax};

/// Explains what of one segment of a song spoke for the song's verdict; `None` for the segment that speaks most for it.
pub(crate) fn explain(
    classifier: &GenreClassifier,
    samples: &[f32],
    song: &Classification,
    segment: Option<usize>,
) -> Result<ListeningRun> {
    let (class, n_segments) = (argmax(&song.song().to_vec()), song.segments().nrows());
    let segment = segment.unwrap_or_else(|| argmax(&song.segments().column(class).to_vec()));
    ensure!(segment < n_segments, "the song has {n_segments} segments, there is no segment {segment}");
    let mut audible = Audible::new(classifier.model(), AudibleConfig::default())?;
    let length = audible.segment_samples();
    // The last segment may lack a few samples.
    let end = ((segment + 1) * length).min(samples.len());
    let first = end.saturating_sub(length);
    let start = first as f64 / f64::from(classifier.sample_rate());
    let title = format!("{} from {start:.0} s", song.classes()[class]);
    let listening = Listening::compute(&mut audible, &samples[first..end], class, title)?;
    Ok(ListeningRun::new(&listening, start)?)
}
