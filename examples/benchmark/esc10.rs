//! ESC-10 by its published folds.

mod clips;

use std::fmt;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use cepstrum::dataset::FeatureSet;
use cepstrum::eval::metrics::{Bootstrap, Evaluation, Interval, Spread};
use cepstrum::models::zoo::{Architecture, Own, SimpleModel};
use cepstrum::models::{Classifier, argmax};
use ndarray::Array2;
use serde::Serialize;

use clips::{Clips, FOLDS, Input};

const NETWORK: Architecture = Architecture::Own(Own::Deep);

/// Shifts of a clip over which the network's probabilities are averaged.
const SHIFTS: usize = 8;

/// Epochs of the networks that compare the inputs: enough to rank them, in a fraction of the time.
const EPOCHS_BESIDE: usize = 20;

/// The figures that `--json` prints.
#[derive(Serialize)]
struct Figures {
    clips: usize,
    network: String,
    parameters: usize,
    passes: Vec<Pass>,
    /// Mean and spread of the accuracy over the seeds.
    accuracy: Spread,
    /// The same accuracy, with an interval from resampled clips.
    interval: Interval,
    /// The accuracy of the networks of all seeds together, which average their probabilities.
    ensemble: Interval,
    logistic: Interval,
    inputs: Vec<Beside>,
}

/// One pass over the five folds.
#[derive(Serialize)]
struct Pass {
    seed: u64,
    accuracy: f64,
    folds: Vec<f64>,
    minutes: f64,
}

/// A kind of input beside the others: the same network and seed, trained without the first fold.
#[derive(Serialize)]
struct Beside {
    input: &'static str,
    shape: [usize; 2],
    megabytes: f64,
    /// Decoding and extraction of all clips.
    extraction_seconds: f64,
    seconds_per_epoch: f64,
    accuracy: f64,
}

/// Trains and tests the network of ours on every fold with every seed, and the simple model and the other inputs beside it.
pub(crate) fn run(dir: &Path, seeds: u64, json: bool) -> Result<()> {
    let clips = Clips::extract(dir, Input::LogMel)?;
    let mut figures = measure(&clips, seeds)?;
    for input in Input::ALL {
        figures.inputs.push(beside(dir, input)?);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{figures}");
    }
    Ok(())
}

/// Trains and tests the network on every fold with every seed.
fn measure(clips: &Clips, seeds: u64) -> Result<Figures> {
    let shape = (clips.features.len(), clips.features.n_classes());
    let (mut passes, mut tested, mut parameters) = (Vec::new(), Vec::new(), 0);
    for seed in 0..seeds {
        let (start, mut probabilities, mut folds) = (Instant::now(), Array2::zeros(shape), Vec::new());
        for fold in 1..=FOLDS {
            let (train, test) = clips.without(fold);
            let model = trained(&train, NETWORK.epochs(), seed)?;
            let accuracy = test_clips((&model, SHIFTS), clips, &test, &mut probabilities)?;
            eprintln!("ESC-10, seed {seed}, fold {fold}: {:.1} %", 100.0 * accuracy);
            folds.push(accuracy);
            parameters = model.n_parameters();
        }
        let accuracy = evaluated(clips, &[&probabilities])?.accuracy();
        passes.push(Pass { seed, accuracy, folds, minutes: start.elapsed().as_secs_f64() / 60.0 });
        tested.push(probabilities);
    }
    let accuracies: Vec<f64> = passes.iter().map(|pass| pass.accuracy).collect();
    let together = tested.iter().fold(Array2::zeros(shape), |sum, one| sum + one) / seeds as f32;
    Ok(Figures {
        clips: shape.0,
        network: NETWORK.to_string(),
        parameters,
        passes,
        accuracy: Spread::from_values(&accuracies)?,
        interval: interval(clips, &tested.iter().collect::<Vec<_>>())?,
        ensemble: interval(clips, &[&together])?,
        logistic: logistic(clips)?,
        inputs: Vec::new(),
    })
}

/// Trains the network for a fixed number of epochs: no choice depends on the clips that are tested.
fn trained(train: &FeatureSet, epochs: usize, seed: u64) -> Result<Classifier> {
    let shape = train.segment_shape();
    let mut model = NETWORK.build(shape, train.n_classes(), seed)?;
    NETWORK.trainer(NETWORK.config(shape, epochs, seed)).fit_unvalidated(&mut model, train)?;
    Ok(model)
}

/// Classifies some of the clips, sets their rows among the probabilities of all, and returns the share that is right.
fn test_clips(
    (model, n_shifts): (&Classifier, usize),
    clips: &Clips,
    test: &[usize],
    all: &mut Array2<f32>,
) -> Result<f64> {
    let (features, mut right) = (clips.features.select(test), 0);
    let probabilities = model.predict_proba_shifted(&features, n_shifts)?;
    for ((row, &clip), &label) in probabilities.rows().into_iter().zip(test).zip(features.labels()) {
        right += usize::from(argmax(&row.to_vec()) == label);
        all.row_mut(clip).assign(&row);
    }
    Ok(right as f64 / test.len() as f64)
}

/// The evaluation of one or several classifications of all clips.
fn evaluated(clips: &Clips, classifications: &[&Array2<f32>]) -> Result<Evaluation> {
    let features = &clips.features;
    let views: Vec<_> = classifications.iter().map(|probabilities| probabilities.view()).collect();
    let evaluation = Evaluation::from_probabilities(
        &features.labels().repeat(classifications.len()),
        ndarray::concatenate(ndarray::Axis(0), &views)?,
        features.classes(),
    )?;
    Ok(evaluation.with_tracks(&features.track_ids().repeat(classifications.len()))?)
}

/// The accuracy with its interval, from resamples of clips; the classifications of a clip stay together.
fn interval(clips: &Clips, classifications: &[&Array2<f32>]) -> Result<Interval> {
    Ok(Bootstrap::default().accuracy(&evaluated(clips, classifications)?)?)
}

/// The simple model on the same folds: logistic regression on mean and deviation of every band over the clip.
fn logistic(clips: &Clips) -> Result<Interval> {
    let mut probabilities = Array2::zeros((clips.features.len(), clips.features.n_classes()));
    for fold in 1..=FOLDS {
        let (train, test) = clips.without(fold);
        let fitted = SimpleModel::Logistic.fit(&train, None)?;
        test_clips((&fitted.model, 1), clips, &test, &mut probabilities)?;
    }
    interval(clips, &[&probabilities])
}

/// Trains and tests the network on a kind of input, with the first fold and the first seed.
fn beside(dir: &Path, input: Input) -> Result<Beside> {
    let clips = Clips::extract(dir, input)?;
    let (train, test) = clips.without(1);
    let start = Instant::now();
    let model = trained(&train, EPOCHS_BESIDE, 0)?;
    let seconds = start.elapsed().as_secs_f64();
    let accuracy = Evaluation::from_model(&model, &clips.features.select(&test))?.accuracy();
    eprintln!("ESC-10, {} input: {:.1} %", input.name(), 100.0 * accuracy);
    Ok(Beside {
        input: input.name(),
        shape: clips.features.segment_shape(),
        megabytes: clips.megabytes(),
        extraction_seconds: clips.seconds,
        seconds_per_epoch: seconds / EPOCHS_BESIDE as f64,
        accuracy,
    })
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        writeln!(
            f,
            "ESC-10: {} clips, published folds; {} with {} parameters on log-mel input\n",
            self.clips, self.network, self.parameters
        )?;
        writeln!(f, "| seed | folds 1 to 5, % | all, % | minutes |\n|---|---|---|---|")?;
        for Pass { seed, accuracy, folds, minutes } in &self.passes {
            let folds: Vec<String> = folds.iter().map(|&fold| percent(fold)).collect();
            writeln!(f, "| {seed} | {} | {} | {minutes:.1} |", folds.join(" "), percent(*accuracy))?;
        }
        let Spread { mean, deviation, .. } = self.accuracy;
        writeln!(f, "\n| model | clips right |\n|---|---|")?;
        writeln!(f, "| logistic regression on mean and deviation | {} |", self.logistic)?;
        writeln!(
            f,
            "| {}, mean over seeds ({} ± {} between them) | {} |",
            self.network,
            percent(mean),
            percent(deviation),
            self.interval
        )?;
        writeln!(f, "| {}, the seeds' probabilities averaged | {} |", self.network, self.ensemble)?;
        writeln!(f, "\nInputs, {EPOCHS_BESIDE} epochs, fold 1, seed 0:\n")?;
        writeln!(
            f,
            "| input | frames x values | MB | extraction, s | s per epoch | clips right, % |\n|---|---|---|---|---|---|"
        )?;
        for Beside {
            input,
            shape: [n_frames, n],
            megabytes,
            extraction_seconds,
            seconds_per_epoch,
            accuracy,
        } in &self.inputs
        {
            let accuracy = percent(*accuracy);
            writeln!(
                f,
                "| {input} | {n_frames} x {n} | {megabytes:.1} | {extraction_seconds:.1} | {seconds_per_epoch:.2} | {accuracy} |"
            )?;
        }
        Ok(())
    }
}
