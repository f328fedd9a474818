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
const STRENGTHS: [f64; 6] = [3.0, 1.0, 0.3, 0.1, 0.03, 0.01];
const NEIGHBORS: [usize; 3] = [5, 9, 15];
const PENALTIES: [f64; 1] = [0.004];

/// The strength at which the columns are compared inside and outside of the training part.
const COLUMNS_STRENGTH: f64 = 0.1;

/// The line that is measured whatever the others do: what is known of it is published.
const BASELINE: &str = "tags";

/// Models whose probabilities are combined, by their names.
const ENSEMBLES: [&[&str]; 10] = [
    &["tags", "logits"],
    &["tags", "windows"],
    &["tags", "logits", "windows"],
    &["network", "windows"],
    &["network", "tags", "logits", "windows"],
    &["logits", "log columns"],
    &["tags", "logits", "log columns"],
    &["windows", "log columns"],
    &["network with columns", "log columns"],
    &["network with columns", "tags", "logits", "windows", "log columns"],
];

/// Features of the training tracks and of the test tracks, the tracks in the order of the tags.
type Parts = [FeatureSet; 2];

/// The origin of an input.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Origin {
    /// The tags alone.
    Tags,
    /// The 57 columns, alone or beside the tags.
    Columns,
}

/// What a model sees, and the ways to learn that are tried on it.
struct Input {
    name: &'static str,
    origin: Origin,
    parts: Parts,
    learners: Vec<Learner>,
}

/// Something that was tried.
#[derive(Serialize)]
pub(crate) struct Tried {
    model: String,
    origin: Origin,
    /// Share of the training tracks that are right, each by a model that was fitted to the other folds.
    tracks_right: f64,
    /// Mean cross-entropy of the same.
    loss: f64,
}

/// A model with the setting that has the lowest loss.
struct Member<'a> {
    name: &'static str,
    origin: Origin,
    learner: Learner,
    parts: &'a Parts,
    out_of_fold: Probabilities,
}

/// One or several members.
struct Candidate<'a> {
    members: Vec<&'a Member<'a>>,
    tried: Tried,
}

/// Chooses among all candidates by cross-validation on training tracks, and measures on the test tracks the published one,
/// the best of all, and the best that uses nothing but tags.
///
/// The columns are in question because the validation part, whose artists are others, contradicts their cross-validation:
/// see [`columns_elsewhere`].
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
    let of_tags = |candidate: &&Candidate<'_>| candidate.tried.origin == Origin::Tags;
    let best = candidates.first().context("nothing was tried")?;
    let best_of_tags = candidates.iter().find(of_tags).context("nothing was tried on tags")?;
    let lines = vec![
        test_line("MusiCNN tags", &baseline, published)?,
        test_line("tags and 57 columns, chosen", best, published)?,
        test_line("MusiCNN tags, chosen", best_of_tags, published)?,
    ];
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
    let tags_and_logits = beside(&tags, &logits)?;
    let all = beside(&tags_and_logits, &log_columns)?;

    let logistic = || STRENGTHS.map(Learner::Logistic).to_vec();
    let neighbors = || NEIGHBORS.map(Learner::Neighbors).to_vec();
    let network = || PENALTIES.map(Learner::Network).to_vec();
    let of_tags = [
        ("tags", tags.clone(), logistic()),
        ("logits", logits.clone(), logistic()),
        ("tags, neighbors", tags.clone(), neighbors()),
        ("logits, neighbors", logits.clone(), neighbors()),
        ("tags: mean, deviation, maximum", spread, logistic()),
        ("logits: mean, deviation", logit_spread, logistic()),
        ("tags and logits", tags_and_logits.clone(), logistic()),
        ("network", tags_and_logits, network()),
        ("windows", windows, logistic()),
    ];
    let with_columns = [
        ("columns", columns, logistic()),
        ("log columns", log_columns.clone(), logistic()),
        ("tags and log columns", beside(&tags, &log_columns)?, logistic()),
        ("logits and log columns", beside(&logits, &log_columns)?, logistic()),
        ("tags, logits and log columns", all.clone(), logistic()),
        ("network with columns", all, network()),
    ];
    let of = |origin| {
        move |(name, parts, learners): (&'static str, Parts, Vec<Learner>)| Input {
            name,
            origin,
            parts,
            learners,
        }
    };
    let of_tags = of_tags.into_iter().map(of(Origin::Tags));
    Ok(of_tags.chain(with_columns.into_iter().map(of(Origin::Columns))).collect())
}

/// Every input with the best of its ways to learn.
fn members(inputs: &[Input]) -> Result<Vec<Member<'_>>> {
    let mut members = Vec::new();
    for Input { name, origin, parts, learners } in inputs {
        eprintln!("{name}");
        let fold_of = transfer::folds(&parts[0]);
        let mut best: Option<(f64, Member<'_>)> = None;
        for &learner in learners {
            let out_of_fold = transfer::out_of_fold(learner, &parts[0], &fold_of)?;
            let loss = evaluation(&out_of_fold, &parts[0])?.loss();
            if best.as_ref().is_none_or(|(lowest, _)| loss < *lowest) {
                best = Some((loss, Member { name, origin: *origin, learner, parts, out_of_fold }));
            }
        }
        members.extend(best.map(|(_, member)| member));
    }
    Ok(members)
}

fn candidate<'a>(members: Vec<&'a Member<'a>>, published: &Published) -> Result<Candidate<'a>> {
    let of_members: Vec<_> = members.iter().map(|member| &member.out_of_fold).collect();
    let evaluation = evaluation(&transfer::combined(&of_members)?, &published.tags[0])?;
    let is_of_tags = members.iter().all(|member| member.origin == Origin::Tags);
    let tried = Tried {
        model: describe(&members),
        origin: if is_of_tags { Origin::Tags } else { Origin::Columns },
        tracks_right: evaluation.accuracy(),
        loss: evaluation.loss(),
    };
    Ok(Candidate { members, tried })
}

/// The names of the members; a single one with its setting.
fn describe(members: &[&Member<'_>]) -> String {
    match members {
        [member] => format!("{} ({})", member.name, member.learner.describe()),
        _ => members.iter().map(|member| member.name).collect::<Vec<_>>().join(" + "),
    }
}

/// The shares of tracks that a logistic regression on the columns gets right: in the cross-validation, and on the
/// validation part after a fit to the training part.
///
/// The folds keep runs of tracks together, but the training part holds more tracks of an artist than a run. The second
/// figure is the honest one.
pub(crate) fn columns_elsewhere(published: &Published) -> Result<[f64; 2]> {
    let columns = inputs::log_variances(&published.columns)?;
    let training = columns.including(&published.split.train)?;
    let learner = Learner::Logistic(COLUMNS_STRENGTH);
    let inside = transfer::out_of_fold(learner, &training, &transfer::folds(&training))?;
    let validation = columns.including(&published.split.validation)?;
    let outside = transfer::predict(learner, &training, &validation)?;
    Ok([evaluation(&inside, &training)?.accuracy(), evaluation(&outside, &validation)?.accuracy()])
}

fn test_line(input: &'static str, candidate: &Candidate<'_>, published: &Published) -> Result<Line> {
    let of_members = candidate
        .members
        .iter()
        .map(|member| transfer::predict(member.learner, &member.parts[0], &member.parts[1]))
        .collect::<Result<Vec<_>>>()?;
    let test = &published.tags[1];
    let probabilities = transfer::combined(&of_members.iter().collect::<Vec<_>>())?;
    let mut draws = Draws::new(test.classes());
    draws.add(&evaluation(&probabilities, test)?, 0..test.track_names().len())?;
    draws.line(input, candidate.tried.model.clone(), "filtered")
}

/// The evaluation of probabilities of tracks, in the order of the set's track names.
fn evaluation(probabilities: &Probabilities, set: &FeatureSet) -> Result<Evaluation> {
    let mut truth = vec![0; set.track_names().len()];
    for (&track, &label) in set.track_ids().iter().zip(set.labels()) {
        truth[track] = label;
    }
    Ok(Evaluation::from_probabilities(&truth, probabilities.clone(), set.classes())?)
}

/// The candidates, as a table for people.
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
