//! The checker: takes the events of a run in their order, judges each by every invariant, and keeps the record.

use env::{Completion, NodeId, RequestId, SyncId};
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};

use crate::invariants::acknowledged_writes::AcknowledgedWrites;
use crate::invariants::election_safety::ElectionSafety;
use crate::invariants::linearizable_reads::LinearizableReads;
use crate::invariants::one_majority::{Changes, InUse, OneMajority};
use crate::invariants::state_machine_safety::By;
use crate::invariants::{
    durability, exactly_once, leader_append_only, leader_completeness, log_matching, monotonicity, one_vote,
    quorum_write_blocking, state_machine_safety,
};
use crate::outcomes::Outcome;
use crate::record::{Committed, Record};
use crate::{ClusterView, NodeView, Role};
use sim::Checked;
use sim::Moment;

/// Judges a run while it goes.
///
/// It is told of these events, in the order in which they happen:
/// 1. the observations of nodes ([`observe`](Checker::observe)), the syncs of their disks
///    ([`sync_requested`](Checker::sync_requested) after the observations that came with it,
///    [`synced`](Checker::synced)), their stops ([`stopped`](Checker::stopped)), and disks destroyed by faults
///    ([`disk_lost`](Checker::disk_lost));
/// 2. the operations of clients and their answers ([`invoked`](Checker::invoked), [`completed`](Checker::completed));
/// 3. the end of the run ([`finished`](Checker::finished)).
///
/// After the first violation it must not be told anything more: its record ends there.
#[derive(Clone, Debug)]
pub struct Checker {
    record: Record,
    election_safety: ElectionSafety,
    one_majority: OneMajority,
    acknowledged_writes: AcknowledgedWrites,
    linearizable_reads: LinearizableReads,
}

impl Checker {
    /// For a cluster that begins with this configuration.
    pub fn new(initial: Membership) -> Checker {
        Checker::remembering(initial, REMEMBERED_MAX)
    }

    /// The same, for servers that begin to use a configuration then.
    #[must_use]
    pub fn configured(mut self, in_use: InUse) -> Checker {
        self.one_majority.in_use = in_use;
        self
    }

    /// The same, for a cluster whose configurations follow one another so.
    #[must_use]
    pub fn changing(mut self, changes: Changes) -> Checker {
        self.one_majority.changes = changes;
        self
    }

    /// The same, remembering at most so many entries behind the commit index while some node lags behind them all. Of a
    /// node that lags so far little is judged until it has caught up.
    pub fn remembering(initial: Membership, entries_max: u64) -> Checker {
        Checker {
            record: Record::new(initial, entries_max),
            election_safety: ElectionSafety::default(),
            one_majority: OneMajority::new(initial),
            acknowledged_writes: AcknowledgedWrites::default(),
            linearizable_reads: LinearizableReads::default(),
        }
    }

    /// The cluster as its nodes describe it.
    pub fn view(&self) -> &ClusterView {
        &self.record.view
    }

    /// A node reports an observation.
    ///
    /// # Errors
    /// The invariant that this breaks.
    pub fn observe(&mut self, at: Moment, node: NodeId, observation: &Observation) -> Checked {
        match *observation {
            Observation::Appended { entry, payload, request } => self.appended(at, node, entry, payload, request),
            Observation::Committed { entry } => self.committed(at, node, entry),
            Observation::Applied { entry, state, request, executed } => {
                self.applied(at, node, entry, Outcome::new(state, request, executed), request)
            }
            Observation::WriteAcknowledged { request, entry } => {
                self.acknowledged_writes.acknowledged(&self.record, at, node, request, entry)
            }
            Observation::ReadServed { request, applied } => {
                self.linearizable_reads.served(&mut self.record, at, node, request, applied)
            }
            Observation::BecameFollower { term, leader } => self.role(at, node, Role::Follower, term, leader),
            Observation::BecamePreCandidate { term } => self.role(at, node, Role::PreCandidate, term, None),
            Observation::BecameCandidate { term } => {
                self.one_majority.uses_latest(&self.record, at, node)?;
                self.role(at, node, Role::Candidate, term, None)
            }
            Observation::BecameLeader { term, last } => self.leads(at, node, term, last),
            Observation::Voted { term, candidate } => {
                one_vote::voted(&mut self.record, at, node, term, candidate)?;
                self.election_safety.voted(node, term, candidate);
                Ok(())
            }
            Observation::Truncated { from } => self.truncated(at, node, from),
            Observation::Configured { index, membership } => {
                self.one_majority.configured(&self.record, at, node, index, membership)?;
                self.record.view.configured(node, index, membership);
                Ok(())
            }
            Observation::Recovered { term, voted_for, snapshot, last, state } => {
                let found = NodeView { term, snapshot, last, state, ..NodeView::default() };
                self.recovered(at, node, found, voted_for)
            }
            Observation::SnapshotTaken { last, state } => {
                state_machine_safety::snapshot(&self.record, at, node, last, state, By::Taking)?;
                let view = self.record.view.node_mut(node);
                view.snapshot = newer(view.snapshot, last);
                Ok(())
            }
            Observation::SnapshotInstalled { last, state, log_kept } => self.installed(at, node, last, state, log_kept),
            Observation::Compacted { through } => durability::compacted(&self.record, at, node, through),
            Observation::TransferStarted { .. } | Observation::TransferAborted { .. } | Observation::Noted { .. } => {
                Ok(())
            }
            // Packages of one version fit one another alone, so none is passed over in silence.
            _ => unreachable!("the rules of Raft know nothing of: {observation}"),
        }
    }

    /// A node has asked its disk to make its writes so far durable. Told by the disk, never by the node, and after the
    /// observations of the same step: a node writes an entry, reports it appended, and asks for the sync, all in one
    /// step, and the sync covers the entry.
    pub fn sync_requested(&mut self, node: NodeId, sync: SyncId) {
        let writes = self.record.writes(node);
        self.record.disk_mut(node).sync_requested(sync, writes);
    }

    /// A sync has completed: told by the disk, before the node hears of it. A sync that failed is not told.
    pub fn synced(&mut self, node: NodeId, sync: SyncId) {
        if self.record.disk_mut(node).synced(sync) {
            self.forget();
        }
    }

    /// A node crashed, was killed, or halted: its memory is gone.
    pub fn stopped(&mut self, node: NodeId) {
        self.record.view.stopped(node);
        self.record.disk_mut(node).stopped();
    }

    /// A node was killed, and the machine's page cache outlives it: state read at its next boot need not be durable.
    /// Sharper than [`stopped`](Checker::stopped), which leaves it open: a booted node that vouches for state it has
    /// read before it has synced that state is then noticed.
    pub fn killed(&mut self, node: NodeId) {
        self.stopped(node);
        self.record.disk_mut(node).was_killed = true;
    }

    /// A fault has destroyed a node's files, or some of them: its next boot need not find the state it held.
    pub fn disk_lost(&mut self, node: NodeId) {
        self.record.disk_mut(node).is_lost = true;
    }

    /// A node has found its own files unusable, and refuses to start.
    ///
    /// # Errors
    /// Durability, if no fault has destroyed anything: a node must be able to read its own files.
    pub fn boot_refused(&mut self, at: Moment, node: NodeId, reason: &str) -> Checked {
        durability::refused(&self.record, at, node, reason)
    }

    /// A client begins an operation, which leaves the store as it is if it is a read.
    pub fn invoked(&mut self, request: RequestId, is_read: bool) {
        self.linearizable_reads.invoked(&mut self.record, request, is_read);
    }

    /// A client's operation has ended; if well, it says whether it changed something.
    ///
    /// # Errors
    /// The invariant that this breaks.
    pub fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion<bool>) -> Checked {
        let client = self.record.requests.client_mut(request.client);
        let Some(outstanding) = client.outstanding.take_if(|outstanding| outstanding.seq == request.seq) else {
            return Ok(());
        };
        match completion {
            Completion::Ok(changed) => {
                if *changed && !outstanding.is_read {
                    self.acknowledged_writes.completed(&self.record, at, request)?;
                }
                self.linearizable_reads.completed(&self.record, request, &outstanding);
                Ok(())
            }
            Completion::Fail if !outstanding.is_read => exactly_once::failed(&mut self.record, at, request),
            Completion::Fail | Completion::Info => Ok(()),
        }
    }

    /// The run is over. To be asked once, when the calm phase has ended or the run is given up.
    ///
    /// # Errors
    /// The invariant that the final state breaks.
    pub fn finished(&mut self, at: Moment) -> Checked {
        self.acknowledged_writes.stay(&self.record, at)
    }

    fn appended(
        &mut self,
        at: Moment,
        node: NodeId,
        entry: EntryId,
        payload: u64,
        request: Option<RequestId>,
    ) -> Checked {
        let record = &mut self.record;
        leader_append_only::appended(record, at, node, entry)?;
        durability::appended(record, at, node, entry)?;
        log_matching::appended(record, at, node, entry, payload, request)?;
        record.disk_mut(node).removed = None;
        record.view.node_mut(node).last = entry;
        Ok(())
    }

    fn committed(&mut self, at: Moment, node: NodeId, entry: EntryId) -> Checked {
        let record = &mut self.record;
        monotonicity::committed(record, at, node, entry)?;
        state_machine_safety::committed(record, at, node, entry)?;
        if entry.index > record.committed.entry.index {
            leader_completeness::committed(record, at, node, entry)?;
            quorum_write_blocking::committed(record, at, node, entry)?;
            record.committed = Committed { entry, by: node, in_term: record.view.node(node).term };
        }
        record.view.node_mut(node).commit_index = entry.index;
        if record.is_overfull() {
            self.forget();
        }
        Ok(())
    }

    fn applied(
        &mut self,
        at: Moment,
        node: NodeId,
        entry: EntryId,
        outcome: Outcome,
        request: Option<RequestId>,
    ) -> Checked {
        let record = &mut self.record;
        monotonicity::applied(record, at, node, entry)?;
        state_machine_safety::applied(record, at, node, entry)?;
        if let Some(first) = record.outcomes.at(entry.index) {
            exactly_once::same(at, node, entry, first, outcome)?;
            state_machine_safety::same_state(at, node, entry, first, outcome.state)?;
        } else {
            if let Some(request) = request.filter(|_| outcome.is_executed()) {
                exactly_once::executed(record, at, node, entry, request)?;
            }
            record.outcomes.note(entry.index, outcome);
        }
        let view = record.view.node_mut(node);
        view.last_applied = entry.index;
        view.state = outcome.state;
        Ok(())
    }

    fn role(&mut self, at: Moment, node: NodeId, role: Role, term: Term, leader: Option<NodeId>) -> Checked {
        monotonicity::term(&self.record, at, node, term)?;
        self.record.view.set_role(node, role, term, leader);
        Ok(())
    }

    fn leads(&mut self, at: Moment, node: NodeId, term: Term, last: EntryId) -> Checked {
        self.election_safety.leads(&self.record, at, node, term)?;
        log_matching::leads(&self.record, at, node, last)?;
        leader_completeness::leads(&self.record, at, node, term, last)?;
        self.one_majority.uses_latest(&self.record, at, node)?;
        self.role(at, node, Role::Leader, term, Some(node))
    }

    fn truncated(&mut self, at: Moment, node: NodeId, from: LogIndex) -> Checked {
        let record = &mut self.record;
        leader_append_only::truncated(record, at, node, from)?;
        state_machine_safety::truncated(record, at, node, from)?;
        log_matching::truncated(record, at, node, from)?;
        let last = record.view.node(node).last;
        let removed = record.logs.entry_at(last, from);
        // Of a term that is forgotten only the index is known; such a log is not judged until it has caught up.
        let kept = record.logs.entry_at(last, from.prev()).unwrap_or(EntryId { term: Term(0), index: from.prev() });
        let disk = record.disk_mut(node);
        disk.removed = removed.filter(|_| disk.durable.last.index >= from);
        disk.cut(kept);
        record.view.node_mut(node).last = kept;
        Ok(())
    }

    fn installed(&mut self, at: Moment, node: NodeId, last: EntryId, state: u64, log_kept: bool) -> Checked {
        let record = &mut self.record;
        leader_append_only::installed(record, at, node, last)?;
        monotonicity::installed(record, at, node, last)?;
        state_machine_safety::snapshot(record, at, node, last, state, By::Installing)?;
        log_matching::installed(record, at, node, last, log_kept)?;
        durability::installed(record, at, node, last, log_kept)?;
        if !log_kept {
            let logs = &record.logs;
            record.disks[node.index()].replace(|tip| logs.common(tip, last).unwrap_or_default());
            record.disk_mut(node).removed = None;
            record.view.node_mut(node).last = last;
        }
        let view = record.view.node_mut(node);
        view.snapshot = newer(view.snapshot, last);
        view.commit_index = view.commit_index.max(last.index);
        view.last_applied = last.index;
        view.state = state;
        Ok(())
    }

    /// `found` is the state that the node has read from its files.
    fn recovered(&mut self, at: Moment, node: NodeId, found: NodeView, voted_for: Option<NodeId>) -> Checked {
        self.stopped(node);
        let record = &mut self.record;
        let (snapshot, last) = (found.snapshot, found.last);
        log_matching::recovered(record, at, node, snapshot, last)?;
        state_machine_safety::snapshot(record, at, node, snapshot, found.state, By::Recovering)?;
        durability::recovered(record, at, node, &found, voted_for)?;
        if snapshot == EntryId::ZERO {
            record.outcomes.note(LogIndex(0), Outcome::new(found.state, None, false));
        }
        let common = record.logs.common(record.disk(node).durable.last, last).unwrap_or_default();
        let was_lost = record.disk(node).is_lost;
        record.disk_mut(node).booted(last, common, snapshot, found.term);
        record.known.insert(node);
        let before = record.view.node(node);
        let view = NodeView {
            is_running: true,
            commit_index: snapshot.index,
            last_applied: snapshot.index,
            // The node reports the configuration it uses next, or has reported it just now.
            membership: before.membership,
            configured_at: before.configured_at,
            ..found
        };
        record.view.booted(node, view);
        if was_lost { self.acknowledged_writes.stay(&self.record, at) } else { Ok(()) }
    }

    /// Drops the entries below the record's floor.
    fn forget(&mut self) {
        let floor = self.record.floor();
        if floor > self.record.logs.floor() {
            self.one_majority.forget_below(&self.record, LogIndex(floor));
            self.record.logs.forget_below(floor);
            self.record.outcomes.forget_below(floor);
        }
    }
}

/// The entries that a checker remembers by default: some 6 MiB.
const REMEMBERED_MAX: u64 = 1 << 18;

fn newer(a: EntryId, b: EntryId) -> EntryId {
    if a.index < b.index { b } else { a }
}
