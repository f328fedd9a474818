//! The cutting of one track into segments, and the features of each segment.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cepstrum_features::{LogMel, Mfcc};
use ndarray::{Array2, Array3};

use crate::{Error, ExtractConfig, FeatureConfig, Front, Result, SampleSink, Segment};

/// Computes the features of every whole segment of a decoded track.
///
/// `samples` are mono, at [`ExtractConfig::sample_rate`]. The result is bit for bit the one that an
/// [`Extraction`](crate::Extraction) of the same samples has, without a collection or a thread pool around it.
///
/// # Shapes
/// `[n_segments, n_frames, n_coefficients]`, with `n_segments >= 1`.
///
/// # Errors
/// [`Error::TooShort`] when the samples hold no whole segment, [`Error::InvalidParameter`] or [`Error::Features`] for a
/// configuration that is out of its bounds, [`Error::Features`] for samples that are NaN or infinite,
/// [`Error::FrontMissing`] for features of a network, which [`segment_features_with`] computes.
///
/// ```
/// use cepstrum_dataset::{ExtractConfig, Segment, segment_features};
///
/// let config = ExtractConfig { segment: Segment::Seconds(1.0), ..ExtractConfig::default() };
/// let samples: Vec<f32> = (0..60_000).map(|i| (0.03 * i as f32).sin()).collect(); // 2.7 s at 22,050 Hz
/// assert_eq!(segment_features(&samples, &config)?.dim(), (2, 44, 13));
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
pub fn segment_features(samples: &[f32], config: &ExtractConfig) -> Result<Array3<f32>> {
    whole_segments(samples, Segmenter::new(config, None)?)
}

/// [`segment_features`] of a configuration whose features this network computes.
///
/// # Errors
/// As [`segment_features`], [`Error::OtherFront`] when the configuration describes another network, and the errors of the
/// network.
pub fn segment_features_with(
    samples: &[f32],
    config: &ExtractConfig,
    front: &Arc<dyn Front>,
) -> Result<Array3<f32>> {
    whole_segments(samples, Segmenter::new(config, Some(front))?)
}

fn whole_segments(samples: &[f32], mut segmenter: Segmenter) -> Result<Array3<f32>> {
    let TrackFeatures { values, .. } = segmenter.track(|sink| sink(samples))?;
    stack(values, segmenter.shape)
}

/// Shapes the values of whole segments, end to end, into `[n_segments, n_frames, n_coefficients]`.
pub(super) fn stack(values: Vec<f32>, [n_frames, n_coefficients]: [usize; 2]) -> Result<Array3<f32>> {
    let actual = values.len();
    let n_segments = actual / (n_frames * n_coefficients);
    let expected = n_segments * n_frames * n_coefficients;
    Array3::from_shape_vec((n_segments, n_frames, n_coefficients), values)
        .map_err(|_| Error::LengthMismatch { what: "features", expected, actual })
}

/// A planned feature computation of any kind.
enum Features {
    Mfcc(Box<Mfcc>),
    LogMel(Box<LogMel<f32>>),
    Front(Arc<dyn Front>),
}

impl Features {
    fn new(config: &FeatureConfig, front: Option<&Arc<dyn Front>>) -> Result<Self> {
        Ok(match config {
            FeatureConfig::Mfcc(config) => Self::Mfcc(Box::new(Mfcc::new(config)?)),
            FeatureConfig::LogMel(config) => Self::LogMel(Box::new(LogMel::new(config)?)),
            FeatureConfig::Front(config) => Self::Front(Arc::clone(config.check(front)?)),
        })
    }

    /// Shape `[n_frames, n_coefficients]` of the features of `n_samples` samples.
    fn shape(&self, n_samples: usize) -> [usize; 2] {
        match self {
            Self::Mfcc(mfcc) => [mfcc.n_frames(n_samples), mfcc.n_mfcc()],
            Self::LogMel(log_mel) => [log_mel.n_frames(n_samples), log_mel.n_mels()],
            Self::Front(front) => front.shape(n_samples),
        }
    }

    fn process(&mut self, samples: &[f32]) -> Result<Array2<f32>> {
        Ok(match self {
            Self::Mfcc(mfcc) => mfcc.process(samples)?,
            Self::LogMel(log_mel) => log_mel.process(samples)?,
            Self::Front(front) => front.features(samples)?,
        })
    }
}

/// The features of one track.
#[derive(Debug)]
pub struct TrackFeatures {
    /// The values of all segments, end to end; each has the shape `[n_frames, n_coefficients]`.
    pub values: Vec<f32>,
    /// The damage that ended the track early, if it ended early; `values` then holds the segments before the damage.
    pub damage: Option<Error>,
}

/// Cuts tracks into segments and computes the features of each segment.
pub(super) struct Segmenter {
    features: Features,
    segment: Segment,
    sample_rate: u32,
    n_samples: usize,
    /// Shape `[n_frames, n_coefficients]` of a whole segment.
    pub(super) shape: [usize; 2],
    /// The samples of the unfinished segment.
    pending: Vec<f32>,
    /// Time spent on the features of the current track.
    computing: Duration,
}

impl Segmenter {
    /// Checks the configuration and plans the features.
    pub(super) fn new(config: &ExtractConfig, front: Option<&Arc<dyn Front>>) -> Result<Self> {
        let sample_rate = config.sample_rate();
        let n_samples = config.segment.n_samples(sample_rate)?;
        if config.segment.max_count() == 0 {
            let (parameter, bound) = ("segments per track", "at least 1");
            return Err(Error::InvalidParameter { parameter, bound, value: "0".to_owned() });
        }
        let features = Features::new(&config.features, front)?;
        let shape = features.shape(n_samples);
        if shape[0] == 0 {
            let (parameter, bound) = ("segment seconds", "at least one window of the network");
            return Err(Error::InvalidParameter {
                parameter,
                bound,
                value: config.segment.seconds().to_string(),
            });
        }
        Ok(Self {
            features,
            segment: config.segment,
            sample_rate,
            n_samples,
            shape,
            pending: Vec::new(),
            computing: Duration::ZERO,
        })
    }

    /// Time spent on the features of the last track.
    pub(super) fn computing(&self) -> Duration {
        self.computing
    }

    /// Computes the features of all segments of the track whose samples `stream` sends to its argument.
    ///
    /// A damaged track yields the segments before the damage, if there are any; the caller decides whether to use them.
    pub(super) fn track(
        &mut self,
        stream: impl FnOnce(&mut SampleSink<'_>) -> Result<()>,
    ) -> Result<TrackFeatures> {
        self.pending.clear();
        self.computing = Duration::ZERO;
        let mut values = Vec::new();
        let mut total = 0;
        let end = stream(&mut |piece| {
            total += piece.len();
            self.push(piece, &mut values)
        });
        let damage = match end {
            Ok(()) => None,
            Err(error) if matches!(error.cause(), Error::Damaged { .. }) && !values.is_empty() => Some(error),
            Err(error) => return Err(error),
        };
        if damage.is_none() && self.features.shape(self.pending.len()) == self.shape {
            self.finish_segment(&mut values)?;
        }
        if values.is_empty() {
            let seconds = total as f64 / f64::from(self.sample_rate);
            return Err(Error::TooShort { seconds, needed: self.segment.seconds() });
        }
        Ok(TrackFeatures { values, damage })
    }

    fn push(&mut self, mut piece: &[f32], values: &mut Vec<f32>) -> Result<()> {
        while !piece.is_empty() {
            let taken = piece.len().min(self.n_samples - self.pending.len());
            self.pending.extend_from_slice(&piece[..taken]);
            piece = &piece[taken..];
            if self.pending.len() == self.n_samples {
                self.finish_segment(values)?;
            }
        }
        Ok(())
    }

    /// Appends the features of the pending samples, unless the track has its greatest number of segments already.
    fn finish_segment(&mut self, values: &mut Vec<f32>) -> Result<()> {
        let n_segments = values.len() / (self.shape[0] * self.shape[1]);
        if n_segments < self.segment.max_count() && !self.pending.is_empty() {
            let start = Instant::now();
            values.extend(self.features.process(&self.pending)?);
            self.computing += start.elapsed();
        }
        self.pending.clear();
        Ok(())
    }
}
