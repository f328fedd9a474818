//! The network's values as features of other models.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};
use cepstrum_dataset::{Front, FrontConfig};
use ndarray::{Array2, ArrayRef2, Axis, Slice, concatenate};

use super::{
    HOW_TO_GET, MAX_MEAN, MusiCnn, MusiCnnWindows, N_BANDS, N_TAGS, PENULTIMATE, POOLED, WINDOW_FRAMES,
};
use crate::{Error, Result};

/// The name of the network in a [`FrontConfig`].
const NETWORK: &str = "musicnn-msd";

/// The layer of [`MusiCnn`] whose values are features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MusiCnnOutput {
    /// The probabilities of the 50 [tags](super::TAGS): few, and each has a name, so that a choice can be explained. The
    /// default.
    #[default]
    Tags,
    /// The 200 values of the last layer but one.
    Penultimate,
    /// The mean of the 753 channels over time.
    MeanPool,
    /// The maximum of the 753 channels over time.
    MaxPool,
    /// Maximum and mean, 1,506 values: the most that the network knows of a window, for a head with regularization.
    Pooled,
}

impl MusiCnnOutput {
    /// All layers.
    pub const ALL: [Self; 5] = [Self::Tags, Self::Penultimate, Self::MeanPool, Self::MaxPool, Self::Pooled];

    /// Number of values per window.
    pub fn n_coefficients(self) -> usize {
        match self {
            Self::Tags => N_TAGS,
            Self::Penultimate => PENULTIMATE,
            Self::MeanPool | Self::MaxPool => POOLED,
            Self::Pooled => MAX_MEAN,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Penultimate => "penultimate",
            Self::MeanPool => "mean_pool",
            Self::MaxPool => "max_pool",
            Self::Pooled => "pooled",
        }
    }
}

impl fmt::Display for MusiCnnOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for MusiCnnOutput {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|output| output.name() == name);
        found.ok_or_else(|| Error::UnknownFront { name: name.to_owned() })
    }
}

/// [`MusiCnn`] as a [`Front`]: the values of one of its layers are the features of a segment.
///
/// # Shapes
/// `[n_windows, n_coefficients]` per segment, one row per window of 187 frames. A segment of 3 s holds one window. A longer
/// one holds a window every [`hop`](Self::hop) frames: segments of 30 s make features of a whole track, over which a head
/// may average.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use cepstrum_dataset::{AudioFolder, ExtractConfig, Extraction, FeatureConfig, Front, Segment};
/// use cepstrum_models::pretrained::{MusiCnn, MusiCnnFront, MusiCnnOutput};
///
/// let musicnn = Arc::new(MusiCnn::from_wheel("musicnn-0.1.0-py3-none-any.whl")?);
/// let front = MusiCnnFront::new(musicnn, MusiCnnOutput::Tags);
/// let features = FeatureConfig::Front(front.config());
/// let config = ExtractConfig { features, segment: Segment::Seconds(3.0) };
/// let extracted = Extraction::new(config).front(Arc::new(front)).run(&AudioFolder::scan("genres_original")?)?;
/// assert_eq!(extracted.features.segment_shape(), [1, 50]);
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MusiCnnFront {
    network: Arc<MusiCnn>,
    output: MusiCnnOutput,
    hop: usize,
}

impl MusiCnnFront {
    /// The values of a layer, for windows that follow each other.
    pub fn new(network: Arc<MusiCnn>, output: MusiCnnOutput) -> Self {
        Self { network, output, hop: WINDOW_FRAMES }
    }

    /// Sets the frames between the starts of two windows, at least 1; 187 by default. Less lets windows overlap.
    #[must_use]
    pub fn hop(self, frames: usize) -> Self {
        Self { hop: frames, ..self }
    }

    /// The network.
    pub fn network(&self) -> &Arc<MusiCnn> {
        &self.network
    }

    /// The front that a configuration describes, computed by this network.
    ///
    /// # Errors
    /// [`Error::UnknownFront`] for another kind of network or layer, [`Error::Dataset`] around
    /// [`OtherFront`](cepstrum_dataset::Error::OtherFront) for other weights.
    pub fn from_config(network: Arc<MusiCnn>, config: &FrontConfig) -> Result<Self> {
        if config.network != NETWORK {
            return Err(Error::UnknownFront { name: config.network.clone() });
        }
        let front = Self::new(network, config.output.parse()?).hop(config.hop_length / MusiCnn::FRAME_HOP);
        if front.config() == *config {
            return Ok(front);
        }
        let (expected, actual) = (config.to_string(), front.config().to_string());
        Err(cepstrum_dataset::Error::OtherFront { expected, actual }.into())
    }
}

/// The way of the features through the spectrogram.
impl MusiCnnFront {
    /// Computes the features of a spectrogram `[n_frames, 96]`.
    pub(crate) fn mel_features(&self, mel: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        self.chosen(self.network.mel_windows(mel, self.hop)?)
    }

    /// Turns the gradient of a number by the features, `[n_windows, n_coefficients]`, into one by the spectrogram
    /// `[n_frames, 96]` that they were computed from.
    pub(crate) fn by_mel(&self, mel: &ArrayRef2<f32>, gradient: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        let mut by_mel = Array2::zeros(mel.dim());
        for (window, row) in gradient.rows().into_iter().enumerate() {
            let frames = Slice::from(window * self.hop..window * self.hop + WINDOW_FRAMES);
            let values: Vec<f32> = mel.slice_axis(Axis(0), frames).iter().copied().collect();
            let x = Var::from_vec(values, (1, WINDOW_FRAMES, N_BANDS), &Device::Cpu)?;
            let by_output = Tensor::from_vec(row.to_vec(), (1, row.len()), &Device::Cpu)?;
            let gradients =
                (self.network.output(x.as_tensor(), self.output)? * by_output)?.sum_all()?.backward()?;
            let Some(by_window) = gradients.get(x.as_tensor()) else { continue };
            let by_window = by_window.flatten_all()?.to_vec1::<f32>()?;
            let mut to = by_mel.slice_axis_mut(Axis(0), frames);
            to.iter_mut().zip(by_window).for_each(|(to, g)| *to += g);
        }
        Ok(by_mel)
    }

    /// The values of the layer that are features.
    fn chosen(&self, windows: MusiCnnWindows) -> Result<Array2<f32>> {
        Ok(match self.output {
            MusiCnnOutput::Tags => windows.tags,
            MusiCnnOutput::Penultimate => windows.penultimate,
            MusiCnnOutput::MeanPool => windows.mean_pool,
            MusiCnnOutput::MaxPool => windows.max_pool,
            MusiCnnOutput::Pooled => {
                concatenate(Axis(1), &[windows.max_pool.view(), windows.mean_pool.view()])
                    .map_err(Error::callback)?
            }
        })
    }
}

impl Front for MusiCnnFront {
    fn config(&self) -> FrontConfig {
        FrontConfig {
            network: NETWORK.to_owned(),
            weights: self.network.weights_hash().to_owned(),
            output: self.output.to_string(),
            sample_rate: MusiCnn::SAMPLE_RATE,
            hop_length: self.hop * MusiCnn::FRAME_HOP,
            source: HOW_TO_GET.to_owned(),
        }
    }

    fn shape(&self, n_samples: usize) -> [usize; 2] {
        let n_frames = if n_samples == 0 { 0 } else { 1 + n_samples / MusiCnn::FRAME_HOP };
        let n_windows = match (n_frames.checked_sub(WINDOW_FRAMES), self.hop) {
            (Some(last), hop @ 1..) => 1 + last / hop,
            _ => 0,
        };
        [n_windows, self.output.n_coefficients()]
    }

    fn features(&self, samples: &[f32]) -> cepstrum_dataset::Result<Array2<f32>> {
        let windows = self.network.windows(samples, self.hop).map_err(into_front_error)?;
        self.chosen(windows).map_err(into_front_error)
    }

    fn tags(&self, samples: &[f32]) -> cepstrum_dataset::Result<Vec<(String, f32)>> {
        let tags = self.network.tags(samples).map_err(into_front_error)?;
        Ok(tags.into_iter().map(|(tag, probability)| (tag.to_owned(), probability)).collect())
    }
}

fn into_front_error(error: Error) -> cepstrum_dataset::Error {
    match error {
        Error::Dataset(error) => error,
        other => cepstrum_dataset::Error::Front { network: NETWORK.to_owned(), cause: other.into() },
    }
}
