use anyhow::Result;
use cepstrum::dataset::{FeatureSet, Split};
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{
    AttributionPlot, DeletionInsertionRun, Figure, Listening, ListeningRun, MapScores, ModelRun, Run, Section,
};
use cepstrum::models::Classifier;
use cepstrum::models::explain::audible::{Audible, AudibleConfig};
use cepstrum::models::explain::{self, DeletionInsertionConfig, IntegratedGradients, SmoothGrad};
use ndarray::Axis;

use super::arguments::Arguments;
use super::data;
use super::output::Output;
use crate::training::Trained;

/// The most segments for deletion and insertion curves.
const MAX_SEGMENTS: usize = 40;
/// Steps of the curves and of Integrated Gradients.
const STEPS: usize = 20;

/// Draws attribution maps of a convolutional model, and measures them by deletion and insertion; features without a
/// configuration are skipped.
pub(super) fn explain(
    trained: &Trained,
    parts: &Split,
    arguments: &Arguments,
    output: &Output,
    run: &mut Run,
) -> Result<()> {
    let Trained { model, evaluation, run: ModelRun { name, split, .. } } = trained;
    if parts.test.config().is_none() {
        return Ok(());
    }
    let seed = arguments.settings.seed;
    let smooth = SmoothGrad { seed, ..Default::default() };
    let attributions = AttributionPlot::compute(model, &parts.test, evaluation, &smooth)?;
    attributions.draw(&Style::default()).save(output.picture("explanation"))?;
    let caption = format!(
        "{name}, split by {split}: the MFCCs of a test segment that it classifies correctly and of one that it does not, the \
         sensitivity of the predicted class's score to each cell (SmoothGrad), and the activation of the last convolution for \
         that class (Grad-CAM)."
    );
    run.figures.push(Figure::draw(Section::Explanations, &caption, |style| attributions.draw(style))?);
    listen(model, &parts.test, &attributions, arguments, run)?;

    let Some(baseline) = parts.train.features().mean_axis(Axis(0)) else { return Ok(()) };
    let labels = evaluation.truth().iter().zip(evaluation.predicted()).enumerate();
    let correct: Vec<usize> = labels
        .filter(|(_, (truth, predicted))| truth == predicted)
        .map(|(i, _)| i)
        .take(MAX_SEGMENTS)
        .collect();
    if correct.is_empty() {
        return Ok(());
    }
    let classes: Vec<usize> = correct.iter().map(|&segment| evaluation.truth()[segment]).collect();
    let input = parts.test.features().select(Axis(0), &correct);
    let last = &attributions.layer;
    let integrated = IntegratedGradients { baseline: baseline.clone(), steps: STEPS };
    let evaluation = DeletionInsertionConfig { baseline, steps: STEPS };
    let maps = [
        ("Integrated Gradients", integrated.maps(model, &input, &classes)?),
        ("SmoothGrad", smooth.maps(model, &input, &classes)?),
        ("Grad-CAM", explain::grad_cam(model, &input, &classes, last)?),
        ("random", explain::random_maps(input.dim(), seed)),
    ];
    let mut scores = Vec::new();
    for (map, values) in maps {
        let curves = evaluation.curves(model, &input, &classes, &values)?;
        scores.push(MapScores { map: map.to_owned(), curves });
    }
    let curves: Vec<_> = scores.iter().map(|it| (it.map.as_str(), &it.curves)).collect();
    plot::deletion_insertion(&curves, &Style::default()).save(output.picture("faithfulness"))?;
    let model = name.clone();
    run.deletion_insertion.push(DeletionInsertionRun {
        model,
        split: *split,
        n_segments: correct.len(),
        maps: scores,
    });
    Ok(())
}

/// Turns the explanations of the drawn segments into sound, where their audio is at hand and may be embedded.
fn listen(
    model: &Classifier,
    set: &FeatureSet,
    plot: &AttributionPlot,
    arguments: &Arguments,
    run: &mut Run,
) -> Result<()> {
    let mut audible = Audible::new(model, AudibleConfig::default())?;
    let (rate, length) = (audible.sample_rate(), audible.segment_samples());
    for ((&segment, &class), title) in plot.segments.iter().zip(&plot.classes).zip(&plot.titles) {
        let track = set.track_ids().get(segment).map(|&track| &set.track_names()[track]);
        let Some((track, start)) = track.zip(set.start_seconds(segment)) else { continue };
        let Some(samples) = data::embeddable(track, rate, arguments)? else { continue };
        let first = (start * f64::from(rate)).round() as usize;
        let Some(samples) = samples.get(first..first + length) else { continue };
        let listening = Listening::compute(&mut audible, samples, class, title)?;
        run.listening.push(ListeningRun::new(&listening, start)?);
    }
    Ok(())
}
