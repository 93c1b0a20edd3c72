//! Proof that the random runs see: with one rule broken, they fail. The bugs are those that real implementations had.

mod support;

use env::{EntryId, Instant, LogIndex, Membership, NodeSet, Term};
use raft::{
    CommitCandidate, Config, ConfirmedRound, FollowerCommit, Paper, Promise, Reconciliation, Rules, SnapshotFate,
    SnapshotOffer, Tally,
};

use support::swarm;

/// Rules with one planted bug, each after one that real implementations had.
#[derive(Clone, Copy, Debug)]
enum Bug {
    VoteNotDurable,
    OwnVoteNotDurable,
    VoteClearedOnSameTermStepdown,
    UpToDateByLength,
    StaleVoteCounted,
    DuplicateVoteCounted,
    HeartbeatSkipsPrevCheck,
    TruncatesWithoutConflict,
    MatchFromNextIndex,
    AcksOwnLastIndex,
    AppendsInAdoptedTerm,
    CommitsPriorTermByCount,
    FollowerCommitUnclamped,
    EvenQuorumOffByOne,
    CommitScanStopsAtOldTerm,
    CommitIndexRegresses,
    AckBeforeDurable,
    OwnCopyBeforeDurable,
    StaleSnapshotInstalled,
    SnapshotTruncatesSuffix,
    SnapshotTermOverwritesTerm,
    ConfigurationNotRolledBack,
    ConfigurationRolledBackOneLevel,
    JointCommitByUnion,
    JointVoteByUnion,
    JointReadByUnion,
    NoJointConfiguration,
    ReadWithoutQuorum,
    ReadBeforeOwnTermCommit,
    LeaseFromReceipt,
    LeaseSurvivesTransfer,
    TransferNeverAborts,
    TermNotLearntFromRefusal,
    ProbePausedForever,
}

impl Rules for Bug {
    fn asserts_invariants(&self) -> bool {
        false
    }

    fn must_be_durable_before(&self, promise: Promise) -> bool {
        !matches!(
            (self, promise),
            (Bug::VoteNotDurable, Promise::Vote)
                | (Bug::OwnVoteNotDurable, Promise::OwnVote)
                | (Bug::AckBeforeDurable, Promise::AppendAck)
                | (Bug::OwnCopyBeforeDurable, Promise::OwnCopy)
        )
    }

    fn keeps_vote(&self, current: Term, new: Term) -> bool {
        !matches!(self, Bug::VoteClearedOnSameTermStepdown) && Paper.keeps_vote(current, new)
    }

    fn is_up_to_date(&self, candidate_last: EntryId, voter_last: EntryId) -> bool {
        match self {
            Bug::UpToDateByLength => candidate_last.index >= voter_last.index,
            _ => Paper.is_up_to_date(candidate_last, voter_last),
        }
    }

    fn counts_vote(&self, granted_in: Term, campaign: Term) -> bool {
        matches!(self, Bug::StaleVoteCounted) || Paper.counts_vote(granted_in, campaign)
    }

    fn wins_election(&self, membership: &Membership, tally: &Tally) -> bool {
        match self {
            Bug::DuplicateVoteCounted => tally.grants >= membership.voters.majority(),
            Bug::JointVoteByUnion => is_majority_of_union(membership, tally.granted),
            _ => Paper.wins_election(membership, tally),
        }
    }

    fn learns_term_from_refusal(&self) -> bool {
        !matches!(self, Bug::TermNotLearntFromRefusal)
    }

    fn steps_down_on_newer_term(&self) -> bool {
        !matches!(self, Bug::AppendsInAdoptedTerm)
    }

    fn checks_prev_entry(&self, entries: usize) -> bool {
        !matches!(self, Bug::HeartbeatSkipsPrevCheck) || entries > 0
    }

    fn truncates_from(&self, append: &Reconciliation) -> Option<LogIndex> {
        match self {
            Bug::TruncatesWithoutConflict if append.last_log_index > append.prev => Some(append.prev.next()),
            _ => Paper.truncates_from(append),
        }
    }

    fn ack_index(&self, verified: LogIndex, last_log_index: LogIndex) -> LogIndex {
        if matches!(self, Bug::AcksOwnLastIndex) { last_log_index } else { verified }
    }

    fn match_index(&self, acked: LogIndex, next_index: LogIndex) -> LogIndex {
        if matches!(self, Bug::MatchFromNextIndex) { next_index.prev() } else { acked }
    }

    fn resumes_probe_on_heartbeat(&self) -> bool {
        !matches!(self, Bug::ProbePausedForever)
    }

    fn commit_quorum(&self, membership: &Membership, holders: NodeSet) -> bool {
        match self {
            Bug::JointCommitByUnion => is_majority_of_union(membership, holders),
            Bug::EvenQuorumOffByOne => {
                let voters = membership.voters;
                holders.intersection(voters).len() >= voters.len().div_ceil(2)
            }
            _ => Paper.commit_quorum(membership, holders),
        }
    }

    fn may_commit(&self, candidate: &CommitCandidate) -> bool {
        match self {
            Bug::CommitsPriorTermByCount => true,
            Bug::CommitScanStopsAtOldTerm => candidate.next.term == candidate.current_term,
            _ => Paper.may_commit(candidate),
        }
    }

    fn follower_commit(&self, commit: &FollowerCommit) -> LogIndex {
        match self {
            Bug::FollowerCommitUnclamped => commit.commit_index.max(commit.leader_commit.min(commit.last_log_index)),
            Bug::CommitIndexRegresses => commit.leader_commit.min(commit.verified),
            _ => Paper.follower_commit(commit),
        }
    }

    fn snapshot_fate(&self, offer: &SnapshotOffer) -> SnapshotFate {
        match self {
            Bug::StaleSnapshotInstalled if offer.last.index <= offer.commit_index => SnapshotFate::Install,
            Bug::SnapshotTruncatesSuffix if offer.last.index > offer.commit_index => SnapshotFate::Install,
            _ => Paper.snapshot_fate(offer),
        }
    }

    fn term_after_snapshot(&self, current: Term, snapshot_last: EntryId) -> Term {
        if matches!(self, Bug::SnapshotTermOverwritesTerm) { snapshot_last.term } else { current }
    }

    fn first_step(&self, old: &Membership, new: &Membership) -> Membership {
        if matches!(self, Bug::NoJointConfiguration) { *new } else { Paper.first_step(old, new) }
    }

    fn configurations_kept(&self, configurations: &[(LogIndex, Membership)], from: LogIndex) -> usize {
        let kept = Paper.configurations_kept(configurations, from);
        match self {
            Bug::ConfigurationNotRolledBack => configurations.len(),
            Bug::ConfigurationRolledBackOneLevel => kept.max(configurations.len() - 1),
            _ => kept,
        }
    }

    fn read_needs_own_term_commit(&self) -> bool {
        !matches!(self, Bug::ReadBeforeOwnTermCommit)
    }

    fn read_needs_quorum(&self) -> bool {
        !matches!(self, Bug::ReadWithoutQuorum)
    }

    fn read_quorum(&self, membership: &Membership, confirmed_by: NodeSet) -> bool {
        match self {
            Bug::JointReadByUnion => is_majority_of_union(membership, confirmed_by),
            _ => Paper.read_quorum(membership, confirmed_by),
        }
    }

    fn lease_until(&self, round: &ConfirmedRound, config: &Config) -> Instant {
        match self {
            Bug::LeaseFromReceipt => round.confirmed_at + config.lease_length(),
            _ => Paper.lease_until(round, config),
        }
    }

    fn lease_survives_transfer(&self) -> bool {
        matches!(self, Bug::LeaseSurvivesTransfer)
    }

    fn aborts_transfer(&self, overdue: bool, target_is_voter: bool) -> bool {
        !matches!(self, Bug::TransferNeverAborts) && Paper.aborts_transfer(overdue, target_is_voter)
    }
}

fn is_majority_of_union(membership: &Membership, nodes: NodeSet) -> bool {
    let union = membership.all_voters();
    nodes.intersection(union).len() >= union.majority()
}

/// How many runs it takes to notice the bug; `None` if it goes unnoticed.
fn runs_to_notice(bug: Bug, runs_max: u64) -> Option<u64> {
    (1..=runs_max).find(|seed| std::panic::catch_unwind(|| swarm::run(*seed, bug)).is_err())
}

#[test]
fn planted_bugs_are_noticed() {
    std::panic::set_hook(Box::new(|_| {}));
    let bugs = [
        Bug::VoteNotDurable,
        Bug::OwnVoteNotDurable,
        Bug::VoteClearedOnSameTermStepdown,
        Bug::UpToDateByLength,
        Bug::StaleVoteCounted,
        Bug::DuplicateVoteCounted,
        Bug::HeartbeatSkipsPrevCheck,
        Bug::TruncatesWithoutConflict,
        Bug::MatchFromNextIndex,
        Bug::AcksOwnLastIndex,
        Bug::AppendsInAdoptedTerm,
        Bug::CommitsPriorTermByCount,
        Bug::FollowerCommitUnclamped,
        Bug::EvenQuorumOffByOne,
        Bug::CommitScanStopsAtOldTerm,
        Bug::CommitIndexRegresses,
        Bug::AckBeforeDurable,
        Bug::OwnCopyBeforeDurable,
        Bug::StaleSnapshotInstalled,
        Bug::SnapshotTruncatesSuffix,
        Bug::SnapshotTermOverwritesTerm,
        Bug::ConfigurationNotRolledBack,
        Bug::ConfigurationRolledBackOneLevel,
        Bug::JointCommitByUnion,
        Bug::JointVoteByUnion,
        Bug::JointReadByUnion,
        Bug::NoJointConfiguration,
        Bug::ReadWithoutQuorum,
        Bug::ReadBeforeOwnTermCommit,
        Bug::LeaseFromReceipt,
        Bug::LeaseSurvivesTransfer,
        Bug::TransferNeverAborts,
        Bug::TermNotLearntFromRefusal,
        Bug::ProbePausedForever,
    ];
    for bug in bugs {
        eprintln!("{bug:?} {:?}", runs_to_notice(bug, 20_000));
    }
}
