//! Streams whose sample rate changes inside, such as chained Ogg files, at the rate of their beginning.

use std::fmt;

use cepstrum_dsp::Resampler;

use crate::Result;

/// Resamples what does not have the rate of the beginning.
#[derive(Default)]
pub(super) struct Unified {
    /// The rate of the first block in Hz; 0 before it.
    rate: u32,
    /// The rate of the part that is being resampled, and its resampler.
    current: Option<(u32, Resampler)>,
}

impl Unified {
    /// Returns whether a part of another rate is being resampled.
    pub(super) fn is_active(&self) -> bool {
        self.current.is_some()
    }

    /// Replaces the samples of a block of some rate by those of the first rate. An empty block ends the stream.
    pub(super) fn convert(&mut self, rate: u32, block: &mut Vec<f32>) -> Result<()> {
        if self.rate == 0 {
            self.rate = rate;
        }
        if self.current.is_none() && (rate == self.rate || block.is_empty()) {
            return Ok(());
        }
        let mut converted = Vec::new();
        if let Some((_, mut resampler)) =
            self.current.take_if(|(current, _)| *current != rate || block.is_empty())
        {
            resampler.finish(&mut converted);
        }
        if rate == self.rate || block.is_empty() {
            converted.append(block);
        } else {
            let (_, resampler) = match &mut self.current {
                Some(current) => current,
                none => none.insert((rate, Resampler::new(rate, self.rate)?)),
            };
            resampler.push(block, &mut converted)?;
        }
        *block = converted;
        Ok(())
    }
}

impl fmt::Debug for Unified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unified").field("rate", &self.rate).finish_non_exhaustive()
    }
}
