//! The source of an extraction: classes, tracks and samples.

use std::path::Path;

use crate::Result;

/// A function that receives the samples of a track piece by piece; its error ends the stream.
pub type SampleSink<'a> = dyn FnMut(&[f32]) -> Result<()> + 'a;

/// A labelled set of tracks, on disk ([`AudioFolder`](crate::AudioFolder)) or rendered in memory
/// ([`SyntheticSet`](crate::synth::SyntheticSet)).
///
/// Tracks are numbered `0..n_tracks()` in a fixed order: by class, then by name. Several threads read one collection at
/// the same time.
pub trait Collection: Sync {
    /// Class names in the order of their labels (sorted).
    fn classes(&self) -> &[String];

    /// Number of tracks.
    fn n_tracks(&self) -> usize;

    /// Name and class of one track.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn track(&self, index: usize) -> Track;

    /// Loads the samples of one track: mono, at `sample_rate` Hz.
    ///
    /// # Errors
    /// An error that names the file when the track cannot be read as whole audio.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>>;

    /// Sends the samples of [`load`](Self::load) to `sink` in pieces, so that a track of any length fits in memory.
    ///
    /// The default loads the whole track and sends it as one piece.
    ///
    /// # Errors
    /// The errors of [`load`](Self::load), after the undamaged pieces, and any error of `sink`.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn stream(&self, index: usize, sample_rate: u32, sink: &mut SampleSink<'_>) -> Result<()> {
        sink(&self.load(index, sample_rate)?)
    }

    /// The file whose contents alone determine the samples of a track; `None`, the default, when there is no such file.
    ///
    /// An extraction [caches](crate::Extraction::cache) only tracks that have a file.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn file(&self, _index: usize) -> Option<&Path> {
        None
    }
}

/// Name and class of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// The name `class/file`, unique in its collection, with `/` on every system.
    pub name: String,
    /// Index into [`Collection::classes`].
    pub class: usize,
}
