//! Proof that the random runs see: with one rule broken, they fail. The bugs are those that real implementations had,
//! as far as a few hundred runs are enough to meet them.

mod support;

use std::panic;

use env::NodeSet;
use raft::{
    CommitCandidate, FollowerCommit, Paper, Promise, Reconciliation, Rules, SnapshotFate, SnapshotOffer, Tally,
};
use raft_types::{EntryId, LogIndex, Membership, Term};

use support::swarm;

macro_rules! bugs {
    ($($bug:ident)*) => {
        /// Rules with one planted bug.
        #[derive(Clone, Copy, Debug)]
        enum Bug { $($bug),* }

        const BUGS: &[Bug] = &[$(Bug::$bug),*];
    };
}

bugs! {
    OwnVoteNotDurable
    UpToDateByLength
    StaleVoteCounted
    DuplicateVoteCounted
    HeartbeatSkipsPrevCheck
    TruncatesWithoutConflict
    MatchFromNextIndex
    AcksOwnLastIndex
    AppendsInAdoptedTerm
    FollowerCommitUnclamped
    EvenQuorumOffByOne
    CommitScanStopsAtOldTerm
    CommitIndexRegresses
    AckBeforeDurable
    OwnCopyBeforeDurable
    StaleSnapshotInstalled
    SnapshotTermOverwritesTerm
    ConfigurationNotRolledBack
    ReadBeforeOwnTermCommit
    TransferNeverAborts
    ProbePausedForever
}

impl Rules for Bug {
    fn asserts_invariants(&self) -> bool {
        false
    }

    fn must_be_durable_before(&self, promise: Promise) -> bool {
        !matches!(
            (self, promise),
            (Bug::OwnVoteNotDurable, Promise::OwnVote)
                | (Bug::AckBeforeDurable, Promise::AppendAck)
                | (Bug::OwnCopyBeforeDurable, Promise::OwnCopy)
        )
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
            _ => Paper.wins_election(membership, tally),
        }
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
        let voters = membership.voters;
        match self {
            Bug::EvenQuorumOffByOne => holders.intersection(voters).len() >= voters.len().div_ceil(2),
            _ => Paper.commit_quorum(membership, holders),
        }
    }

    fn may_commit(&self, candidate: &CommitCandidate) -> bool {
        match self {
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
            _ => Paper.snapshot_fate(offer),
        }
    }

    fn term_after_snapshot(&self, current: Term, snapshot_last: EntryId) -> Term {
        if matches!(self, Bug::SnapshotTermOverwritesTerm) { snapshot_last.term } else { current }
    }

    fn configurations_kept(&self, configurations: &[(LogIndex, Membership)], from: LogIndex) -> usize {
        match self {
            Bug::ConfigurationNotRolledBack => configurations.len(),
            _ => Paper.configurations_kept(configurations, from),
        }
    }

    fn read_needs_own_term_commit(&self) -> bool {
        !matches!(self, Bug::ReadBeforeOwnTermCommit)
    }

    fn aborts_transfer(&self, overdue: bool, target_is_voter: bool) -> bool {
        !matches!(self, Bug::TransferNeverAborts) && Paper.aborts_transfer(overdue, target_is_voter)
    }
}

#[test]
fn planted_bugs_are_noticed() {
    const RUNS_MAX: u64 = 1_000;
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let noticed = |bug: &&Bug| (1..=RUNS_MAX).any(|seed| panic::catch_unwind(|| swarm::run(seed, **bug)).is_err());
    let unnoticed: Vec<&Bug> = BUGS.iter().filter(|bug| !noticed(bug)).collect();
    panic::set_hook(hook);
    assert!(unnoticed.is_empty(), "{unnoticed:?} went unnoticed for {RUNS_MAX} runs");
}
