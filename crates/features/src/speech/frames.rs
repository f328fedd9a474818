use cepstrum_dsp::block::LANES;
use cepstrum_dsp::{Error as DspError, Float, Framing};

use super::config::{Edges, FbankConfig, FrameEnergy, Offset};
use crate::Result;
use crate::check::check_finite;

/// Cuts a signal into frames and prepares each for the transform, up to eight at a time.
#[derive(Debug, Clone)]
pub(super) struct FrameCutter<T> {
    framing: Framing,
    edges: Edges,
    offset: Offset,
    preemphasis: T,
    energy: FrameEnergy,
    /// `[frame_length]`.
    window: Vec<f64>,
    n_fft: usize,
    /// Frames one after the other, each followed by zeros, `[LANES, n_fft]`.
    frames: Vec<T>,
    /// Energies of these frames.
    energies: [f64; LANES],
}

impl<T: Float> FrameCutter<T> {
    pub(super) fn new(config: &FbankConfig, window: Vec<f64>, n_fft: usize) -> Result<Self> {
        let preemphasis = config.preemphasis;
        if !(0.0..=1.0).contains(&preemphasis) {
            let (name, bound) = ("preemphasis", "from 0 to 1");
            return Err(DspError::Parameter { name, bound, value: preemphasis }.into());
        }
        Ok(Self {
            framing: config.framing()?,
            edges: config.edges,
            offset: config.offset,
            preemphasis: T::of(preemphasis),
            energy: config.energy,
            window,
            n_fft,
            frames: vec![T::zero(); LANES * n_fft],
            energies: [0.0; LANES],
        })
    }

    pub(super) fn n_frames(&self, n_samples: usize) -> usize {
        let hop = self.framing.hop_length();
        match self.edges {
            Edges::Snip => self.framing.n_frames(n_samples),
            Edges::Mirror => n_samples.saturating_add(hop / 2) / hop,
        }
    }

    pub(super) fn check(&self, samples: &[T]) -> Result<()> {
        if samples.is_empty() {
            return Err(DspError::EmptySignal.into());
        }
        if self.n_frames(samples.len()) == 0 {
            let n_fft = match self.edges {
                Edges::Snip => self.framing.n_fft(),
                Edges::Mirror => self.framing.hop_length().div_ceil(2),
            };
            return Err(DspError::SignalTooShort { n_samples: samples.len(), n_fft }.into());
        }
        check_finite(samples)
    }

    /// Cuts the frames from `first` on, `count` of them.
    pub(super) fn cut(&mut self, samples: &[T], first: usize, count: usize) -> (&[T], [f64; LANES]) {
        let length = self.framing.n_fft();
        for lane in 0..count {
            let start = self.start(first + lane);
            let frame = &mut self.frames[lane * self.n_fft..][..length];
            match usize::try_from(start).ok().filter(|start| start + length <= samples.len()) {
                Some(start) => frame.copy_from_slice(&samples[start..start + length]),
                None => (start..).zip(&mut *frame).for_each(|(i, x)| *x = samples[mirror(i, samples.len())]),
            }
            self.energies[lane] = self.prepare(lane);
        }
        (&self.frames[..count * self.n_fft], self.energies)
    }

    fn start(&self, frame: usize) -> i64 {
        let (hop, length) = (self.framing.hop_length(), self.framing.n_fft());
        let start = (frame * hop) as i64;
        match self.edges {
            Edges::Snip => start,
            Edges::Mirror => start + hop as i64 / 2 - length as i64 / 2,
        }
    }

    /// Removes the mean, emphasizes, and returns the energy.
    fn prepare(&mut self, lane: usize) -> f64 {
        let frame = &mut self.frames[lane * self.n_fft..][..self.window.len()];
        if self.offset == Offset::Removed {
            let mean = frame.iter().map(|x| x.to_f64()).sum::<f64>() / frame.len() as f64;
            for x in frame.iter_mut() {
                *x = T::of(x.to_f64() - mean);
            }
        }
        let raw: f64 = match self.energy {
            FrameEnergy::Raw => frame.iter().map(|x| x.to_f64() * x.to_f64()).sum(),
            _ => 0.0,
        };
        let mut before = frame[0];
        for x in frame.iter_mut() {
            let here = *x;
            *x = here - self.preemphasis * before;
            before = here;
        }
        match self.energy {
            FrameEnergy::Windowed => {
                frame.iter().zip(&self.window).map(|(x, w)| (x.to_f64() * w).powi(2)).sum()
            }
            _ => raw,
        }
    }
}

/// The index of the sample at `i` in a signal of `n` that continues as its mirror image, the end values repeated.
fn mirror(i: i64, n: usize) -> usize {
    let inside = i.rem_euclid(2 * n as i64);
    inside.min(2 * n as i64 - 1 - inside) as usize
}
