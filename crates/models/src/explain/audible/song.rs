//! Explanations of whole songs, segment by segment.

use ndarray::{Array2, Axis};

use super::joiner::Joiner;
use super::{Audible, Masks};
use crate::Result;

/// Parts of a stretch of sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundParts {
    /// What spoke for the class.
    pub spoke_for: Vec<f32>,
    /// What spoke against the class.
    pub spoke_against: Vec<f32>,
    /// What is left without the former.
    pub without: Vec<f32>,
}

/// Seconds to either side of a boundary between segments over which their masks pass into each other.
const FADE_SECONDS: f64 = 0.05;

/// The part of a song that is masked by the relevance of one segment.
struct Block {
    /// First sample of the segment that is explained.
    segment: usize,
    /// First sample of the block, a whole number of hops from the segment's.
    start: usize,
    /// The sample behind the block.
    end: usize,
    /// The boundary to the next block.
    boundary: Option<usize>,
}

impl Audible<'_> {
    /// Explains a whole song, segment by segment, and hands the parts to `sink` piece by piece.
    ///
    /// Every segment has its own masks; at its boundaries they pass into the neighbor's within 0.1 s. What is behind the last whole
    /// segment has the masks of a segment that ends with the song. Memory does not depend on the length of the song, time grows in
    /// proportion. The pieces follow each other without a gap; each is also a report of progress.
    ///
    /// # Errors
    /// [`Error::Dataset`](crate::Error::Dataset) around [`TooShort`](cepstrum_dataset::Error::TooShort) for less than a segment or for samples that are
    /// not finite, those of [`SpectralPath::saliency`](super::SpectralPath::saliency), and those of `sink`.
    pub fn song(
        &mut self,
        samples: &[f32],
        class: usize,
        mut sink: impl FnMut(&SoundParts) -> Result<()>,
    ) -> Result<()> {
        self.path.check_class(class)?;
        if samples.len() < self.n_samples {
            let seconds = |samples: usize| samples as f64 / f64::from(self.path.sample_rate());
            let (seconds, needed) = (seconds(samples.len()), seconds(self.n_samples));
            return Err(cepstrum_dataset::Error::TooShort { seconds, needed }.into());
        }
        let fade = self.fade();
        let mut joiners: [Joiner; 3] = std::array::from_fn(|_| Joiner::new(fade));
        for block in self.blocks(samples.len(), fade) {
            let segment = &samples[block.segment..block.segment + self.n_samples];
            let relevance = self.relevance(segment, class)?;
            let masks = self.masks(&relevance)?;
            let sound = &samples[block.start..block.end];
            let parts = self.parts(sound, &self.stretched(&masks, &block))?;
            let heard = [&parts.spoke_for, &parts.spoke_against, &parts.without];
            let mut joined = joiners
                .iter_mut()
                .zip(heard)
                .map(|(joiner, part)| joiner.join(block.start, part, block.boundary));
            let mut next = || joined.next().unwrap_or_default();
            sink(&SoundParts { spoke_for: next(), spoke_against: next(), without: next() })?;
        }
        Ok(())
    }

    /// Samples to either side of a boundary: whole hops, and at most a quarter of a segment.
    fn fade(&self) -> usize {
        let hop = self.path.stft().hop_length;
        let wanted = (FADE_SECONDS * f64::from(self.path.sample_rate()) / hop as f64).ceil() as usize;
        wanted.min(self.n_samples / 4 / hop) * hop
    }

    /// The blocks of a song of at least one segment.
    fn blocks(&self, n_samples: usize, fade: usize) -> Vec<Block> {
        let (length, hop) = (self.n_samples, self.path.stft().hop_length);
        let n_whole = n_samples / length;
        let mut segments: Vec<usize> = (0..n_whole).map(|i| i * length).collect();
        let mut boundaries: Vec<usize> = segments[1..].to_vec();
        if n_whole * length < n_samples {
            segments.push(n_samples - length);
            boundaries.push((n_whole * length).min(n_samples - fade));
        }
        let block = |(i, &segment): (usize, &usize)| {
            // The first sample that the passage from the block before needs, or an earlier one on the segment's grid.
            let needed = if i == 0 { 0 } else { boundaries[i - 1] - fade };
            let start = match needed.checked_sub(segment) {
                Some(ahead) => segment + ahead / hop * hop,
                None => segment.saturating_sub((segment - needed).div_ceil(hop) * hop),
            };
            let boundary = boundaries.get(i).copied();
            Block { segment, start, end: boundary.map_or(n_samples, |b| (b + fade).min(n_samples)), boundary }
        };
        segments.iter().enumerate().map(block).collect()
    }

    /// The masks of a segment on the frames of its block; beyond the segment the first and the last frame are repeated.
    fn stretched(&self, masks: &Masks, block: &Block) -> Masks {
        let hop = self.path.stft().hop_length;
        let n_frames = self.inverse.n_frames(block.end - block.start);
        // Frames of the block before the segment, or of the segment before the block.
        let (before, skipped) = (
            block.segment.saturating_sub(block.start) / hop,
            block.start.saturating_sub(block.segment) / hop,
        );
        let of = |mask: &Array2<f32>| {
            let last = mask.nrows().saturating_sub(1);
            let frames: Vec<usize> =
                (0..n_frames).map(|frame| (frame + skipped).saturating_sub(before).min(last)).collect();
            mask.select(Axis(0), &frames)
        };
        Masks {
            spoke_for: of(&masks.spoke_for),
            spoke_against: of(&masks.spoke_against),
            without: of(&masks.without),
        }
    }
}
