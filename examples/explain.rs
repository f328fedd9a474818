//! Draws what a saved model looks at: one segment that it classifies rightly and one that it does not.
//!
//! `cargo run --release --example explain -- cepstrum-out/models/cnn-32-32-32-32-track.safetensors cepstrum-out/features.safetensors`

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cepstrum::dataset::FeatureSet;
use cepstrum::eval::Evaluation;
use cepstrum::eval::plot::{self, Explained, FrameRate, Style};
use cepstrum::models::explain::{SmoothGrad, grad_cam};
use cepstrum::models::{Classifier, Layer};
use clap::Parser;
use ndarray::{Axis, s};

/// Draws the input, its `SmoothGrad` saliency and its Grad-CAM side by side.
#[derive(Parser)]
struct Arguments {
    /// A convolutional model that the notebook example saved
    model: PathBuf,
    /// Features it can be asked about, as the notebook example saved them
    features: PathBuf,
    /// The picture: .png or .svg
    #[arg(long, default_value = "cepstrum-out/explanation.png")]
    out: PathBuf,
    /// Governs the noise of `SmoothGrad`
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let model = Classifier::load(&arguments.model)?;
    let features = FeatureSet::load(&arguments.features)?;
    let evaluation = Evaluation::of(&model, &features)?;
    let layers = model.network().layers().iter().rev();
    let last = layers.map(Layer::name).find(|name| name.starts_with("conv2d"));
    let last = last.context("the model has no convolution: Grad-CAM needs one")?;
    let config = features.config().context("the features do not say how they were made")?;
    let rate =
        FrameRate { hop_length: config.features.hop_length(), sample_rate: config.features.sample_rate() };

    let (mut titles, mut chosen) = (Vec::new(), Vec::new());
    for right in [true, false] {
        let mut pairs = evaluation.truth().iter().zip(evaluation.predicted());
        let Some(i) = pairs.position(|(truth, predicted)| (truth == predicted) == right) else {
            bail!("no segment is classified {}", if right { "rightly" } else { "wrongly" });
        };
        let (truth, predicted) = (evaluation.truth()[i], evaluation.predicted()[i]);
        let share = evaluation.probabilities()[[i, predicted]];
        let class = |class: usize| &features.classes()[class];
        titles.push(format!(
            "true {}, predicted {} ({:.0} %)",
            class(truth),
            class(predicted),
            100.0 * share
        ));
        chosen.push((i, predicted));
    }
    let (segments, classes): (Vec<usize>, Vec<usize>) = chosen.into_iter().unzip();
    let input = features.features().select(Axis(0), &segments);
    let smooth = SmoothGrad { seed: arguments.seed, ..Default::default() };
    let saliency = smooth.maps(&model, &input, &classes)?;
    let cam = grad_cam(&model, &input, &classes, last)?;

    let views: Vec<_> =
        (0..2).map(|i| [&input, &saliency, &cam].map(|maps| maps.slice(s![i, .., ..]))).collect();
    let rows: Vec<Explained<'_>> = titles
        .iter()
        .zip(&views)
        .map(|(title, [input, saliency, cam])| Explained {
            title,
            input,
            maps: vec![("SmoothGrad", saliency)],
            overlays: vec![("Grad-CAM", cam)],
            rate,
        })
        .collect();
    plot::explanation(&rows, &Style::default()).save(&arguments.out)?;
    println!("{}", arguments.out.display());
    Ok(())
}
