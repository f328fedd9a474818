//! `MusiCNN`'s tags: what was tried on the training tracks, and the test figure of what was chosen there.

use anyhow::{Context, Result};
use cepstrum::dataset::{FeatureSet, TrackList};
use cepstrum::eval::Evaluation;
use serde::Serialize;

use crate::gtzan::Published;
use crate::inputs::{self, Statistic};
use crate::measure::{self, Draws, Line};
use crate::transfer::{self, Learner, Probabilities};

/// Settings that are compared for each way to learn.
const STRENGTHS: [f64; 5] = [1.0, 0.3, 0.1, 0.03, 0.01];
const NEIGHBORS: [usize; 3] = [5, 9, 15];
const PENALTIES: [f64; 1] = [0.004];

/// The line that is measured whatever the others do: what is known of it is published.
const BASELINE: &str = "tags";

/// Models whose probabilities are combined, by their names.
const ENSEMBLES: [&[&str]; 6] = [
    &["logits", "log columns"],
    &["tags", "logits", "log columns"],
    &["windows", "log columns"],
    &["tags", "logits", "windows", "log columns"],
    &["network, all", "log columns"],
    &["network, all", "tags", "logits", "windows", "log columns"],
];

/// Features of the training tracks and of the test tracks, the tracks in the order of the tags.
type Parts = [FeatureSet; 2];

/// What a model sees, and the ways to learn that are tried on it.
struct Input {
    name: &'static str,
    parts: Parts,
    learners: Vec<Learner>,
}

/// Something that was tried.
#[derive(Serialize)]
pub(crate) struct Tried {
    model: String,
    /// Share of the training tracks that are right, each by a model that was fitted to the other folds.
    tracks_right: f64,
    /// Mean cross-entropy of the same.
    loss: f64,
}

/// A model with the setting that has the lowest loss.
struct Member<'a> {
    name: &'static str,
    learner: Learner,
    parts: &'a Parts,
    out_of_fold: Probabilities,
}

/// One or several members.
struct Candidate<'a> {
    members: Vec<&'a Member<'a>>,
    tried: Tried,
}

/// Chooses among all candidates by cross-validation on training tracks, and measures the published one and the chosen one
/// on the test tracks.
pub(crate) fn lines(published: &Published) -> Result<(Vec<Line>, Vec<Tried>)> {
    let inputs = inputs(published)?;
    let members = members(&inputs)?;
    let find = |name: &&str| {
        members.iter().find(|member| member.name == *name).with_context(|| format!("no model \"{name}\""))
    };
    let mut candidates = Vec::new();
    for member in &members {
        candidates.push(candidate(vec![member], published)?);
    }
    for names in ENSEMBLES {
        candidates.push(candidate(names.iter().map(find).collect::<Result<_>>()?, published)?);
    }
    candidates.sort_by(|a, b| a.tried.loss.total_cmp(&b.tried.loss));
    let baseline = candidate(vec![find(&BASELINE)?], published)?;
    let chosen = candidates.first().context("nothing was tried")?;
    let lines = vec![test_line(&baseline, published)?, test_line(chosen, published)?];
    Ok((lines, candidates.into_iter().map(|candidate| candidate.tried).collect()))
}

/// Everything that is tried.
fn inputs(published: &Published) -> Result<Vec<Input>> {
    let both = |of: &dyn Fn(&FeatureSet) -> Result<FeatureSet>| -> Result<Parts> {
        Ok([of(&published.tags[0])?, of(&published.tags[1])?])
    };
    let columns = both(&|set| {
        let names: TrackList = set.track_names().iter().cloned().collect();
        Ok(published.columns.select(&names.tracks_in(&published.columns)?))
    })?;
    let log_columns = [inputs::log_variances(&columns[0])?, inputs::log_variances(&columns[1])?];
    let beside = |a: &Parts, b: &Parts| -> Result<Parts> { Ok([a[0].joined(&b[0])?, a[1].joined(&b[1])?]) };
    let tags = both(&|set| inputs::summarized(set, &[Statistic::Mean]))?;
    let logits = both(&|set| inputs::summarized(&inputs::logits(set)?, &[Statistic::Mean]))?;
    let spread =
        both(&|set| inputs::summarized(set, &[Statistic::Mean, Statistic::Deviation, Statistic::Max]))?;
    let logit_spread =
        both(&|set| inputs::summarized(&inputs::logits(set)?, &[Statistic::Mean, Statistic::Deviation]))?;
    let windows = both(&|set| inputs::logits(&inputs::thinned(set)))?;
    let all = beside(&beside(&tags, &logits)?, &log_columns)?;

    let logistic = || STRENGTHS.map(Learner::Logistic).to_vec();
    let neighbors = || NEIGHBORS.map(Learner::Neighbors).to_vec();
    let network = || PENALTIES.map(Learner::Network).to_vec();
    let inputs = [
        ("tags, neighbors", tags.clone(), neighbors()),
        ("logits, neighbors", logits.clone(), neighbors()),
        ("network, logits", logits.clone(), network()),
        ("network, all", all.clone(), network()),
        ("tags and log columns", beside(&tags, &log_columns)?, logistic()),
        ("logits and log columns", beside(&logits, &log_columns)?, logistic()),
        ("all", all, logistic()),
        ("tags", tags, logistic()),
        ("logits", logits, logistic()),
        ("tags: mean, deviation, maximum", spread, logistic()),
        ("logits: mean, deviation", logit_spread, logistic()),
        ("windows", windows, logistic()),
        ("columns", columns, logistic()),
        ("log columns", log_columns, logistic()),
    ];
    Ok(inputs.into_iter().map(|(name, parts, learners)| Input { name, parts, learners }).collect())
}

/// Every input with the best of its ways to learn.
fn members(inputs: &[Input]) -> Result<Vec<Member<'_>>> {
    let mut members = Vec::new();
    for Input { name, parts, learners } in inputs {
        eprintln!("{name}");
        let fold_of = transfer::folds(&parts[0]);
        let mut best: Option<(f64, Member<'_>)> = None;
        for &learner in learners {
            let out_of_fold = transfer::out_of_fold(learner, &parts[0], &fold_of)?;
            let loss = evaluation(&out_of_fold, &parts[0])?.loss();
            if best.as_ref().is_none_or(|(lowest, _)| loss < *lowest) {
                best = Some((loss, Member { name, learner, parts, out_of_fold }));
            }
        }
        members.extend(best.map(|(_, member)| member));
    }
    Ok(members)
}

fn candidate<'a>(members: Vec<&'a Member<'a>>, published: &Published) -> Result<Candidate<'a>> {
    let of_members: Vec<_> = members.iter().map(|member| &member.out_of_fold).collect();
    let evaluation = evaluation(&transfer::combined(&of_members)?, &published.tags[0])?;
    let tried =
        Tried { model: describe(&members), tracks_right: evaluation.accuracy(), loss: evaluation.loss() };
    Ok(Candidate { members, tried })
}

fn describe(members: &[&Member<'_>]) -> String {
    let names: Vec<String> =
        members.iter().map(|member| format!("{} ({})", member.name, member.learner.describe())).collect();
    names.join(" + ")
}

fn test_line(candidate: &Candidate<'_>, published: &Published) -> Result<Line> {
    let of_members = candidate
        .members
        .iter()
        .map(|member| transfer::predict(member.learner, &member.parts[0], &member.parts[1]))
        .collect::<Result<Vec<_>>>()?;
    let test = &published.tags[1];
    let probabilities = transfer::combined(&of_members.iter().collect::<Vec<_>>())?;
    let mut draws = Draws::new(test.classes());
    draws.add(&evaluation(&probabilities, test)?, 0..test.track_names().len())?;
    draws.line("MusiCNN tags", candidate.tried.model.clone(), "filtered")
}

/// The evaluation of probabilities of tracks, in the order of the set's track names.
fn evaluation(probabilities: &Probabilities, set: &FeatureSet) -> Result<Evaluation> {
    let mut truth = vec![0; set.track_names().len()];
    for (&track, &label) in set.track_ids().iter().zip(set.labels()) {
        truth[track] = label;
    }
    Ok(Evaluation::from_probabilities(&truth, probabilities.clone(), set.classes())?)
}

/// What was tried, as a table for people.
pub(crate) fn table(tried: &[Tried]) -> String {
    let header = ["model", "tracks right, %", "loss"];
    measure::rows(
        header,
        tried.iter().map(|tried| {
            vec![
                tried.model.clone(),
                format!("{:.1}", 100.0 * tried.tracks_right),
                format!("{:.3}", tried.loss),
            ]
        }),
    )
}
