//! The checker's own record of the cluster, from which every invariant is judged.

use env::{NodeId, NodeSet};
use raft_types::{EntryId, LogIndex, Membership, Term};

use crate::ClusterView;
use crate::disks::{Disk, Durable};
use crate::logs::Logs;
use crate::outcomes::Outcomes;
use crate::requests::Requests;

/// The highest committed entry. It names all committed entries, since they are one log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committed {
    /// The entry.
    pub(crate) entry: EntryId,
    /// The node that first reported it committed.
    pub(crate) by: NodeId,
    /// The term of that node at the time. The leader of every later term has the entry.
    pub(crate) in_term: Term,
}

/// Everything that more than one invariant looks at.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) view: ClusterView,
    pub(crate) logs: Logs,
    /// By [`NodeId::index`].
    pub(crate) disks: Vec<Disk>,
    pub(crate) committed: Committed,
    pub(crate) outcomes: Outcomes,
    pub(crate) requests: Requests,
    /// The nodes that ever booted.
    pub(crate) known: NodeSet,
    /// So many entries behind the commit index are remembered at most.
    remembered_max: u64,
}

impl Record {
    pub(crate) fn new(initial: Membership, remembered_max: u64) -> Record {
        Record {
            view: ClusterView::new(initial),
            logs: Logs::default(),
            disks: vec![Disk::default(); NodeId::MAX.index() + 1],
            committed: Committed { entry: EntryId::ZERO, by: NodeId(0), in_term: Term(0) },
            outcomes: Outcomes::default(),
            requests: Requests::default(),
            known: NodeSet::EMPTY,
            remembered_max,
        }
    }

    pub(crate) fn disk(&self, node: NodeId) -> &Disk {
        &self.disks[node.index()]
    }

    pub(crate) fn disk_mut(&mut self, node: NodeId) -> &mut Disk {
        &mut self.disks[node.index()]
    }

    /// The part of `node`'s state that a sync requested now will make durable.
    pub(crate) fn writes(&self, node: NodeId) -> Durable {
        let view = self.view.node(node);
        Durable { last: view.last, snapshot: view.snapshot, term: view.term }
    }

    /// The committed entry at `index`; `None` if none is or it is forgotten.
    pub(crate) fn committed_at(&self, index: LogIndex) -> Option<EntryId> {
        if index > self.committed.entry.index { None } else { self.logs.entry_at(self.committed.entry, index) }
    }

    /// True if `entry` is committed; a forgotten entry counts as committed.
    pub(crate) fn is_committed(&self, entry: EntryId) -> bool {
        self.logs.holds(self.committed.entry, entry)
    }

    /// True if `node`'s log holds `entry`, durably or not.
    pub(crate) fn holds(&self, node: NodeId, entry: EntryId) -> bool {
        self.logs.holds(self.view.node(node).last, entry)
    }

    /// The nodes of `among` that hold `entry` durably, or did until their disk was lost.
    pub(crate) fn durable_on(&self, among: NodeSet, entry: EntryId) -> NodeSet {
        among.iter().filter(|node| self.logs.holds(self.disk(*node).held, entry)).collect()
    }

    /// The index below which nothing needs to be kept: every node that may boot again has a durable snapshot there. A
    /// node that lags too far behind is not waited for.
    pub(crate) fn floor(&self) -> u64 {
        let needed = self
            .known
            .iter()
            .filter(|node| self.view.running().contains(*node) || !self.disk(*node).is_lost)
            .map(|node| self.disk(node).floor())
            .min();
        needed.map_or(0, |index| index.0).max(self.committed.entry.index.0.saturating_sub(self.remembered_max))
    }

    /// True if the record has grown so far beyond its bound that it is worth the trouble to cut it.
    pub(crate) fn is_overfull(&self) -> bool {
        self.committed.entry.index.0 - self.logs.floor() > self.remembered_max + self.remembered_max / 64
    }
}
