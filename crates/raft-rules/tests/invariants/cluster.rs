//! A cluster that reports as the test tells it to: the vocabulary of these tests.

use env::{ClientId, Completion, Instant, NodeId, NodeSet, RequestId, SyncId, mix};
use raft_rules::Checker;
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};
use sim::{Invariant, Moment, Violation};

/// Feeds a checker. A report through its methods must be legal; an illegal report goes through `says`.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) checker: Checker,
    moment: Moment,
    syncs: u64,
}

pub(crate) const N1: NodeId = NodeId(1);
pub(crate) const N2: NodeId = NodeId(2);
pub(crate) const N3: NodeId = NodeId(3);
pub(crate) const N4: NodeId = NodeId(4);
pub(crate) const N5: NodeId = NodeId(5);

/// The entry `index@term`.
pub(crate) fn e(index: u64, term: u64) -> EntryId {
    EntryId::new(index, term)
}

pub(crate) fn set(nodes: &[NodeId]) -> NodeSet {
    nodes.iter().copied().collect()
}

/// The request `c1#seq`.
pub(crate) fn c1(seq: u64) -> RequestId {
    RequestId { client: ClientId(1), seq }
}

/// The request `c2#seq`.
pub(crate) fn c2(seq: u64) -> RequestId {
    RequestId { client: ClientId(2), seq }
}

/// The payload of every entry of that id.
pub(crate) fn payload(entry: EntryId) -> u64 {
    mix(entry.term.0, entry.index.0)
}

/// The state after applying that entry, and all before it.
pub(crate) fn state(entry: EntryId) -> u64 {
    mix(17, payload(entry))
}

impl Cluster {
    /// Nodes n1 to this, all blank and booted.
    pub(crate) fn of(nodes: u8) -> Cluster {
        let initial = Membership::of(NodeSet::first(nodes));
        let checker = Checker::new(initial);
        let mut cluster = Cluster { checker, moment: Moment::default(), syncs: 0 };
        for node in NodeSet::first(nodes).iter() {
            cluster.boots(node, 0, None, EntryId::ZERO, EntryId::ZERO);
            cluster.says_well(node, Observation::Configured { index: LogIndex(0), membership: initial });
        }
        cluster
    }

    /// Three nodes; n1 leads term 1 and has committed and applied 1@1 everywhere.
    pub(crate) fn settled() -> Cluster {
        let mut cluster = Cluster::of(3);
        cluster.elect(N1, 1, &[N2]);
        cluster.replicate(&[N1, N2, N3], e(1, 1));
        for node in [N1, N2, N3] {
            cluster.commits(node, e(1, 1));
            cluster.applies(node, e(1, 1));
        }
        cluster
    }

    pub(crate) fn says(&mut self, node: NodeId, observation: Observation) -> Result<(), Box<Violation>> {
        let at = self.next_moment();
        self.checker.observe(at, node, &observation)
    }

    pub(crate) fn says_well(&mut self, node: NodeId, observation: Observation) {
        if let Err(violation) = self.says(node, observation) {
            panic!("{node} {observation} is legal, but: {violation}");
        }
    }

    pub(crate) fn next_moment(&mut self) -> Moment {
        self.moment.event += 1;
        self.moment.time = Instant(self.moment.time.0 + 1_000_000);
        self.moment
    }

    pub(crate) fn last(&self, node: NodeId) -> EntryId {
        self.checker.view().node(node).last
    }

    /// All that the node has said so far becomes durable.
    pub(crate) fn syncs(&mut self, node: NodeId) {
        let sync = self.asks_sync(node);
        self.checker.synced(node, sync);
    }

    pub(crate) fn asks_sync(&mut self, node: NodeId) -> SyncId {
        self.syncs += 1;
        self.checker.sync_requested(node, SyncId(self.syncs));
        SyncId(self.syncs)
    }

    pub(crate) fn follows(&mut self, node: NodeId, term: u64, leader: Option<NodeId>) {
        self.says_well(node, Observation::BecameFollower { term: Term(term), leader });
    }

    pub(crate) fn stands(&mut self, node: NodeId, term: u64) {
        self.says_well(node, Observation::BecameCandidate { term: Term(term) });
        self.syncs(node);
        self.votes(node, term, node);
    }

    pub(crate) fn votes(&mut self, node: NodeId, term: u64, candidate: NodeId) {
        self.syncs(node);
        self.says_well(node, Observation::Voted { term: Term(term), candidate });
    }

    pub(crate) fn leads(&self, node: NodeId, term: u64) -> Observation {
        Observation::BecameLeader { term: Term(term), last: self.last(node) }
    }

    /// An election as it should be, with these votes besides the winner's own.
    pub(crate) fn elect(&mut self, winner: NodeId, term: u64, voters: &[NodeId]) {
        self.stands(winner, term);
        for voter in voters {
            self.follows(*voter, term, None);
            self.votes(*voter, term, winner);
        }
        let leads = self.leads(winner, term);
        self.says_well(winner, leads);
    }

    pub(crate) fn appended(entry: EntryId) -> Observation {
        Observation::Appended { entry, payload: payload(entry), request: None }
    }

    pub(crate) fn appends(&mut self, node: NodeId, entry: EntryId) {
        self.says_well(node, Cluster::appended(entry));
    }

    /// These nodes append the entry, durably; the leader first.
    pub(crate) fn replicate(&mut self, nodes: &[NodeId], entry: EntryId) {
        for node in nodes {
            self.appends(*node, entry);
            self.syncs(*node);
        }
    }

    /// These nodes append an operation, durably; the leader first.
    pub(crate) fn replicate_request(&mut self, nodes: &[NodeId], entry: EntryId, request: RequestId) {
        for node in nodes {
            self.says_well(*node, Observation::Appended { entry, payload: payload(entry), request: Some(request) });
            self.syncs(*node);
        }
    }

    pub(crate) fn truncates(&mut self, node: NodeId, from: u64) {
        self.says_well(node, Observation::Truncated { from: LogIndex(from) });
    }

    pub(crate) fn commits(&mut self, node: NodeId, entry: EntryId) {
        self.says_well(node, Observation::Committed { entry });
    }

    pub(crate) fn applied(entry: EntryId, request: Option<RequestId>, executed: bool) -> Observation {
        Observation::Applied { entry, state: state(entry), request, executed }
    }

    pub(crate) fn applies(&mut self, node: NodeId, entry: EntryId) {
        self.says_well(node, Cluster::applied(entry, None, false));
    }

    /// A write of c1 from the leader n1's hands to its client: replicated to all, committed, applied by n1,
    /// acknowledged.
    pub(crate) fn write(&mut self, entry: EntryId, request: RequestId) {
        self.invokes_write(request);
        self.replicate_request(&[N1, N2, N3], entry, request);
        self.commits(N1, entry);
        self.says_well(N1, Cluster::applied(entry, Some(request), true));
        self.says_well(N1, Observation::WriteAcknowledged { request, entry: Some(entry) });
        self.completes(request, &Completion::Ok(true)).expect("a good write");
    }

    pub(crate) fn takes_snapshot(&mut self, node: NodeId, last: EntryId) {
        self.says_well(node, Observation::SnapshotTaken { last, state: state(last) });
    }

    pub(crate) fn installs(last: EntryId, log_kept: bool) -> Observation {
        Observation::SnapshotInstalled { last, state: state(last), log_kept }
    }

    pub(crate) fn configured(index: u64, membership: Membership) -> Observation {
        Observation::Configured { index: LogIndex(index), membership }
    }

    /// The leader appends a configuration, and so do the others.
    pub(crate) fn reconfigure(&mut self, nodes: &[NodeId], entry: EntryId, membership: Membership) {
        for node in nodes {
            self.appends(*node, entry);
            self.says_well(*node, Cluster::configured(entry.index.0, membership));
            self.syncs(*node);
        }
    }

    pub(crate) fn stops(&mut self, node: NodeId) {
        self.checker.stopped(node);
    }

    pub(crate) fn recovered(term: u64, voted_for: Option<NodeId>, snapshot: EntryId, last: EntryId) -> Observation {
        let state = if snapshot == EntryId::ZERO { 0 } else { state(snapshot) };
        Observation::Recovered { term: Term(term), voted_for, snapshot, last, state }
    }

    pub(crate) fn boots(
        &mut self,
        node: NodeId,
        term: u64,
        voted_for: Option<NodeId>,
        snapshot: EntryId,
        last: EntryId,
    ) {
        self.says_well(node, Cluster::recovered(term, voted_for, snapshot, last));
    }

    pub(crate) fn invokes_read(&mut self, request: RequestId) {
        self.checker.invoked(request, true);
    }

    pub(crate) fn invokes_write(&mut self, request: RequestId) {
        self.checker.invoked(request, false);
    }

    pub(crate) fn completes(
        &mut self,
        request: RequestId,
        completion: &Completion<bool>,
    ) -> Result<(), Box<Violation>> {
        let at = self.next_moment();
        self.checker.completed(at, request, completion)
    }

    pub(crate) fn serves(request: RequestId, applied: u64) -> Observation {
        Observation::ReadServed { request, applied: LogIndex(applied) }
    }

    pub(crate) fn reads(&mut self, node: NodeId, request: RequestId, applied: u64) {
        self.says_well(node, Cluster::serves(request, applied));
        self.completes(request, &Completion::Ok(false)).expect("a good read");
    }
}

/// The rule that must have been broken, and how that is told.
#[track_caller]
pub(crate) fn breaks(verdict: Result<(), Box<Violation>>, invariant: Invariant, message: &str) {
    let violation = verdict.expect_err("nothing was noticed");
    assert_eq!((violation.invariant, violation.message.as_str()), (invariant, message));
}
