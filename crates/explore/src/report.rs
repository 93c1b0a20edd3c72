//! The report of a campaign: the results of its runs, added up.

use std::time::Duration;

use serde::Serialize;
use sim::{FaultCount, FaultKind, Ledger, Milestone, Milestones, Outcome, Seed, Stats, Subject};

use crate::campaign::Campaign;
use crate::failure::{Failure, FailureKind};

/// The results of a campaign. All of them but its cost are the same for any number of threads.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The kinds of faults that could happen: those of the profile that the subject does not refuse.
    pub fault_kinds: Vec<FaultKind>,
    /// The first seed that was run.
    pub first_seed: Seed,
    /// How many were run: the first so many, without gaps.
    pub seeds: u64,
    /// The runs that were not as they should be, in the order of their seeds.
    pub failures: Vec<Failure>,
    /// True if it was stopped before it was through.
    pub stopped: bool,
    /// How many runs were given up, since they had not ended a second after the stop. Nothing else here counts them.
    pub given_up: u64,
    /// How many threads ran them.
    pub threads: usize,
    /// The digests of all runs in one: equal campaigns of equal code have equal ones.
    #[serde(serialize_with = "crate::repro::by_name::digest::serialize")]
    pub digest: u64,
    /// The statistics of all runs together.
    pub stats: Stats,
    /// The faults of all runs: how many were injected, and how many were effective.
    pub faults: Ledger,
    /// How often each milestone was reached.
    pub milestones: Milestones,
    /// How long it took.
    pub wall: Duration,
    /// The CPU time of all its threads.
    pub cpu: Duration,
}

/// A fault or a milestone that a campaign never showed, so that it is no evidence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlindSpot {
    /// The profile has this kind of fault, and it was never effective.
    Fault(FaultKind, FaultCount),
    /// No run reached this.
    Milestone(Milestone),
}

impl Report {
    pub(crate) fn new(campaign: &Campaign, subject: &dyn Subject) -> Report {
        let is_refused = |kind: &FaultKind| subject.refuses(campaign.engine, *kind).is_some();
        let kinds = campaign.profile.fault_kinds().iter().copied();
        Report {
            fault_kinds: kinds.filter(|kind| !is_refused(kind)).collect(),
            first_seed: campaign.first_seed,
            seeds: 0,
            failures: Vec::new(),
            stopped: false,
            given_up: 0,
            threads: 0,
            digest: 0,
            stats: Stats::default(),
            faults: Ledger::default(),
            milestones: Milestones::default(),
            wall: Duration::ZERO,
            cpu: Duration::ZERO,
        }
    }

    /// Adds one run. Nothing here depends on the order in which runs are added but that of the failures, which
    /// [`finish`](Report::finish) puts right.
    pub(crate) fn add(&mut self, seed: Seed, outcome: &Outcome, failure: Option<Failure>) {
        self.seeds += 1;
        self.failures.extend(failure);
        self.digest = self.digest.wrapping_add(env::mix(seed.0, outcome.digest));
        self.stats.add(&outcome.stats);
        self.faults.add(&outcome.faults);
        self.milestones.add(&outcome.milestones);
    }

    /// Puts the failures in the order in which the seeds were run.
    pub(crate) fn finish(&mut self) {
        self.failures.sort_by_key(|failure| failure.seed.0.wrapping_sub(self.first_seed.0));
    }

    /// How many runs were as they should be.
    pub fn passed(&self) -> u64 {
        self.seeds - self.failures.len() as u64
    }

    /// The gravest sort of failure there was.
    pub fn gravest(&self) -> Option<FailureKind> {
        self.failures.iter().map(|failure| failure.kind).min()
    }

    /// The kinds of faults that could happen, with their counts.
    pub fn fault_counts(&self) -> impl Iterator<Item = (FaultKind, FaultCount)> {
        self.fault_kinds.iter().map(|kind| (*kind, self.faults.of(*kind)))
    }

    /// The kinds of faults that were never effective, and the milestones that no run reached though there were faults
    /// that lead to them.
    pub fn blind_spots(&self) -> Vec<BlindSpot> {
        let faults = self.fault_counts().filter(|(_, count)| count.effective == 0);
        let faults = faults.map(|(kind, count)| BlindSpot::Fault(kind, count));
        let is_missed = |milestone, count| count == 0 && self.expects(milestone);
        let milestones = self.milestones.iter().filter(|(milestone, count)| is_missed(*milestone, *count));
        faults.chain(milestones.map(|(milestone, _)| BlindSpot::Milestone(milestone))).collect()
    }

    /// True if nothing has to lead to this, or there could be a fault that does.
    fn expects(&self, milestone: Milestone) -> bool {
        milestone.after.is_empty() || self.fault_kinds.iter().any(|kind| milestone.after.contains(kind))
    }

    /// Simulated seconds.
    pub fn sim_s(&self) -> f64 {
        seconds(self.stats.sim_ns)
    }

    /// Simulated seconds per CPU second.
    pub fn speed(&self) -> f64 {
        per_second(self.sim_s(), self.cpu)
    }
}

pub(crate) fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}

/// `amount` per second of `time`, which is taken to be a millisecond at least: clocks are too coarse to divide by less.
pub(crate) fn per_second(amount: f64, time: Duration) -> f64 {
    amount / time.max(Duration::from_millis(1)).as_secs_f64()
}
