//! From the bytes of a track to its features or its verdict.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cepstrum_dataset::{
    Error as DatasetError, ExtractConfig, Front, SampleSink, TrackExtractor, stream_audio_from,
};
use cepstrum_models::pretrained::{MusiCnn, MusiCnnFront};
use cepstrum_models::{Classifier, GenreClassifier, Vote};

use super::fetch::{Content, Fetched};
use crate::job::{Damaged, Job, Limits, Work};
use crate::storage::Storage;
use crate::{Error, Result};

/// The bytes of a track and what is to be known of them.
pub(super) struct Input {
    pub(super) fetched: Fetched,
    /// The extension of the path, a hint.
    pub(super) extension: Option<String>,
}

impl Input {
    pub(super) fn new(path: &str, fetched: Fetched) -> Self {
        let extension = Path::new(path).extension().map(|ending| ending.to_string_lossy().into_owned());
        Self { fetched, extension }
    }
}

/// What a track gives.
pub(super) struct Output {
    pub(super) values: Values,
    /// The damage that ended it early.
    pub(super) damage: Option<String>,
}

/// The values of a track's rows.
pub(super) enum Values {
    /// The features of all segments, end to end.
    Features(Vec<f32>),
    /// The verdict of the whole track.
    Verdict { class: String, probabilities: Vec<f32> },
}

/// An analysis of tracks, planned once for many of them.
pub(super) struct Analysis {
    kind: Kind,
    damaged: Damaged,
    limits: Limits,
    /// Operations of networks run in it, so that a task takes the one core that it was given.
    pool: rayon::ThreadPool,
}

enum Kind {
    Extract { extractor: Box<TrackExtractor>, sample_rate: u32 },
    Classify(Box<GenreClassifier>),
}

/// What all rows of a job have in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowShape {
    /// Number of values of a row.
    pub(crate) n_values: usize,
    /// What a part's metadata say: sizes, classes, settings.
    pub(crate) metadata: Vec<(String, String)>,
    /// Length of a segment in seconds; `None` for verdicts.
    pub(crate) segment_seconds: Option<f64>,
}

impl Analysis {
    pub(super) fn new(job: &Job, storage: &Storage, network: Option<&Arc<MusiCnn>>) -> Result<Self> {
        let kind = match &job.work {
            Work::Extract(config) => {
                let front = front(config, network)?;
                let extractor = Box::new(TrackExtractor::new(config, front.as_ref())?);
                Kind::Extract { extractor, sample_rate: config.sample_rate() }
            }
            Work::Classify { model, majority } => {
                let vote = if *majority { Vote::Majority } else { Vote::MeanLogProbability };
                Kind::Classify(Box::new(load_model(model, storage, network)?.vote(vote)))
            }
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(io::Error::other)?;
        Ok(Self { kind, damaged: job.damaged, limits: job.limits, pool })
    }

    /// Decodes and analyzes a track.
    ///
    /// # Errors
    /// The cause why it cannot be used.
    pub(super) fn track(&mut self, input: Input) -> Result<Output, String> {
        let bounds = Bounds::new(self.limits);
        let Self { kind, damaged, pool, .. } = self;
        let output = pool.install(|| kind.track(input, &bounds, *damaged));
        match bounds.exceeded() {
            Some(cause) => Err(cause),
            None => output,
        }
    }

    /// The sizes and settings of the rows.
    pub(super) fn row_shape(&self, job: &Job) -> Result<RowShape> {
        let mut metadata = Vec::new();
        let mut put = |name: &str, value: String| metadata.push((name.to_owned(), value));
        put("cepstrum", format!("cepstrum-cluster {}", job.version));
        let n_values = match (&self.kind, &job.work) {
            (Kind::Extract { extractor, .. }, Work::Extract(config)) => {
                let [n_frames, n_coefficients] = extractor.segment_shape();
                put("n_frames", n_frames.to_string());
                put("n_coefficients", n_coefficients.to_string());
                put("config", serde_json::to_string(config)?);
                n_frames * n_coefficients
            }
            (Kind::Classify(classifier), _) => {
                put("classes", serde_json::to_string(classifier.model().classes())?);
                classifier.model().classes().len()
            }
            (Kind::Extract { .. }, Work::Classify { .. }) => 0,
        };
        let segment_seconds = match &job.work {
            Work::Extract(config) => Some(config.segment.seconds()),
            Work::Classify { .. } => None,
        };
        Ok(RowShape { n_values, metadata, segment_seconds })
    }

    /// A hash of what a fixed signal gives: noise of one segment, from an integer generator.
    pub(super) fn probe(&mut self) -> Result<String> {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let Self { kind, pool, .. } = self;
        let values = pool.install(|| -> Result<Vec<f32>> {
            match kind {
                Kind::Extract { extractor, sample_rate } => {
                    let seconds = PROBE_SECONDS;
                    let samples: Vec<f32> = (0..*sample_rate as usize * seconds).map(|_| noise()).collect();
                    match extractor.extract(|sink| sink(&samples)) {
                        Ok(track) => Ok(track.values),
                        // Segments that are longer than the probe: nothing is compared.
                        Err(DatasetError::TooShort { .. }) => Ok(Vec::new()),
                        Err(error) => Err(error.into()),
                    }
                }
                Kind::Classify(classifier) => {
                    let length = classifier.sample_rate() as usize * PROBE_SECONDS;
                    let samples: Vec<f32> = (0..length).map(|_| noise()).collect();
                    match classifier.classify_samples(&samples) {
                        Ok(song) => Ok(song.song().to_vec()),
                        Err(_) => Ok(Vec::new()),
                    }
                }
            }
        })?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(crate::manifest::short(&blake3::hash(&bytes)))
    }
}

/// Length of the signal of [`Analysis::probe`]: two segments of the reference experiment.
const PROBE_SECONDS: usize = 6;

/// The network that computes the features of a configuration, where one does.
fn front(config: &ExtractConfig, network: Option<&Arc<MusiCnn>>) -> Result<Option<Arc<dyn Front>>> {
    let cepstrum_dataset::FeatureConfig::Front(config) = &config.features else { return Ok(None) };
    let Some(network) = network else { return Ok(None) };
    let front = MusiCnnFront::from_config(Arc::clone(network), config)?;
    Ok(Some(Arc::new(front)))
}

fn load_model(file: &str, storage: &Storage, network: Option<&Arc<MusiCnn>>) -> Result<GenreClassifier> {
    let path = format!("{}/{file}", storage.name());
    let none = || Error::NoJob { location: storage.name().to_owned(), file: file.to_owned() };
    let bytes = storage.read(file)?.ok_or_else(none)?;
    let named = |error: cepstrum_models::Error| Error::from(error).in_file(&path);
    let mut model = Classifier::read_from(bytes.as_slice()).map_err(named)?;
    if let Some(network) = network {
        model = model.with_embedded_front(Arc::clone(network));
    }
    GenreClassifier::new(model).map_err(named)
}

impl Kind {
    fn track(&mut self, input: Input, bounds: &Bounds, damaged: Damaged) -> Result<Output, String> {
        let Input { fetched, extension } = input;
        let content =
            Bounded { inner: fetched.content, deadline: bounds.deadline, late: bounds.late.clone() };
        let sample_rate = match self {
            Self::Extract { sample_rate, .. } => *sample_rate,
            Self::Classify(classifier) => classifier.sample_rate(),
        };
        let stream = |sink: &mut SampleSink<'_>| {
            stream_audio_from(content, extension.as_deref(), sample_rate, &mut |piece| {
                bounds.pass(piece.len(), sample_rate)?;
                sink(piece)
            })
        };
        match self {
            Self::Extract { extractor, .. } => {
                let track = extractor.extract(stream).map_err(|error| text(&error))?;
                let damage = track.damage.as_ref().map(text);
                accept(Values::Features(track.values), damage, damaged)
            }
            Self::Classify(classifier) => {
                let mut samples = Vec::new();
                let end = stream(&mut |piece| {
                    samples.extend_from_slice(piece);
                    Ok(())
                });
                let damage = match end {
                    Ok(()) => None,
                    Err(error) if matches!(error.cause(), DatasetError::Damaged { .. }) => Some(text(&error)),
                    Err(error) => return Err(text(&error)),
                };
                if let (Some(damage), Damaged::Skip) = (&damage, damaged) {
                    return Err(damage.clone());
                }
                let song = classifier.classify_samples(&samples).map_err(|error| error.to_string())?;
                let (class, probabilities) = (song.top_class().to_owned(), song.song().to_vec());
                accept(Values::Verdict { class, probabilities }, damage, damaged)
            }
        }
    }
}

/// The values of a track, unless it is damaged and damaged tracks are skipped.
fn accept(values: Values, damage: Option<String>, damaged: Damaged) -> Result<Output, String> {
    match (damage, damaged) {
        (Some(damage), Damaged::Skip) => Err(damage),
        (damage, _) => Ok(Output { values, damage }),
    }
}

fn text(error: &DatasetError) -> String {
    error.cause().to_string()
}

/// The limits of one track, and whether it has passed them.
struct Bounds {
    limits: Limits,
    deadline: Instant,
    late: Arc<AtomicBool>,
    samples: AtomicU64,
    is_long: AtomicBool,
}

impl Bounds {
    fn new(limits: Limits) -> Self {
        let deadline = Instant::now() + Duration::from_secs(limits.work_seconds);
        let late = Arc::default();
        Self { limits, deadline, late, samples: AtomicU64::new(0), is_long: AtomicBool::new(false) }
    }

    /// Counts samples; fails when there are too many, or the time is over.
    fn pass(&self, samples: usize, sample_rate: u32) -> cepstrum_dataset::Result<()> {
        let total = samples as u64 + self.samples.fetch_add(samples as u64, Ordering::Relaxed);
        if total > self.limits.audio_seconds * u64::from(sample_rate) {
            self.is_long.store(true, Ordering::Relaxed);
            return Err(io::Error::other("too long").into());
        }
        check_time(self.deadline, &self.late).map_err(Into::into)
    }

    fn exceeded(&self) -> Option<String> {
        if self.is_long.load(Ordering::Relaxed) {
            return Some(format!("the audio is longer than {} s", self.limits.audio_seconds));
        }
        self.late.load(Ordering::Relaxed).then(|| too_slow(self.limits))
    }
}

/// The cause for a track whose time is over.
pub(super) fn too_slow(limits: Limits) -> String {
    format!("reading, decoding or analyzing it takes more than {} s", limits.work_seconds)
}

fn check_time(deadline: Instant, late: &AtomicBool) -> io::Result<()> {
    if Instant::now() <= deadline {
        return Ok(());
    }
    late.store(true, Ordering::Relaxed);
    Err(io::ErrorKind::TimedOut.into())
}

/// A stream that ends with an error when the time is over.
struct Bounded {
    inner: Content,
    deadline: Instant,
    late: Arc<AtomicBool>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        check_time(self.deadline, &self.late)?;
        self.inner.read(buffer)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
