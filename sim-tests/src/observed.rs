//! A system whose nodes are reported by an observer from outside.

use std::collections::BTreeMap;
use std::error::Error;

use env::{Client, ClientId, Effects, Event, Instant, NodeId, Process, Random, RequestId};
use kv::Rules;
use raft::{Message, Payload};
use raft_kv::RaftKv;
use raft_types::{CoreView, EntryId, LogIndex, NewEntry, Observation, Observer, Role, Term};
use sim::{
    Boot, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed, SubjectId,
    System,
};

use crate::quiet::{of_event, of_process};

/// The cluster of [`RaftKv`], but the observations of its Raft core are those of an [`Observer`], which sees the core's
/// state before and after each event and the messages that leave. The core's own observations are dropped. The node's
/// own are kept: what it applies, acknowledges and serves, its snapshots and compactions.
///
/// Under [`kv::Paper`] each event's observations are compared with the core's own, and a difference is a panic.
#[derive(Clone, Debug)]
pub struct Observed<R>(pub RaftKv<R>);

/// A node of [`Observed`].
#[derive(Debug)]
pub struct ObservedNode<R: Rules> {
    node: kv::Node<R>,
    observer: Observer,
    seen: CoreView,
    /// The terms of the entries in the log that the observer knows.
    terms: BTreeMap<LogIndex, Term>,
}

impl<R: Rules + Send + Sync + 'static> System for Observed<R> {
    type Process = ObservedNode<R>;
    type Client = kv::Client;
    type Settings = raft_kv::Settings;
    type Net = raft_kv::RaftKvNet;

    fn id(&self) -> SubjectId {
        self.0.id().with_setting("observed", "from-outside")
    }

    fn version(&self) -> Option<&str> {
        self.0.version()
    }

    fn engines(&self) -> Engines<Self> {
        Engines::event()
    }

    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str> {
        self.0.refuses(engine, fault)
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        self.0.plan(seed, profile, overrides)
    }

    fn boot(&self, boot: Boot<'_, Self>) -> Result<ObservedNode<R>, Box<dyn Error>> {
        let Boot { cluster, settings, node, start, disk, now, random, effects } = boot;
        let mut own = of_process(std::mem::take(effects));
        let booted = self.0.boot(Boot { cluster, settings, node, start, disk, now, random, effects: &mut own });
        *effects = of_process(own);
        booted.map(ObservedNode::new)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> kv::Client {
        self.0.client(plan, client)
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<<kv::Client as Client>::Op>> {
        self.0.workload(plan)
    }

    fn probe(&self, number: u64) -> Option<<kv::Client as Client>::Op> {
        self.0.probe(number)
    }

    fn net(&self, plan: &Plan) -> raft_kv::RaftKvNet {
        self.0.net(plan)
    }

    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<kv::Request> {
        self.0.operator_request(from, action)
    }
}

impl<R: Rules> ObservedNode<R> {
    fn new(node: kv::Node<R>) -> ObservedNode<R> {
        let raft = node.raft();
        let snapshot = node.last_applied().index;
        let behind = (snapshot.0 + 1..=raft.last().index.0).filter_map(|index| raft.entry_at(LogIndex(index)));
        let entries: Vec<(EntryId, Option<_>)> = behind.map(|entry| (entry.id, membership(&entry.payload))).collect();
        let in_log = entries.iter().filter_map(|(id, membership)| Some((id.index, (*membership)?)));
        let configurations = [(snapshot, raft.membership_at(snapshot))].into_iter().chain(in_log);
        let seen = view(&node, &CoreView::default());
        let observer = Observer::new(raft.id(), seen, configurations);
        let terms = entries.iter().map(|(id, _)| (id.index, id.term)).collect();
        ObservedNode { node, observer, seen, terms }
    }

    /// The observations of an event that has made these messages; `own` are the node's and the core's.
    fn observe(&mut self, own: &[Observation], sends: &[(NodeId, Message)]) -> Vec<Observation> {
        let mut notes = Vec::new();
        for note in own {
            if let Observation::SnapshotInstalled { last, state, log_kept } = *note {
                let configuration = (last.index, self.node.raft().membership_at(last.index));
                self.observer.installed(last, state, log_kept, Some(configuration), &mut notes);
                self.terms.clear();
                self.seen.last = last;
            }
        }
        let after = view(&self.node, &self.seen);
        // While a snapshot is on its way to the disk, the core's log is not the one that was reported.
        let appended = if is_installing(&self.node) { Vec::new() } else { self.appended(&after) };
        self.observer.observe(&after, &appended, &mut notes);
        self.seen = after;
        for (to, message) in sends {
            match message {
                Message::RequestVote(request) if !request.pre_vote => {
                    self.observer.voted(request.term, self.node.raft().id(), &mut notes);
                }
                Message::RequestVoteResponse { term, granted: true, pre_vote: false } => {
                    self.observer.voted(*term, *to, &mut notes);
                }
                _ => {}
            }
        }
        notes
    }

    /// The entries that are new since the last event: those behind the last entry that is still the same.
    fn appended(&mut self, after: &CoreView) -> Vec<NewEntry> {
        let raft = self.node.raft();
        let mut same = self.seen.last.index.min(after.last.index);
        while self.terms.get(&same).is_some_and(|term| raft.term_at(same) != Some(*term)) {
            same = same.prev();
        }
        self.terms.split_off(&same.next());
        let new = (same.0 + 1..=after.last.index.0).map(|index| {
            let entry = raft.entry_at(LogIndex(index)).expect("an entry that was just appended");
            let payload = entry.payload_digest();
            NewEntry::new(entry.id, payload).carrying(entry.request).configuring(membership(&entry.payload))
        });
        let new: Vec<NewEntry> = new.collect();
        self.terms.extend(new.iter().map(|new| (new.entry.index, new.entry.term)));
        self.terms = self.terms.split_off(&raft.first_index());
        new
    }
}

fn membership(payload: &Payload) -> Option<raft_types::Membership> {
    match payload {
        Payload::Membership(membership) => Some(*membership),
        Payload::Empty | Payload::Command(_) => None,
    }
}

/// True while a leader's snapshot has replaced the core's log, and not yet the state machine.
fn is_installing<R: Rules>(node: &kv::Node<R>) -> bool {
    node.raft().first_index().prev() > node.last_applied().index
}

/// The core's state, with the log of the state `before` while a snapshot that replaces it is not installed.
fn view<R: Rules>(node: &kv::Node<R>, before: &CoreView) -> CoreView {
    let raft = node.raft();
    let (last, commit) = if is_installing(node) {
        (before.last, before.commit)
    } else {
        let index = raft.commit_index();
        let term = raft.term_at(index).or((index == node.last_applied().index).then_some(node.last_applied().term));
        (raft.last(), EntryId { index, term: term.unwrap_or_default() })
    };
    let mut view = CoreView::default();
    (view.term, view.role, view.leader) = (raft.term(), raft.role(), raft.leader());
    (view.last, view.commit, view.membership) = (last, commit, raft.membership());
    view
}

/// True for an observation that the observer makes in the core's place.
fn is_of_core(note: &Observation) -> bool {
    !matches!(
        note,
        Observation::Applied { .. }
            | Observation::SnapshotTaken { .. }
            | Observation::Compacted { .. }
            | Observation::WriteAcknowledged { .. }
            | Observation::ReadServed { .. }
            | Observation::TransferStarted { .. }
            | Observation::TransferAborted { .. }
            | Observation::Noted { .. }
    )
}

impl<R: Rules> Process for ObservedNode<R> {
    type Message = <kv::Node<R> as Process>::Message;
    type Request = <kv::Node<R> as Process>::Request;
    type Response = <kv::Node<R> as Process>::Response;
    type Note = Observation;

    fn handle(&mut self, event: Event<Self>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Self>) {
        let mut own = of_process(std::mem::take(effects));
        self.node.handle(of_event(event), now, random, &mut own);
        let notes = std::mem::take(&mut own.notes);
        let before = self.seen;
        own.notes = self.observe(&notes, &own.sends);
        if self.node.raft().rules().asserts_invariants() {
            assert_eq!(essence(&own.notes, &before), essence(&notes, &before), "{notes:?}");
        }
        own.notes.extend(notes.into_iter().filter(|note| !is_of_core(note)));
        *effects = of_process(own);
    }
}

/// The part of an event's observations that does not depend on their author. Left out are
/// - the votes: a core notes its own when it counts it, and an observer when it leaves;
/// - of several roles in a row all but the last, if they are a follower's or a pre-candidate's, and a role as before;
/// - of several commit indices all but the last, which comes to the end.
fn essence(notes: &[Observation], before: &CoreView) -> Vec<String> {
    let is_role = |note: &Observation| {
        matches!(note, Observation::BecameFollower { .. } | Observation::BecamePreCandidate { .. })
    };
    let is_next_role = |note: &Observation| is_role(note) || matches!(note, Observation::BecameCandidate { .. });
    let mut kept: Vec<Observation> = Vec::new();
    let mut committed = None;
    for note in notes.iter().filter(|note| is_of_core(note)) {
        match note {
            Observation::Voted { .. } => {}
            Observation::Committed { .. } => committed = Some(*note),
            note => {
                kept.pop_if(|last| is_role(last) && is_next_role(note));
                kept.push(*note);
            }
        }
    }
    let unchanged = match before.role {
        Role::Follower => Some(Observation::BecameFollower { term: before.term, leader: before.leader }),
        Role::PreCandidate => Some(Observation::BecamePreCandidate { term: before.term }),
        Role::Candidate | Role::Leader => None,
    };
    if unchanged.is_some() && kept.first() == unchanged.as_ref() {
        kept.remove(0);
    }
    kept.iter().chain(&committed).map(ToString::to_string).collect()
}
