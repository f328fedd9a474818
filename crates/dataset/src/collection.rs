//! What an extraction reads from: classes, tracks, samples.

use std::path::Path;

use crate::Result;

/// A labelled set of tracks, on disk ([`AudioFolder`](crate::AudioFolder)) or rendered in memory.
///
/// Tracks are numbered `0..n_tracks()`, in an order that never changes: by class, then by name. An implementation is
/// read by several threads at once.
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

    /// The samples of one track: mono, at `sample_rate` Hz.
    ///
    /// # Errors
    /// When the track cannot be read as whole audio; the error names the file.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn load(&self, index: usize, sample_rate: u32) -> Result<Vec<f32>>;

    /// Gives the samples of [`load`](Self::load) in pieces, so that a track of any length fits in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load), after the pieces that are whole; and what `sink` gives.
    ///
    /// # Panics
    /// If `index` is not below [`n_tracks`](Self::n_tracks).
    fn stream(
        &self,
        index: usize,
        sample_rate: u32,
        sink: &mut dyn FnMut(&[f32]) -> Result<()>,
    ) -> Result<()> {
        sink(&self.load(index, sample_rate)?)
    }

    /// The file that alone decides the samples of a track; `None`, the default, when there is none.
    ///
    /// Only tracks with a file are kept in an extraction's [cache](crate::Extraction::cache).
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
    /// `class/file`, unique in its collection, with `/` on every system.
    pub name: String,
    /// Index into [`Collection::classes`].
    pub class: usize,
}
