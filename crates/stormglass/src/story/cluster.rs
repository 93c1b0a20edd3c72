//! The handle on a running cluster: its time, its nodes and their roles.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;

use env::{Completion, Instant, NodeId, NodeSet, Random, RequestId};
use raft_rules::{ClusterView, NodeView, Role};
use raft_types::{LogIndex, Term};
use sim::{Injected, Live, Outcome, Plan, Stats, Value, Verdict};

use super::cast::Cast;
use super::load::Running;
use super::{Measures, Offline, StoryError, Told, verdict};

/// A cluster that a story is told on. Every method that lets time go on, or does something, answers with an error as soon as
/// an invariant is broken.
pub struct Cluster<'a> {
    pub(super) live: Live<'a>,
    /// The view of a system that keeps no log.
    no_log: ClusterView,
    founders: NodeSet,
    pub(super) cast: Cast,
    /// The operations of the story, and how those ended that have.
    pub(super) operations: BTreeMap<RequestId, Begun>,
    pub(super) load: Option<Running>,
    /// Faults of the network that the story began and has not ended.
    pub(super) network: Vec<Injected>,
    /// Those of them that cut off one node.
    pub(super) isolated: Vec<(NodeId, Injected)>,
    /// The nodes that the story keeps down, with the fault that keeps each there.
    pub(super) down: BTreeMap<NodeId, (Injected, Offline)>,
    pub(super) paused: BTreeMap<NodeId, Injected>,
    measures: Measures,
}

/// An operation of the story.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// As its trace shows it.
    pub(super) operation: String,
    pub(super) at: Instant,
    pub(super) ended: Option<(Completion<Value>, Instant)>,
}

impl<'a> Cluster<'a> {
    pub(super) fn new(live: Live<'a>, plan: &Plan, cast: Cast) -> Cluster<'a> {
        Cluster {
            live,
            no_log: ClusterView::of_none(),
            founders: NodeSet::first(plan.cluster.nodes),
            cast,
            operations: BTreeMap::new(),
            load: None,
            network: Vec::new(),
            isolated: Vec::new(),
            down: BTreeMap::new(),
            paused: BTreeMap::new(),
            measures: Measures::default(),
        }
    }

    /// A story begins when all nodes have started.
    pub(super) fn boot(&mut self) -> Result<(), StoryError> {
        self.wait_for("all nodes online", super::secs(1), |c| c.founders.difference(c.online()).is_empty())
    }

    /// Ends the run: the calm phase judges it, unless the story could not go on.
    pub(super) fn close(self, ended: Result<(), StoryError>) -> Told {
        let (measures, plan) = (self.measures, self.live.told());
        let outcome: Outcome = match ended {
            Ok(()) | Err(StoryError::RunEnded(_)) => self.live.finish(),
            Err(error) => self.live.abandon(|at| -> Verdict { verdict(&error, at) }),
        };
        Told { outcome, measures, plan }
    }

    /// The time since the run began.
    pub fn now(&self) -> Duration {
        self.live.now() - Instant::ZERO
    }

    /// Lets so much time go on.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn run_for(&mut self, time: Duration) -> Result<(), StoryError> {
        self.go_on(time, |_| false).map(|_| ())
    }

    /// Lets time go on until `is_so`, and says whether that came within so much time.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn run_until(&mut self, within: Duration, is_so: impl Fn(&Cluster<'_>) -> bool) -> Result<bool, StoryError> {
        self.go_on(within, is_so)
    }

    /// Goes on event by event, with the load, if there is one.
    fn go_on(&mut self, time: Duration, is_so: impl Fn(&Cluster<'_>) -> bool) -> Result<bool, StoryError> {
        self.live.settle()?;
        let until = self.live.now() + time;
        loop {
            self.take_in();
            if is_so(self) {
                // It must still be so when the story goes on.
                self.live.settle()?;
                self.take_in();
                if is_so(self) || self.live.now() >= until {
                    return Ok(is_so(self));
                }
            }
            self.load_goes_on()?;
            let next = self.load_due().map_or(until, |due| due.min(until));
            if !self.live.step(next)? && next == until {
                self.take_in();
                return Ok(is_so(self));
            }
        }
    }

    /// Takes in the operations that have ended.
    pub(super) fn take_in(&mut self) {
        for ended in self.live.take_ended() {
            if let Some(begun) = self.operations.get_mut(&ended.request) {
                begun.ended = Some((ended.completion, ended.at));
            } else if let Some(load) = &mut self.load {
                load.ended(&ended);
            }
        }
    }

    /// The nodes that the cluster began with, and those that have joined it since.
    pub fn nodes(&self) -> NodeSet {
        self.founders.union(self.live.standing().members)
    }

    /// The last notes of the nodes about a Raft log, one by one; empty for a system that keeps none.
    pub fn view(&self) -> &ClusterView {
        self.live.part().unwrap_or(&self.no_log)
    }

    /// The last notes of this node.
    pub fn node(&self, node: NodeId) -> &NodeView {
        self.view().node(node)
    }

    /// The leader of the highest term that can talk to a quorum, if there is one. One that was cut off may believe longer
    /// that it leads.
    pub fn leader(&self) -> Option<NodeId> {
        let leads = |node: &NodeId| self.node(*node).membership.has_quorum(self.in_touch_with(*node));
        self.view().leaders().intersection(self.live.able()).iter().filter(leads).max_by_key(|node| self.term(*node))
    }

    /// The running nodes that believe they lead; more than one while some are deposed and do not know.
    pub fn leaders(&self) -> NodeSet {
        self.view().leaders()
    }

    /// Those of them that can talk to a quorum.
    pub fn leaders_of_quorums(&self) -> NodeSet {
        let has_quorum = |node: &NodeId| self.view().membership().has_quorum(self.in_touch_with(*node));
        self.leaders().iter().filter(has_quorum).collect()
    }

    /// How many running nodes believe they lead.
    pub fn count_leaders(&self) -> usize {
        self.leaders().len()
    }

    /// A node other than `leader` that runs, the one of the lowest id.
    ///
    /// # Errors
    /// There is none.
    pub fn follower_of(&self, leader: NodeId) -> Result<NodeId, StoryError> {
        self.followers_of(leader).first().copied().ok_or(StoryError::Nobody("follower"))
    }

    /// The nodes other than `leader` that run, by their ids.
    pub fn followers_of(&self, leader: NodeId) -> Vec<NodeId> {
        self.online().intersection(self.nodes()).iter().filter(|node| *node != leader).collect()
    }

    /// A node's role.
    pub fn role(&self, node: NodeId) -> Role {
        self.node(node).role
    }

    /// A node's current term.
    pub fn term(&self, node: NodeId) -> Term {
        self.node(node).term
    }

    /// How far a node has applied the log.
    pub fn last_applied(&self, node: NodeId) -> LogIndex {
        self.node(node).last_applied
    }

    /// How many running nodes have applied this entry.
    pub fn count_applied(&self, index: LogIndex) -> usize {
        self.online().iter().filter(|node| self.last_applied(*node) >= index).count()
    }

    /// The highest commit index of any running node.
    pub fn commit_index(&self) -> LogIndex {
        self.online().iter().map(|node| self.node(node).commit_index).max().unwrap_or_default()
    }

    /// The nodes with which `node` can talk both ways, itself among them.
    pub fn in_touch_with(&self, node: NodeId) -> NodeSet {
        let mut both: NodeSet =
            self.live.reached_from(node).iter().filter(|other| self.live.reached_from(*other).contains(node)).collect();
        both.insert(node);
        both
    }

    /// True if the system keeps a replicated log with an elected leader.
    pub(super) fn keeps_log(&self) -> bool {
        !self.view().membership().voters.is_empty()
    }

    /// True if a machine never comes back: its disk is gone, or it has refused to start on it.
    pub fn is_lost(&self, node: NodeId) -> bool {
        !self.live.usable().contains(node)
    }

    /// The run's statistics so far.
    pub fn stats(&self) -> &Stats {
        self.live.stats()
    }

    /// How many messages nodes were handed by nodes, and how many bytes those had.
    pub fn traffic(&self) -> (u64, u64) {
        (self.stats().messages, self.live.message_bytes())
    }

    /// How many bytes a node's disk holds durably.
    pub fn disk_bytes(&self, node: NodeId) -> u64 {
        self.live.disk_bytes(node)
    }

    /// How many bytes a node's files with this prefix hold durably: `wal-` is the log, `snapshot-` the snapshots that
    /// it was compacted to.
    pub fn disk_bytes_of(&self, node: NodeId, files: &str) -> u64 {
        self.live.disk_bytes_of(node, files)
    }

    /// How often the net's milestone of this name was reached so far: `leader elected`.
    pub fn reached(&self, milestone: &str) -> u64 {
        self.live.tally().milestones.of(milestone)
    }

    /// The part of the system's net of this type, if it has one.
    pub fn part<P: Any>(&self) -> Option<&P> {
        self.live.part()
    }

    /// One of these, drawn evenly; `None` of nothing. Draws once.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let drawn = self.live.next_u64();
        let place = ((u128::from(drawn) * of.len() as u128) >> 64) as usize;
        of.get(place).copied()
    }

    /// A number from `min` to `max`, drawn evenly.
    pub fn draw(&mut self, min: u64, max: u64) -> u64 {
        self.live.between(min, max)
    }

    /// The story's measures, for its report.
    pub fn measures(&mut self) -> &mut Measures {
        &mut self.measures
    }
}
