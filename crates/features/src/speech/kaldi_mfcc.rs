use std::f64::consts::PI;

use cepstrum_dsp::block::Lanes;
use cepstrum_dsp::{Dct, DctNorm, Float};
use ndarray::{Array2, ArrayViewMut2};

use super::config::{FrameEnergy, KaldiMfccConfig};
use super::fbank::Fbank;
use crate::{Error, Result, output};

/// Kaldi's mel-frequency cepstral coefficients: `compute-mfcc-feats` with dither 0, torchaudio's `compliance.kaldi.mfcc`.
///
/// `c[t, k] = (1 + lifter / 2 sin(pi k / lifter)) sum_b dct[k, b] S[t, b]` of the [filter bank energies](Fbank) `S`, under an
/// orthonormal cosine transform; the logarithm of the frame's energy takes the place of `c[t, 0]`. Kaldi's samples are those
/// of 16 bits: multiply samples within 1 by 32,768.
///
/// | settings | owner |
/// |---|---|
/// | [`KaldiMfccConfig::default`] | Kaldi |
/// | [`MfccConfig::default`](crate::MfccConfig) | librosa, with 13 coefficients |
/// | [`MfccConfig::torchaudio`](crate::MfccConfig::torchaudio) | torchaudio's `transforms.MFCC` |
///
/// # Shapes
/// `[n_frames, n_mfcc]`.
///
/// ```
/// use cepstrum_features::{KaldiMfcc, KaldiMfccConfig};
///
/// let second: Vec<f32> = (0..16_000).map(|i| 1000.0 * (i as f32 * 0.1).sin()).collect();
/// let found = KaldiMfcc::new(&KaldiMfccConfig::default())?.process(&second)?;
/// assert_eq!(found.dim(), (98, 13));
/// assert!((found[[0, 0]] - (400.0_f32 * 1000.0 * 1000.0 / 2.0).ln()).abs() < 0.1); // the energy
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct KaldiMfcc<T: Float = f32> {
    fbank: Fbank<T>,
    energy: FrameEnergy,
    dct: Dct<T>,
    /// A factor per coefficient.
    lifter: Vec<T>,
    block: Vec<Lanes<T>>,
}

impl<T: Float> KaldiMfcc<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::CoefficientCount`], [`Error::Lifter`], and [`Error::Dsp`] with the setting that is not legal.
    pub fn new(config: &KaldiMfccConfig) -> Result<Self> {
        let KaldiMfccConfig { n_mfcc, lifter, ref fbank } = *config;
        let n_mels = fbank.n_mels;
        let energy = fbank.energy;
        let fbank = Fbank::new(fbank)?;
        if n_mfcc == 0 || n_mfcc > n_mels {
            return Err(Error::CoefficientCount { n_mfcc, n_mels });
        }
        if !(lifter.is_finite() && lifter >= 0.0) {
            return Err(Error::Lifter { lifter });
        }
        let factor = |k: usize| {
            let angle = PI * k as f64 / lifter;
            T::of(if angle.is_finite() { 1.0 + lifter / 2.0 * angle.sin() } else { 1.0 })
        };
        Ok(Self {
            fbank,
            energy,
            dct: Dct::new(n_mels, n_mfcc, DctNorm::Orthonormal)?,
            lifter: (0..n_mfcc).map(factor).collect(),
            block: vec![Lanes::default(); n_mfcc],
        })
    }

    /// Number of coefficients per frame.
    #[must_use]
    pub fn n_mfcc(&self) -> usize {
        self.block.len()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.fbank.n_frames(n_samples)
    }

    /// Computes the coefficients of a signal, `[n_frames, n_mfcc]`.
    ///
    /// # Errors
    /// [`Error::Dsp`] when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_mfcc()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the coefficients into a caller-provided array, `[n_frames, n_mfcc]`. Allocates nothing.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`].
    pub fn process_into(&mut self, samples: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        output::check_shape([self.n_frames(samples.len()), self.n_mfcc()], &out)?;
        let Self { fbank, energy, dct, lifter, block } = self;
        fbank.for_each_block(samples, |frames, bands, energies| {
            dct.process_block(bands, block)?;
            for (y, &factor) in block.iter_mut().zip(lifter.iter()) {
                y.0.iter_mut().for_each(|y| *y *= factor);
            }
            if *energy != FrameEnergy::None {
                block[0] = Lanes(energies.map(T::of));
            }
            output::write(frames, block, &mut out);
            Ok(())
        })
    }
}
