//! Milestones: noteworthy states that a campaign must reach now and then.
//!
//! A campaign in which nothing ever truncates a log has not tested truncation, however many seeds it ran. A milestone
//! that a campaign never reached is reported as a blind spot.

use serde::{Serialize, Serializer};

use crate::plan::FaultKind;

/// A noteworthy state. Its name tells it from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Its name in reports: `two leaders of different terms at once`.
    pub name: &'static str,
    /// The kinds of faults that lead to it, each by itself; empty if it comes without a fault.
    pub after: &'static [FaultKind],
}

impl Milestone {
    /// A state that is reached without any fault.
    pub const fn unaided(name: &'static str) -> Milestone {
        Milestone { name, after: &[] }
    }

    /// A state that faults of these kinds lead to.
    pub const fn after(name: &'static str, after: &'static [FaultKind]) -> Milestone {
        Milestone { name, after }
    }
}

/// How often each milestone was reached, in an order that is the same in every run of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Milestones(Vec<(Milestone, u64)>);

impl Milestones {
    /// How often the milestone of this name was reached.
    pub fn of(&self, name: &str) -> u64 {
        self.0.iter().find(|(milestone, _)| milestone.name == name).map_or(0, |(_, count)| *count)
    }

    /// Every milestone with its count, also those that were never reached.
    pub fn iter(&self) -> impl Iterator<Item = (Milestone, u64)> {
        self.0.iter().copied()
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Milestones) {
        for (milestone, count) in other.iter() {
            match self.0.iter_mut().find(|(known, _)| known.name == milestone.name) {
                Some((_, sum)) => *sum += count,
                None => self.0.push((milestone, count)),
            }
        }
    }
}

impl FromIterator<(Milestone, u64)> for Milestones {
    fn from_iter<I: IntoIterator<Item = (Milestone, u64)>>(counts: I) -> Milestones {
        let mut milestones = Milestones::default();
        milestones.add(&Milestones(counts.into_iter().collect()));
        milestones
    }
}

/// As a map from the name of each milestone, also of those that were never reached, to its count.
impl Serialize for Milestones {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(milestone, count)| (milestone.name, count)))
    }
}

/// The counts of a net.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often each of its milestones was reached.
    pub milestones: Milestones,
    /// How many judgements came to no verdict: each took more than its budget, or the run gave it nothing to judge.
    pub undecided: u64,
    /// Why a run that passes now shows nothing: `no leader was ever elected`; `None` if it shows something.
    pub idle: Option<&'static str>,
}

impl Tally {
    /// The counts of both.
    #[must_use]
    pub fn and(mut self, other: &Tally) -> Tally {
        self.milestones.add(&other.milestones);
        Tally { undecided: self.undecided + other.undecided, idle: self.idle.or(other.idle), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_one_name_add_up() {
        let counts = |counts: &[(&'static str, u64)]| -> Milestones {
            counts.iter().map(|(name, count)| (Milestone::unaided(name), *count)).collect()
        };
        let mut sum = counts(&[("a", 1), ("b", 0), ("a", 2)]);
        sum.add(&counts(&[("c", 5), ("b", 7)]));
        assert_eq!(sum, counts(&[("a", 3), ("b", 7), ("c", 5)]));
        assert_eq!((sum.of("b"), sum.of("d")), (7, 0));
    }
}
