//! The rules of the toy: an entry is committed only once a majority holds it durably, operations are executed once, and
//! nodes that can talk with n1 come to its state.

use std::collections::BTreeMap;
use std::fmt;

use env::{NodeId, NodeSet, RequestId, SyncId, Traced};
use kv_types::{Operation, Output};
use sim::{
    Checked, Demand, FaultKind, Invariant, Lack, Milestone, Moment, Net, Owed, Reach, Seen, Standing, Tally, broken,
};

use super::toy::LEADER;

pub(crate) const QUORUM: Invariant = Invariant::safety("quorum", "the toy");
pub(crate) const ONCE: Invariant = Invariant::safety("once", "the toy");
pub(crate) const READABLE: Invariant = Invariant::safety("readable", "the toy");

pub(crate) const BOOT_ONCE: Invariant = Invariant::safety("boot-once", "the toy");

pub(crate) const MAJORITY_DOWN: &str = "majority down";
pub(crate) const RETRY_NOT_EXECUTED: &str = "retry not executed";

/// A step of a node of the toy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Recovered { len: u64, state: u64 },
    Leads,
    Appended { index: u64, term: u64 },
    Committed { index: u64 },
    Applied { index: u64, state: u64, request: Option<RequestId>, executed: bool },
    Acknowledged { again: bool },
}

impl Traced for Note {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Recovered { len, .. } => write!(f, "recovered log to {len}@"),
            Note::Leads => f.write_str("leads"),
            Note::Appended { index, term } => write!(f, "appended {index}@{term}"),
            Note::Committed { index } => write!(f, "committed {index}"),
            Note::Applied { index, .. } => write!(f, "applied {index}"),
            Note::Acknowledged { .. } => f.write_str("acknowledged"),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Seat {
    is_running: bool,
    is_excused: bool,
    written: u64,
    /// The sync under way, and the length of the log that it covers.
    sync: Option<(SyncId, u64)>,
    durable: u64,
    applied: (u64, u64),
}

/// Watches a run of the toy.
#[derive(Clone, Debug)]
pub(crate) struct ToyNet {
    nodes: NodeSet,
    boots_once: bool,
    booted: NodeSet,
    seats: BTreeMap<NodeId, Seat>,
    executed: BTreeMap<RequestId, u64>,
    is_led: bool,
    majority_down: u64,
    retries: u64,
}

impl ToyNet {
    pub(crate) fn new(nodes: NodeSet, boots_once: bool) -> ToyNet {
        let seats = nodes.iter().map(|node| (node, Seat::default())).collect();
        ToyNet {
            nodes,
            boots_once,
            booted: NodeSet::EMPTY,
            seats,
            executed: BTreeMap::new(),
            is_led: false,
            majority_down: 0,
            retries: 0,
        }
    }

    fn running(&self) -> NodeSet {
        self.nodes.iter().filter(|node| self.seats[node].is_running).collect()
    }

    fn noted(&mut self, at: Moment, node: NodeId, note: &Note) -> Checked {
        if let Note::Committed { index } = *note
            && self.seats.values().filter(|seat| seat.durable >= index).count() < self.nodes.majority()
        {
            return broken(QUORUM, at, [node], format!("{node} has committed {index} without a majority"));
        }
        let seat = self.seats.get_mut(&node).expect("a node of the toy");
        match *note {
            Note::Recovered { len, state } => (seat.written, seat.applied) = (len, (0, state)),
            Note::Leads => self.is_led = true,
            Note::Appended { index, .. } => seat.written = index,
            Note::Committed { .. } => {}
            Note::Applied { index, state, request, executed } => {
                seat.applied = (index, state);
                if let Some(request) = request.filter(|_| executed)
                    && *self.executed.entry(request).or_insert(index) != index
                {
                    return broken(ONCE, at, [node], format!("{node} has executed {request} twice"));
                }
            }
            Note::Acknowledged { again } => self.retries += u64::from(again),
        }
        Ok(())
    }

    /// A node that can talk with n1 and differs from it in the applied index or in the state.
    fn behind(&self, reach: &Reach) -> Option<NodeId> {
        let of = |node: NodeId| self.seats[&node].applied;
        reach.both_ways(LEADER).iter().find(|node| of(*node) != of(LEADER))
    }

    /// True if a correct system must come to a leader: a majority can talk.
    fn must_lead(&self, reach: &Reach) -> bool {
        reach.running().iter().any(|node| reach.both_ways(node).len() >= self.nodes.majority())
    }
}

impl Net for ToyNet {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn see(&mut self, at: Moment, seen: Seen<'_, Operation, Output, Note>) -> Checked {
        match seen {
            Seen::Booted(node) => {
                self.seats.entry(node).or_default().is_running = true;
                if !self.booted.insert(node) && self.boots_once {
                    return broken(BOOT_ONCE, at, [node], format!("{node} boots again"));
                }
            }
            Seen::Noted(node, note) => return self.noted(at, node, note),
            Seen::SyncRequested(node, sync) => {
                let seat = self.seats.entry(node).or_default();
                seat.sync = Some((sync, seat.written));
            }
            Seen::Synced(node, sync) => {
                let seat = self.seats.entry(node).or_default();
                seat.durable = seat.sync.filter(|(asked, _)| *asked == sync).map_or(seat.durable, |(_, covers)| covers);
            }
            Seen::Stopped(node, _) => {
                let before = self.running().len();
                let seat = self.seats.entry(node).or_default();
                (seat.is_running, seat.sync) = (false, None);
                self.is_led &= node != LEADER;
                let (after, majority) = (self.running().len(), self.nodes.majority());
                self.majority_down += u64::from(before >= majority && after < majority);
            }
            Seen::DiskLost(node) => self.seats.entry(node).or_default().is_excused = true,
            Seen::BootRefused(node, reason) if !self.seats[&node].is_excused => {
                return broken(READABLE, at, [node], format!("{node} refuses to start: {reason}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn standing(&self) -> Standing {
        let leader = self.is_led.then_some(LEADER);
        Standing { leader, leaders: leader.into_iter().collect(), members: self.nodes, ..Standing::NONE }
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        let is_led = self.is_led && reach.both_ways(LEADER).len() >= self.nodes.majority();
        let lack = match demand {
            _ if !self.must_lead(reach) => return Owed::Waived,
            Demand::Service | Demand::Convergence if !is_led => Some("nobody leads".into()),
            Demand::Service => None,
            Demand::Probe => Some("n1 does not answer".into()),
            Demand::Convergence => self.behind(reach).map(|node| format!("{node} is behind")),
        };
        let invariant =
            if is_led && demand == Demand::Convergence { Invariant::CONVERGENCE } else { Invariant::PROGRESS };
        lack.map_or(Owed::Nothing, |message| Owed::Lacks(Lack { invariant, message, nodes: NodeSet::EMPTY }))
    }

    fn may_lose(&self, _: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        Some(node != LEADER && intact.len() >= self.nodes.majority())
    }

    fn tally(&self) -> Tally {
        let counts = [
            (Milestone::after(MAJORITY_DOWN, &[FaultKind::Kill]), self.majority_down),
            (Milestone::unaided(RETRY_NOT_EXECUTED), self.retries),
        ];
        Tally { milestones: counts.into_iter().collect(), ..Tally::default() }
    }
}
