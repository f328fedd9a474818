//! Features of power spectra, eight frames at a time, whichever transform the spectra come from.

use std::ops::Range;

use cepstrum_dsp::Float;
use cepstrum_dsp::block::{Lanes, PowerStft};
use ndarray::ArrayViewMut2;

use crate::{Result, output};

/// A feature that is computed from the power spectra of a signal, block after block.
pub(crate) trait BlockFeature<T: Float> {
    /// Number of values per frame.
    fn n_columns(&self) -> usize;

    /// True where the spectra have to be seen once, by [`survey`](Self::survey), before the first block.
    fn has_survey(&self) -> bool {
        false
    }

    /// Prepares for a signal of `n_frames`, and for a survey.
    fn begin(&mut self, _n_frames: usize) {}

    /// Takes the first `count` spectra of a block ahead of all blocks.
    fn survey(&mut self, _power: &[Lanes<T>], _count: usize) -> Result<()> {
        Ok(())
    }

    /// Ends the survey.
    fn surveyed(&mut self) -> Result<()> {
        Ok(())
    }

    /// Takes the spectra of some frames, which it may overwrite.
    fn block(
        &mut self,
        frames: Range<usize>,
        power: &mut [Lanes<T>],
        out: &mut ArrayViewMut2<'_, T>,
    ) -> Result<()>;

    /// Completes the values after the last block.
    fn finish(&mut self, _samples: &[T], _out: &mut ArrayViewMut2<'_, T>) -> Result<()> {
        Ok(())
    }
}

/// Computes one feature of a signal, `[n_frames, n_columns]`.
pub(crate) fn run<T: Float>(
    stft: &mut PowerStft<T>,
    feature: &mut impl BlockFeature<T>,
    samples: &[T],
    mut out: ArrayViewMut2<'_, T>,
) -> Result<()> {
    let n_frames = stft.n_frames(samples.len());
    output::check_shape([n_frames, feature.n_columns()], &out)?;
    feature.begin(n_frames);
    if feature.has_survey() {
        stft.for_each_block(samples, |frames, power| feature.survey(power, frames.len()))?;
        feature.surveyed()?;
    }
    stft.for_each_block(samples, |frames, power| feature.block(frames, power, &mut out))?;
    feature.finish(samples, &mut out)
}
