//! A sample rate changed piece by piece, in bounded memory.

use cepstrum_dsp::Resampler;

use crate::Result;

/// Input samples resampled at once; what is shorter, such as a clip of 47 s at 44.1 kHz, is resampled whole.
const BLOCK: usize = 1 << 21;
/// Input samples on both sides of a block that its output may depend on: many times the length of the filter.
const CONTEXT: usize = 1 << 14;

/// Resamples a signal that comes in pieces.
///
/// Blocks overlap by more than the filter reaches, so the joints cannot be heard or measured; `n` samples give
/// `ceil(n * to / from)`, as in one piece.
#[derive(Debug)]
pub(super) struct RateChanger {
    resampler: Resampler,
    /// The ratio in lowest terms: `down` samples in give `up` out.
    up: usize,
    down: usize,
    pending: Vec<f32>,
    /// Samples at the start of `pending` that have been given already and only serve as context.
    lead: usize,
}

impl RateChanger {
    /// Prepares the filter.
    pub(super) fn new(from_hz: u32, to_hz: u32) -> Result<Self> {
        let resampler = Resampler::new(from_hz, to_hz)?;
        let divisor = greatest_common_divisor(from_hz, to_hz).max(1);
        let (up, down) = ((to_hz / divisor) as usize, (from_hz / divisor) as usize);
        Ok(Self { resampler, up, down, pending: Vec::new(), lead: 0 })
    }

    /// Takes a piece and gives what is ready.
    pub(super) fn push(&mut self, piece: &[f32], sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        self.pending.extend_from_slice(piece);
        // Multiples of `down` fall on whole output samples.
        let (block, context) = (BLOCK.next_multiple_of(self.down), CONTEXT.next_multiple_of(self.down));
        while self.pending.len() >= self.lead + block + context {
            let resampled = self.resampler.process(&self.pending[..self.lead + block + context])?;
            sink(&resampled[self.to_output(self.lead)..self.to_output(self.lead + block)])?;
            self.pending.drain(..self.lead + block - context);
            self.lead = context;
        }
        Ok(())
    }

    /// Gives the rest.
    pub(super) fn finish(&mut self, sink: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        if self.pending.len() > self.lead {
            let resampled = self.resampler.process(&self.pending)?;
            sink(&resampled[self.to_output(self.lead)..])?;
        }
        self.pending.clear();
        self.lead = 0;
        Ok(())
    }

    fn to_output(&self, position: usize) -> usize {
        position / self.down * self.up
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// Rounding of an f32 convolution; a joint in the wrong place would be an error of the size of the signal.
    const JOINT_TOLERANCE: f32 = 1e-5;

    #[test]
    fn pieces_give_what_the_whole_gives() {
        for (from, to) in [(48_000, 22_050), (16_000, 22_050)] {
            let signal: Vec<f32> = (0..BLOCK + BLOCK / 4 + 12_345).map(|i| (0.05 * i as f32).sin()).collect();
            let whole = Resampler::new(from, to).unwrap().process(&signal).unwrap();
            let mut changer = RateChanger::new(from, to).unwrap();
            let mut pieced = Vec::new();
            let mut sink = |piece: &[f32]| {
                pieced.extend_from_slice(piece);
                Ok(())
            };
            for piece in signal.chunks(99_991) {
                changer.push(piece, &mut sink).unwrap();
            }
            changer.finish(&mut sink).unwrap();
            assert_eq!(pieced.len(), whole.len());
            let worst = pieced.iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < JOINT_TOLERANCE, "{from} to {to} Hz: {worst}");
        }
    }
}
