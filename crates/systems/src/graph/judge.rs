//! The rules of any run: strong eventual consistency, and no acknowledged edit is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use env::{Completion, Instant, NodeId, NodeSet, RequestId};
use sim::{Checked, Demand, Invariant, Moment, Net, Owed, Reach, Seen};

use super::note::Note;
use super::operation::Operation;
use super::output::Output;
use super::update::UpdateId;
use crate::held::Held;
use crate::judge::Judge;
use crate::rule::{Judged, broken, served_or_lacking};

/// Two nodes that hold the same updates hold the same state.
const STRONG_CONVERGENCE: Invariant = Invariant::safety("strong-convergence", "Shapiro et al., SSS 2011");
/// A node holds after every restart all updates that it has held.
const NOTHING_FORGOTTEN: Invariant = Invariant::safety("nothing-forgotten", "durability");
/// An update has a later time than all that its node had before.
const LATER_TIME: Invariant = Invariant::safety("later-time", "Kulkarni et al., OPODIS 2014");
/// An edit becomes one update, made by one node.
const ONE_UPDATE: Invariant = Invariant::safety("one-update-an-edit", "exactly-once execution");
/// An edit that is acknowledged is an update that its node holds durably.
const ACKNOWLEDGED_HELD: Invariant = Invariant::safety("acknowledged-is-held", "durability");

/// Judges a run of a [`RelayGraph`](super::RelayGraph), and knows when each update was made and when each node first
/// had it.
///
/// Demanded at every moment:
/// - two nodes that hold the same set of updates hold the same state (strong convergence; Shapiro et al., SSS 2011);
/// - a node holds after every restart all updates that it has held;
/// - an update has a later time than all updates that its node had before;
/// - an edit that is acknowledged has become an update, which the node that made it holds durably.
///
/// Demanded in the calm phase: the running nodes have recovered, one of them answers a client, and nothing that was
/// acknowledged is lost. And eventual delivery: the relay and the nodes that can talk with it, both ways, hold all
/// updates that any of these holds. A node that a staying fault keeps from the relay need not hold them, nor need any
/// other node hold that node's updates.
#[derive(Clone, Debug)]
pub struct GraphJudge {
    nodes: NodeSet,
    relay: NodeId,
    updates: BTreeMap<UpdateId, Known>,
    /// The updates that nodes have made for operations.
    made: BTreeMap<RequestId, UpdateId>,
    /// The times that were given to updates.
    times: BTreeMap<UpdateId, u64>,
    /// The operations that are edits of the graph and have not ended.
    edits: BTreeSet<RequestId>,
    holds: BTreeMap<NodeId, Held<UpdateId>>,
    /// The latest time of the updates that each node has said it has in this life.
    latest: BTreeMap<NodeId, u64>,
    /// The state of each set of updates, both by their digests, and the first node that had it.
    states: BTreeMap<u64, (u64, NodeId)>,
}

/// The judge's knowledge of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub id: UpdateId,
    /// The client's operation that it comes from.
    pub request: RequestId,
    /// When its node had made it and held it durably; until then no node has it.
    pub made_at: Instant,
    /// True if its client was told that it is done.
    pub is_acknowledged: bool,
    /// When each node first had it, the one that made it among them.
    pub had_at: BTreeMap<NodeId, Instant>,
}

impl GraphJudge {
    pub(crate) fn new(nodes: NodeSet, relay: NodeId) -> GraphJudge {
        GraphJudge {
            nodes,
            relay,
            updates: BTreeMap::new(),
            made: BTreeMap::new(),
            times: BTreeMap::new(),
            edits: BTreeSet::new(),
            holds: BTreeMap::new(),
            latest: BTreeMap::new(),
            states: BTreeMap::new(),
        }
    }

    /// All updates, in the order of their names.
    pub fn updates(&self) -> impl Iterator<Item = &Known> {
        self.updates.values()
    }

    /// The update that came of a client's operation.
    pub fn update_of(&self, request: RequestId) -> Option<&Known> {
        self.updates.get(self.made.get(&request)?)
    }

    /// The updates that every node of the graph has had.
    pub fn visible_everywhere(&self) -> impl Iterator<Item = &Known> {
        self.updates().filter(|known| self.nodes.iter().all(|node| known.had_at.contains_key(&node)))
    }

    /// The acknowledged updates that no node holds, not even on the disk of a node that is down. There is none in a run
    /// that passes.
    pub fn lost(&self) -> impl Iterator<Item = &Known> {
        let is_held = |id: &UpdateId| self.holds.values().any(|held| held.items().contains(id));
        self.updates().filter(move |known| known.is_acknowledged && !is_held(&known.id))
    }

    /// How long it took from the making of each update until each other node of the graph first had it.
    pub fn sync_latencies(&self) -> SyncLatencies {
        let of = |known: &Known| -> Vec<Duration> {
            let elsewhere =
                known.had_at.iter().filter(|(node, _)| **node != known.id.origin && self.nodes.contains(**node));
            elsewhere.map(|(_, at)| at.saturating_since(known.made_at)).collect()
        };
        let mut sorted: Vec<Duration> = self.updates().flat_map(of).collect();
        sorted.sort_unstable();
        SyncLatencies(sorted)
    }
}

impl Judge for GraphJudge {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn noted(&mut self, at: Instant, node: NodeId, note: &Note) -> Judged {
        match *note {
            Note::Made { id, request } => {
                let known = Known { id, request, made_at: at, is_acknowledged: false, had_at: BTreeMap::new() };
                let known = self.updates.entry(id).or_insert(known);
                if known.request != request {
                    return broken(
                        ONE_UPDATE,
                        format!("{node} made {id} for {} and again for {request}", known.request),
                    );
                }
                if let Some(before) = self.made.insert(request, id).filter(|before| *before != id) {
                    return twice(node, before, id, request);
                }
            }
            Note::Stamped { id, time } => {
                let latest = self.latest.get(&node).copied().unwrap_or(0);
                if !self.updates.contains_key(&id) && time <= latest {
                    return broken(
                        LATER_TIME,
                        format!("{node} gives {id} the time {time}, and has an update of {latest}"),
                    );
                }
                self.times.insert(id, time);
            }
            Note::Has { id } => {
                let Some(known) = self.updates.get_mut(&id) else {
                    return broken(ONE_UPDATE, format!("{node} has {id}, which no node has made"));
                };
                known.had_at.entry(node).or_insert(at);
                self.holds.entry(node).or_default().has(id);
                let latest = self.latest.entry(node).or_default();
                *latest = self.times.get(&id).copied().unwrap_or(0).max(*latest);
            }
            Note::Recovered { count } => {
                let recovered = self.holds.entry(node).or_default().recovered(count);
                return recovered.or_else(|why| broken(NOTHING_FORGOTTEN, format!("of updates, {node} {why}")));
            }
            Note::State { set, state } => {
                let (expected, first) = *self.states.entry(set).or_insert((state, node));
                if expected != state {
                    let message = format!("{node} and {first} hold the same updates and not the same state");
                    return broken(STRONG_CONVERGENCE, message);
                }
            }
        }
        Ok(())
    }

    fn invoked(&mut self, request: RequestId, operation: &Operation) {
        if let Operation::Edit(edit) = operation
            && !edit.writes().is_empty()
        {
            self.edits.insert(request);
        }
    }

    fn completed(&mut self, _: Instant, request: RequestId, completion: &Completion<Output>) -> Judged {
        if !self.edits.remove(&request) || !matches!(completion, Completion::Ok(_)) {
            return Ok(());
        }
        let Some(known) = self.made.get(&request).and_then(|id| self.updates.get_mut(id)) else {
            let message = format!("{request} is acknowledged, and no node has made an update of it");
            return broken(ACKNOWLEDGED_HELD, message);
        };
        let (id, origin) = (known.id, known.id.origin);
        if !self.holds.get(&origin).is_some_and(|held| held.items().contains(&id)) {
            let message = format!("{request} is acknowledged, and {origin} does not hold {id}, which it made of it");
            return broken(ACKNOWLEDGED_HELD, message);
        }
        known.is_acknowledged = true;
        Ok(())
    }

    fn stopped(&mut self, node: NodeId) {
        self.holds.entry(node).or_default().stopped();
        self.latest.remove(&node);
    }
}

/// Refuses an edit that one node did twice. Two nodes may each do an edit that its client has given up on the first.
fn twice(node: NodeId, before: UpdateId, id: UpdateId, request: RequestId) -> Judged {
    if before.origin == id.origin {
        return broken(ONE_UPDATE, format!("{node} did {request} twice: {before} and {id}"));
    }
    Ok(())
}

impl GraphJudge {
    /// The first demand of the calm phase that is not met.
    fn lack(&self, reach: &Reach) -> Option<String> {
        let nothing = Held::default();
        let held = |node: NodeId| self.holds.get(&node).unwrap_or(&nothing);
        if let Some(node) = reach.running().iter().find(|node| !held(*node).has_recovered()) {
            return Some(format!("{node} has not recovered"));
        }
        if let Some(lost) = self.lost().next() {
            return Some(format!("{} of {} is acknowledged and lost", lost.id, lost.request));
        }
        let connected = reach.both_ways(self.relay);
        let all: BTreeSet<UpdateId> = connected.iter().flat_map(|node| held(node).items().iter().copied()).collect();
        connected.iter().find_map(|node| {
            let mut lacking = all.difference(held(node).items());
            let first = lacking.next()?;
            Some(format!("{node} lacks {first} and {} more of {} updates", lacking.count(), all.len()))
        })
    }

    /// True if a node of the graph runs: only such a node can serve. The relay keeps no graph of its own.
    fn must_serve(&self, reach: &Reach) -> bool {
        !self.nodes.intersection(reach.running()).is_empty()
    }
}

impl Net for GraphJudge {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn see(&mut self, at: Moment, seen: Seen<'_, Operation, Output, Note>) -> Checked {
        self.judge(at, seen)
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        served_or_lacking(demand, self.must_serve(reach), || self.lack(reach))
    }
}

/// Latencies in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncLatencies(Vec<Duration>);

impl SyncLatencies {
    /// All of them.
    pub fn sorted(&self) -> &[Duration] {
        &self.0
    }

    /// The shortest that so many percent of them do not exceed; zero if there is none.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// The median.
    pub fn p50(&self) -> Duration {
        self.percentile(50)
    }

    /// The latency that 95 of a hundred do not exceed.
    pub fn p95(&self) -> Duration {
        self.percentile(95)
    }

    /// The latency that 99 of a hundred do not exceed.
    pub fn p99(&self) -> Duration {
        self.percentile(99)
    }
}

#[cfg(test)]
mod tests {
    use env::ClientId;

    use super::super::edit::Edit;
    use super::*;

    const N1: NodeId = NodeId(1);
    const RELAY: NodeId = NodeId(3);
    const ID: UpdateId = UpdateId { origin: N1, seq: 1 };
    const REQUEST: RequestId = RequestId { client: ClientId(1), seq: 1 };
    const AT: Moment = Moment { time: Instant::ZERO, event: 0 };
    const MADE: Note = Note::Made { id: ID, request: REQUEST };

    /// A judge of n1, n2 and the relay that was told this of n1, after an edit was invoked there.
    fn told(said: &[Note]) -> GraphJudge {
        let mut judge = GraphJudge::new(NodeSet::first(2), RELAY);
        judge.invoked(REQUEST, &Edit::remove_node("a").into());
        for note in said {
            judge.see(AT, Seen::Noted(N1, note)).expect("nothing is wrong");
        }
        judge
    }

    fn acknowledged(judge: &mut GraphJudge) -> Result<(), String> {
        judge.completed(AT.time, REQUEST, &Completion::Ok(Output::Done)).map_err(|broken| broken.message)
    }

    #[test]
    fn an_acknowledged_edit_must_be_made_and_held_by_its_node() {
        let why = acknowledged(&mut told(&[])).expect_err("no node has made it");
        assert!(why.contains("no node has made an update of it"), "{why}");
        let why = acknowledged(&mut told(&[MADE])).expect_err("nobody holds it");
        assert!(why.contains("n1 does not hold n1#1"), "{why}");
        acknowledged(&mut told(&[MADE, Note::Has { id: ID }])).expect("n1 holds it");
    }

    #[test]
    fn delivery_is_waived_for_nodes_that_cannot_talk_with_the_relay_and_nothing_else() {
        let (nodes, all) = (NodeSet::first(2), NodeSet::first(3));
        let recovered = |judge: &mut GraphJudge, node| {
            judge.see(AT, Seen::Noted(node, &Note::Recovered { count: 0 })).expect("nothing is wrong");
        };
        let mut judge = told(&[Note::Recovered { count: 0 }, MADE, Note::Has { id: ID }]);
        assert_eq!(judge.lack(&Reach::everyone(nodes)).as_deref(), Some("n2 has not recovered"));
        recovered(&mut judge, NodeId(2));
        assert_eq!(judge.lack(&Reach::everyone(nodes)), None);
        recovered(&mut judge, RELAY);
        assert_eq!(judge.lack(&Reach::everyone(all)).as_deref(), Some("n2 lacks n1#1 and 0 more of 1 updates"));
        let cut_from_relay = |cut: NodeId| {
            Reach::new(all, move |node| match node {
                _ if node == cut => nodes,
                RELAY => [NodeId(1), NodeId(2), RELAY].into_iter().filter(|other| *other != cut).collect(),
                _ => all,
            })
        };
        assert_eq!(judge.lack(&cut_from_relay(NodeId(2))).as_deref(), Some("n3 lacks n1#1 and 0 more of 1 updates"));
        judge.see(AT, Seen::Noted(RELAY, &Note::Has { id: ID })).expect("n1 has made it");
        assert_eq!(judge.lack(&cut_from_relay(NodeId(2))), None, "n2 cannot talk with the relay");
        assert!(judge.must_serve(&cut_from_relay(NodeId(2))));
        assert!(!judge.must_serve(&Reach::everyone([RELAY].into_iter().collect())), "no node of the graph runs");
        assert_eq!(judge.lack(&cut_from_relay(N1)).as_deref(), Some("n2 lacks n1#1 and 0 more of 1 updates"));
        judge.holds.remove(&RELAY);
        recovered(&mut judge, RELAY);
        assert_eq!(judge.lack(&cut_from_relay(N1)), None, "n1 alone holds it, and cannot talk with the relay");
        acknowledged(&mut judge).expect("n1 holds it");
        judge.holds.remove(&N1);
        recovered(&mut judge, N1);
        assert!(judge.lack(&Reach::everyone(nodes)).is_some_and(|lack| lack.contains("acknowledged and lost")));
    }
}
