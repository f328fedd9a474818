//! The network.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use candle_core::{D, Device, Tensor};
use candle_nn::{Module, VarBuilder, ops::sigmoid};
use cepstrum_dataset::cepstrum_features::{LogMel, LogMelConfig};
use ndarray::{Array2, ArrayRef2};

use super::back_end::{Activations, BackEnd};
use super::front::MusiCnnOutput;
use super::front_end::{Affine, FrontEnd, Song};
use super::weights::MusiCnnWeights;
use super::{EPSILON, MAX_MEAN, N_BANDS, N_TAGS, PENULTIMATE, POOLED, TAGS, WINDOW_FRAMES};
use crate::model::container::Values;
use crate::ops::{self, Activation, BatchNormParameters};
use crate::{Error, Result};

/// `MusiCNN`, trained on the Million Song Dataset to tag music with 50 [words](TAGS): a convolutional network whose kernels
/// are as high as an instrument's timbre is wide and as long as rhythms last.
///
/// A window of 187 frames of 96 mel bands ([`LogMelConfig::musicnn`]) is normalized and enters
/// - two timbral convolutions of 7 frames by 38 and by 67 bands, 204 filters each, and three temporal ones of 128, 64 and 32
///   frames by 1 band, 51 filters each; of each the maximum over bands: 561 channels;
/// - three convolutions of 7 frames by all channels, 64 filters each, the last two added to their inputs: 753 channels with
///   the front;
/// - maximum and mean over time, a dense layer of 200 and one of 50.
///
/// A rectifier and a batch normalization follow every convolution and the first dense layer.
///
/// As candle's [`Module`] the network maps windows `[n, 187, 96]` to logits `[n, 50]` and can be differentiated.
/// [`windows`](Self::windows) computes the same for all windows of a song, several times as fast.
///
/// ```no_run
/// use cepstrum_dataset::load_audio;
/// use cepstrum_models::pretrained::MusiCnn;
///
/// let musicnn = MusiCnn::from_wheel("musicnn-0.1.0-py3-none-any.whl")?;
/// for (tag, probability) in musicnn.tags(&load_audio("song.mp3", MusiCnn::SAMPLE_RATE)?)?.iter().take(3) {
///     println!("{tag} {:.0} %", 100.0 * probability); // jazz 41 %
/// }
/// # Ok::<(), cepstrum_models::Error>(())
/// ```
///
/// # References
/// Pons and Serra (2019), *musicnn: Pre-trained convolutional neural networks for music audio tagging*, arXiv:1909.06654.
/// Pons et al. (2018), *End-to-end learning for music audio tagging at scale*, arXiv:1711.02520.
pub struct MusiCnn {
    weights: MusiCnnWeights,
    hash: String,
    device: Device,
    input_norm: Affine,
    front_end: FrontEnd,
    back_end: BackEnd,
}

/// The network's values for every window of a song.
///
/// # Shapes
/// One row per window, in the order of their starts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MusiCnnWindows {
    /// Probability of every [tag](TAGS), `[n_windows, 50]`.
    pub tags: Array2<f32>,
    /// The last layer but one, `[n_windows, 200]`.
    pub penultimate: Array2<f32>,
    /// Mean of every channel over time, `[n_windows, 753]`.
    pub mean_pool: Array2<f32>,
    /// Maximum of every channel over time, `[n_windows, 753]`.
    pub max_pool: Array2<f32>,
}

impl MusiCnn {
    /// Sample rate of the audio that the network takes, Hz.
    pub const SAMPLE_RATE: u32 = 16_000;
    /// Frames of a window: about 3 s.
    pub const WINDOW_FRAMES: usize = WINDOW_FRAMES;
    /// Samples between the starts of two frames.
    pub const FRAME_HOP: usize = 256;

    /// Reads the weights from the wheel of the package `musicnn` 0.1.0.
    ///
    /// # Errors
    /// [`Error::InFile`] with the path around [`Error::Io`], [`Error::Wheel`] for a file that is not that wheel or is
    /// damaged, [`Error::MissingWeight`], [`Error::WeightShape`] or [`Error::NonFiniteWeight`] for a checkpoint that is not
    /// that network's.
    pub fn from_wheel(path: impl AsRef<Path>) -> Result<Self> {
        Self::new(MusiCnnWeights::load_wheel(path.as_ref())?)
    }

    /// Reads the weights from the bytes of the wheel.
    ///
    /// # Errors
    /// As [`from_wheel`](Self::from_wheel), without the path.
    pub fn from_wheel_bytes(bytes: &[u8]) -> Result<Self> {
        Self::new(MusiCnnWeights::from_wheel(bytes)?)
    }

    /// Takes the weights from a builder, under the names of the checkpoint (`conv2d_1/kernel`,
    /// `batch_normalization_2/gamma`). [`SeededInit`](crate::SeededInit) draws them for training from scratch.
    ///
    /// # Errors
    /// [`Error::Candle`] for a weight that the builder lacks or that has another shape.
    pub fn from_var_builder(builder: &VarBuilder<'_>) -> Result<Self> {
        Self::new(MusiCnnWeights::from_var_builder(builder)?)
    }

    /// Takes the weights from the tensors of a model file.
    pub(crate) fn from_values(values: BTreeMap<String, Values>, license: Option<String>) -> Result<Self> {
        Self::new(MusiCnnWeights::from_values(values, license)?)
    }

    fn new(weights: MusiCnnWeights) -> Result<Self> {
        Ok(Self {
            hash: weights.hash()?,
            device: weights.get("dense/kernel")?.device().clone(),
            input_norm: Affine::new(&weights, "batch_normalization")?,
            front_end: FrontEnd::new(&weights)?,
            back_end: BackEnd::new(&weights)?,
            weights,
        })
    }

    /// The same network on a device, which then computes [`windows`](Self::windows) and what comes of them: window by window
    /// in tensor operations, where the CPU shares the frames of windows that overlap.
    ///
    /// # Errors
    /// [`Error::Candle`] when the device fails.
    pub fn to_device(self, device: &Device) -> Result<Self> {
        if device.same_device(&self.device) {
            return Ok(self);
        }
        Ok(Self { weights: self.weights.to_device(device)?, device: device.clone(), ..self })
    }

    /// The device that computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// BLAKE3 over the names, shapes and values of all weights, in hexadecimal digits.
    pub fn weights_hash(&self) -> &str {
        &self.hash
    }

    /// The license of the weights, where they come from a file that states it.
    pub fn license(&self) -> Option<&str> {
        self.weights.license.as_deref()
    }

    /// Names and values of all weights, sorted by name.
    pub fn weights(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.weights.iter()
    }

    /// Computes the probable tags of a song: the mean over windows of 3 s that follow each other, in descending order.
    ///
    /// # Errors
    /// As [`windows`](Self::windows).
    pub fn tags(&self, samples: &[f32]) -> Result<Vec<(&'static str, f32)>> {
        let windows = self.windows(samples, WINDOW_FRAMES)?;
        let n_windows = windows.tags.nrows() as f32;
        let mut tags: Vec<_> =
            TAGS.into_iter().zip(windows.tags.sum_axis(ndarray::Axis(0)) / n_windows).collect();
        tags.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        Ok(tags)
    }

    /// Computes all windows of a song that begin every `hop` frames. `samples` is mono at [`SAMPLE_RATE`](Self::SAMPLE_RATE).
    ///
    /// A rest at the end that is shorter than a window is left out. The package has a hop of 187 frames by default, and 61
    /// for an overlap of one second.
    ///
    /// # Errors
    /// [`Error::Dataset`] around [`TooShort`](cepstrum_dataset::Error::TooShort) for samples of fewer than 187 frames
    /// (2.976 s; the package itself fails there), or for samples that are NaN or infinite. [`Error::Setting`] for a hop of 0.
    pub fn windows(&self, samples: &[f32], hop: usize) -> Result<MusiCnnWindows> {
        let needed = (WINDOW_FRAMES - 1) * Self::FRAME_HOP;
        if samples.len() < needed {
            let seconds = |samples: usize| samples as f64 / f64::from(Self::SAMPLE_RATE);
            let (seconds, needed) = (seconds(samples.len()), seconds(needed));
            return Err(cepstrum_dataset::Error::TooShort { seconds, needed }.into());
        }
        let mel = LogMel::new(&LogMelConfig::musicnn()).and_then(|mut mel| mel.process(samples));
        self.mel_windows(&mel.map_err(cepstrum_dataset::Error::from)?, hop)
    }

    /// Computes all windows of a spectrogram `[n_frames, 96]` of [`LogMelConfig::musicnn`] that begin every `hop` frames.
    ///
    /// # Errors
    /// [`Error::InputShape`] for fewer than 187 frames or another number of bands, [`Error::Setting`] for a hop of 0.
    pub fn mel_windows(&self, mel: &ArrayRef2<f32>, hop: usize) -> Result<MusiCnnWindows> {
        let (n_frames, n_bands) = mel.dim();
        if n_frames < WINDOW_FRAMES || n_bands != N_BANDS {
            let expected = vec![WINDOW_FRAMES, N_BANDS];
            return Err(Error::InputShape { expected, actual: vec![n_frames, n_bands] });
        }
        if hop == 0 {
            return Err(Error::Setting { setting: "hop", bound: "at least 1 frame", value: 0.0 });
        }
        let starts: Vec<usize> = (0..=n_frames - WINDOW_FRAMES).step_by(hop).collect();
        let mut found = Activations::default();
        // A batch bounds the memory of long songs.
        for starts in starts.chunks(BATCH) {
            if !self.device.is_cpu() {
                found.extend(self.activations(mel, starts)?);
                continue;
            }
            let (first, end) = (starts[0], starts[starts.len() - 1] + WINDOW_FRAMES);
            let mut frames: Vec<f32> =
                mel.slice_axis(ndarray::Axis(0), (first..end).into()).iter().copied().collect();
            let (scale, shift) = (self.input_norm.scale[0], self.input_norm.shift[0]);
            for value in &mut frames {
                *value = *value * scale + shift;
            }
            let starts: Vec<usize> = starts.iter().map(|start| start - first).collect();
            let batch = self.back_end.run(&self.front_end.windows(&Song::new(&frames, &starts)));
            found.extend(batch);
        }
        let n_windows = starts.len();
        let pooled = |offset: usize| {
            Array2::from_shape_fn((n_windows, POOLED), |(window, channel)| {
                found.pooled[window * MAX_MEAN + 2 * channel + offset]
            })
        };
        let rows = |values: &[f32], width: usize| {
            Array2::from_shape_fn((n_windows, width), |(window, column)| values[window * width + column])
        };
        Ok(MusiCnnWindows {
            max_pool: pooled(0),
            mean_pool: pooled(1),
            penultimate: rows(&found.penultimate, PENULTIMATE),
            tags: rows(&found.tags, N_TAGS),
        })
    }

    /// The activations of the windows that begin at these frames, by tensor operations.
    fn activations(&self, mel: &ArrayRef2<f32>, starts: &[usize]) -> Result<Activations> {
        let frames = starts.iter().flat_map(|&start| start..start + WINDOW_FRAMES);
        let values: Vec<f32> = frames.flat_map(|frame| mel.row(frame).to_vec()).collect();
        let x = Tensor::from_vec(values, (starts.len(), WINDOW_FRAMES, N_BANDS), &self.device)?;
        let pooled = self.pooled(&x)?;
        let penultimate = self.penultimate(&pooled)?;
        let host = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        Ok(Activations {
            tags: host(&sigmoid(&self.tag_logits(&penultimate)?)?)?,
            penultimate: host(&penultimate)?,
            pooled: host(&Tensor::stack(&pooled, 2)?)?,
        })
    }

    fn convolution(&self, x: &Tensor, layer: &str) -> Result<Tensor> {
        let part = |name: &str| self.weights.get(&format!("{layer}/{name}"));
        Ok(ops::conv2d(x, part("kernel")?, part("bias")?, Activation::Relu)?)
    }

    fn normalized(&self, x: &Tensor, number: usize) -> Result<Tensor> {
        let layer = match number {
            0 => "batch_normalization".to_owned(),
            number => format!("batch_normalization_{number}"),
        };
        let part = |name: &str| self.weights.get(&format!("{layer}/{name}"));
        let parameters = BatchNormParameters { gamma: part("gamma")?, beta: part("beta")?, epsilon: EPSILON };
        Ok(ops::batch_norm_inference(x, &parameters, part("moving_mean")?, part("moving_variance")?)?)
    }

    /// The channels of the front end, `[n, n_frames, 561]`, of normalized windows `[n, n_frames, 96, 1]`.
    fn front(&self, x: &Tensor) -> Result<Tensor> {
        let mut channels = Vec::new();
        for (number, [before, behind]) in
            [[3, 3], [3, 3], [63, 64], [31, 32], [15, 16]].into_iter().enumerate()
        {
            let layer = if number == 0 { "conv2d".to_owned() } else { format!("conv2d_{number}") };
            let sums = self.convolution(&x.pad_with_zeros(1, before, behind)?, &layer)?;
            channels.push(self.normalized(&sums, number + 1)?.max(2)?);
        }
        Ok(Tensor::cat(&channels, D::Minus1)?)
    }

    /// One convolution behind the front end: `[n, n_frames, channels]` to `[n, n_frames, 64]`.
    fn middle(&self, x: &Tensor, number: usize) -> Result<Tensor> {
        let padded = x.pad_with_zeros(1, 3, 3)?.unsqueeze(3)?;
        self.normalized(&self.convolution(&padded, &format!("conv2d_{number}"))?.squeeze(2)?, number + 1)
    }

    fn logits(&self, x: &Tensor) -> Result<Tensor> {
        let [_, WINDOW_FRAMES, N_BANDS] = *x.dims() else {
            let expected = vec![WINDOW_FRAMES, N_BANDS];
            return Err(Error::InputShape { expected, actual: x.dims().to_vec() });
        };
        self.tag_logits(&self.penultimate(&self.pooled(x)?)?)
    }

    /// The values of a layer for windows `[n, 187, 96]`, `[n, n_coefficients]`, as a graph that can be differentiated.
    pub(crate) fn output(&self, x: &Tensor, output: MusiCnnOutput) -> Result<Tensor> {
        let [max, mean] = self.pooled(x)?;
        Ok(match output {
            MusiCnnOutput::MaxPool => max,
            MusiCnnOutput::MeanPool => mean,
            MusiCnnOutput::Pooled => Tensor::cat(&[max, mean], 1)?,
            MusiCnnOutput::Penultimate => self.penultimate(&[max, mean])?,
            MusiCnnOutput::Tags => sigmoid(&self.tag_logits(&self.penultimate(&[max, mean])?)?)?,
        })
    }

    /// Maximum and mean of every channel over time, `[n, 753]` each.
    fn pooled(&self, x: &Tensor) -> Result<[Tensor; 2]> {
        let front = self.front(&self.normalized(&x.unsqueeze(3)?, 0)?)?;
        let first = self.middle(&front, 5)?;
        let second = (self.middle(&first, 6)? + &first)?;
        let third = (self.middle(&second, 7)? + &second)?;
        let channels = Tensor::cat(&[&front, &first, &second, &third], D::Minus1)?;
        Ok([channels.max(1)?, channels.mean(1)?])
    }

    fn penultimate(&self, [max, mean]: &[Tensor; 2]) -> Result<Tensor> {
        let pooled = Tensor::stack(&[max, mean], 2)?.flatten_from(1)?;
        self.normalized(&self.dense(&self.normalized(&pooled, 9)?, "dense", Activation::Relu)?, 10)
    }

    fn tag_logits(&self, penultimate: &Tensor) -> Result<Tensor> {
        self.dense(penultimate, "dense_1", Activation::Linear)
    }

    fn dense(&self, x: &Tensor, layer: &str, activation: Activation) -> Result<Tensor> {
        let part = |name: &str| self.weights.get(&format!("{layer}/{name}"));
        Ok(ops::dense(x, part("kernel")?, part("bias")?, activation)?)
    }
}

/// Windows that are computed together.
const BATCH: usize = 32;

impl Module for MusiCnn {
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.logits(x).map_err(Error::into_candle)
    }
}

impl fmt::Debug for MusiCnn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MusiCnn").field("weights", &self.hash).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::SeededInit;

    #[test]
    fn windows_by_tensor_operations_are_those_of_the_own_kernels() {
        let musicnn = MusiCnn::from_var_builder(&SeededInit::builder(3, &Device::Cpu)).unwrap();
        let mel = Array2::from_shape_fn((WINDOW_FRAMES + 61, N_BANDS), |(frame, band)| {
            ((frame * 37 + band * 101) % 89) as f32 / 89.0
        });
        let expected = musicnn.mel_windows(&mel, 61).unwrap();
        let found = musicnn.activations(&mel, &[0, 61]).unwrap();
        let compare = |what: &str, found: &[f32], expected: &[f32]| {
            assert_eq!(found.len(), expected.len(), "{what}");
            let peak = expected.iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
            let worst = found.iter().zip(expected).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(worst < 1e-4 * peak, "{what}: {worst} beside {peak}");
        };
        compare("tags", &found.tags, expected.tags.as_slice().unwrap());
        compare("penultimate", &found.penultimate, expected.penultimate.as_slice().unwrap());
        let highest: Vec<f32> = found.pooled.iter().copied().step_by(2).collect();
        compare("maximum", &highest, expected.max_pool.as_slice().unwrap());
        let mean: Vec<f32> = found.pooled.iter().copied().skip(1).step_by(2).collect();
        compare("mean", &mean, expected.mean_pool.as_slice().unwrap());
        let same = musicnn.to_device(&Device::Cpu).unwrap();
        assert!(same.device().is_cpu());
    }
}
