use anyhow::Result;
use cepstrum::dataset::Split;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{AttributionPlot, DeletionInsertionRun, Figure, MapScores, ModelRun, Run, Section};
use cepstrum::models::explain::{self, DeletionInsertionConfig, IntegratedGradients, SmoothGrad};
use ndarray::Axis;

use super::output::Output;
use super::training::TrainedModel;

/// The most segments for deletion and insertion curves.
const MAX_SEGMENTS: usize = 40;
/// Steps of the curves and of Integrated Gradients.
const STEPS: usize = 20;

/// Draws attribution maps of a convolutional model, and measures them by deletion and insertion; features without a
/// configuration are skipped.
pub(super) fn explain(
    trained: &TrainedModel,
    parts: &Split,
    seed: u64,
    output: &Output,
    run: &mut Run,
) -> Result<()> {
    let TrainedModel { model, evaluation, run: ModelRun { name, split, .. } } = trained;
    if parts.test.config().is_none() {
        return Ok(());
    }
    let smooth = SmoothGrad { seed, ..Default::default() };
    let attributions = AttributionPlot::compute(model, &parts.test, evaluation, &smooth)?;
    attributions.draw(&Style::default()).save(output.picture("explanation"))?;
    let caption = format!(
        "{name}, split by {split}: the MFCCs of a test segment that it classifies correctly and of one that it does not, the \
         sensitivity of the predicted class's score to each cell (SmoothGrad), and the activation of the last convolution for \
         that class (Grad-CAM)."
    );
    run.figures.push(Figure::draw(Section::Explanations, &caption, |style| attributions.draw(style))?);

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
