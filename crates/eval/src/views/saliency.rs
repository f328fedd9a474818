//! Attribution maps of one segment that a model classifies correctly and one that it does not.

use cepstrum_dataset::FeatureSet;
use cepstrum_models::explain::{SmoothGrad, grad_cam};
use cepstrum_models::{Classifier, Layer};
use ndarray::{Array3, ArrayView2, Axis};

use crate::metrics::Evaluation;
use crate::plot::{self, AttributionExample, FrameRate, Picture, Style};
use crate::{Error, Result};

/// The attribution figure of the [reference experiment](cepstrum_models::zoo#the-reference-experiment): input,
/// `SmoothGrad` saliency and Grad-CAM of the last convolution, for the first correctly and the first wrongly classified
/// segment.
///
/// It has a single segment where all segments are classified correctly, or all wrongly.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AttributionPlot {
    /// Name of the model's last convolution.
    pub layer: String,
    /// Indices of the segments in the set.
    pub segments: Vec<usize>,
    /// The predicted class of each segment, which the maps explain.
    pub classes: Vec<usize>,
    /// Title of each segment: its true class, the predicted one and the confidence.
    pub titles: Vec<String>,
    /// The segments, `[n, n_frames, n_coefficients]`.
    pub input: Array3<f32>,
    /// Their saliency, of the same shape.
    pub saliency: Array3<f32>,
    /// Their Grad-CAM, of the same shape.
    pub cam: Array3<f32>,
    rate: FrameRate,
}

impl AttributionPlot {
    /// Chooses the segments by an evaluation of the model on the set, and computes their maps.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a model without a convolution, or features without their configuration; and the errors
    /// of [`SmoothGrad::maps`] and [`grad_cam`].
    pub fn compute(
        model: &Classifier,
        set: &FeatureSet,
        evaluation: &Evaluation,
        smooth: &SmoothGrad,
    ) -> Result<Self> {
        let undefined = |reason| Error::Undefined { quantity: "an attribution plot", reason };
        let mut convolutions =
            model.network().layers().iter().map(Layer::name).filter(|it| it.starts_with("conv2d"));
        let last = convolutions.next_back().ok_or_else(|| undefined("the model has no convolution"))?;
        let config = set.config().ok_or_else(|| undefined("the features have no configuration"))?;
        let features = &config.features;
        let rate = FrameRate { hop_length: features.hop_length(), sample_rate: features.sample_rate() };

        let (truth, predicted) = (evaluation.truth(), evaluation.predicted());
        let first = |correct: bool| {
            (0..truth.len()).find(|&segment| (truth[segment] == predicted[segment]) == correct)
        };
        let segments: Vec<usize> = [first(true), first(false)].into_iter().flatten().collect();
        let classes: Vec<usize> = segments.iter().map(|&segment| predicted[segment]).collect();
        let input = set.features().select(Axis(0), &segments);
        Ok(Self {
            titles: segments.iter().map(|&segment| title(set, evaluation, segment)).collect(),
            saliency: smooth.maps(model, &input, &classes)?,
            cam: grad_cam(model, &input, &classes, last)?,
            layer: last.to_owned(),
            segments,
            classes,
            input,
            rate,
        })
    }

    /// Draws a row of three panels per segment.
    pub fn draw(&self, style: &Style) -> Picture {
        let (inputs, saliencies, cams) = (rows(&self.input), rows(&self.saliency), rows(&self.cam));
        let row = |i: usize| AttributionExample {
            title: &self.titles[i],
            input: &inputs[i],
            maps: vec![("SmoothGrad", &*saliencies[i])],
            overlays: vec![("Grad-CAM", &*cams[i])],
            rate: self.rate,
        };
        plot::attributions(&(0..self.titles.len()).map(row).collect::<Vec<_>>(), style)
    }
}

fn rows(maps: &Array3<f32>) -> Vec<ArrayView2<'_, f32>> {
    maps.outer_iter().collect()
}

/// `blues/3 from 6 s: true blues, predicted rock (61 %)`.
fn title(set: &FeatureSet, evaluation: &Evaluation, segment: usize) -> String {
    let (truth, predicted) = (evaluation.truth()[segment], evaluation.predicted()[segment]);
    let percent = 100.0 * evaluation.probabilities()[[segment, predicted]];
    let [truth, predicted] = [truth, predicted].map(|class| &set.classes()[class]);
    let track = set.track_ids().get(segment).map(|&track| set.track_names()[track].as_str());
    let place = match (track, set.start_seconds(segment)) {
        (Some(track), Some(start)) => format!("{track} from {start:.0} s: "),
        _ => String::new(),
    };
    format!("{place}true {truth}, predicted {predicted} ({percent:.0} %)")
}
