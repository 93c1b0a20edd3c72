//! The net around a Raft cluster.

use std::any::Any;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::time::Duration;

use env::{ClientId, Completion, Instant, NodeId, NodeSet};
use raft_types::{Membership, Observation};
use sim::{
    Aim, Answer, Checked, Demand, Moment, Net, Note, Op, OperatorAction, Owed, Reach, Seen, Standing, Stopped, Tally,
};

use crate::milestones::Watch;
use crate::{AIMS, Changes, Checker, ClusterView, InUse, RaftMilestone, calm};

/// A requested change of the membership may come so much later than its last request.
const MAY_COME_LATE: Duration = Duration::from_secs(30);

/// A note that may report a server's work on a replicated log, in the words of the Raft paper.
pub trait RaftNote: Note {
    /// The report; `None` if the note is about something else.
    fn observation(&self) -> Option<&Observation>;
}

impl RaftNote for Observation {
    fn observation(&self) -> Option<&Observation> {
        Some(self)
    }
}

/// The net around a cluster that keeps a log by Raft: the invariants of the paper, its milestones, and the demands of
/// the calm phase on a leader and its followers. It is usable by any Raft whose servers note [`Observation`]s.
#[derive(Debug)]
pub struct RaftNet<O, A, N = Observation> {
    checker: Checker,
    watch: Watch,
    clients: Option<Clients<O, A>>,
    /// The configurations that an operator has asked for, and until when they may come to be in force.
    asked_for: Vec<(Membership, Instant)>,
    performed: VecDeque<(NodeId, OperatorAction)>,
    /// The node that a leader asks to take over, unless that was given up.
    transfer_to: Option<NodeId>,
    are_links_cut: bool,
    writes_acknowledged: u64,
    notes: PhantomData<fn() -> N>,
}

/// How to read the operations of clients as entries of the log.
#[derive(Debug)]
struct Clients<O, A> {
    is_read: fn(&O) -> bool,
    has_changed: fn(&A) -> bool,
    /// By client id: whether the last operation that the client began is a read.
    reads: Vec<bool>,
}

impl<O, A> Clone for Clients<O, A> {
    fn clone(&self) -> Self {
        Clients { is_read: self.is_read, has_changed: self.has_changed, reads: self.reads.clone() }
    }
}

impl<O, A> Clients<O, A> {
    /// The flag of a client: true if its last operation is a read.
    fn read(&mut self, client: ClientId) -> &mut bool {
        let place = client.0 as usize;
        if place >= self.reads.len() {
            self.reads.resize(place + 1, false);
        }
        &mut self.reads[place]
    }
}

impl<O, A, N> Clone for RaftNet<O, A, N> {
    fn clone(&self) -> Self {
        let RaftNet {
            checker,
            watch,
            clients,
            asked_for,
            performed,
            transfer_to,
            are_links_cut,
            writes_acknowledged,
            ..
        } = self;
        RaftNet {
            checker: checker.clone(),
            watch: watch.clone(),
            clients: clients.clone(),
            asked_for: asked_for.clone(),
            performed: performed.clone(),
            transfer_to: *transfer_to,
            are_links_cut: *are_links_cut,
            writes_acknowledged: *writes_acknowledged,
            notes: PhantomData,
        }
    }
}

impl<O, A, N> RaftNet<O, A, N> {
    /// The net around a cluster that these voters found. Its followers give a leader up after `election_timeout` at the
    /// soonest.
    ///
    /// The operations of clients are not judged, unless [`answering`](RaftNet::answering) says how to read them: of No
    /// Acknowledged Write Lost, Exactly Once and Linearizable Reads only the part that servers note is judged.
    pub fn new(founders: NodeSet, election_timeout: Duration) -> RaftNet<O, A, N> {
        RaftNet {
            checker: Checker::new(Membership::of(founders)),
            watch: Watch::new(election_timeout),
            clients: None,
            asked_for: Vec::new(),
            performed: VecDeque::new(),
            transfer_to: None,
            are_links_cut: false,
            writes_acknowledged: 0,
            notes: PhantomData,
        }
    }

    /// The same for clients whose operations are entries of the log, and are judged by the fate of those entries. A
    /// read leaves the state as it is; a write's answer says whether the write has changed the state.
    #[must_use]
    pub fn answering(mut self, is_read: fn(&O) -> bool, has_changed: fn(&A) -> bool) -> RaftNet<O, A, N> {
        self.clients = Some(Clients { is_read, has_changed, reads: Vec::new() });
        self
    }

    /// The same for servers that begin to use a configuration then.
    #[must_use]
    pub fn configured(mut self, in_use: InUse) -> RaftNet<O, A, N> {
        self.checker = self.checker.configured(in_use);
        self
    }

    /// The same for a cluster whose configurations follow one another so.
    #[must_use]
    pub fn changing(mut self, changes: Changes) -> RaftNet<O, A, N> {
        self.checker = self.checker.changing(changes);
        self
    }

    /// The cluster as its nodes describe it.
    pub fn view(&self) -> &ClusterView {
        self.checker.view()
    }

    /// How often a milestone was reached.
    pub fn count(&self, milestone: RaftMilestone) -> u64 {
        self.watch.count(milestone)
    }

    fn observed(&mut self, at: Moment, node: NodeId, observation: &Observation) -> Checked {
        // Before the checker: its view is then still the one before this observation.
        self.watch.observe(at.time, node, observation, self.checker.view(), self.are_links_cut);
        match *observation {
            Observation::BecameLeader { .. } => {
                if self.transfer_to == Some(node) {
                    self.performed.push_back((node, OperatorAction::TransferLeadership(node)));
                }
                self.transfer_to = None;
            }
            Observation::TransferStarted { to } => self.transfer_to = Some(to),
            Observation::TransferAborted { to } => {
                self.transfer_to.take_if(|asked| *asked == to);
            }
            Observation::SnapshotTaken { .. } => self.performed.push_back((node, OperatorAction::TakeSnapshot)),
            _ => {}
        }
        self.checker.observe(at, node, observation)
    }

    fn completed(&mut self, at: Moment, request: env::RequestId, completion: &Completion<A>) -> Checked {
        let Some(clients) = &mut self.clients else { return Ok(()) };
        let changed = |answer: &A| (clients.has_changed)(answer);
        let completion = match completion {
            Completion::Ok(answer) => Completion::Ok(changed(answer)),
            Completion::Fail => Completion::Fail,
            Completion::Info => Completion::Info,
        };
        if completion == Completion::Ok(true) && !*clients.read(request.client) {
            self.writes_acknowledged += 1;
        }
        self.checker.completed(at, request, &completion)
    }

    /// The configurations that may be in force, or come to be: the leader's, those that any node uses, and those that a
    /// change requested a while ago may yet bring.
    fn configurations_possible(&self, now: Instant) -> Vec<Membership> {
        let view = self.checker.view();
        let used = NodeSet::first(NodeId::MAX.0).iter().map(|node| view.node(node).membership);
        let asked_for = self.asked_for.iter().filter(|(_, until)| now <= *until).map(|(membership, _)| *membership);
        let mut all: Vec<Membership> = Vec::new();
        for membership in [view.membership()].into_iter().chain(used).chain(asked_for) {
            if !membership.voters.is_empty() && !all.contains(&membership) {
                all.push(membership);
            }
        }
        all
    }

    /// True if a correct system must come to a leader that all nodes that can talk, or a quorum of them, follow.
    fn must_lead(&self, reach: &Reach) -> bool {
        let view = self.checker.view();
        let in_force = view.membership();
        // A node that was cut off may use another configuration, and may alone hold the entry committed last.
        let used = in_force.members().intersection(reach.running()).iter().map(|node| view.node(node).membership);
        let mut configurations = vec![in_force];
        configurations.extend(used.filter(|membership| !membership.voters.is_empty()));
        configurations.iter().all(|membership| calm::has_core(membership, reach))
    }

    fn owed(&self, unmet: calm::Unmet, reach: &Reach) -> Owed {
        if self.must_lead(reach) { Owed::Lacks(unmet.lack()) } else { Owed::Waived }
    }
}

impl<O: Op, A: Answer, N: RaftNote> Net for RaftNet<O, A, N> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn aims() -> Vec<Aim> {
        AIMS.to_vec()
    }

    // As in a pair of nets.
    #[inline(always)]
    fn see(&mut self, at: Moment, seen: Seen<'_, O, A, N>) -> Checked {
        match seen {
            Seen::Noted(node, note) => match note.observation() {
                Some(observation) => self.observed(at, node, observation),
                None => Ok(()),
            },
            Seen::Invoked(request, operation) => {
                if let Some(clients) = &mut self.clients {
                    let is_read = (clients.is_read)(operation);
                    *clients.read(request.client) = is_read;
                    self.checker.invoked(request, is_read);
                }
                Ok(())
            }
            Seen::Completed(request, completion) => self.completed(at, request, completion),
            Seen::SyncRequested(node, sync) => {
                self.checker.sync_requested(node, sync);
                Ok(())
            }
            Seen::Synced(node, sync) => {
                self.checker.synced(node, sync);
                Ok(())
            }
            Seen::Stopped(node, how) => {
                self.watch.stops(at.time, node, self.checker.view());
                match how {
                    Stopped::Killed => self.checker.killed(node),
                    Stopped::PowerLost => self.checker.stopped(node),
                }
                Ok(())
            }
            Seen::DiskLost(node) => {
                self.checker.disk_lost(node);
                Ok(())
            }
            Seen::BootRefused(node, reason) => self.checker.boot_refused(at, node, reason),
            Seen::LinksCut(are_cut) => {
                self.are_links_cut = are_cut;
                Ok(())
            }
            Seen::Over | Seen::GivenUp => self.checker.finished(at),
            // No rule of Raft is about the rest.
            _ => Ok(()),
        }
    }

    fn standing(&self) -> Standing {
        let view = self.checker.view();
        Standing {
            leader: view.leader(),
            leaders: view.leaders(),
            members: view.membership().members(),
            voters: NodeSet::EMPTY,
        }
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        let view = self.checker.view();
        match demand {
            Demand::Service => calm::progress(view, reach).is_ok(),
            Demand::Probe => self.clients.is_none(),
            Demand::Convergence => calm::convergence(view, reach).is_ok(),
        }
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        let view = self.checker.view();
        match demand {
            Demand::Service => match calm::progress(view, reach) {
                Ok(()) if self.must_lead(reach) => Owed::Nothing,
                Ok(()) => Owed::Waived,
                Err(unmet) => self.owed(unmet, reach),
            },
            Demand::Probe if self.clients.is_none() => Owed::Nothing,
            Demand::Probe => self.owed(calm::probe(view, reach), reach),
            Demand::Convergence => {
                calm::convergence(view, reach).map_or_else(|unmet| self.owed(unmet, reach), |()| Owed::Nothing)
            }
        }
    }

    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        let needs = |membership: &Membership| membership.is_voter(node) && !membership.has_quorum(intact);
        Some(!self.configurations_possible(at.time).iter().any(needs))
    }

    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String> {
        match configuration_after(self.checker.view().membership(), action) {
            Some(membership) if !membership.has_quorum(sound) => {
                Err(format!("{membership} would lack a running majority"))
            }
            _ => Ok(()),
        }
    }

    fn asked(&mut self, at: Moment, action: OperatorAction) {
        let Some(membership) = configuration_after(self.checker.view().membership(), action) else { return };
        self.asked_for.retain(|(_, until)| at.time <= *until);
        self.asked_for.push((membership, at.time + MAY_COME_LATE));
    }

    fn is_done(&self, action: OperatorAction) -> bool {
        let membership = self.checker.view().membership();
        let votes = |node| membership.voters.contains(node);
        match action {
            OperatorAction::AddMember(node) => votes(node) && !membership.is_joint(),
            OperatorAction::RemoveMember(node) => !membership.members().contains(node),
            OperatorAction::ReplaceMember { old, new } => votes(new) && !membership.members().contains(old),
            // Nodes note these when they happen.
            OperatorAction::TransferLeadership(_) | OperatorAction::TakeSnapshot => false,
            _ => unreachable!("the rules of Raft know nothing of: {action:?}"),
        }
    }

    #[inline]
    fn performed(&mut self) -> Option<(NodeId, OperatorAction)> {
        self.performed.pop_front()
    }

    fn tally(&self) -> Tally {
        let idle = if self.count(RaftMilestone::LeaderElected) == 0 {
            Some("no leader was ever elected")
        } else if self.clients.is_some() && self.writes_acknowledged == 0 {
            Some("no write was ever committed")
        } else {
            None
        };
        Tally { milestones: self.watch.milestones(), undecided: 0, idle }
    }

    fn parts(&self) -> Vec<&dyn Any> {
        vec![self, self.checker.view()]
    }
}

/// The configuration that a change leads to from this one, when it is complete.
fn configuration_after(membership: Membership, action: OperatorAction) -> Option<Membership> {
    let mut voters = membership.voters;
    match action {
        OperatorAction::AddMember(node) => {
            voters.insert(node);
        }
        OperatorAction::RemoveMember(node) => {
            voters.remove(node);
        }
        OperatorAction::ReplaceMember { old, new } => {
            voters.remove(old);
            voters.insert(new);
        }
        OperatorAction::TransferLeadership(_) | OperatorAction::TakeSnapshot => return None,
        // Packages of one version fit one another alone, so none is passed over in silence.
        _ => unreachable!("the rules of Raft know nothing of: {action:?}"),
    }
    Some(Membership::of(voters))
}
