//! What came of a campaign, added up.

use std::time::Duration;

use sim::{FaultCount, FaultKind, Ledger, Milestone, Milestones, Outcome, Profile, Seed, Stats};

use crate::failure::{Failure, FailureKind};

/// What came of a campaign. All of it but its cost is the same for any number of threads.
#[derive(Clone, Debug)]
pub struct Report {
    /// What could happen.
    pub profile: Profile,
    /// The first seed that was run.
    pub first_seed: Seed,
    /// How many were run: the first so many, without gaps.
    pub seeds: u64,
    /// The runs that were not as they should be, in the order of their seeds.
    pub failures: Vec<Failure>,
    /// True if someone stopped it before it was through.
    pub stopped: bool,
    /// How many runs were given up for that, which nothing else here counts: those that had not ended a second later.
    pub given_up: u64,
    /// How many threads ran them.
    pub threads: usize,
    /// The digests of all runs in one: equal campaigns of equal code have equal ones.
    pub digest: u64,
    /// What happened in all runs together.
    pub stats: Stats,
    /// The faults of all runs, and which took effect.
    pub faults: Ledger,
    /// How often each milestone was reached.
    pub milestones: Milestones,
    /// How long it took.
    pub wall: Duration,
    /// The CPU time of all its threads.
    pub cpu: Duration,
}

/// What a campaign never showed, so that it is no evidence about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlindSpot {
    /// The profile has this kind of fault, and it never took effect.
    Fault(FaultKind, FaultCount),
    /// No run reached this.
    Milestone(Milestone),
}

impl Report {
    pub(crate) fn new(profile: Profile, first_seed: Seed) -> Report {
        Report {
            profile,
            first_seed,
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

    /// The kinds of faults that the profile has, with their counts.
    pub fn profile_faults(&self) -> impl Iterator<Item = (FaultKind, FaultCount)> {
        self.profile.fault_kinds().iter().map(|kind| (*kind, self.faults.of(*kind)))
    }

    /// What never happened although the profile has the faults that lead to it.
    pub fn blind_spots(&self) -> Vec<BlindSpot> {
        let faults = self.profile_faults().filter(|(_, count)| count.effective == 0);
        let faults = faults.map(|(kind, count)| BlindSpot::Fault(kind, count));
        let milestones = self.milestones.iter().filter(|(milestone, count)| *count == 0 && self.expects(*milestone));
        faults.chain(milestones.map(|(milestone, _)| BlindSpot::Milestone(milestone))).collect()
    }

    /// True if the profile has any fault of the kinds that lead to this.
    fn expects(&self, milestone: Milestone) -> bool {
        use FaultKind::{
            AddMember, BitFlip, Crash, DiskFull, FsyncError, Isolate, Kill, RemoveMember, ReplaceMember, TornWrite,
            TransferLeadership,
        };
        let leads_to: &[FaultKind] = match milestone {
            Milestone::LeaderElected | Milestone::SnapshotTaken | Milestone::FollowerRead => return true,
            Milestone::ElectionWithoutWinner
            | Milestone::TwoLeadersAtOnce
            | Milestone::LeaderSteppedDown
            | Milestone::EntriesTruncated
            | Milestone::EarlierTermCommitted
            | Milestone::SnapshotInstalled
            | Milestone::SnapshotInstalledInPartition
            | Milestone::RetryNotExecuted
            | Milestone::OperationInDoubt => &[Isolate],
            Milestone::LeaderStoppedWithTail
            | Milestone::StoppedAfterVote
            | Milestone::AllDown
            | Milestone::MajorityDown => &[Crash, Kill],
            Milestone::JointConfiguration
            | Milestone::ElectionInJointConfiguration
            | Milestone::ConfigurationRolledBack => &[AddMember, RemoveMember, ReplaceMember],
            Milestone::LeadershipTransferred | Milestone::TransferAborted => &[TransferLeadership],
            Milestone::UnsyncedWritesLost => &[Crash],
            Milestone::TornWrite => &[TornWrite],
            Milestone::CorruptionRefused => &[BitFlip],
            Milestone::HaltedOnDiskError => &[FsyncError, DiskFull],
        };
        self.profile.fault_kinds().iter().any(|kind| leads_to.contains(kind))
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
