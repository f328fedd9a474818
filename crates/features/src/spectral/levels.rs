//! Root mean square and zero crossings of overlapping frames, each sample looked at once.

use cepstrum_dsp::{Float, Framing, Padding};
use ndarray::Array1;

/// Amplitude below which a sample counts as zero when signs are compared: librosa's threshold.
const ZERO: f64 = 1e-10;

/// Statistics of frames as sums over pieces, of which neighboring frames share all but a few.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    framing: Framing,
    /// Length of a piece: the greatest common divisor of frame and hop, in samples.
    piece: usize,
}

impl Levels {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, piece: greatest_common_divisor(framing.n_fft(), framing.hop_length()) }
    }

    /// Writes a signal with the samples beyond its ends that frames reach.
    pub(super) fn pad<T: Float>(&self, samples: &[T], padding: Padding, out: &mut Vec<T>) {
        let (pad, n) = (self.framing.pad(), samples.len());
        let outside = |i: i64| padding.resolve(i, n).map_or(T::zero(), |i| samples[i]);
        out.clear();
        out.extend((0..pad).map(|i| outside(i as i64 - pad as i64)));
        out.extend_from_slice(samples);
        out.extend((n..n + pad).map(|i| outside(i as i64)));
    }

    /// `sqrt(sum x^2 / n_fft)` of each frame of a padded signal.
    pub(super) fn rms<T: Float>(&self, padded: &[T], out: &mut Array1<T>) {
        let squares: Vec<f64> = padded
            .chunks_exact(self.piece)
            .map(|piece| piece.iter().map(|x| x.to_f64() * x.to_f64()).sum())
            .collect();
        let n_fft = self.framing.n_fft() as f64;
        for (t, y) in out.iter_mut().enumerate() {
            *y = T::of((self.pieces(&squares, t).iter().sum::<f64>() / n_fft).sqrt());
        }
    }

    /// Changes of sign within each frame of a padded signal, per sample.
    pub(super) fn zero_crossing_rates<T: Float>(&self, padded: &[T], out: &mut Array1<T>) {
        let negative: Vec<bool> = padded.iter().map(|x| x.to_f64() < -ZERO).collect();
        // A change counts toward the piece of its second sample.
        let changes = |piece: usize| {
            let start = piece * self.piece;
            let before = start.saturating_sub(1);
            negative[before..start + self.piece].windows(2).filter(|pair| pair[0] != pair[1]).count()
        };
        let changes: Vec<usize> = (0..padded.len() / self.piece).map(changes).collect();
        let n_fft = self.framing.n_fft() as f64;
        for (t, y) in out.iter_mut().enumerate() {
            let start = t * self.framing.hop_length();
            // One into the first sample lies outside of the frame.
            let outside = usize::from(start > 0 && negative[start - 1] != negative[start]);
            let inside = self.pieces(&changes, t).iter().sum::<usize>() - outside;
            *y = T::of(inside as f64 / n_fft);
        }
    }

    fn pieces<'a, V>(&self, values: &'a [V], t: usize) -> &'a [V] {
        &values[t * self.framing.hop_length() / self.piece..][..self.framing.n_fft() / self.piece]
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
