use anyhow::Result;
use cepstrum::dataset::{FeatureSet, SplitUnit};
use cepstrum::eval::{SplitBy, rank_models};
use cepstrum::models::zoo::Architecture;

use crate::arguments::Arguments;
use crate::parts;
use crate::training::TrainedModel;

/// The indices of the trained networks by falling validation accuracy, so that no network is chosen by the test part on
/// which it is then compared.
pub(crate) fn order(
    networks: &[Architecture],
    trained: &mut [TrainedModel],
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Vec<usize>> {
    if let [_, _, ..] = networks {
        for (&network, TrainedModel { run, .. }) in networks.iter().zip(trained.iter_mut()) {
            if run.validation_accuracy.is_none() {
                run.validation_accuracy = of_a_second_model(network, unit, features, arguments)?;
            }
            if let Some(accuracy) = run.validation_accuracy {
                println!("{network}: validation accuracy {:.1} %", 100.0 * accuracy);
            }
        }
    }
    Ok(rank_models(trained.iter().map(|trained| &trained.run)))
}

/// The criterion by which two of the networks were chosen, in words.
pub(crate) fn criterion(chosen: [&TrainedModel; 2], first_split: SplitBy) -> String {
    if chosen.iter().all(|trained| trained.run.validation_accuracy.is_some()) {
        format!("validation accuracy, split by {first_split}")
    } else {
        "the order given".to_owned()
    }
}

/// The validation accuracy of a network that trains without validation data: that of a second model, trained without the
/// segments on which the other networks are validated. `None` where there are too few tracks for a validation part.
fn of_a_second_model(
    network: Architecture,
    unit: SplitUnit<'_>,
    features: &FeatureSet,
    arguments: &Arguments,
) -> Result<Option<f64>> {
    let (seed, shape) = (arguments.seed, features.segment_shape());
    let Ok(split) = parts::with_validation(unit, features, seed) else { return Ok(None) };
    let mut model = network.build(shape, features.n_classes(), seed)?;
    let config = network.config(shape, arguments.epochs(network.epochs()), seed);
    network.trainer(config).fit_unvalidated(&mut model, &split.train)?;
    Ok(Some(model.evaluate(&split.validation)?.accuracy))
}
