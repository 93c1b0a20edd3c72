//! Raft's rules.

use env::{Instant, NodeSet};
use raft::{
    CommitCandidate, Config, ConfirmedRound, FollowerCommit, Paper, Promise, Reconciliation, Rules, SnapshotFate,
    SnapshotOffer, Tally, Written,
};
use raft_types::{EntryId, LogIndex, Membership, Term};

use super::Mutant;
use crate::bug::Bug;

impl Rules for Mutant {
    // Elections

    fn is_up_to_date(&self, candidate_last: EntryId, voter_last: EntryId) -> bool {
        if self.is(Bug::UpToDateCheckByLength) {
            return candidate_last.index >= voter_last.index;
        }
        Paper.is_up_to_date(candidate_last, voter_last)
    }

    fn keeps_vote(&self, current: Term, new: Term) -> bool {
        !self.is(Bug::VoteClearedOnSameTermStepdown) && Paper.keeps_vote(current, new)
    }

    fn counts_vote(&self, granted_in: Term, campaign: Term) -> bool {
        self.is(Bug::StaleTermVoteCounted) || Paper.counts_vote(granted_in, campaign)
    }

    fn wins_election(&self, membership: &Membership, tally: &Tally) -> bool {
        // In a joint configuration a counter would be another bug as well, the one below.
        if self.is(Bug::DuplicateVoteCounted) && !membership.is_joint() {
            return tally.grants >= membership.all_voters().majority();
        }
        if self.is(Bug::JointUnionCounterVotes) {
            return is_majority_of_union(membership, tally.granted);
        }
        Paper.wins_election(membership, tally)
    }

    fn learns_term_from_refusal(&self) -> bool {
        !self.is(Bug::PreVoteHidesHigherTerm)
    }

    fn steps_down_on_newer_term(&self) -> bool {
        !self.is(Bug::AppendStampedWithAdoptedTerm)
    }

    fn keeps_leading(&self, heard_from_quorum: bool) -> bool {
        self.is(Bug::NoCheckQuorum) || Paper.keeps_leading(heard_from_quorum)
    }

    // Replication

    fn checks_prev_entry(&self, entries: usize) -> bool {
        !self.is(Bug::HeartbeatSkipsPrevCheck) || entries > 0
    }

    fn truncates_from(&self, append: &Reconciliation) -> Option<LogIndex> {
        if self.is(Bug::TruncateWithoutConflict) {
            return (append.last_log_index > append.prev).then(|| append.prev.next());
        }
        Paper.truncates_from(append)
    }

    fn ack_index(&self, verified: LogIndex, last_log_index: LogIndex) -> LogIndex {
        if self.is(Bug::AckOwnLastIndex) { last_log_index } else { verified }
    }

    fn match_index(&self, acked: LogIndex, next_index: LogIndex) -> LogIndex {
        if self.is(Bug::MatchFromCurrentLog) { acked.max(next_index.prev()) } else { acked }
    }

    fn resumes_probe_on_heartbeat(&self) -> bool {
        !self.is(Bug::ProbePausedForever)
    }

    // Commitment

    fn commit_quorum(&self, membership: &Membership, holders: NodeSet) -> bool {
        if self.is(Bug::EvenQuorumOffByOne) {
            let half_of = |voters: NodeSet| holders.intersection(voters).len() >= voters.len().div_ceil(2);
            return half_of(membership.voters) && (!membership.is_joint() || half_of(membership.outgoing));
        }
        if self.is(Bug::JointUnionCounterCommit) {
            return is_majority_of_union(membership, holders);
        }
        Paper.commit_quorum(membership, holders)
    }

    fn may_commit(&self, candidate: &CommitCandidate) -> bool {
        if self.is(Bug::CommitPriorTermByCount) {
            return true;
        }
        if self.is(Bug::CommitScanBreaksOnOldTerm) {
            return candidate.next.term == candidate.current_term;
        }
        Paper.may_commit(candidate)
    }

    fn follower_commit(&self, commit: &FollowerCommit) -> LogIndex {
        if self.is(Bug::FollowerCommitUnclamped) {
            return commit.commit_index.max(commit.leader_commit.min(commit.last_log_index));
        }
        if self.is(Bug::CommitIndexRegresses) {
            return commit.leader_commit.min(commit.verified);
        }
        Paper.follower_commit(commit)
    }

    // Persistence

    fn must_be_durable_before(&self, promise: Promise) -> bool {
        match promise {
            Promise::Vote => !self.is(Bug::VoteNotDurableBeforeReply),
            Promise::AppendAck => !self.is(Bug::AckBeforeFsync),
            Promise::OwnCopy => !self.is(Bug::LeaderSelfAckBeforeFsync),
            Promise::OwnVote | Promise::SnapshotAck => true,
        }
    }

    fn must_sync(&self, written: Written) -> bool {
        if self.is(Bug::MustSyncSkipsEntries) {
            return written.hard_state;
        }
        Paper.must_sync(written)
    }

    // Snapshots

    fn snapshot_fate(&self, offer: &SnapshotOffer) -> SnapshotFate {
        if self.is(Bug::StaleSnapshotRegresses) && offer.last.index <= offer.commit_index {
            return SnapshotFate::Install;
        }
        if self.is(Bug::SnapshotTruncatesNewerSuffix) && offer.last.index > offer.commit_index {
            return SnapshotFate::Install;
        }
        Paper.snapshot_fate(offer)
    }

    fn term_after_snapshot(&self, current: Term, snapshot_last: EntryId) -> Term {
        if self.is(Bug::SnapshotTermOverwritesTerm) { snapshot_last.term } else { current }
    }

    // Membership

    fn first_step(&self, old: &Membership, new: &Membership) -> Membership {
        // Without a joint configuration, so that it is the guard alone that keeps majorities from being disjoint; with
        // one, the old voters have a say in every change and the guard is not missed.
        if self.is(Bug::ConfchangeBeforeCurrentTermCommit) && differ_by_one(old.voters, new.voters) {
            return *new;
        }
        Paper.first_step(old, new)
    }

    fn may_change_membership(&self, own_term_committed: bool, change_in_progress: bool) -> bool {
        if self.is(Bug::ConfchangeBeforeCurrentTermCommit) {
            return !change_in_progress;
        }
        Paper.may_change_membership(own_term_committed, change_in_progress)
    }

    fn configurations_kept(&self, configurations: &[(LogIndex, Membership)], from: LogIndex) -> usize {
        if self.is(Bug::ConfigNotRolledBack) {
            return configurations.len();
        }
        Paper.configurations_kept(configurations, from)
    }

    // Reads

    fn read_needs_own_term_commit(&self) -> bool {
        !self.is(Bug::ReadindexBeforeOwnTermCommit)
    }

    fn read_needs_quorum(&self) -> bool {
        !self.is(Bug::LeaderReadNoQuorum)
    }

    fn read_quorum(&self, membership: &Membership, confirmed_by: NodeSet) -> bool {
        if self.is(Bug::JointUnionCounterReads) {
            return is_majority_of_union(membership, confirmed_by);
        }
        Paper.read_quorum(membership, confirmed_by)
    }

    fn lease_until(&self, round: &ConfirmedRound, config: &Config) -> Instant {
        if self.is(Bug::LeaseOutlivesElectionTimeout) {
            return round.confirmed_at + config.lease_length();
        }
        Paper.lease_until(round, config)
    }

    fn lease_survives_transfer(&self) -> bool {
        self.is(Bug::LeaseSurvivesTransfer)
    }

    // Leadership transfer

    fn aborts_transfer(&self, overdue: bool, target_is_voter: bool) -> bool {
        !self.is(Bug::TransferNeverAborts) && Paper.aborts_transfer(overdue, target_is_voter)
    }

    // Assertions

    fn asserts_invariants(&self) -> bool {
        false
    }
}

/// True if one server was added or removed and nothing else (thesis section 4.1).
fn differ_by_one(old: NodeSet, new: NodeSet) -> bool {
    old.difference(new).len() + new.difference(old).len() == 1
}

/// One majority, counted over the voters of both configurations together.
fn is_majority_of_union(membership: &Membership, nodes: NodeSet) -> bool {
    let union = membership.all_voters();
    nodes.intersection(union).len() >= union.majority()
}

#[cfg(test)]
mod tests {
    use env::NodeId;

    use super::*;

    /// Every set of the first seven nodes.
    fn sets() -> impl Iterator<Item = NodeSet> {
        (0..1_u8 << 7).map(|bits| (1..=7).filter(|id| bits >> (id - 1) & 1 == 1).map(NodeId).collect())
    }

    /// The joint configurations in which one server of the first seven is added, removed, or replaced. Which one makes no
    /// difference: the last of them.
    fn joint_configurations() -> Vec<Membership> {
        let of = |outgoing: NodeSet, voters: NodeSet| Membership { voters, outgoing, ..Membership::default() };
        let mut all = Vec::new();
        for size in 1..=6 {
            let (smaller, larger) = (NodeSet::first(size), NodeSet::first(size + 1));
            let mut replaced = larger;
            replaced.remove(NodeId(size));
            all.extend([of(smaller, larger), of(larger, smaller), of(smaller, replaced)]);
        }
        all
    }

    /// Why a union of voters lets no deposed leader confirm a read: docs/zoo.md.
    #[test]
    fn a_majority_of_the_union_meets_whoever_can_elect_when_one_server_is_exchanged() {
        for joint in joint_configurations() {
            let electing = [Membership::of(joint.outgoing), joint, Membership::of(joint.voters)];
            for confirming in sets().filter(|set| is_majority_of_union(&joint, *set)) {
                for voting in sets().filter(|set| electing.iter().any(|in_force| in_force.has_quorum(*set))) {
                    let both = confirming.intersection(voting);
                    assert!(!both.is_empty(), "{joint}: {confirming} confirms and {voting} elects");
                }
            }
        }
    }

    /// Why it keeps a leader that can commit nothing: docs/zoo.md.
    #[test]
    fn a_majority_of_the_union_can_be_too_little_to_commit() {
        let lacking = |joint: &Membership| {
            sets().filter(|set| is_majority_of_union(joint, *set) && !joint.has_quorum(*set)).count()
        };
        let [voters, outgoing] = [2, 3].map(NodeSet::first);
        let last_of_three_leaves = Membership { voters, outgoing, ..Membership::default() };
        assert!(lacking(&last_of_three_leaves) > 0);
        assert!(joint_configurations().iter().any(|joint| lacking(joint) == 0), "it is not so of all");
    }

    #[test]
    fn without_the_guard_one_server_is_added_or_removed_in_one_step() {
        let [two, three, four] = [2, 3, 4].map(|size| Membership::of(NodeSet::first(size)));
        let step = |old, new| Mutant(Bug::ConfchangeBeforeCurrentTermCommit).first_step(old, new);
        assert_eq!((step(&three, &four), step(&three, &two)), (four, two));
        assert!(step(&two, &four).is_joint());
        assert!(Mutant(Bug::ConfigNotRolledBack).first_step(&three, &four).is_joint());
    }
}
