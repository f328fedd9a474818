//! Every network beside the logistic regression of the same run.

use std::fmt;

use cepstrum_models::zoo::{ModelName, SimpleModel};

use super::{ModelRun, Run, SplitBy};
use crate::table::percent;

/// The simple model of this name; nobody expects one to beat the logistic regression.
fn simple(name: &str) -> Option<SimpleModel> {
    match name.parse() {
        Ok(ModelName::Simple(simple)) => Some(simple),
        _ => None,
    }
}

/// The most classes that a verdict names on either side.
const NAMED: usize = 3;

/// The accuracy of a model beside that of the logistic regression with the same split and seed.
#[derive(Clone, Debug, PartialEq)]
pub struct AgainstLogistic {
    /// Name of the model.
    pub model: String,
    /// The unit that the split keeps together.
    pub split: SplitBy,
    /// The unit that was counted: `tracks` where the split keeps them together, else `segments`.
    pub unit: &'static str,
    /// Share of the units that the model classifies correctly, 0 to 1.
    pub accuracy: f64,
    /// The same share of the logistic regression.
    pub logistic: f64,
    /// Classes with the share of their segments that the model and the logistic regression classify correctly, by falling
    /// difference between the two.
    pub recalls: Vec<(String, [f64; 2])>,
}

impl Run {
    /// Compares every model that is not a simple one with the logistic regression of the same split and seed; empty for a
    /// run without one.
    pub fn against_logistic(&self) -> Vec<AgainstLogistic> {
        let networks = self.models.iter().filter(|model| simple(&model.name).is_none());
        let verdict = |model: &ModelRun| {
            let same = |other: &&ModelRun| {
                simple(&other.name) == Some(SimpleModel::Logistic)
                    && (other.split, other.seed) == (model.split, model.seed)
            };
            let logistic = self.models.iter().find(same)?;
            let tracks = model.track_accuracy.zip(logistic.track_accuracy);
            let tracks = tracks.filter(|_| model.split == SplitBy::Track);
            let (accuracy, of_logistic) = tracks.unwrap_or((model.test_accuracy, logistic.test_accuracy));
            Some(AgainstLogistic {
                model: model.name.clone(),
                split: model.split,
                unit: if tracks.is_some() { "tracks" } else { "segments" },
                accuracy,
                logistic: of_logistic,
                recalls: recalls(model, logistic),
            })
        };
        networks.filter_map(verdict).collect()
    }
}

impl AgainstLogistic {
    /// Returns whether the model is right more often than the logistic regression.
    pub fn is_ahead(&self) -> bool {
        self.accuracy > self.logistic
    }
}

/// The recall of every class by both models, by falling difference.
fn recalls(model: &ModelRun, logistic: &ModelRun) -> Vec<(String, [f64; 2])> {
    let Some((model, logistic)) = model.confusion.as_ref().zip(logistic.confusion.as_ref()) else {
        return Vec::new();
    };
    let both = model.per_class().into_iter().zip(logistic.per_class());
    let both = both.map(|(model, logistic)| [model.recall, logistic.recall]);
    let mut recalls: Vec<_> = logistic.classes().iter().cloned().zip(both).collect();
    recalls.sort_by(|(_, [a, b]), (_, [c, d])| (c - d).total_cmp(&(a - b)));
    recalls
}

/// A sentence without a full stop.
impl fmt::Display for AgainstLogistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, split, unit, accuracy, logistic, recalls } = self;
        let verb = if self.is_ahead() { "beats" } else { "does not beat" };
        let [accuracy, logistic] = [accuracy, logistic].map(|share| percent(*share));
        write!(f, "split by {split}: {model} {verb} the logistic regression ")?;
        write!(f, "({accuracy} % of the {unit} against {logistic} %)")?;
        let named = |(class, [model, logistic]): &(String, [f64; 2])| {
            format!("{class} ({} against {} % of its segments)", percent(*model), percent(*logistic))
        };
        let ahead = recalls.iter().filter(|(_, [model, logistic])| model > logistic);
        let behind = recalls.iter().rev().filter(|(_, [model, logistic])| model < logistic);
        let ahead: Vec<String> = ahead.take(NAMED).map(named).collect();
        let behind: Vec<String> = behind.take(NAMED).map(named).collect();
        if !ahead.is_empty() {
            write!(f, "; it is ahead most in {}", ahead.join(", "))?;
        }
        if !behind.is_empty() {
            write!(f, "; it is behind most in {}", behind.join(", "))?;
        }
        Ok(())
    }
}
