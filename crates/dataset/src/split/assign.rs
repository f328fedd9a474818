//! The units that a split keeps together, and how they are shared out.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Groups, SplitUnit};
use crate::{Error, FeatureSet, Result};

/// Sets of segments that stay together, numbered from 0.
pub(super) struct Units<'a> {
    set: &'a FeatureSet,
    kind: Kind,
    /// The unit of every segment.
    unit_of: Vec<usize>,
    /// Segments of every class in every unit.
    counts: Vec<Vec<usize>>,
}

/// How units are shared out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One by one, from the whole set.
    Segments,
    /// By count, every class by itself: a track has one class and tracks are about equally long.
    Tracks,
    /// By weight: a group has any number of segments of any classes.
    Groups,
}

impl<'a> Units<'a> {
    /// The units of a set.
    pub(super) fn of(set: &'a FeatureSet, unit: SplitUnit<'_>) -> Result<Self> {
        let (kind, unit_of, n_units) = match unit {
            SplitUnit::Segment => (Kind::Segments, (0..set.len()).collect(), set.len()),
            SplitUnit::Track => (Kind::Tracks, known_tracks(set)?.to_vec(), set.track_names().len()),
            SplitUnit::Group(groups) => {
                let (group_of_track, n_groups) = group_tracks(set, groups)?;
                let unit_of = known_tracks(set)?.iter().map(|&track| group_of_track[track]).collect();
                (Kind::Groups, unit_of, n_groups)
            }
        };
        let mut counts = vec![vec![0; set.n_classes()]; n_units];
        for (&unit, &label) in unit_of.iter().zip(set.labels()) {
            counts[unit][label] += 1;
        }
        Ok(Self { set, kind, unit_of, counts })
    }

    /// All units.
    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.counts.len()).collect()
    }

    /// The segments of the given units, ascending.
    pub(super) fn segments_of(&self, units: &[usize]) -> Vec<usize> {
        let mut chosen = vec![false; self.counts.len()];
        for &unit in units {
            chosen[unit] = true;
        }
        (0..self.unit_of.len()).filter(|&segment| chosen[self.unit_of[segment]]).collect()
    }

    /// Two parts of `members`, the first with this share, every class in both; `keep` is how many units of each class
    /// the first must have, at least.
    pub(super) fn divide(
        &self,
        mut members: Vec<usize>,
        first_share: f64,
        keep: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Vec<usize>, Vec<usize>)> {
        match self.kind {
            Kind::Segments => {
                // As scikit-learn's `train_test_split` and Keras's `validation_split` count: rounded down.
                members.shuffle(rng);
                let second = members.split_off((first_share * members.len() as f64) as usize);
                Ok((members, second))
            }
            Kind::Tracks => {
                let (mut first, mut second) = (Vec::new(), Vec::new());
                for (class, mut tracks) in self.by_class(&members).into_iter().enumerate() {
                    if tracks.is_empty() {
                        continue;
                    }
                    if tracks.len() <= keep {
                        return Err(self.too_few(class, tracks.len(), keep + 1));
                    }
                    tracks.shuffle(rng);
                    let n_first = (first_share * tracks.len() as f64).round() as usize;
                    second.extend(tracks.split_off(n_first.clamp(keep, tracks.len() - 1)));
                    first.extend(tracks);
                }
                Ok((first, second))
            }
            Kind::Groups => {
                let parts = self.share_out(&members, &[first_share, 1.0 - first_share], &[keep, 1], rng)?;
                let [first, second] = parts.try_into().unwrap_or_default();
                Ok((first, second))
            }
        }
    }

    /// `k` parts of about the same size, every class in each.
    pub(super) fn fold(&self, k: usize, rng: &mut ChaCha8Rng) -> Result<Vec<Vec<usize>>> {
        let mut members = self.all();
        if self.kind == Kind::Groups {
            return self.share_out(&members, &vec![1.0 / k as f64; k], &vec![1; k], rng);
        }
        let by_class = match self.kind {
            Kind::Tracks => self.by_class(&members),
            _ => vec![std::mem::take(&mut members)],
        };
        let mut parts = vec![Vec::new(); k];
        let mut next = 0;
        for (class, mut units) in by_class.into_iter().enumerate() {
            if (1..k).contains(&units.len()) {
                return Err(self.too_few(class, units.len(), k));
            }
            units.shuffle(rng);
            for unit in units {
                parts[next % k].push(unit);
                next += 1;
            }
        }
        Ok(parts)
    }

    /// Parts with these shares of the segments of every class, and with at least so many units of every class.
    ///
    /// Each unit goes where its classes are missed most: with units of one class and two parts that leaves no class
    /// further from its share than one unit. Then units move to where a class is missing altogether. The order is
    /// random; largest units first is the last resort.
    fn share_out(
        &self,
        members: &[usize],
        shares: &[f64],
        at_least: &[usize],
        rng: &mut ChaCha8Rng,
    ) -> Result<Vec<Vec<usize>>> {
        let mut order = members.to_vec();
        order.shuffle(rng);
        let mut parts = self.greedy(&order, shares);
        if self.repair(&mut parts, at_least) {
            return Ok(parts);
        }
        order.sort_by_key(|&unit| std::cmp::Reverse(self.counts[unit].iter().sum::<usize>()));
        parts = self.greedy(&order, shares);
        if self.repair(&mut parts, at_least) {
            return Ok(parts);
        }
        let scarce = self.classes_of(members).min_by_key(|&class| self.n_units(members, class)).unwrap_or(0);
        Err(self.too_few(scarce, self.n_units(members, scarce), at_least.iter().sum()))
    }

    /// Moves units to the parts that have too few of a class; whether that succeeded.
    fn repair(&self, parts: &mut [Vec<usize>], at_least: &[usize]) -> bool {
        let n_units: usize = parts.iter().map(Vec::len).sum();
        for _ in 0..=n_units {
            let classes = 0..self.set.n_classes();
            let present = |class: &usize| parts.iter().any(|part| self.n_units(part, *class) > 0);
            let lacks = |part: usize, class: usize| self.n_units(&parts[part], class) < at_least[part];
            let mut lacking =
                classes.filter(present).flat_map(|class| (0..parts.len()).map(move |part| (part, class)));
            let Some((part, class)) = lacking.find(|&(part, class)| lacks(part, class)) else { return true };
            let spare = |donor: usize| self.n_units(&parts[donor], class).saturating_sub(at_least[donor]);
            let Some(donor) =
                (0..parts.len()).filter(|&donor| donor != part && spare(donor) > 0).max_by_key(|&d| spare(d))
            else {
                return false;
            };
            let of_class = |&i: &usize| self.counts[parts[donor][i]][class] > 0;
            let size = |&i: &usize| self.counts[parts[donor][i]].iter().sum::<usize>();
            let Some(smallest) = (0..parts[donor].len()).filter(of_class).min_by_key(size) else {
                return false;
            };
            let unit = parts[donor].remove(smallest);
            parts[part].push(unit);
        }
        false
    }

    fn greedy(&self, order: &[usize], shares: &[f64]) -> Vec<Vec<usize>> {
        let n_classes = self.set.n_classes();
        let mut totals = vec![0.0; n_classes];
        for &unit in order {
            for (total, &count) in totals.iter_mut().zip(&self.counts[unit]) {
                *total += count as f64;
            }
        }
        let mut missing: Vec<Vec<f64>> =
            shares.iter().map(|share| totals.iter().map(|total| share * total).collect()).collect();
        let mut parts = vec![Vec::new(); shares.len()];
        for &unit in order {
            let counts = &self.counts[unit];
            let need = |missing: &Vec<f64>| -> f64 {
                missing.iter().zip(counts).map(|(missing, &count)| missing * count as f64).sum()
            };
            // The first of equals, so that the result does not hang on rounding.
            let mut best = 0;
            for part in 1..parts.len() {
                if need(&missing[part]) > need(&missing[best]) {
                    best = part;
                }
            }
            for (missing, &count) in missing[best].iter_mut().zip(counts) {
                *missing -= count as f64;
            }
            parts[best].push(unit);
        }
        parts
    }

    /// The members of every class; a unit of several classes is in each.
    fn by_class(&self, members: &[usize]) -> Vec<Vec<usize>> {
        let of_class = |class| members.iter().copied().filter(|&unit| self.counts[unit][class] > 0).collect();
        (0..self.set.n_classes()).map(of_class).collect()
    }

    fn classes_of(&self, members: &[usize]) -> impl Iterator<Item = usize> {
        (0..self.set.n_classes()).filter(move |&class| self.n_units(members, class) > 0)
    }

    fn n_units(&self, members: &[usize], class: usize) -> usize {
        members.iter().filter(|&&unit| self.counts[unit][class] > 0).count()
    }

    fn too_few(&self, class: usize, available: usize, parts: usize) -> Error {
        let unit = match self.kind {
            Kind::Segments => "segments",
            Kind::Tracks => "tracks",
            Kind::Groups => "groups",
        };
        Error::TooFewInClass { class: self.set.classes()[class].clone(), available, unit, parts }
    }
}

fn known_tracks(set: &FeatureSet) -> Result<&[usize]> {
    if set.has_tracks() || set.is_empty() { Ok(set.track_of()) } else { Err(Error::TracksUnknown) }
}

/// The group of every track, as a number, and how many groups there are.
fn group_tracks(set: &FeatureSet, groups: &Groups) -> Result<(Vec<usize>, usize)> {
    let mut names: Vec<&str> = Vec::new();
    let mut group_of_track = Vec::with_capacity(set.track_names().len());
    for group in groups.of_tracks(set)? {
        let number = names.iter().position(|&name| name == group).unwrap_or_else(|| {
            names.push(group);
            names.len() - 1
        });
        group_of_track.push(number);
    }
    Ok((group_of_track, names.len()))
}
