use cepstrum::eval::rank_models;

use crate::training::TrainedModel;

/// The models in the order of preference, which does not depend on the test part that they are compared on.
pub(crate) fn ranked(trained: &[TrainedModel]) -> Vec<&TrainedModel> {
    let order = rank_models(trained.iter().map(|trained| &trained.run));
    order.into_iter().map(|model| &trained[model]).collect()
}

/// The criterion by which the first of the ranked models were chosen, in words.
pub(crate) fn criterion(chosen: &[&TrainedModel]) -> &'static str {
    let has_validation = |trained: &&TrainedModel| trained.run.validation_accuracy.is_some();
    match (chosen.iter().any(has_validation), chosen.iter().all(has_validation)) {
        (_, true) => "validation accuracy",
        (true, false) => "validation accuracy, then the order given",
        (false, false) => "the order given",
    }
}
