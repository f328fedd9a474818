//! Root mean square and zero crossings of overlapping frames, each sample looked at once.

use cepstrum_dsp::{Float, Framing, Padding};
use ndarray::ArrayViewMut1;

/// Amplitude below which a sample counts as zero when signs are compared: librosa's threshold.
const ZERO: f64 = 1e-10;

/// Statistics of frames as sums over pieces, of which neighboring frames share all but a few.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    framing: Framing,
    /// Length of a piece: the greatest common divisor of frame and hop, in samples.
    piece: usize,
    /// Sums of squares, and numbers of changes of sign, of each piece.
    squares: Vec<f64>,
    changes: Vec<usize>,
}

impl Levels {
    pub(super) fn new(framing: Framing) -> Self {
        let piece = greatest_common_divisor(framing.n_fft(), framing.hop_length());
        Self { framing, piece, squares: Vec::new(), changes: Vec::new() }
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
    pub(super) fn rms<T: Float>(&mut self, padded: &[T], mut out: ArrayViewMut1<'_, T>) {
        let pieces = padded.chunks_exact(self.piece);
        self.squares.clear();
        self.squares.extend(pieces.map(|piece| piece.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>()));
        let n_fft = self.framing.n_fft() as f64;
        for (t, y) in out.iter_mut().enumerate() {
            *y = T::of((self.pieces(&self.squares, t).iter().sum::<f64>() / n_fft).sqrt());
        }
    }

    /// Changes of sign within each frame of a padded signal, per sample.
    pub(super) fn zero_crossing_rates<T: Float>(&mut self, padded: &[T], mut out: ArrayViewMut1<'_, T>) {
        let negative = |x: T| x.to_f64() < -ZERO;
        let changes = |pair: &&[T]| negative(pair[0]) != negative(pair[1]);
        let piece = self.piece;
        // A change counts toward the piece of its second sample.
        let of_piece = |i: usize| {
            let start = i * piece;
            padded[start.saturating_sub(1)..start + piece].windows(2).filter(changes).count()
        };
        self.changes.clear();
        self.changes.extend((0..padded.len() / piece).map(of_piece));
        let n_fft = self.framing.n_fft() as f64;
        for (t, y) in out.iter_mut().enumerate() {
            let start = t * self.framing.hop_length();
            // One into the first sample lies outside of the frame.
            let outside = usize::from(start > 0 && changes(&&padded[start - 1..=start]));
            let inside = self.pieces(&self.changes, t).iter().sum::<usize>() - outside;
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
