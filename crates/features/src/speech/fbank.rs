use std::f64::consts::LN_10;
use std::ops::Range;

use cepstrum_dsp::block::{self, LANES, Lanes, PowerStft};
use cepstrum_dsp::{Float, MelConfig, MelFilterBank, MelNorm, MelScale, Padding, StftConfig, Window};
use ndarray::{Array2, ArrayViewMut2};

use super::config::{FbankConfig, FbankLog, FrameEnergy};
use super::frames::FrameCutter;
use crate::check::check_positive_as;
use crate::{Result, Spectrum, output};

/// Filter bank energies as speech toolkits compute them: Kaldi's `fbank` (`compute-fbank-feats`, torchaudio's
/// `compliance.kaldi.fbank`), and the inputs of VGGish and YAMNet.
///
/// Unlike [`LogMel`](crate::LogMel), frames lie inside the signal, have their mean removed and are emphasized one by one, the
/// triangles are straight in mel ([`MelFilterBank::in_mel`]), and the logarithm is the natural one.
///
/// | settings | owner |
/// |---|---|
/// | [`FbankConfig::default`] | Kaldi: dither 0, samples times 32,768 |
/// | [`FbankConfig::vggish`] | VGGish |
/// | [`FbankConfig::yamnet`] | YAMNet |
///
/// # Shapes
/// `[n_frames, n_mels]`, natural logarithms; with an energy `[n_frames, 1 + n_mels]`, the energy first.
///
/// ```
/// use cepstrum_features::{Fbank, FbankConfig};
///
/// let second = vec![0.5_f32; 16_000];
/// let found = Fbank::new(&FbankConfig::vggish())?.process(&second)?;
/// assert_eq!(found.dim(), (98, 64));
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D. Povey et al., "The Kaldi speech recognition toolkit", ASRU 2011.
#[derive(Debug, Clone)]
pub struct Fbank<T: Float = f32> {
    config: FbankConfig,
    cutter: FrameCutter<T>,
    stft: PowerStft<T>,
    mel: MelFilterBank<T>,
    bands: Vec<Lanes<T>>,
}

impl<T: Float> Fbank<T> {
    /// Checks the configuration and prepares all tables.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) with the setting that is not legal.
    pub fn new(config: &FbankConfig) -> Result<Self> {
        let length = config.framing()?.n_fft();
        match config.log {
            FbankLog::Floor { least } => check_positive_as::<T>("the least value of a band", least)?,
            FbankLog::Offset { offset } => check_positive_as::<T>("the offset of a band", offset)?,
        }
        let n_fft = length.next_power_of_two();
        let mel = MelFilterBank::in_mel(
            &MelConfig {
                n_mels: config.n_mels,
                f_min: config.f_min,
                f_max: config.f_max,
                scale: MelScale::Htk,
                norm: MelNorm::None,
            },
            config.sample_rate,
            n_fft,
        )?;
        let window = config.window.samples(length, config.symmetry)?;
        let mut padded = window.clone();
        padded.resize(n_fft, 0.0);
        let (window_of_n_fft, padding) = (Window::Samples(padded), Padding::None);
        let stft = PowerStft::new(&StftConfig {
            n_fft,
            hop_length: config.hop_length,
            win_length: None,
            window: window_of_n_fft,
            padding,
        })?;
        Ok(Self {
            cutter: FrameCutter::new(config, window, n_fft)?,
            stft,
            bands: vec![Lanes::default(); mel.n_mels()],
            mel,
            config: config.clone(),
        })
    }

    /// Number of columns, [`FbankConfig::n_columns`].
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.config.n_columns()
    }

    /// Number of mel bands.
    #[must_use]
    pub fn n_mels(&self) -> usize {
        self.mel.n_mels()
    }

    /// Number of frames of a signal of `n_samples`.
    #[must_use]
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.cutter.n_frames(n_samples)
    }

    /// Computes the energies of a signal, `[n_frames, n_columns]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short, or holds NaN or infinity.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let mut out = Array2::from_elem((self.n_frames(samples.len()), self.n_columns()), T::zero());
        self.process_into(samples, out.view_mut())?;
        Ok(out)
    }

    /// Computes the energies into a caller-provided array, `[n_frames, n_columns]`. Allocates nothing.
    ///
    /// # Errors
    /// As [`process`](Self::process), and [`Error::OutputShape`](crate::Error::OutputShape).
    pub fn process_into(&mut self, samples: &[T], mut out: ArrayViewMut2<'_, T>) -> Result<()> {
        output::check_shape([self.n_frames(samples.len()), self.n_columns()], &out)?;
        let energy = usize::from(self.config.energy != FrameEnergy::None);
        self.for_each_block(samples, |frames, bands, energies| {
            for (lane, t) in frames.enumerate() {
                let mut row = out.row_mut(t);
                row.iter_mut().take(energy).for_each(|y| *y = T::of(energies[lane]));
                row.iter_mut().skip(energy).zip(bands.iter()).for_each(|(y, x)| *y = x.0[lane]);
            }
            Ok(())
        })
    }

    /// Calls `sink` with the logarithms of the bands, `[n_mels]`, and of the energy of up to eight frames at a time.
    pub(super) fn for_each_block(
        &mut self,
        samples: &[T],
        mut sink: impl FnMut(Range<usize>, &mut [Lanes<T>], [f64; LANES]) -> Result<()>,
    ) -> Result<()> {
        self.cutter.check(samples)?;
        let n_frames = self.n_frames(samples.len());
        let Self { config, cutter, stft, mel, bands } = self;
        for first in (0..n_frames).step_by(LANES) {
            let range = first..n_frames.min(first + LANES);
            let (frames, energies) = cutter.cut(samples, first, range.len());
            let power = stft.block(frames)?;
            if config.spectrum == Spectrum::Magnitude {
                block::sqrt(power);
            }
            mel.process_block(power, bands)?;
            logarithm(bands, config.log);
            let least = f64::from(f32::EPSILON);
            sink(range, bands, energies.map(|energy| energy.max(least).ln()))?;
        }
        Ok(())
    }
}

/// Takes natural logarithms, in place.
fn logarithm<T: Float>(bands: &mut [Lanes<T>], log: FbankLog) {
    let least = match log {
        FbankLog::Floor { least } => T::of(least),
        FbankLog::Offset { offset } => {
            let offset = T::of(offset);
            bands.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|x| *x += offset);
            offset
        }
    };
    block::to_db(bands, least);
    let scale = T::of(LN_10 / 10.0);
    bands.iter_mut().flat_map(|lanes| &mut lanes.0).for_each(|x| *x *= scale);
}
