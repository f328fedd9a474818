//! Extraction: from a collection of audio to a feature set.

mod cache;
mod extracted;
mod ordered;
mod segmenter;
mod track_extractor;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rayon::prelude::*;

pub use extracted::{Extracted, Skipped, StageTimes};
pub use segmenter::{TrackFeatures, segment_features, segment_features_with};
pub use track_extractor::TrackExtractor;

use crate::progress::{Progress, RunningJob, Silent};
use crate::{Collection, Error, ExtractConfig, Front, Result};
use cache::Cache;
use ordered::{OrderedResults, Outcome};
use segmenter::Segmenter;

/// An extraction of the features of every track of a collection, on several threads.
///
/// The result does not depend on the number of threads: segments are in the order of the tracks. A track is decoded and
/// cut as it is read, so its length does not affect memory, which holds the features and one segment per thread.
///
/// ```no_run
/// use cepstrum_dataset::progress::TerminalProgress;
/// use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, Segment};
///
/// let folder = AudioFolder::scan("genres_original")?;
/// let config = ExtractConfig { segment: Segment::Seconds(3.0), ..ExtractConfig::default() };
/// let extracted = Extraction::new(config).cache("cache").progress(TerminalProgress::new()).run(&folder)?;
/// for skipped in &extracted.skipped {
///     eprintln!("{skipped}"); // jazz/jazz.00054.wav: not audio: ...
/// }
/// extracted.features.save("gtzan.safetensors")?;
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an extraction does nothing until `run` is called"]
pub struct Extraction<P = Silent> {
    config: ExtractConfig,
    threads: usize,
    damaged: DamagePolicy,
    cache: Option<PathBuf>,
    front: Option<Arc<dyn Front>>,
    progress: P,
}

/// The treatment of a file that ends early or is corrupt inside. On a command line `skip`, `use` or `stop`.
///
/// ```
/// use cepstrum_dataset::DamagePolicy;
///
/// assert_eq!("use".parse::<DamagePolicy>()?, DamagePolicy::KeepIntact);
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DamagePolicy {
    /// The whole file is skipped and listed in [`Extracted::skipped`].
    #[default]
    Skip,
    /// The segments before the damage are used, and the file is listed in [`Extracted::damaged`].
    KeepIntact,
    /// The extraction fails with the damage.
    Stop,
}

impl FromStr for DamagePolicy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "skip" => Ok(Self::Skip),
            "use" => Ok(Self::KeepIntact),
            "stop" => Ok(Self::Stop),
            _ => Err(Error::InvalidParameter {
                parameter: "the treatment of damaged files",
                bound: "skip, use or stop",
                value: name.to_owned(),
            }),
        }
    }
}

impl Extraction {
    /// Prepares an extraction on all cores, without a cache or progress, that skips damaged files.
    pub fn new(config: ExtractConfig) -> Self {
        let damaged = DamagePolicy::default();
        Self { config, threads: 0, damaged, cache: None, front: None, progress: Silent }
    }
}

impl<P: Progress> Extraction<P> {
    /// Sets the number of threads, which the extraction starts for itself. With 0, the default, it runs on rayon's
    /// current thread pool: one thread per core, unless the caller installed another pool.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Sets the treatment of damaged files.
    pub fn damaged(mut self, policy: DamagePolicy) -> Self {
        self.damaged = policy;
        self
    }

    /// Keeps the features of every undamaged track in a folder, and reuses them when neither the file nor the
    /// configuration has changed. An interrupted run resumes, and a later run reads only new and changed files.
    ///
    /// A file counts as unchanged when its size and modification time are the same; otherwise its contents are hashed.
    /// Several processes may share one folder. Entries are never removed.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Gives the network that computes the features of a [`FeatureConfig::Front`](crate::FeatureConfig::Front).
    pub fn front(mut self, front: Arc<dyn Front>) -> Self {
        self.front = Some(front);
        self
    }

    /// Sets the progress reporter.
    pub fn progress<Q: Progress>(self, progress: Q) -> Extraction<Q> {
        let Self { config, threads, damaged, cache, front, .. } = self;
        Extraction { config, threads, damaged, cache, front, progress }
    }

    /// Reads every track, cuts it into segments, and computes the features of each.
    ///
    /// A track that is not usable is not an error: it is listed in the result.
    ///
    /// # Errors
    /// - [`Error::NothingUsable`] when no track is usable, [`Error::EmptyClass`] when none of one class is;
    /// - [`Error::InvalidParameter`] or [`Error::Features`] for the configuration, before any file is read;
    /// - [`Error::FrontMissing`] or [`Error::OtherFront`] when the features are those of a network that was not given;
    /// - [`Error::InFile`] around [`Error::Io`] for a cache folder that cannot be created or written;
    /// - with [`DamagePolicy::Stop`] [`Error::InFile`] around [`Error::Damaged`] for the first damaged track;
    /// - [`Error::Threads`] when the threads cannot be started.
    pub fn run(&self, collection: &impl Collection) -> Result<Extracted> {
        // An illegal configuration fails here, not once per track.
        let shape = Segmenter::new(&self.config, self.front.as_ref())?.shape;
        let cache = self.cache.as_deref().map(|folder| Cache::open(folder, &self.config)).transpose()?;
        let n_tracks = collection.n_tracks();
        let job = RunningJob::start(&self.progress, n_tracks as u64, "tracks");
        let results = Mutex::new(OrderedResults::new(collection, shape[0] * shape[1]));
        // The bridge starts tracks in their order, so that few of them wait for an earlier one.
        let extract = || {
            (0..n_tracks).par_bridge().try_for_each_init(
                || None,
                |worker, index| {
                    let worker = match worker {
                        Some(worker) => worker,
                        None => worker.insert(Worker::new(&self.config, self.front.as_ref())?),
                    };
                    let mut spent = StageTimes::default();
                    let outcome = self.track(worker, cache.as_ref(), collection, index, &mut spent);
                    job.advance(1);
                    results.lock().unwrap_or_else(PoisonError::into_inner).take(index, outcome, spent)
                },
            )
        };
        match self.threads {
            0 => extract(),
            n => thread_pool(n)?.install(extract),
        }?;
        results.into_inner().unwrap_or_else(PoisonError::into_inner).into_extracted(shape, &self.config)
    }

    fn track(
        &self,
        Worker { segmenter, scratch }: &mut Worker,
        cache: Option<&Cache>,
        collection: &impl Collection,
        index: usize,
        spent: &mut StageTimes,
    ) -> Outcome {
        let start = Instant::now();
        let slot = match cache.zip(collection.file(index)).map(|(cache, file)| (cache, cache.key(file))) {
            Some((cache, Ok(key))) => Some((cache, key)),
            // An error of the cache is fatal; a file that cannot be read is skipped below, with its own cause.
            Some((_, Err(error))) if error.path() != collection.file(index) => return Outcome::Fatal(error),
            _ => None,
        };
        let kept = slot.as_ref().and_then(|(cache, key)| cache.get(key, scratch));
        spent.cache += start.elapsed();
        if let Some(values) = kept {
            return Outcome::Used { values, damage: None, cached: true };
        }
        let start = Instant::now();
        let rate = self.config.sample_rate();
        let computed = segmenter.track(|sink| collection.stream(index, rate, sink));
        spent.features += segmenter.computing();
        spent.decoding += start.elapsed().saturating_sub(segmenter.computing());
        match computed {
            Ok(TrackFeatures { values, damage: None }) => {
                let start = Instant::now();
                let kept = slot.map_or(Ok(()), |(cache, key)| cache.put(&key, &values));
                spent.cache += start.elapsed();
                match kept {
                    Ok(()) => Outcome::Used { values, damage: None, cached: false },
                    Err(error) => Outcome::Fatal(error),
                }
            }
            Ok(TrackFeatures { values, damage: Some(error) }) => match self.damaged {
                DamagePolicy::Skip => Outcome::Skipped(error),
                DamagePolicy::KeepIntact => Outcome::Used { values, damage: Some(error), cached: false },
                DamagePolicy::Stop => Outcome::Fatal(error),
            },
            Err(error)
                if self.damaged == DamagePolicy::Stop && matches!(error.cause(), Error::Damaged { .. }) =>
            {
                Outcome::Fatal(error)
            }
            Err(error) => Outcome::Skipped(error),
        }
    }
}

/// The state that a thread reuses from track to track.
struct Worker {
    segmenter: Segmenter,
    scratch: Vec<u8>,
}

impl Worker {
    fn new(config: &ExtractConfig, front: Option<&Arc<dyn Front>>) -> Result<Self> {
        Ok(Self { segmenter: Segmenter::new(config, front)?, scratch: Vec::new() })
    }
}

fn thread_pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|cause| Error::Threads { cause: cause.into() })
}
