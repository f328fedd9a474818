//! A collection of audio becomes a feature set.

mod cache;
mod segmenter;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::progress::{Progress, Silent};
use crate::{Collection, Error, ExtractConfig, FeatureSet, Result};
use cache::Cache;
pub use segmenter::segment_features;
use segmenter::{Segmenter, TrackFeatures, stack};

/// Extracts the features of every track of a collection, on several threads.
///
/// The result does not depend on the number of threads: segments come in the order of the tracks. A track is decoded
/// and cut as it is read, so its length does not matter for memory; what is held is one segment a thread and the
/// features themselves.
///
/// ```no_run
/// use cepstrum_dataset::progress::TerminalProgress;
/// use cepstrum_dataset::{ExtractConfig, Extraction, AudioFolder, Segment};
///
/// let library = AudioFolder::scan("genres_original")?;
/// let config = ExtractConfig { segment: Segment::Seconds(3.0), ..ExtractConfig::default() };
/// let extracted = Extraction::new(config).cache("cache").progress(TerminalProgress::new()).run(&library)?;
/// for skipped in &extracted.skipped {
///     eprintln!("{skipped}"); // jazz/jazz.00054.wav: not audio: ...
/// }
/// extracted.features.save("gtzan.safetensors")?;
/// # Ok::<(), cepstrum_dataset::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Extraction<P = Silent> {
    config: ExtractConfig,
    threads: usize,
    damaged: DamagePolicy,
    cache: Option<PathBuf>,
    progress: P,
}

/// What becomes of a file that ends early or breaks inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DamagePolicy {
    /// The whole file is skipped and listed.
    #[default]
    Skip,
    /// Its segments before the damage are used, and it is listed in [`Extracted::damaged`].
    KeepIntact,
    /// The extraction ends with the error.
    Stop,
}

/// What an extraction gives.
#[derive(Debug)]
pub struct Extracted {
    /// The features of all tracks that could be used.
    pub features: FeatureSet,
    /// The tracks that could not be used, with causes, in the order of the collection.
    pub skipped: Vec<Skipped>,
    /// The tracks that are used up to their damage, in the order of the collection.
    pub damaged: Vec<Skipped>,
    /// How many tracks came from the cache.
    pub cached: usize,
    /// What the time went to.
    pub spent: StageTimes,
}

/// Time that an extraction spent on its parts, added up over its threads.
///
/// ```
/// use std::time::Duration;
///
/// let [decoding, features] = [1.5, 0.5].map(Duration::from_secs_f64);
/// let spent = cepstrum_dataset::StageTimes { decoding, features, cache: Duration::ZERO };
/// assert_eq!(spent.to_string(), "decoding 1.5 s (75 %), features 0.5 s (25 %), cache 0.0 s (0 %)");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// Reading files, decoding and resampling them; for a set that is not on disk, making its samples.
    pub decoding: Duration,
    /// Computing the features.
    pub features: Duration,
    /// Hashing files, reading and writing the entries of the cache.
    pub cache: Duration,
}

impl fmt::Display for StageTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("decoding", self.decoding), ("features", self.features), ("cache", self.cache)];
        let parts = parts.map(|(name, time)| (name, time.as_secs_f64()));
        let total = parts.iter().map(|(_, seconds)| seconds).sum::<f64>().max(f64::MIN_POSITIVE);
        let texts =
            parts.map(|(name, seconds)| format!("{name} {seconds:.1} s ({:.0} %)", 100.0 * seconds / total));
        f.write_str(&texts.join(", "))
    }
}

impl AddAssign for StageTimes {
    fn add_assign(&mut self, other: Self) {
        self.decoding += other.decoding;
        self.features += other.features;
        self.cache += other.cache;
    }
}

/// A file that could not be used, and why.
#[derive(Debug)]
pub struct Skipped {
    /// The file, relative to its collection: `class/file`.
    pub path: PathBuf,
    /// The cause, without the path.
    pub cause: Error,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

impl Extraction {
    /// Prepares an extraction on all cores, without cache and progress, that skips damaged files.
    pub fn new(config: ExtractConfig) -> Self {
        Self { config, threads: 0, damaged: DamagePolicy::default(), cache: None, progress: Silent }
    }
}

impl<P: Progress> Extraction<P> {
    /// Number of threads; 0, the default, is one for each core.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// What becomes of damaged files.
    pub fn damaged(mut self, policy: DamagePolicy) -> Self {
        self.damaged = policy;
        self
    }

    /// Keeps the features of every whole track in a folder, and takes them from there when neither the file nor the
    /// configuration has changed: a run that was broken off goes on where it was, a second one reads only what is new.
    ///
    /// A file counts as unchanged when its size and time are; otherwise its contents are hashed. Several processes may
    /// share one folder. Nothing is ever removed from it.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Whom to tell how many tracks are done.
    pub fn progress<Q: Progress>(self, progress: Q) -> Extraction<Q> {
        let Self { config, threads, damaged, cache, .. } = self;
        Extraction { config, threads, damaged, cache, progress }
    }

    /// Reads every track, cuts it, computes the features of each segment.
    ///
    /// # Errors
    /// [`Error::NothingUsable`] when no track could be used, [`Error::EmptyClass`] when none of one class could, an
    /// error of the configuration, an error of the cache folder, and with [`DamagePolicy::Stop`] the damage of the
    /// first damaged track. Any other track that cannot be used is no error: it is listed in the result.
    pub fn run(&self, collection: &impl Collection) -> Result<Extracted> {
        // An illegal configuration fails here, not once for every track.
        let shape = Segmenter::new(&self.config)?.shape;
        let cache = self.cache.as_deref().map(|folder| Cache::open(folder, &self.config)).transpose()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        let n_tracks = collection.n_tracks();
        self.progress.start(n_tracks as u64, "tracks");
        let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let gathered = Mutex::new(OrderedResults::new(collection, shape[0] * shape[1]));
        // Tracks are begun in their order, so that what is computed soon has its place, and the first error is the first.
        pool.broadcast(|_| -> Result<()> {
            let mut worker = Worker { segmenter: Segmenter::new(&self.config)?, scratch: Vec::new() };
            while !stopped.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= n_tracks {
                    break;
                }
                let mut spent = StageTimes::default();
                let outcome = self.track(&mut worker, cache.as_ref(), collection, index, &mut spent);
                if matches!(outcome, Outcome::Fatal(_)) {
                    stopped.store(true, Ordering::Relaxed);
                }
                self.progress.advance(1);
                gathered.lock().unwrap_or_else(PoisonError::into_inner).take(index, outcome, spent)?;
            }
            Ok(())
        })
        .into_iter()
        .collect::<Result<()>>()?;
        self.progress.finish();
        let gathered = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        gathered.into_extracted(shape, &self.config)
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
            // A file that cannot be read is skipped with its own cause below; a cache that cannot be written is not.
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

/// What a thread keeps from track to track.
struct Worker {
    segmenter: Segmenter,
    scratch: Vec<u8>,
}

/// What came of one track.
enum Outcome {
    Used {
        values: Vec<f32>,
        damage: Option<Error>,
        cached: bool,
    },
    Skipped(Error),
    /// Ends the whole extraction.
    Fatal(Error),
}

/// The tracks put together in their order.
struct OrderedResults<'a, C> {
    collection: &'a C,
    segment_len: usize,
    /// The first track that has not come yet, and those that came before their turn.
    next: usize,
    early: BTreeMap<usize, Outcome>,
    values: Vec<f32>,
    labels: Vec<usize>,
    tracks: Vec<String>,
    skipped: Vec<(usize, Skipped)>,
    damaged: Vec<Skipped>,
    cached: usize,
    spent: StageTimes,
}

impl<'a, C: Collection> OrderedResults<'a, C> {
    fn new(collection: &'a C, segment_len: usize) -> Self {
        Self {
            collection,
            segment_len,
            next: 0,
            early: BTreeMap::new(),
            values: Vec::new(),
            labels: Vec::new(),
            tracks: Vec::new(),
            skipped: Vec::new(),
            damaged: Vec::new(),
            cached: 0,
            spent: StageTimes::default(),
        }
    }

    /// Takes what came of a track, and puts all whose turn it is in their place.
    fn take(&mut self, index: usize, outcome: Outcome, spent: StageTimes) -> Result<()> {
        self.spent += spent;
        self.early.insert(index, outcome);
        while let Some(outcome) = self.early.remove(&self.next) {
            self.add(self.next, outcome)?;
            self.next += 1;
        }
        Ok(())
    }

    fn add(&mut self, index: usize, outcome: Outcome) -> Result<()> {
        let track = self.collection.track(index);
        let listed = |error: Error| Skipped { path: track.name.clone().into(), cause: error.into_cause() };
        match outcome {
            Outcome::Used { values, damage, cached } => {
                let n_segments = values.len() / self.segment_len;
                self.values.extend(values);
                self.labels.extend(std::iter::repeat_n(track.class, n_segments));
                self.damaged.extend(damage.map(listed));
                self.tracks.extend(std::iter::repeat_n(track.name, n_segments));
                self.cached += usize::from(cached);
            }
            Outcome::Skipped(error) => self.skipped.push((track.class, listed(error))),
            Outcome::Fatal(error) => return Err(error.in_file(track.name)),
        }
        Ok(())
    }

    fn into_extracted(self, shape: [usize; 2], config: &ExtractConfig) -> Result<Extracted> {
        let classes = self.collection.classes();
        let mut n_segments = vec![0; classes.len()];
        for &label in &self.labels {
            n_segments[label] += 1;
        }
        if self.labels.is_empty() {
            let first = self.skipped.first().map(|(_, skipped)| skipped.to_string());
            return Err(Error::NothingUsable { skipped: self.skipped.len(), first });
        }
        if let Some(class) = n_segments.iter().position(|&n| n == 0) {
            let mut of_class = self.skipped.iter().filter(|(of, _)| *of == class).map(|(_, skipped)| skipped);
            let first = of_class.next().map(ToString::to_string);
            let skipped = usize::from(first.is_some()) + of_class.count();
            return Err(Error::EmptyClass { class: classes[class].clone(), skipped, first });
        }
        Ok(Extracted {
            features: FeatureSet::new(
                stack(self.values, shape)?,
                self.labels,
                classes.to_vec(),
                self.tracks,
                Some(config.clone()),
            )?,
            skipped: self.skipped.into_iter().map(|(_, skipped)| skipped).collect(),
            damaged: self.damaged,
            cached: self.cached,
            spent: self.spent,
        })
    }
}
