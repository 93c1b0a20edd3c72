//! The messages between servers.

use std::fmt;

use env::{Bytes, Traced, mix};
use raft_types::{EntryId, LogIndex, Membership, Term};

use crate::entry::{Entries, Entry, Payload, digest_nodes};

/// A message between servers: the RPCs of the paper as pairs of one-way messages, which may be lost, repeated, delayed
/// and reordered at will.
///
/// The content of a message is input, never an invariant: a server refuses a message that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A candidate asks for a vote (section 5.2), or whether it would get it (thesis section 9.6).
    RequestVote(RequestVote),
    /// The answer to it.
    RequestVoteResponse {
        /// Of a granted pre-vote, the term that was asked about; else the voter's own.
        term: Term,
        /// True if it was granted.
        granted: bool,
        /// True if it was a pre-vote.
        pre_vote: bool,
    },
    /// A leader's entries, or its heartbeat if there are none (section 5.3).
    AppendEntries(AppendEntries),
    /// The answer to it.
    AppendEntriesResponse {
        /// The follower's term.
        term: Term,
        /// The round of the request, which hereby is confirmed: the follower had not left that term.
        round: u64,
        /// The result for the entries.
        outcome: AppendOutcome,
    },
    /// A piece of a leader's snapshot (section 7). Boxed, because it is large and rare.
    InstallSnapshot(Box<InstallSnapshot>),
    /// The answer to it.
    InstallSnapshotResponse {
        /// The follower's term.
        term: Term,
        /// The last entry of the snapshot.
        last: EntryId,
        /// How many bytes of it the follower has, gaplessly from its beginning: where the leader is to go on.
        received: u64,
        /// True if the follower durably has everything that the snapshot covers.
        installed: bool,
    },
    /// A leader asks a voter to stand for election at once (thesis section 3.10).
    TimeoutNow {
        /// The leader's term.
        term: Term,
    },
    /// A follower asks its leader for an index that a linearizable read must have seen (thesis section 6.4).
    ReadIndex {
        /// The follower's term.
        term: Term,
        /// The follower's own name for its question, never used before by it or by a server that it was before a
        /// restart.
        context: u64,
    },
    /// The answer to it.
    ReadIndexResponse {
        /// The leader's term.
        term: Term,
        /// The follower's name for its question.
        context: u64,
        /// The read may be answered from any state that includes every entry up to here.
        index: LogIndex,
    },
}

/// Section 5.2's RequestVote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestVote {
    /// The term it stands in; of a pre-vote, the term it would stand in.
    pub term: Term,
    /// The last entry of the candidate's log.
    pub last: EntryId,
    /// True if it only asks. The answer to a pre-vote promises nothing.
    pub pre_vote: bool,
    /// True if the leader asked it to stand, so that voters need not be loyal to that leader.
    pub transfer: bool,
}

/// Section 5.3's AppendEntries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendEntries {
    /// The leader's term.
    pub term: Term,
    /// The entry just before the new ones, which the follower must hold (`prev_log_index`, `prev_log_term`).
    pub prev: EntryId,
    /// The new entries, without gaps; none in a heartbeat.
    pub entries: Entries,
    /// The leader's commit index.
    pub leader_commit: LogIndex,
    /// The latest round of heartbeats the leader began before it sent this. The answer repeats it and so proves that
    /// the leader still led when that round began.
    pub round: u64,
}

/// The result of an AppendEntries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// The follower's log equals the leader's up to here, durably.
    Accepted {
        /// The last index known to be equal.
        match_index: LogIndex,
    },
    /// The follower does not hold `prev`.
    Rejected {
        /// The index of the request's `prev`, which tells the answer to a request from that to another.
        prev_index: LogIndex,
        /// The last entry of the follower's log, at or before `prev`, with a term not above that of `prev`. No entry
        /// after it can be equal to the leader's.
        hint: EntryId,
    },
}

/// Section 7's InstallSnapshot: one chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallSnapshot {
    /// The leader's term.
    pub term: Term,
    /// The last entry the snapshot covers (`last_included_index`, `last_included_term`).
    pub last: EntryId,
    /// The configuration in force at that entry.
    pub membership: Membership,
    /// Where in the snapshot this chunk belongs.
    pub offset: u64,
    /// The chunk.
    pub data: Bytes,
    /// True if it is the last.
    pub done: bool,
}

impl Message {
    /// The term it carries.
    pub fn term(&self) -> Term {
        match self {
            Message::RequestVote(request) => request.term,
            Message::AppendEntries(append) => append.term,
            Message::InstallSnapshot(chunk) => chunk.term,
            Message::RequestVoteResponse { term, .. }
            | Message::AppendEntriesResponse { term, .. }
            | Message::InstallSnapshotResponse { term, .. }
            | Message::TimeoutNow { term }
            | Message::ReadIndex { term, .. }
            | Message::ReadIndexResponse { term, .. } => *term,
        }
    }

    /// True if every field could have been sent by a server of ours. A sound message cannot overflow a term or an
    /// index, and holds no log that could not exist.
    pub(crate) fn is_sound(&self) -> bool {
        /// No cluster lives to see 2^62 terms or entries.
        const MAX: u64 = 1 << 62;
        let sound_id = |id: EntryId| id.index.0 < MAX && id.term.0 < MAX;
        self.term().0 < MAX
            && match self {
                Message::RequestVote(request) => sound_id(request.last),
                Message::AppendEntries(append) => sound_id(append.prev) && append.continues_prev(),
                Message::InstallSnapshot(chunk) => {
                    sound_id(chunk.last)
                        && chunk.last.term <= chunk.term
                        && chunk.last.index > LogIndex(0)
                        && is_sound_membership(&chunk.membership)
                }
                Message::AppendEntriesResponse { outcome: AppendOutcome::Rejected { prev_index, hint }, .. } => {
                    prev_index.0 < MAX && sound_id(*hint)
                }
                // An index that no log reaches is refused where it is compared with the leader's own.
                Message::AppendEntriesResponse { outcome: AppendOutcome::Accepted { .. }, .. }
                | Message::RequestVoteResponse { .. }
                | Message::InstallSnapshotResponse { .. }
                | Message::TimeoutNow { .. }
                | Message::ReadIndex { .. } => true,
                Message::ReadIndexResponse { index, .. } => index.0 < MAX,
            }
    }
}

impl AppendEntries {
    /// True if the entries follow `prev` without a gap, with terms that never fall and none above the leader's own.
    fn continues_prev(&self) -> bool {
        let mut before = self.prev;
        self.entries.iter().all(|entry| {
            let follows = entry.id.index == before.index.next() && entry.id.term >= before.term;
            before = entry.id;
            let sound = match &entry.payload {
                Payload::Membership(membership) => is_sound_membership(membership),
                Payload::Empty | Payload::Command(_) => true,
            };
            follows && sound
        }) && before.term <= self.term
    }
}

fn is_sound_membership(membership: &Membership) -> bool {
    !membership.voters.is_empty() && membership.all_voters().intersection(membership.learners).is_empty()
}

impl Traced for Message {
    /// An entry's id stands for its payload (Log Matching), a chunk's place for its bytes.
    fn digest(&self) -> u64 {
        let entry_id = |hash, id: EntryId| mix(mix(hash, id.index.0), id.term.0);
        match self {
            Message::RequestVote(RequestVote { term, last, pre_vote, transfer }) => {
                entry_id(mix(1 | u64::from(*pre_vote) << 8 | u64::from(*transfer) << 9, term.0), *last)
            }
            Message::RequestVoteResponse { term, granted, pre_vote } => {
                mix(2 | u64::from(*granted) << 8 | u64::from(*pre_vote) << 9, term.0)
            }
            Message::AppendEntries(AppendEntries { term, prev, entries, leader_commit, round }) => {
                let hash = mix(entry_id(mix(3, term.0), *prev), leader_commit.0 ^ round.rotate_left(32));
                entries.iter().fold(hash, |hash, entry| entry_id(hash, entry.id))
            }
            Message::AppendEntriesResponse { term, round, outcome } => {
                let hash = mix(mix(4, term.0), *round);
                match outcome {
                    AppendOutcome::Accepted { match_index } => mix(hash, match_index.0),
                    AppendOutcome::Rejected { prev_index, hint } => entry_id(mix(hash ^ 1, prev_index.0), *hint),
                }
            }
            Message::InstallSnapshot(chunk) => {
                let hash = entry_id(mix(5 | u64::from(chunk.done) << 8, chunk.term.0), chunk.last);
                let hash = mix(mix(hash, chunk.offset), chunk.data.len() as u64);
                digest_nodes(hash, chunk.membership.members())
            }
            Message::InstallSnapshotResponse { term, last, received, installed } => {
                mix(entry_id(mix(6 | u64::from(*installed) << 8, term.0), *last), *received)
            }
            Message::TimeoutNow { term } => mix(7, term.0),
            Message::ReadIndex { term, context } => mix(mix(8, term.0), *context),
            Message::ReadIndexResponse { term, context, index } => mix(mix(mix(9, term.0), *context), index.0),
        }
    }
}

impl fmt::Display for Message {
    /// `AppendEntries@1 prev=1@1 [2@1] commit=1 round=3`: the message, its term, its fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vote = |pre_vote: bool| if pre_vote { "PreVote" } else { "RequestVote" };
        match self {
            Message::RequestVote(RequestVote { term, last, pre_vote, transfer }) => {
                let transfer = if *transfer { " transfer" } else { "" };
                write!(f, "{}@{term} last={last}{transfer}", vote(*pre_vote))
            }
            Message::RequestVoteResponse { term, granted, pre_vote } => {
                let answer = if *granted { "granted" } else { "refused" };
                write!(f, "{}Response@{term} {answer}", vote(*pre_vote))
            }
            Message::AppendEntries(AppendEntries { term, prev, entries, leader_commit, round }) => {
                write!(f, "AppendEntries@{term} prev={prev} ")?;
                write_ids(f, entries)?;
                write!(f, " commit={leader_commit} round={round}")
            }
            Message::AppendEntriesResponse { term, round, outcome } => {
                write!(f, "AppendEntriesResponse@{term} ")?;
                match outcome {
                    AppendOutcome::Accepted { match_index } => write!(f, "match={match_index}")?,
                    AppendOutcome::Rejected { prev_index, hint } => {
                        write!(f, "rejected prev={prev_index} hint={hint}")?;
                    }
                }
                write!(f, " round={round}")
            }
            Message::InstallSnapshot(chunk) => {
                let InstallSnapshot { term, last, membership, offset, data, done } = &**chunk;
                let done = if *done { " done" } else { "" };
                let end = offset.saturating_add(data.len() as u64);
                write!(f, "InstallSnapshot@{term} last={last} {membership} bytes={offset}..{end}{done}")
            }
            Message::InstallSnapshotResponse { term, last, received, installed } => {
                write!(f, "InstallSnapshotResponse@{term} last={last} ")?;
                if *installed { f.write_str("installed") } else { write!(f, "received={received}") }
            }
            Message::TimeoutNow { term } => write!(f, "TimeoutNow@{term}"),
            Message::ReadIndex { term, context } => write!(f, "ReadIndex@{term} context={context}"),
            Message::ReadIndexResponse { term, context, index } => {
                write!(f, "ReadIndexResponse@{term} context={context} index={index}")
            }
        }
    }
}

/// `[2@1 3@1]`, and of many only the ends: `[2@1 .. 90@1]`.
fn write_ids(f: &mut fmt::Formatter<'_>, entries: &[Entry]) -> fmt::Result {
    match entries {
        [first, .., last] if entries.len() > 4 => write!(f, "[{} .. {}]", first.id, last.id),
        _ => {
            f.write_str("[")?;
            for (i, entry) in entries.iter().enumerate() {
                write!(f, "{}{}", if i > 0 { " " } else { "" }, entry.id)?;
            }
            f.write_str("]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::{NodeId, NodeSet};

    fn append(prev: EntryId, ids: &[EntryId]) -> Message {
        Message::AppendEntries(AppendEntries {
            term: Term(3),
            prev,
            entries: ids.iter().map(|id| Entry { id: *id, payload: Payload::Empty, request: None }).collect(),
            leader_commit: LogIndex(u64::MAX),
            round: u64::MAX,
        })
    }

    #[test]
    fn entries_must_follow_prev_without_gaps_and_with_rising_terms() {
        let id = EntryId::new;
        assert!(append(id(4, 1), &[]).is_sound());
        assert!(append(id(4, 1), &[id(5, 1), id(6, 3)]).is_sound());
        assert!(!append(id(4, 1), &[id(6, 1)]).is_sound(), "a gap");
        assert!(!append(id(4, 1), &[id(4, 1)]).is_sound(), "an overlap");
        assert!(!append(id(4, 2), &[id(5, 1)]).is_sound(), "a term that falls");
        assert!(!append(id(4, 2), &[id(5, 4)]).is_sound(), "an entry of the future");
        assert!(!append(id(4, 4), &[]).is_sound(), "a prev of the future");
        assert!(!append(id(u64::MAX, 1), &[]).is_sound(), "an index that would overflow");
        assert!(!Message::TimeoutNow { term: Term(u64::MAX) }.is_sound(), "a term that would overflow");
        let rejected = |prev_index, hint| {
            let outcome = AppendOutcome::Rejected { prev_index: LogIndex(prev_index), hint };
            Message::AppendEntriesResponse { term: Term(3), round: 1, outcome }
        };
        assert!(rejected(4, id(3, 1)).is_sound());
        assert!(!rejected(u64::MAX, id(3, 1)).is_sound(), "a rejected index that would overflow");
    }

    #[test]
    fn a_configuration_without_voters_is_refused() {
        let chunk = |membership| {
            Message::InstallSnapshot(Box::new(InstallSnapshot {
                term: Term(3),
                last: EntryId::new(5, 2),
                membership,
                offset: 0,
                data: Bytes::default(),
                done: true,
            }))
        };
        let learners = [NodeId(2)].into_iter().collect();
        assert!(chunk(Membership::of(NodeSet::first(3))).is_sound());
        assert!(!chunk(Membership::default()).is_sound());
        assert!(!chunk(Membership { learners, ..Membership::of(NodeSet::first(3)) }).is_sound(), "n2 twice");
    }

    #[test]
    fn messages_print_in_the_papers_words() {
        let id = EntryId::new;
        assert_eq!(
            append(id(1, 1), &[]).to_string(),
            format!("AppendEntries@3 prev=1@1 [] commit={0} round={0}", u64::MAX)
        );
        let ids: Vec<EntryId> = (2..=9).map(|index| id(index, 1)).collect();
        assert!(append(id(1, 1), &ids[..2]).to_string().contains("[2@1 3@1]"));
        assert!(append(id(1, 1), &ids).to_string().contains("[2@1 .. 9@1]"));
    }

    #[test]
    fn a_message_stays_within_a_cache_line_or_so() {
        assert!(size_of::<Message>() <= 72, "{} bytes", size_of::<Message>());
    }
}
