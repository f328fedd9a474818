use cepstrum_dsp::{Float, InverseStft, Padding, StftConfig};
use serde::{Deserialize, Serialize};

use crate::check::check_finite;
use crate::{
    BeatTracker, BeatTrackerConfig, ChromaConfig, DescriptorsConfig, Feature, FeaturePlan, Hpss, HpssConfig,
    LogMelConfig, MfccConfig, Result,
};

/// The names of [`GenreColumns`]' values, as in the tables of the Kaggle set "GTZAN Dataset - Music Genre Classification".
pub const GENRE_COLUMNS: [&str; 57] = [
    "chroma_stft_mean",
    "chroma_stft_var",
    "rms_mean",
    "rms_var",
    "spectral_centroid_mean",
    "spectral_centroid_var",
    "spectral_bandwidth_mean",
    "spectral_bandwidth_var",
    "rolloff_mean",
    "rolloff_var",
    "zero_crossing_rate_mean",
    "zero_crossing_rate_var",
    "harmony_mean",
    "harmony_var",
    "perceptr_mean",
    "perceptr_var",
    "tempo",
    "mfcc1_mean",
    "mfcc1_var",
    "mfcc2_mean",
    "mfcc2_var",
    "mfcc3_mean",
    "mfcc3_var",
    "mfcc4_mean",
    "mfcc4_var",
    "mfcc5_mean",
    "mfcc5_var",
    "mfcc6_mean",
    "mfcc6_var",
    "mfcc7_mean",
    "mfcc7_var",
    "mfcc8_mean",
    "mfcc8_var",
    "mfcc9_mean",
    "mfcc9_var",
    "mfcc10_mean",
    "mfcc10_var",
    "mfcc11_mean",
    "mfcc11_var",
    "mfcc12_mean",
    "mfcc12_var",
    "mfcc13_mean",
    "mfcc13_var",
    "mfcc14_mean",
    "mfcc14_var",
    "mfcc15_mean",
    "mfcc15_var",
    "mfcc16_mean",
    "mfcc16_var",
    "mfcc17_mean",
    "mfcc17_var",
    "mfcc18_mean",
    "mfcc18_var",
    "mfcc19_mean",
    "mfcc19_var",
    "mfcc20_mean",
    "mfcc20_var",
];

/// Number of coefficients in the table.
const N_MFCC: usize = 20;

/// The version of librosa whose conventions the columns follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnStyle {
    /// librosa 0.11: zeros beyond the ends of the signal, and parts as long as the signal. The default.
    #[default]
    Librosa,
    /// The published tables, made with an old librosa: the signal is mirrored at its ends (except for the tempo), and the
    /// harmonic and percussive parts end with the last whole hop, followed by zeros.
    Kaggle,
}

/// The 57 columns of the Kaggle set's table about one signal at 22,050 Hz: mean and variance over time of chroma, RMS, spectral
/// centroid, bandwidth and roll-off, zero-crossing rate, harmonic and percussive part and 20 MFCCs, and the tempo.
///
/// Variances are those of the population, in double precision. [`GENRE_COLUMNS`] has the names.
///
/// ```
/// use cepstrum_features::{ColumnStyle, GENRE_COLUMNS, GenreColumns};
///
/// let samples: Vec<f32> = (0..66_150).map(|i| (i as f32 * 0.05).sin()).collect();
/// let row = GenreColumns::new(ColumnStyle::Kaggle)?.process(&samples)?;
/// assert_eq!((GENRE_COLUMNS[2], GENRE_COLUMNS.len()), ("rms_mean", row.len()));
/// assert!((row[2] - 0.5_f64.sqrt()).abs() < 0.01);
/// # Ok::<(), cepstrum_features::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct GenreColumns<T: Float = f32> {
    style: ColumnStyle,
    /// Chroma, descriptors, MFCCs, and the onset strength for the beats.
    plan: FeaturePlan<T>,
    hpss: Hpss<T>,
    inverse: InverseStft<T>,
    beats: BeatTracker<T>,
}

impl<T: Float> GenreColumns<T> {
    /// Prepares all tables.
    ///
    /// # Errors
    /// None in practice: the settings are legal.
    pub fn new(style: ColumnStyle) -> Result<Self> {
        let padding = match style {
            ColumnStyle::Librosa => Padding::Zero,
            ColumnStyle::Kaggle => Padding::Reflect,
        };
        let stft = || StftConfig { padding, ..StftConfig::default() };
        let log_mel = LogMelConfig { stft: stft(), ..LogMelConfig::default() };
        let beats = BeatTrackerConfig::default();
        let descriptors =
            DescriptorsConfig { stft: stft(), rms_padding: padding, ..DescriptorsConfig::default() };
        Ok(Self {
            style,
            plan: FeaturePlan::new(&[
                Feature::Chroma(ChromaConfig { stft: stft(), ..ChromaConfig::default() }),
                Feature::Descriptors(descriptors),
                Feature::Mfcc(MfccConfig { n_mfcc: N_MFCC, log_mel, ..MfccConfig::default() }),
                Feature::OnsetStrength(beats.onset.clone()),
            ])?,
            hpss: Hpss::new(&HpssConfig { stft: stft(), ..HpssConfig::default() })?,
            inverse: InverseStft::new(&stft())?,
            beats: BeatTracker::new(&beats)?,
        })
    }

    /// Computes the columns of a signal at 22,050 Hz.
    ///
    /// # Errors
    /// [`Error::Dsp`](crate::Error::Dsp) when the signal is empty, holds NaN or infinity, or is so loud (beyond 1e15) that a
    /// column is not finite.
    pub fn process(&mut self, samples: &[T]) -> Result<[f64; 57]> {
        let mut row = Row { values: [0.0; 57], n: 0 };
        let found = self.plan.process(samples)?;
        let (chroma, descriptors, mfcc) = (&found[0], &found[1], &found[2]);
        row.add(chroma);
        // RMS, centroid, bandwidth, roll-off, zero crossings.
        for column in [4, 0, 1, 2, 3] {
            row.add(descriptors.column(column));
        }
        let (harmonic, percussive) = self.parts(samples)?;
        row.add(&harmonic);
        row.add(&percussive);
        let onsets: Vec<T> = found[3].iter().copied().collect();
        row.push(self.beats.track(&onsets)?.tempo);
        for coefficient in mfcc.columns() {
            row.add(coefficient);
        }
        check_finite(&row.values)?;
        Ok(row.values)
    }

    fn parts(&mut self, samples: &[T]) -> Result<(Vec<T>, Vec<T>)> {
        if self.style == ColumnStyle::Librosa {
            let parts = self.hpss.process(samples)?;
            return Ok((parts.harmonic, parts.percussive));
        }
        let spectra = self.hpss.spectra(samples)?;
        let mut back = |spectra| -> Result<Vec<T>> {
            let mut part = self.inverse.process_frames(spectra)?;
            part.resize(samples.len(), T::zero());
            Ok(part)
        };
        Ok((back(&spectra.harmonic)?, back(&spectra.percussive)?))
    }
}

/// The columns so far.
struct Row {
    values: [f64; 57],
    n: usize,
}

impl Row {
    fn push(&mut self, value: f64) {
        self.values[self.n] = value;
        self.n += 1;
    }

    /// Appends mean and variance.
    fn add<'a, T: Float>(&mut self, values: impl IntoIterator<Item = &'a T, IntoIter: Clone>) {
        let values = values.into_iter().map(|x| x.to_f64());
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n;
        self.push(mean);
        self.push(values.map(|x| (x - mean).powi(2)).sum::<f64>() / n);
    }
}
