use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitUnit};
use cepstrum::eval::{Evaluation, SplitBy, rank_models};
use cepstrum::models::zoo::ModelName;

use super::arguments::Arguments;
use super::parts;
use super::training::TrainedModel;

/// The indices of the trained models by falling validation accuracy over tracks, so that no model is chosen by the test
/// part on which it is then compared.
pub(super) fn order(
    models: &[ModelName],
    trained: &mut [TrainedModel],
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Vec<usize>> {
    if let [_, _, ..] = models {
        for (&name, TrainedModel { run, .. }) in models.iter().zip(trained.iter_mut()) {
            if run.validation_accuracy.is_none()
                && let Some(validation) = of_a_second_model(name, unit, features, arguments)?
            {
                *run = run.clone().with_validation(&validation)?;
            }
            let words = |share: Option<f64>| {
                share.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", 100.0 * it))
            };
            let [tracks, segments] = [run.validation_track_accuracy, run.validation_accuracy].map(words);
            println!("{name}: {tracks} of the validation tracks, {segments} of their segments");
        }
    }
    Ok(rank_models(trained.iter().map(|trained| &trained.run)))
}

/// The criterion by which two of the models were chosen, in words.
pub(super) fn criterion(chosen: [&TrainedModel; 2], first_split: SplitBy) -> String {
    if chosen.iter().all(|trained| trained.run.validation_accuracy.is_some()) {
        format!("validation accuracy, split by {first_split}")
    } else {
        "the order given".to_owned()
    }
}

/// The validation of a model that trains without validation data: that of a second one, trained without the segments on
/// which the others are validated. `None` where there are too few tracks for a validation part.
fn of_a_second_model(
    name: ModelName,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Option<Evaluation>> {
    let (seed, shape) = (arguments.seed, features.segment_shape());
    let Ok(split) = parts::with_validation(unit, features, seed) else { return Ok(None) };
    let model = match name {
        ModelName::Network(network) => {
            let mut model = network.build_on(&arguments.device, shape, features.n_classes(), seed)?;
            let config = network.config(shape, arguments.epochs(network), seed);
            network.trainer(config).fit_unvalidated(&mut model, &split.train)?;
            model
        }
        ModelName::Simple(simple) => simple.fit(&split.train, None)?.model,
    };
    Ok(Some(Evaluation::from_model(&model, &split.validation)?))
}
