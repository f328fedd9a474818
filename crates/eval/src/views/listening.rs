//! A segment to listen to: the original, what the features keep, what spoke for a class and against it.

use std::path::{Path, PathBuf};

use cepstrum_dataset::write_wav;
use cepstrum_dsp::{DecibelConfig, Reference, power_to_db};
use cepstrum_features::inverse::GriffinLimConfig;
use cepstrum_models::explain::audible::{Audible, SoundTruth};
use ndarray::Array2;

use crate::Result;
use crate::plot::{self, FrameRate, Picture, Style};

/// A sound of a [`Listening`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// A name in words: `what spoke for techno`.
    pub name: String,
    /// The name of its file, without extension.
    pub file: &'static str,
    /// The samples, mono.
    pub samples: Vec<f32>,
    /// The probability of the explained class for this sound alone, where it has a segment's length.
    pub probability: f32,
}

/// A segment of a song to listen to, and the mask that was laid over its spectrogram.
///
/// Its sounds are the original, what the model's features keep of it, what spoke for the explained class, what spoke against it,
/// and what is left without the former.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listening {
    /// A title, such as `techno/3 from 6 s: true techno, predicted march (61 %)`.
    pub title: String,
    /// Name of the explained class.
    pub class: String,
    /// The sounds, each as long as the segment.
    pub sounds: Vec<Sound>,
    /// Magnitudes of the short-time transform in decibels below their maximum, `[n_frames, n_bins]`.
    pub spectrogram: Array2<f32>,
    /// The mask of what spoke for the class, `[n_frames, n_bins]`.
    pub mask: Array2<f32>,
    /// Hop length and sampling rate.
    pub rate: FrameRate,
    /// Whether the explanation is what the model responds to, with 20 % of the energy.
    pub truth: SoundTruth,
}

/// Share of the energy in the test of an explanation.
const TRUTH_SHARE: f64 = 0.2;

impl Listening {
    /// Explains a segment's class and turns the explanation into sounds.
    ///
    /// # Errors
    /// Those of [`Audible::segment`] and [`Audible::kept_by_features`].
    pub fn compute(
        audible: &mut Audible<'_>,
        segment: &[f32],
        class: usize,
        title: impl Into<String>,
    ) -> Result<Self> {
        let relevance = audible.relevance(segment, class)?;
        let masks = audible.masks(&relevance)?;
        let name = audible.path().model().classes()[class].clone();
        let kept = audible.kept_by_features(segment, &GriffinLimConfig::default())?;
        let mut sounds = Vec::new();
        let mut add = |audible: &mut Audible<'_>, name: String, file, samples: Vec<f32>| {
            let probability = audible.probabilities(&samples)?[class];
            sounds.push(Sound { name, file, samples, probability });
            Ok::<_, crate::Error>(())
        };
        add(audible, "the original".to_owned(), "original", segment.to_vec())?;
        add(audible, "what the features keep".to_owned(), "kept", kept)?;
        for (what, file, mask) in [
            (format!("what spoke for {name}"), "for", &masks.spoke_for),
            (format!("what spoke against {name}"), "against", &masks.spoke_against),
            (format!("what is left without what spoke for {name}"), "without", &masks.without),
        ] {
            let samples = audible.apply(segment, mask)?;
            add(audible, what, file, samples)?;
        }
        let power = audible.path().power(segment)?;
        let relative = DecibelConfig { reference: Reference::Maximum, ..DecibelConfig::default() };
        let mut levels: Vec<f32> = power.iter().copied().collect();
        power_to_db(&mut levels, &relative)?;
        let spectrogram = Array2::from_shape_fn(power.dim(), |(t, k)| levels[t * power.ncols() + k]);
        let rate = FrameRate {
            hop_length: audible.path().stft().hop_length,
            sample_rate: audible.path().sample_rate(),
        };
        let truth = audible.truth(segment, class, &relevance, TRUTH_SHARE, 0)?;
        Ok(Self { title: title.into(), class: name, sounds, spectrogram, mask: masks.spoke_for, rate, truth })
    }

    /// Draws the spectrogram with the mask over it.
    pub fn draw(&self, style: &Style) -> Picture {
        let label = format!("speaks for {}", self.class);
        let style = style.clone().with_title(self.title.clone());
        plot::masked_spectrogram(&self.spectrogram, &self.mask, self.rate, &label, &style)
    }

    /// Writes the sounds as WAV files into a folder, which must exist, and returns their paths with the factors by which they
    /// were [scaled](write_wav).
    ///
    /// # Errors
    /// Those of [`write_wav`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<Vec<(PathBuf, f32)>> {
        let save = |sound: &Sound| {
            let path = folder.as_ref().join(format!("{}.wav", sound.file));
            let factor = write_wav(&path, &sound.samples, self.rate.sample_rate)?;
            Ok((path, factor))
        };
        self.sounds.iter().map(save).collect()
    }
}
