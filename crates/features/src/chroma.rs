use cepstrum_dsp::{Float, PowerStft, StftConfig};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::tuning::{Partials, octaves};

/// Where the pitch classes lie.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tuning {
    /// Found from the signal's partials: librosa's default (`tuning=None`).
    #[default]
    Estimated,
    /// Deviation from A = 440 Hz, semitones.
    Fixed(f64),
}

/// How chromagrams are made; the default is librosa's at 22,050 Hz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChromaConfig {
    /// Sample rate of the signal, Hz; default 22,050.
    pub sample_rate: u32,
    /// Framing and transform.
    pub stft: StftConfig,
    /// Deviation from concert pitch; default estimated.
    pub tuning: Tuning,
}

impl Default for ChromaConfig {
    fn default() -> Self {
        Self { sample_rate: 22_050, stft: StftConfig::default(), tuning: Tuning::default() }
    }
}

/// Power in the twelve pitch classes, C first, each frame scaled to a largest value of 1: `librosa.feature.chroma_stft`,
/// transposed.
///
/// Bin `k` counts for class `c` with `exp(-2 (d / w)^2)`, where `d` is the distance in semitones and `w` the bin's width
/// (at least one semitone), normalised over the classes, and with a Gaussian over octaves that favours the middle ones
/// (centre 5, width 2).
///
/// # Shapes
/// `[n_frames, 12]`.
///
/// ```
/// use cepstrum_features::{Chroma, ChromaConfig};
///
/// let a4: Vec<f32> = (0..22_050).map(|i| (i as f32 * 440.0 / 22_050.0 * std::f32::consts::TAU).sin()).collect();
/// let chroma = Chroma::new(&ChromaConfig::default())?.process(&a4)?;
/// assert_eq!(chroma.dim(), (44, 12));
/// assert_eq!(chroma[[20, 9]], 1.0); // A
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
///
/// # References
/// D. Ellis, "Chroma feature analysis and synthesis", Columbia University, 2007.
#[derive(Debug)]
pub struct Chroma<T: Float = f32> {
    config: ChromaConfig,
    stft: PowerStft<T>,
    partials: Partials,
}

/// Number of pitch classes.
const N_CHROMA: usize = 12;

impl<T: Float> Chroma<T> {
    /// Checks the configuration and prepares the transform.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) naming the setting that is not legal.
    pub fn new(config: &ChromaConfig) -> Result<Self> {
        if config.sample_rate == 0 {
            return Err(cepstrum_dsp::Error::SampleRate.into());
        }
        if let Tuning::Fixed(value) = config.tuning
            && !value.is_finite()
        {
            return Err(cepstrum_dsp::Error::Parameter { name: "tuning", bound: "finite", value }.into());
        }
        Ok(Self {
            config: config.clone(),
            stft: PowerStft::new(&config.stft)?,
            partials: Partials::default(),
        })
    }

    /// Number of frames of a signal of `n_samples`.
    pub fn n_frames(&self, n_samples: usize) -> usize {
        self.stft.n_frames(n_samples)
    }

    /// Deviation of a signal from concert pitch, semitones from -0.5 to 0.5: `librosa.estimate_tuning(S=power)`, which is
    /// what `chroma_stft` calls.
    ///
    /// As there, the bins of an odd `n_fft` are taken for those of `n_fft - 1`, 0.02 semitones higher at 1001.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn estimate_tuning(&mut self, samples: &[T]) -> Result<f64> {
        // librosa concludes from the number of bins, and takes it for that of an even length.
        let n_fft = (self.config.stft.n_fft & !1).max(1);
        let hz_per_bin = f64::from(self.config.sample_rate) / n_fft as f64;
        let Self { stft, partials, .. } = self;
        partials.clear();
        stft.for_each_block(samples, |frames, power| {
            for lane in 0..frames.len() {
                partials.add(|k| power[k].0[lane], power.len(), hz_per_bin);
            }
        })?;
        Ok(partials.tuning())
    }

    /// The chromagram of a signal, `[n_frames, 12]`.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, too short or holds a sample that is not finite.
    ///
    /// Powers of samples beyond 1e15 overflow in `f32`, and then the results are not finite.
    pub fn process(&mut self, samples: &[T]) -> Result<Array2<T>> {
        let tuning = match self.config.tuning {
            Tuning::Estimated => self.estimate_tuning(samples)?,
            Tuning::Fixed(tuning) => tuning,
        };
        let bank = chroma_filters(self.config.sample_rate, self.config.stft.n_fft, tuning);
        let mut out = Array2::from_elem((self.n_frames(samples.len()), N_CHROMA), T::zero());
        self.stft.for_each_block(samples, |frames, power| {
            for (lane, t) in frames.enumerate() {
                let mut classes = [0.0; N_CHROMA];
                for (weights, power) in bank.iter().zip(power.iter()) {
                    let power = power.0[lane].to_f64();
                    for (class, weight) in classes.iter_mut().zip(weights) {
                        *class += weight * power;
                    }
                }
                let largest = classes.iter().copied().fold(0.0, f64::max);
                let scale = if largest > T::MIN_POSITIVE.to_f64() { largest } else { 1.0 };
                for (y, class) in out.row_mut(t).iter_mut().zip(classes) {
                    *y = T::of(class / scale);
                }
            }
        })?;
        Ok(out)
    }
}

/// Weights `[n_fft / 2 + 1][12]`: `librosa.filters.chroma`.
fn chroma_filters(sample_rate: u32, n_fft: usize, tuning: f64) -> Vec<[f64; N_CHROMA]> {
    let classes = N_CHROMA as f64;
    let octave_of = |k: usize| octaves(k as f64 * f64::from(sample_rate) / n_fft as f64, tuning);
    let semitones = |k: usize| if k == 0 { classes * (octave_of(1) - 1.5) } else { classes * octave_of(k) };
    (0..=n_fft / 2)
        .map(|k| {
            let (here, next) = (semitones(k), semitones(k + 1));
            let width = if k + 1 < n_fft { (next - here).max(1.0) } else { 1.0 };
            let mut weights: [f64; N_CHROMA] = std::array::from_fn(|class| {
                // librosa counts classes from A and rolls by three: class 0 is C.
                let from_a = (class + 3) % N_CHROMA;
                let distance = (here - from_a as f64 + classes / 2.0).rem_euclid(classes) - classes / 2.0;
                (-0.5 * (2.0 * distance / width).powi(2)).exp()
            });
            let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
            let octave = (-0.5 * ((here / classes - 5.0) / 2.0).powi(2)).exp();
            let norm = if norm > f64::MIN_POSITIVE { norm } else { 1.0 };
            for w in &mut weights {
                *w *= octave / norm;
            }
            weights
        })
        .collect()
}
