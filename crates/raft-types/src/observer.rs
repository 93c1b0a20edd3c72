//! An observer: turns the state of a Raft core before and after an event into observations, in the order in which the
//! rules need them.

use env::{NodeId, RequestId};

use crate::{EntryId, LogIndex, Membership, Observation, Role, Term};

/// The state of a Raft core between two events, as far as an [`Observer`] compares it. It is cheap to make: no part of
/// it is as long as the log.
///
/// It is made from its default, field by field, or from the view of the state before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoreView {
    /// The current term.
    pub term: Term,
    /// The role in this term.
    pub role: Role,
    /// The leader of this term; `None` if the server knows none. Of a follower alone it makes a difference.
    pub leader: Option<NodeId>,
    /// The last entry of the log. While a leader's snapshot that replaces the log is on its way to the disk: the last
    /// entry of the log that it replaces.
    pub last: EntryId,
    /// The commit index, with that entry's term; the last entry of the snapshot after boot. While a leader's snapshot
    /// is on its way to the disk: the commit index from before.
    pub commit: EntryId,
    /// The configuration in use. It tells whether the core has gone back to an older one after a truncation; a core
    /// that uses a configuration when it applies it leaves it empty.
    pub membership: Membership,
    /// The server that this leader asks to take over; `None` if there is none, or if the server does not lead.
    pub transferee: Option<NodeId>,
}

/// An entry that a core has added to its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEntry {
    /// The entry.
    pub entry: EntryId,
    /// A digest of its content.
    pub payload: u64,
    /// The client operation it carries, if it carries one.
    pub request: Option<RequestId>,
    /// The configuration in it, if the server uses that one from now on (section 6). `None` for every other entry, and
    /// in a core that uses a configuration when it applies it.
    pub membership: Option<Membership>,
}

impl NewEntry {
    /// An entry with this digest of its content, which carries neither an operation nor a configuration.
    pub const fn new(entry: EntryId, payload: u64) -> NewEntry {
        NewEntry { entry, payload, request: None, membership: None }
    }

    /// The same with the client operation that it carries, if there is one.
    #[must_use]
    pub fn carrying(self, request: impl Into<Option<RequestId>>) -> NewEntry {
        NewEntry { request: request.into(), ..self }
    }

    /// The same with the configuration in it, if there is one that the server uses from now on.
    #[must_use]
    pub fn configuring(self, membership: impl Into<Option<Membership>>) -> NewEntry {
        NewEntry { membership: membership.into(), ..self }
    }
}

/// Reports the steps of one life of a Raft core by comparing its states.
///
/// A node makes an observer at boot, after it has noted [`Observation::Recovered`] and, if it has a configuration,
/// [`Observation::Configured`]. It calls [`observe`](Observer::observe) after each event that it hands to its core: a
/// message, a tick, a proposal, a finished write. One call for two events may miss a step between them.
///
/// The order of the observations of one event:
/// 1. of a leader that has stepped down: the entries that it appended and committed as leader;
/// 2. the role and the term, with the steps that lead to it: a candidacy and the vote for itself before leadership;
/// 3. the truncation, with the configuration that it brings back;
/// 4. each entry appended, and the configuration in it;
/// 5. the commit index, as soon as the log holds the entry;
/// 6. the transfer of leadership.
///
/// The node notes the steps itself that no comparison shows, after those of the same event: a vote, when it leaves
/// ([`voted`](Observer::voted)), a snapshot installed ([`installed`](Observer::installed)), and each application,
/// snapshot, compaction, acknowledgement and read. docs/observations.md has the whole table.
///
/// Not derived, since two states do not show it:
/// - a truncation of entries that the same event appends again, if the caller does not list them as appended;
/// - a term, a role or a vote that the core has passed through and left within one event, but for the candidacy of a
///   new leader;
/// - a configuration between two others that are not listed with their entries.
#[derive(Clone, Debug)]
pub struct Observer {
    id: NodeId,
    seen: CoreView,
    /// The latest vote that was noted.
    voted: Option<(Term, NodeId)>,
    /// The configurations that a truncation may bring back, in ascending order of indices. The last one is in use.
    configurations: Vec<(LogIndex, Membership)>,
}

impl Observer {
    /// An observer of the server `id`, which has booted into the state `booted`. `configurations` are those in its log,
    /// in ascending order of indices, behind the one that its snapshot or its founding has given it; none for a core
    /// that uses a configuration when it applies it.
    pub fn new(
        id: NodeId,
        booted: CoreView,
        configurations: impl IntoIterator<Item = (LogIndex, Membership)>,
    ) -> Observer {
        Observer { id, seen: booted, voted: None, configurations: configurations.into_iter().collect() }
    }

    /// The core has handled an event, is in the state `after` now, and has added the entries `appended` to its log, the
    /// first of them in place of any entry that was at its index. Adds the observations of that event to `into`.
    pub fn observe(&mut self, after: &CoreView, appended: &[NewEntry], into: &mut Vec<Observation>) {
        let led = self.seen.role == Role::Leader;
        let mut appended = appended;
        if led && after.term >= self.seen.term && (after.role, after.term) != (Role::Leader, self.seen.term) {
            // Its last steps as leader: it commits only by itself, so not after it has seen a newer term.
            let commit = if after.term == self.seen.term { after.commit } else { self.seen.commit };
            let (term, next) = (self.seen.term, self.seen.last.index.next());
            let is_own = |new: &&NewEntry| new.entry.term == term && new.entry.index >= next;
            let (own, others) = appended.split_at(appended.iter().take_while(is_own).count());
            appended = others;
            self.append(own, commit, into);
        }
        let leads_anew = after.role == Role::Leader && !(led && after.term == self.seen.term);
        if leads_anew {
            self.stands(after.term, into);
        } else {
            self.role(after, into);
        }
        self.truncate(after, appended, into);
        if leads_anew {
            let (before, own) = appended.split_at(appended.partition_point(|new| new.entry.term < after.term));
            appended = own;
            self.append(before, self.seen.commit, into);
            into.push(Observation::BecameLeader { term: after.term, last: self.seen.last });
        }
        self.append(appended, after.commit, into);
        self.transfer(after, into);
        self.seen = *after;
    }

    /// A vote leaves the server, or counts for itself: `RequestVote` is sent for the server's own candidacy, or the
    /// granting answer to another one's. To be called when the message is sent, not when it waits for the disk. A vote
    /// that was noted already is not noted again.
    pub fn voted(&mut self, term: Term, candidate: NodeId, into: &mut Vec<Observation>) {
        if self.voted != Some((term, candidate)) {
            self.voted = Some((term, candidate));
            into.push(Observation::Voted { term, candidate });
        }
    }

    /// A leader's snapshot through `last` is durable and has replaced the state machine, which has this digest. The log
    /// behind it was kept, or is gone. `configuration` is the one of the snapshot, if the server uses it from now on.
    pub fn installed(
        &mut self,
        last: EntryId,
        state: u64,
        log_kept: bool,
        configuration: Option<(LogIndex, Membership)>,
        into: &mut Vec<Observation>,
    ) {
        into.push(Observation::SnapshotInstalled { last, state, log_kept });
        if !log_kept {
            self.seen.last = last;
            self.configurations.clear();
        }
        if self.seen.commit.index < last.index {
            self.seen.commit = last;
        }
        if let Some((index, membership)) = configuration {
            let position = self.configurations.partition_point(|(known, _)| *known < index);
            self.configurations.insert(position, (index, membership));
            into.push(Observation::Configured { index, membership });
        }
    }

    /// A new leader has been a candidate, and its vote for itself has counted.
    fn stands(&mut self, term: Term, into: &mut Vec<Observation>) {
        if (self.seen.role, self.seen.term) != (Role::Candidate, term) {
            into.push(Observation::BecameCandidate { term });
        }
        self.voted(term, self.id, into);
    }

    fn role(&mut self, after: &CoreView, into: &mut Vec<Observation>) {
        let CoreView { term, role, leader, .. } = *after;
        let hears_another = role == Role::Follower && leader != self.seen.leader;
        if (term, role) == (self.seen.term, self.seen.role) && !hears_another {
            return;
        }
        into.push(match role {
            Role::Follower => Observation::BecameFollower { term, leader },
            Role::PreCandidate => Observation::BecamePreCandidate { term },
            Role::Candidate => Observation::BecameCandidate { term },
            Role::Leader => return,
        });
    }

    /// Cuts the log where the first new entry stands, or behind its end.
    fn truncate(&mut self, after: &CoreView, appended: &[NewEntry], into: &mut Vec<Observation>) {
        let from = appended.first().map_or(after.last.index.next(), |new| new.entry.index);
        if from > self.seen.last.index {
            return;
        }
        into.push(Observation::Truncated { from });
        let known = self.configurations.len();
        self.configurations.retain(|(index, _)| *index < from);
        let is_replaced = appended.iter().any(|new| new.membership.is_some());
        if self.configurations.len() < known
            && let Some((index, membership)) = self.configurations.last().copied()
            // A core that goes on with the configuration that is gone breaks a rule, and must not be made to look
            // right.
            && (is_replaced || membership == after.membership)
        {
            into.push(Observation::Configured { index, membership });
        }
    }

    /// Adds `entries` to the log, and commits as soon as the log reaches `commit`.
    fn append(&mut self, entries: &[NewEntry], commit: EntryId, into: &mut Vec<Observation>) {
        let first = entries.first().map_or(LogIndex(u64::MAX), |new| new.entry.index);
        if commit.index < first {
            self.commit(commit, into);
        }
        for NewEntry { entry, payload, request, membership } in entries.iter().copied() {
            into.push(Observation::Appended { entry, payload, request });
            self.seen.last = entry;
            if let Some(membership) = membership {
                self.configurations.push((entry.index, membership));
                into.push(Observation::Configured { index: entry.index, membership });
            }
            if entry.index == commit.index {
                self.commit(commit, into);
            }
        }
        // The caller lists fewer entries than are committed: the rules say so.
        self.commit(commit, into);
    }

    fn commit(&mut self, entry: EntryId, into: &mut Vec<Observation>) {
        if entry == self.seen.commit {
            return;
        }
        self.seen.commit = entry;
        into.push(Observation::Committed { entry });
        // No truncation goes back behind a committed configuration.
        let committed = self.configurations.partition_point(|(index, _)| *index <= entry.index);
        self.configurations.drain(..committed.saturating_sub(1));
    }

    fn transfer(&mut self, after: &CoreView, into: &mut Vec<Observation>) {
        if after.transferee == self.seen.transferee {
            return;
        }
        let still_leads = after.role == Role::Leader && after.term == self.seen.term;
        if let Some(to) = self.seen.transferee.filter(|_| still_leads) {
            into.push(Observation::TransferAborted { to });
        }
        if let Some(to) = after.transferee {
            into.push(Observation::TransferStarted { to });
        }
    }
}

#[cfg(test)]
mod tests;
