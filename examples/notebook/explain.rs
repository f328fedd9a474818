use anyhow::Result;
use cepstrum::dataset::Split;
use cepstrum::eval::plot::{self, Style};
use cepstrum::eval::{AttributionPlot, DeletionInsertionRun, Figure, MapScores, ModelRun, Run, Section};
use cepstrum::models::explain::{self, DeletionInsertionConfig, IntegratedGradients, SmoothGrad};
use ndarray::Axis;

use crate::output::Output;
use crate::training::TrainedModel;

/// Segments that maps are measured on, and steps in which they are taken apart.
const MEASURED: usize = 40;
const STEPS: usize = 20;

/// Explains what the best convolutional model looks at, and measures whether the maps point at what matters; features of
/// unknown origin are left alone.
pub(crate) fn explain(
    best: &TrainedModel,
    parts: &Split,
    seed: u64,
    output: &Output,
    run: &mut Run,
) -> Result<()> {
    let TrainedModel { model, evaluation, run: ModelRun { name, split, .. } } = best;
    if parts.test.config().is_none() {
        return Ok(());
    }
    let smooth = SmoothGrad { seed, ..Default::default() };
    let explanation = AttributionPlot::of(model, &parts.test, evaluation, &smooth)?;
    explanation.draw(&Style::default()).save(output.picture("explanation"))?;
    let caption = format!(
        "{name}, split by {split}: the MFCCs of a test segment that it classifies rightly and of one that it does not, what \
         a change of each cell does to the score of the predicted class (SmoothGrad), and where the last convolution finds \
         that class (Grad-CAM)."
    );
    run.figures.push(Figure::drawn(Section::Explanations, &caption, |style| explanation.draw(style))?);

    let Some(baseline) = parts.train.features().mean_axis(Axis(0)) else { return Ok(()) };
    let right = evaluation.truth().iter().zip(evaluation.predicted()).enumerate();
    let right: Vec<usize> =
        right.filter(|(_, (truth, guess))| truth == guess).map(|(i, _)| i).take(MEASURED).collect();
    if right.is_empty() {
        return Ok(());
    }
    let classes: Vec<usize> = right.iter().map(|&segment| evaluation.truth()[segment]).collect();
    let input = parts.test.features().select(Axis(0), &right);
    let last = &explanation.layer;
    let integrated = IntegratedGradients { baseline: baseline.clone(), steps: STEPS };
    let evaluation = DeletionInsertionConfig { baseline, steps: STEPS };
    let maps = [
        ("Integrated Gradients", integrated.maps(model, &input, &classes)?),
        ("SmoothGrad", smooth.maps(model, &input, &classes)?),
        ("Grad-CAM", explain::grad_cam(model, &input, &classes, last)?),
        ("random", explain::random_maps(input.dim(), seed)),
    ];
    let mut measured = Vec::new();
    for (map, values) in maps {
        let curves = evaluation.curves(model, &input, &classes, &values)?;
        measured.push(MapScores { map: map.to_owned(), curves });
    }
    let curves: Vec<_> = measured.iter().map(|it| (it.map.as_str(), &it.curves)).collect();
    plot::deletion_insertion(&curves, &Style::default()).save(output.picture("faithfulness"))?;
    let model = name.clone();
    run.deletion_insertion.push(DeletionInsertionRun {
        model,
        split: *split,
        n_segments: right.len(),
        maps: measured,
    });
    Ok(())
}
