use anyhow::Result;
use cepstrum::dataset::FeatureSet;
use cepstrum::eval::plot::Style;
use cepstrum::eval::{Explanation, Figure, Section};
use cepstrum::models::explain::SmoothGrad;

use crate::output::Output;
use crate::training::Trained;

/// Explains what the best convolutional model looks at; `None` without one, or for features of unknown origin.
pub(crate) fn explain(
    best: &Trained,
    test: &FeatureSet,
    seed: u64,
    output: &Output,
) -> Result<Option<Figure>> {
    if test.config().is_none() {
        return Ok(None);
    }
    let smooth = SmoothGrad { seed, ..Default::default() };
    let explanation = Explanation::of(&best.model, test, &best.evaluation, &smooth)?;
    explanation.draw(&Style::default()).save(output.picture("explanation"))?;
    let (name, split) = (&best.run.name, best.run.split);
    let caption = format!(
        "{name}, split by {split}: the MFCCs of a test segment that it classifies rightly and of one that it does not, what \
         a change of each cell does to the score of the predicted class (SmoothGrad), and where the last convolution finds \
         that class (Grad-CAM)."
    );
    Ok(Some(Figure::drawn(Section::Explanations, &caption, |style| explanation.draw(style))?))
}
