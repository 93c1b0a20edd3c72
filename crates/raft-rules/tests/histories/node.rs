//! One server of the model: its disk and its memory.

use std::collections::BTreeSet;

use env::{NodeId, NodeSet, RequestId, mix};
use raft_rules::Role;
use raft_types::{EntryId, LogIndex, Membership, Term};

/// An entry of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) request: Option<RequestId>,
    pub(crate) membership: Option<Membership>,
}

impl Entry {
    pub(crate) fn payload(&self) -> u64 {
        let voters = self.membership.map_or(0, |membership| membership.all_voters().len() as u64 + 1);
        mix(voters, self.request.map_or(0, |request| request.seq))
    }
}

/// The state machine: the operations it executed, and a digest of their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    values: u64,
    executed: BTreeSet<RequestId>,
}

impl Machine {
    pub(crate) fn digest(&self) -> u64 {
        self.executed.iter().fold(self.values, |digest, request| mix(digest, request.seq))
    }

    /// True if the operation was executed.
    pub(crate) fn apply(&mut self, request: Option<RequestId>, checks_duplicates: bool) -> bool {
        let Some(request) = request else { return false };
        let is_new = self.executed.insert(request);
        if is_new || !checks_duplicates {
            self.values = mix(self.values, mix(u64::from(request.client.0), request.seq));
        }
        is_new || !checks_duplicates
    }

    pub(crate) fn forget_sessions(&mut self) {
        self.executed.clear();
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) last: EntryId,
    pub(crate) machine: Machine,
    pub(crate) membership: Membership,
}

/// The state written to disk.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) term: u64,
    pub(crate) vote: Option<NodeId>,
    pub(crate) snapshot: Snapshot,
    /// The log from the entry behind `base` on; the snapshot may reach further.
    pub(crate) base: EntryId,
    pub(crate) log: Vec<Entry>,
}

impl Files {
    pub(crate) fn blank(membership: Membership) -> Files {
        let snapshot = Snapshot { last: EntryId::ZERO, machine: Machine::default(), membership };
        Files { term: 0, vote: None, snapshot, base: EntryId::ZERO, log: Vec::new() }
    }

    pub(crate) fn last(&self) -> EntryId {
        self.log.last().map_or(self.base, |entry| entry.id)
    }

    /// The entry at `index`; `None` if there is none or it was compacted away.
    pub(crate) fn at(&self, index: u64) -> Option<&Entry> {
        self.log.get(usize::try_from(index.checked_sub(self.base.index.0 + 1)?).ok()?)
    }

    pub(crate) fn id_at(&self, index: u64) -> Option<EntryId> {
        if index == self.base.index.0 { Some(self.base) } else { self.at(index).map(|entry| entry.id) }
    }

    pub(crate) fn holds(&self, id: EntryId) -> bool {
        self.id_at(id.index.0) == Some(id)
    }

    pub(crate) fn truncate(&mut self, from: u64) {
        self.log.truncate((from - self.base.index.0 - 1) as usize);
    }

    pub(crate) fn compact(&mut self, through: u64) {
        let Some(base) = self.id_at(through) else { return };
        self.log.drain(..(through - self.base.index.0) as usize);
        self.base = base;
    }

    /// The configuration in use, and where it stands.
    pub(crate) fn configuration(&self) -> (LogIndex, Membership) {
        let in_log = self.log.iter().rev().find_map(|entry| Some((entry.id.index, entry.membership?)));
        in_log
            .filter(|(index, _)| *index > self.snapshot.last.index)
            .unwrap_or((self.snapshot.last.index, self.snapshot.membership))
    }
}

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) is_up: bool,
    /// The files as the node sees them.
    pub(crate) files: Files,
    /// Counts the writes to them.
    pub(crate) version: u64,
    /// Up to this write they are durable.
    pub(crate) durable: u64,
    /// The files after each write that is not durable, and the durable ones first.
    pub(crate) images: Vec<(u64, Files)>,
    /// The sync under way, and the write it covers.
    pub(crate) syncing: Option<(u64, u64)>,
    /// The durable snapshot that was reported.
    pub(crate) reported: EntryId,
    pub(crate) role: Role,
    pub(crate) leader: Option<NodeId>,
    pub(crate) votes: NodeSet,
    pub(crate) commit: u64,
    pub(crate) applied: EntryId,
    pub(crate) machine: Machine,
    pub(crate) next: Vec<u64>,
    pub(crate) matched: Vec<u64>,
    /// Used instead of the log's if a rollback was forgotten.
    pub(crate) stale_membership: Option<Membership>,
}

impl Node {
    pub(crate) fn boot(files: Files, version: u64, durable: u64, images: Vec<(u64, Files)>) -> Node {
        Node {
            is_up: true,
            version,
            durable,
            images,
            syncing: None,
            reported: files.snapshot.last,
            role: Role::Follower,
            leader: None,
            votes: NodeSet::EMPTY,
            commit: files.snapshot.last.index.0,
            applied: files.snapshot.last,
            machine: files.snapshot.machine.clone(),
            next: vec![1; 64],
            matched: vec![0; 64],
            stale_membership: None,
            files,
        }
    }

    pub(crate) fn term(&self) -> Term {
        Term(self.files.term)
    }

    pub(crate) fn membership(&self) -> Membership {
        self.stale_membership.unwrap_or_else(|| self.files.configuration().1)
    }

    /// The files have changed.
    pub(crate) fn wrote(&mut self) {
        self.version += 1;
        self.images.push((self.version, self.files.clone()));
    }
}
