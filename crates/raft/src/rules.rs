//! The rules of Raft, in one place.
//!
//! Every decision on which Raft's safety or liveness rests is a method of [`Rules`], named after the rule and citing
//! where it is argued, with the correct rule as its body. The rest of the crate is machinery that asks. A reader of
//! this trait has read Raft; an implementation that overrides one method is one well-defined wrong Raft.
//!
//! Sections are those of the extended paper (Ongaro and Ousterhout 2014); of Ongaro's thesis where it says so.

use env::{Instant, NodeId, NodeSet};
use raft_types::{EntryId, LogIndex, Membership, Term};

use crate::config::Config;
use crate::message::RequestVote;

/// Raft's decision points. The defaults are the rules.
pub trait Rules: Clone {
    // Elections

    /// Section 5.4.1: is a candidate's log at least as up-to-date as the voter's? The later last term wins, then the
    /// longer log, which is the order of [`EntryId`].
    fn is_up_to_date(&self, candidate_last: EntryId, voter_last: EntryId) -> bool {
        candidate_last >= voter_last
    }

    /// Sections 5.2 and 5.4.1: one vote a term, first come first served, for candidates whose log has all that the
    /// voter's has.
    fn grants_vote(&self, candidate: NodeId, request: &RequestVote, voter: &Voter) -> bool {
        request.term >= voter.term
            && voter.voted_for.is_none_or(|node| node == candidate)
            && self.is_up_to_date(request.last, voter.last)
    }

    /// Figure 2: a vote is for one term. A new term forgets it; a change of role within the term never does.
    fn keeps_vote(&self, current: Term, new: Term) -> bool {
        new == current
    }

    /// Section 5.2: does a granted vote belong to this campaign? A late one of an earlier campaign does not.
    fn counts_vote(&self, granted_in: Term, campaign: Term) -> bool {
        granted_in == campaign
    }

    /// Section 5.2, thesis section 4.3: a majority of the servers wins, of both configurations while joint.
    fn wins_election(&self, membership: &Membership, tally: &Tally) -> bool {
        membership.has_quorum(tally.granted)
    }

    /// Section 6, thesis section 4.2.3: a server that believes a leader alive helps no candidate to replace it, unless
    /// that leader asked for it (thesis section 3.10).
    fn disregards_candidate(&self, hears_leader: bool, transfer: bool) -> bool {
        hears_leader && !transfer
    }

    /// Section 5.1: does a candidate learn a newer term from a refusal, of a pre-vote as well? If not, the server with
    /// the longest log can be stuck in a lower term for ever, and the cluster with it.
    fn learns_term_from_refusal(&self) -> bool {
        true
    }

    /// Section 5.1: a leader that sees a newer term is a follower at once, before it does anything else.
    fn steps_down_on_newer_term(&self) -> bool {
        true
    }

    /// Thesis section 6.2: a leader that for an election timeout has not heard from a quorum steps down, so that
    /// clients and loyal followers look elsewhere.
    fn keeps_leading(&self, heard_from_quorum: bool) -> bool {
        heard_from_quorum
    }

    // Replication

    /// Section 5.3: is `prev` checked, given the number of entries behind it? A heartbeat vouches for `prev` like any
    /// other append.
    fn checks_prev_entry(&self, _entries: usize) -> bool {
        true
    }

    /// Section 5.3: from where is the follower's log cut before the new entries are added? From the first entry that
    /// conflicts with a new one, and not at all without a conflict: a late append must not remove the entries of later
    /// ones.
    fn truncates_from(&self, append: &Reconciliation) -> Option<LogIndex> {
        append.conflict
    }

    /// Figure 2, AppendEntries: a follower acknowledges the log up to the last entry that this append verified: behind
    /// it there may be a tail of another leader's.
    fn ack_index(&self, verified: LogIndex, _last_log_index: LogIndex) -> LogIndex {
        verified
    }

    /// Figure 2, rules for leaders: `match_index` becomes the acknowledged index, not the last index that was sent.
    fn match_index(&self, acked: LogIndex, _next_index: LogIndex) -> LogIndex {
        acked
    }

    /// Section 5.3, "retries indefinitely": an answered heartbeat shows that the follower is there, and gets a probe
    /// going that was lost.
    fn resumes_probe_on_heartbeat(&self) -> bool {
        true
    }

    // Commitment

    /// Section 5.3, thesis section 4.3: is an entry that these servers hold durably stored on a majority, of both
    /// configurations while joint?
    fn commit_quorum(&self, membership: &Membership, holders: NodeSet) -> bool {
        membership.has_quorum(holders)
    }

    /// Section 5.4.2, Figure 8: only an entry of the leader's own term is committed by counting; it commits all before
    /// it.
    fn may_commit(&self, candidate: &CommitCandidate) -> bool {
        candidate.held.term == candidate.current_term
    }

    /// Figure 2, AppendEntries 5: a follower's commit index follows the leader's as far as this append verified its
    /// log, and never goes back.
    fn follower_commit(&self, commit: &FollowerCommit) -> LogIndex {
        commit.commit_index.max(commit.leader_commit.min(commit.verified))
    }

    // Persistence

    /// Figure 2, "updated on stable storage before responding": must the state behind the promise be durable first?
    fn must_be_durable_before(&self, _promise: Promise) -> bool {
        true
    }

    /// Figure 2: must this be synced? Term and vote as much as entries and snapshots.
    fn must_sync(&self, written: Written) -> bool {
        written.hard_state || written.log || written.snapshot
    }

    // Snapshots

    /// Section 7: an offered snapshot behind the commit index has nothing to tell; if the log holds its last entry,
    /// that entry is committed and the log behind it stays; else the snapshot replaces the whole log.
    fn snapshot_fate(&self, offer: &SnapshotOffer) -> SnapshotFate {
        if offer.last.index <= offer.commit_index {
            SnapshotFate::Ignore
        } else if offer.own_term_there == Some(offer.last.term) {
            SnapshotFate::Commit
        } else {
            SnapshotFate::Install
        }
    }

    /// Section 7: an installed snapshot says nothing about the current term.
    fn term_after_snapshot(&self, current: Term, _snapshot_last: EntryId) -> Term {
        current
    }

    // Membership

    /// Section 6: voters change by way of the joint configuration C_old,new, in which every decision needs both
    /// majorities.
    fn first_step(&self, old: &Membership, new: &Membership) -> Membership {
        Membership { outgoing: old.voters, ..*new }
    }

    /// Section 6, and Ongaro on raft-dev, 2015: one change at a time, and none before the leader has committed an entry
    /// of its own term.
    fn may_change_membership(&self, own_term_committed: bool, change_in_progress: bool) -> bool {
        own_term_committed && !change_in_progress
    }

    /// Section 6, "the latest configuration in its log": when the log is cut at `from`, how many of the configurations,
    /// listed by their index, remain?
    fn configurations_kept(&self, configurations: &[(LogIndex, Membership)], from: LogIndex) -> usize {
        configurations.partition_point(|(index, _)| *index < from)
    }

    // Reads

    /// Section 8: a new leader does not know the commit index until an entry of its own term is committed; reads wait
    /// for that.
    fn read_needs_own_term_commit(&self) -> bool {
        true
    }

    /// Section 8, thesis section 6.4: a leader without a lease hears from a quorum before it answers a read, since it
    /// may have been deposed without knowing.
    fn read_needs_quorum(&self) -> bool {
        true
    }

    /// Thesis sections 6.4 and 4.3: do these servers, which confirmed the round, prove that no other leader can have
    /// been elected before it?
    fn read_quorum(&self, membership: &Membership, confirmed_by: NodeSet) -> bool {
        membership.has_quorum(confirmed_by)
    }

    /// Thesis section 6.4.1: a lease begins when the confirmed round was sent, for no follower heard it earlier, and
    /// ends before the first of them can be disloyal, by clocks that drift.
    fn lease_until(&self, round: &ConfirmedRound, config: &Config) -> Instant {
        round.sent_at + config.lease_length()
    }

    /// Thesis section 6.4.1: a server that has been asked to stand is voted for in spite of the lease, which is worth
    /// nothing from then on, however the transfer ends.
    fn lease_survives_transfer(&self) -> bool {
        false
    }

    // Leadership transfer

    /// Thesis section 3.10: the leader takes up its work again when the target has not taken over within an election
    /// timeout or cannot any more.
    fn aborts_transfer(&self, overdue: bool, target_is_voter: bool) -> bool {
        overdue || !target_is_voter
    }

    // Assertions

    /// True if the core asserts its own invariants, which the rules imply. A planted bug answers false: its error then
    /// shows where it would in production.
    fn asserts_invariants(&self) -> bool {
        true
    }
}

/// Raft as published: every rule by its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paper;

impl Rules for Paper {}

/// A voter's state when it is asked for its vote.
#[derive(Clone, Copy, Debug)]
pub struct Voter {
    /// Its term.
    pub term: Term,
    /// Its vote in the candidate's term: `None` if it has not voted in it.
    pub voted_for: Option<NodeId>,
    /// The last entry of its log.
    pub last: EntryId,
}

/// The answers to a campaign so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The voters that granted.
    pub granted: NodeSet,
    /// The voters that refused.
    pub refused: NodeSet,
    /// How many grants arrived, the network's duplicates among them. For diagnosis; it decides nothing.
    pub grants: usize,
}

/// A follower's log against the entries of an append.
#[derive(Clone, Copy, Debug)]
pub struct Reconciliation {
    /// The index just before the new entries.
    pub prev: LogIndex,
    /// The first index at which the log holds another entry than the new one, if there is one.
    pub conflict: Option<LogIndex>,
    /// The last index of the log.
    pub last_log_index: LogIndex,
}

/// The entries that a leader could commit.
#[derive(Clone, Copy, Debug)]
pub struct CommitCandidate {
    /// The leader's term.
    pub current_term: Term,
    /// The first entry that is not committed.
    pub next: EntryId,
    /// The last entry that a quorum holds.
    pub held: EntryId,
}

/// The indices that bound a follower's commit index.
#[derive(Clone, Copy, Debug)]
pub struct FollowerCommit {
    /// Its commit index so far.
    pub commit_index: LogIndex,
    /// The leader's.
    pub leader_commit: LogIndex,
    /// The last index up to which this append verified its log.
    pub verified: LogIndex,
    /// The last index of its log.
    pub last_log_index: LogIndex,
}

/// A promise of one server to another, or a fact that it counts on itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// A vote for another server. It rests on term and vote.
    Vote,
    /// The candidate's vote for itself, and its request for the votes of others. They rest on term and vote.
    OwnVote,
    /// "My log equals yours up to here." It rests on these entries.
    AppendAck,
    /// The leader's own copy of an entry, counted towards its commitment. It rests on the entry.
    OwnCopy,
    /// "I have everything up to this snapshot." It rests on the snapshot.
    SnapshotAck,
}

/// The writes that a [`Ready`](crate::Ready) asks for.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Term or vote.
    pub hard_state: bool,
    /// Entries or a truncation.
    pub log: bool,
    /// A leader's snapshot.
    pub snapshot: bool,
}

/// A snapshot that a leader offers.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotOffer {
    /// The last entry it covers.
    pub last: EntryId,
    /// The follower's commit index.
    pub commit_index: LogIndex,
    /// The term of the follower's own entry at that index, if its log has one there.
    pub own_term_there: Option<Term>,
}

/// The follower's decision on an offered snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotFate {
    /// The follower is past it.
    Ignore,
    /// The log holds all that it covers, which is now known to be committed.
    Commit,
    /// It replaces log and state machine.
    Install,
}

/// A round of heartbeats that a quorum has answered.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedRound {
    /// When the leader sent it.
    pub sent_at: Instant,
    /// When the answer arrived that completed the quorum.
    pub confirmed_at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    #[test]
    fn a_vote_is_granted_once_a_term_to_a_log_that_lacks_nothing() {
        let id = EntryId::new;
        let voter = |term, voted_for| Voter { term: Term(term), voted_for, last: id(5, 3) };
        let request = |term, last| RequestVote { term: Term(term), last, pre_vote: false, transfer: false };
        for (request, voter, granted, why) in [
            (request(4, id(5, 3)), voter(4, None), true, "an equal log"),
            (request(4, id(1, 4)), voter(4, None), true, "a shorter log of a later term"),
            (request(4, id(9, 2)), voter(4, None), false, "a longer log of an earlier term"),
            (request(4, id(4, 3)), voter(4, None), false, "a shorter log of the same term"),
            (request(4, id(5, 3)), voter(4, Some(A)), true, "the same candidate again"),
            (request(4, id(5, 3)), voter(4, Some(B)), false, "another candidate in the same term"),
            (request(3, id(5, 3)), voter(4, None), false, "a candidate of a past term"),
        ] {
            assert_eq!(Paper.grants_vote(A, &request, &voter), granted, "{why}");
        }
    }

    #[test]
    fn only_an_entry_of_the_own_term_is_committed_by_counting() {
        let candidate = |held| CommitCandidate { current_term: Term(4), next: EntryId::new(2, 2), held };
        assert!(!Paper.may_commit(&candidate(EntryId::new(2, 2))), "Figure 8 (c)");
        assert!(Paper.may_commit(&candidate(EntryId::new(3, 4))), "Figure 8 (e)");
    }

    #[test]
    fn a_followers_commit_index_is_clamped_and_never_falls() {
        let index = |commit_index, leader_commit, verified| {
            Paper
                .follower_commit(&FollowerCommit {
                    commit_index: LogIndex(commit_index),
                    leader_commit: LogIndex(leader_commit),
                    verified: LogIndex(verified),
                    last_log_index: LogIndex(20),
                })
                .0
        };
        assert_eq!(index(3, 11, 9), 9, "not beyond what the append verified");
        assert_eq!(index(3, 7, 9), 7, "not beyond the leader's");
        assert_eq!(index(8, 5, 9), 8, "not back");
    }

    #[test]
    fn a_snapshot_replaces_only_a_log_that_lacks_its_last_entry() {
        let fate = |commit, own_term_there| {
            Paper.snapshot_fate(&SnapshotOffer {
                last: EntryId::new(10, 4),
                commit_index: LogIndex(commit),
                own_term_there,
            })
        };
        assert_eq!(fate(10, Some(Term(4))), SnapshotFate::Ignore);
        assert_eq!(fate(12, None), SnapshotFate::Ignore, "compacted here long ago");
        assert_eq!(fate(9, Some(Term(4))), SnapshotFate::Commit);
        assert_eq!(fate(9, Some(Term(3))), SnapshotFate::Install);
        assert_eq!(fate(9, None), SnapshotFate::Install);
    }

    #[test]
    fn a_cut_takes_back_every_configuration_at_or_behind_it() {
        let configurations = [0, 4, 7, 9].map(|index| (LogIndex(index), Membership::default()));
        let kept = |from| Paper.configurations_kept(&configurations, LogIndex(from));
        assert_eq!((kept(10), kept(9), kept(8), kept(7), kept(5)), (4, 3, 3, 2, 2));
        assert_eq!(kept(1), 1, "the first one is not in the log");
    }

    #[test]
    fn a_lease_counts_from_the_sending_of_the_round() {
        let config = Config { clock_drift_max_ppm: 0, ..Config::new(A) };
        let sent_at = Instant(7_000_000);
        let round = ConfirmedRound { sent_at, confirmed_at: Instant(90_000_000) };
        assert_eq!(Paper.lease_until(&round, &config), sent_at + Duration::from_millis(150));
    }
}
