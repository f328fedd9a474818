//! One track: cut into segments as its samples come, and the features of each.

use std::time::{Duration, Instant};

use cepstrum_features::{LogMel, Mfcc};
use ndarray::Array2;

use crate::{Collection, Error, ExtractConfig, FeatureConfig, Result, Segment};

/// The features of one kind, ready to be computed.
enum Features {
    Mfcc(Box<Mfcc>),
    LogMel(Box<LogMel<f32>>),
}

impl Features {
    fn new(config: &FeatureConfig) -> Result<Self> {
        Ok(match config {
            FeatureConfig::Mfcc(config) => Self::Mfcc(Box::new(Mfcc::new(config)?)),
            FeatureConfig::LogMel(config) => Self::LogMel(Box::new(LogMel::new(config)?)),
        })
    }

    /// Number of frames of so many samples, and number of values of a frame.
    fn shape(&self, n_samples: usize) -> [usize; 2] {
        match self {
            Self::Mfcc(mfcc) => [mfcc.n_frames(n_samples), mfcc.n_mfcc()],
            Self::LogMel(log_mel) => [log_mel.n_frames(n_samples), log_mel.n_mels()],
        }
    }

    fn process(&mut self, samples: &[f32]) -> Result<Array2<f32>> {
        Ok(match self {
            Self::Mfcc(mfcc) => mfcc.process(samples)?,
            Self::LogMel(log_mel) => log_mel.process(samples)?,
        })
    }
}

/// The features of one track.
#[derive(Debug)]
pub(super) struct TrackFeatures {
    /// All segments end to end.
    pub(super) values: Vec<f32>,
    /// The damage that ended the track early, when the segments before it are used.
    pub(super) damage: Option<Error>,
}

/// Cuts tracks into segments and computes the features of each.
pub(super) struct Segmenter {
    features: Features,
    segment: Segment,
    sample_rate: u32,
    n_samples: usize,
    /// `[n_frames, n_coefficients]` of a whole segment.
    pub(super) shape: [usize; 2],
    /// Samples of the segment that is being filled.
    pending: Vec<f32>,
    /// Time that the features of the present track took.
    computing: Duration,
}

impl Segmenter {
    /// Checks the configuration.
    pub(super) fn new(config: &ExtractConfig) -> Result<Self> {
        let sample_rate = config.sample_rate();
        let n_samples = config.segment.n_samples(sample_rate)?;
        if config.segment.max_count() == 0 {
            let (parameter, bound) = ("segments per track", "at least 1");
            return Err(Error::InvalidParameter { parameter, bound, value: "0".to_owned() });
        }
        let features = Features::new(&config.features)?;
        let shape = features.shape(n_samples);
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

    /// How long the features of the last track took.
    pub(super) fn computing(&self) -> Duration {
        self.computing
    }

    /// The features of all segments of one track.
    ///
    /// A damaged track gives the segments before the damage, if there are any; what becomes of them is not decided
    /// here.
    pub(super) fn track(&mut self, collection: &impl Collection, index: usize) -> Result<TrackFeatures> {
        self.pending.clear();
        self.computing = Duration::ZERO;
        let mut values = Vec::new();
        let mut total = 0;
        let end = collection.stream(index, self.sample_rate, &mut |piece| {
            total += piece.len();
            self.push(piece, &mut values)
        });
        let damage = match end {
            Ok(()) => None,
            Err(error) if matches!(error.cause(), Error::Damaged { .. }) && !values.is_empty() => Some(error),
            Err(error) => return Err(error),
        };
        if total == 0 {
            return Err(Error::EmptyAudio);
        }
        if damage.is_none() && self.features.shape(self.pending.len()) == self.shape {
            self.cut(&mut values)?;
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
                self.cut(values)?;
            }
        }
        Ok(())
    }

    /// Turns what is pending into the features of one more segment, unless there are enough.
    fn cut(&mut self, values: &mut Vec<f32>) -> Result<()> {
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
