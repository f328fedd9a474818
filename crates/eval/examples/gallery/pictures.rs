//! Every picture of the crate, drawn from synthetic data.

use cepstrum_eval::metrics::{Calibration, TemperatureScaling};
use cepstrum_eval::plot::{self, AttributionExample, Colormap, Picture, Style, TrackViews};
use cepstrum_eval::{Error, History, results_chart};
use ndarray::{Array2, s};

use super::data::{self, RATE};

/// All pictures with their names; those with classes have `n_classes` of them.
pub(crate) fn all(n_classes: usize, style: &Style) -> Result<Vec<(String, Picture)>, Error> {
    let counts = data::counts(n_classes);
    let counts: Vec<_> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    let mut all = vec![
        ("class_counts", plot::class_counts(&counts, style)),
        ("confusion", plot::confusion(&data::matrix(n_classes)?, style)),
        ("results", results_chart(&data::results(n_classes.min(13)), style)),
        ("histories", histories(n_classes, style)),
        ("timeline", timeline(n_classes, style)?),
        ("roc", roc(n_classes, style)?),
        ("reliability", reliability(n_classes, style)?),
        ("overview", overview(n_classes, style)),
        ("explanation", explanation(style)),
    ];
    let greens = Style { colormap: Colormap::Greens, ..style.clone() };
    all.push(("confusion_greens", plot::confusion(&data::matrix(n_classes)?, &greens)));
    let track = data::track();
    all.push(("history", plot::history(&data::history(60), style)));
    all.push(("waveform", plot::waveform(&track.samples, RATE.sample_rate, style)));
    all.push(("spectrum", plot::spectrum(&track.frequencies, &track.magnitudes, style)));
    all.push(("spectrogram", plot::spectrogram(&track.spectrogram, RATE, style)));
    all.push(("mfcc", plot::mfcc(&track.mfcc, RATE, style)));
    let maps = data::deletion_insertion();
    let maps: Vec<_> = maps.iter().map(|(name, curves)| (*name, curves)).collect();
    all.push(("faithfulness", plot::deletion_insertion(&maps, style)));
    Ok(all.into_iter().map(|(name, picture)| (name.to_owned(), picture)).collect())
}

fn histories(n_runs: usize, style: &Style) -> Picture {
    let runs: Vec<(String, History)> = (0..n_runs.min(13))
        .map(|i| (format!("cnn:256-128-64-32, seed {i}, by track"), data::history(45 + 10 * i % 37)))
        .collect();
    let runs: Vec<(&str, &History)> = runs.iter().map(|(name, history)| (name.as_str(), history)).collect();
    plot::histories(&runs, style)
}

fn timeline(n_classes: usize, style: &Style) -> Result<Picture, Error> {
    let evaluation = data::evaluation(n_classes)?;
    let song = evaluation.probabilities().slice(s![..70, ..]);
    Ok(plot::timeline(&song, evaluation.classes(), 3.0, style))
}

fn roc(n_classes: usize, style: &Style) -> Result<Picture, Error> {
    let curves = data::roc_curves(n_classes)?;
    let curves: Vec<_> = curves.iter().map(|(name, curve)| (name.as_str(), curve)).collect();
    Ok(plot::roc(&curves, style))
}

fn reliability(n_classes: usize, style: &Style) -> Result<Picture, Error> {
    let before = data::evaluation(n_classes)?;
    let after = TemperatureScaling::fit(&before).recalibrate(&before)?;
    let [before, after] = [&before, &after].map(|it| Calibration::from_evaluation(it, 10));
    Ok(plot::reliability(&[("as trained", &before?), ("with temperature", &after?)], style))
}

pub(crate) fn overview(n_classes: usize, style: &Style) -> Picture {
    let (track, names) = (data::track(), data::classes(n_classes));
    let views = |name| TrackViews {
        name,
        samples: &track.samples,
        frequencies: &track.frequencies,
        magnitudes: &track.magnitudes,
        spectrogram: &track.spectrogram,
        mfcc: &track.mfcc,
        rate: RATE,
    };
    let rows: Vec<TrackViews<'_>> = names.iter().map(|name| views(name)).collect();
    plot::overview(&rows, style)
}

pub(crate) fn explanation(style: &Style) -> Picture {
    let mfcc = data::track().mfcc;
    let input = mfcc.slice(s![..130, ..]);
    let saliency = input.mapv(|v| (v / 40.0).sin().abs() * 0.02);
    let signed = input.mapv(|v| (v / 30.0).sin() * 0.02);
    let cam = Array2::from_shape_fn((15, 1), |(t, _)| (t as f32 / 3.0).sin().max(0.0));
    let example = |title| AttributionExample {
        title,
        input: &input,
        maps: vec![("SmoothGrad", &*saliency), ("Integrated Gradients", &*signed)],
        overlays: vec![("Grad-CAM", &*cam)],
        rate: RATE,
    };
    let titles =
        ["jazz.00012, segment 3: true jazz, predicted jazz (81 %)", "true rock, predicted metal (44 %)"];
    plot::attributions(&titles.map(example), style)
}
