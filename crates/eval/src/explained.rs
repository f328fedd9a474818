//! What a model looks at, for a segment that it classifies rightly and one that it does not.

use cepstrum_dataset::FeatureSet;
use cepstrum_models::explain::{SmoothGrad, grad_cam};
use cepstrum_models::{Classifier, Layer};
use ndarray::{Array3, ArrayView2, Axis};

use crate::plot::{self, AttributionExample, FrameRate, Picture, Style};
use crate::{Error, Evaluation, Result};

/// The reference notebook's figure: input, `SmoothGrad` saliency and Grad-CAM of the last convolution, of the first segment
/// that is classified rightly and the first that is not (of one where there is no other).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AttributionPlot {
    /// Name of the model's last convolution.
    pub layer: String,
    /// Indices of the segments in the set.
    pub segments: Vec<usize>,
    /// What the model takes each of them for; this is what is explained.
    pub classes: Vec<usize>,
    /// What is to be said of each: its true class, the predicted one and the confidence.
    pub titles: Vec<String>,
    /// The segments, `[n, n_frames, n_coefficients]`.
    pub input: Array3<f32>,
    /// Their saliency.
    pub saliency: Array3<f32>,
    /// Their Grad-CAM.
    pub cam: Array3<f32>,
    rate: FrameRate,
}

impl AttributionPlot {
    /// Chooses the segments from an evaluation of the model on the set, and explains them.
    ///
    /// # Errors
    /// [`Error::Undefined`] for a model without a convolution, or features that do not say how they were made; and those
    /// of [`SmoothGrad::maps`] and [`grad_cam`].
    pub fn of(
        model: &Classifier,
        set: &FeatureSet,
        evaluation: &Evaluation,
        smooth: &SmoothGrad,
    ) -> Result<Self> {
        const QUANTITY: &str = "an explanation";
        let undefined = |because| Error::Undefined { quantity: QUANTITY, because };
        let mut convolutions =
            model.network().layers().iter().map(Layer::name).filter(|it| it.starts_with("conv2d"));
        let last = convolutions.next_back().ok_or_else(|| undefined("the model has no convolution"))?;
        let config = set.config().ok_or_else(|| undefined("the features do not say how they were made"))?;
        let features = &config.features;
        let rate = FrameRate { hop_length: features.hop_length(), sample_rate: features.sample_rate() };

        let is_right: Vec<bool> = evaluation
            .truth()
            .iter()
            .zip(evaluation.predicted())
            .map(|(truth, guess)| truth == guess)
            .collect();
        let first = |right: bool| is_right.iter().position(|&is_right| is_right == right);
        let segments: Vec<usize> = [first(true), first(false)].into_iter().flatten().collect();
        let classes: Vec<usize> = segments.iter().map(|&segment| evaluation.predicted()[segment]).collect();
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

    /// Draws a row of three panels for each segment.
    pub fn draw(&self, style: &Style) -> Picture {
        let (inputs, saliencies, cams) = (rows(&self.input), rows(&self.saliency), rows(&self.cam));
        let row = |i: usize| AttributionExample {
            title: &self.titles[i],
            input: &inputs[i],
            maps: vec![("SmoothGrad", &*saliencies[i])],
            overlays: vec![("Grad-CAM", &*cams[i])],
            rate: self.rate,
        };
        plot::explanation(&(0..self.titles.len()).map(row).collect::<Vec<_>>(), style)
    }
}

fn rows(maps: &Array3<f32>) -> Vec<ArrayView2<'_, f32>> {
    maps.outer_iter().collect()
}

/// `blues/3, from 6 s: true blues, predicted rock (61 %)`.
fn title(set: &FeatureSet, evaluation: &Evaluation, segment: usize) -> String {
    let (truth, guess) = (evaluation.truth()[segment], evaluation.predicted()[segment]);
    let percent = 100.0 * evaluation.probabilities()[[segment, guess]];
    let [truth, guess] = [truth, guess].map(|class| &set.classes()[class]);
    let track = set.track_ids().get(segment).map(|&track| set.track_names()[track].as_str());
    let place = match (track, set.start_seconds(segment)) {
        (Some(track), Some(start)) => format!("{track} from {start:.0} s: "),
        _ => String::new(),
    };
    format!("{place}true {truth}, predicted {guess} ({percent:.0} %)")
}
