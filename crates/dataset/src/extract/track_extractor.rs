//! The extraction of single tracks, for programs that deal out the tracks themselves.

use std::sync::Arc;

use super::segmenter::{Segmenter, TrackFeatures};
use crate::{ExtractConfig, Front, Result, SampleSink};

/// A planned extraction of one track at a time.
///
/// An [`Extraction`](crate::Extraction) computes on each of its threads in the same way, so the values of a track are the same
/// bit for bit. A scheduler of its own kind, such as a cluster, feeds it tracks from any source.
///
/// ```
/// use cepstrum_dataset::{ExtractConfig, Segment, TrackExtractor, segment_features};
///
/// let config = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
/// let samples: Vec<f32> = (0..60_000).map(|i| (0.03 * i as f32).sin()).collect();
///
/// let mut extractor = TrackExtractor::new(&config, None)?;
/// let track = extractor.extract(|sink| samples.chunks(1000).try_for_each(&mut *sink))?;
/// let whole = segment_features(&samples, &config)?;
/// assert_eq!(extractor.segment_shape(), [44, 13]);
/// assert_eq!(track.values, whole.as_slice().unwrap_or_default());
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
pub struct TrackExtractor {
    segmenter: Segmenter,
}

impl TrackExtractor {
    /// Checks the configuration and plans the features; `front` is the network of a
    /// [`FeatureConfig::Front`](crate::FeatureConfig::Front).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`](crate::Error::InvalidParameter) or [`Error::Features`](crate::Error::Features) for a
    /// configuration that is out of its bounds, [`Error::FrontMissing`](crate::Error::FrontMissing) or
    /// [`Error::OtherFront`](crate::Error::OtherFront) when the features are those of a network that was not given.
    pub fn new(config: &ExtractConfig, front: Option<&Arc<dyn Front>>) -> Result<Self> {
        Ok(Self { segmenter: Segmenter::new(config, front)? })
    }

    /// Shape `[n_frames, n_coefficients]` of a segment's features.
    pub fn segment_shape(&self) -> [usize; 2] {
        self.segmenter.shape
    }

    /// Computes the features of all segments of a track.
    ///
    /// `stream` sends the samples of the track, mono and at [`ExtractConfig::sample_rate`], to its argument, in pieces of any
    /// length: [`stream_audio_from`](crate::stream_audio_from) does. Memory holds the features and one segment.
    ///
    /// # Errors
    /// [`Error::TooShort`](crate::Error::TooShort) for a track without a whole segment,
    /// [`Error::Features`](crate::Error::Features) for samples that are NaN or infinite, and any error of `stream`.
    /// Damage behind a whole segment is no error: it is told in [`TrackFeatures::damage`].
    pub fn extract(
        &mut self,
        stream: impl FnOnce(&mut SampleSink<'_>) -> Result<()>,
    ) -> Result<TrackFeatures> {
        self.segmenter.track(stream)
    }
}

impl std::fmt::Debug for TrackExtractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackExtractor").field("segment_shape", &self.segment_shape()).finish_non_exhaustive()
    }
}
