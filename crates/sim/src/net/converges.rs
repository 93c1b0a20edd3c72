//! Nodes that can talk come to equal state.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use env::{NodeId, NodeSet};

use super::{Answer, Checked, Demand, Invariant, Lack, Moment, Net, Note, Op, Owed, Reach, Seen, Tally};

/// Demands that nodes which can talk come to equal state once the cluster is calm. `read` gives the digest of a node's
/// state that a note tells, `None` if it tells none.
///
/// A node's state is the last that it has noted since it booted, so a node notes its state at boot and at each change. Nodes
/// that never note a state, as a witness, are left out; a run in which no node ever does is counted as undecided.
pub struct Converges<O, A, N> {
    read: fn(&N) -> Option<u64>,
    /// The state of each node that has ever noted one; `None` if it has noted none since it stopped.
    states: BTreeMap<NodeId, Option<u64>>,
    words: PhantomData<fn() -> (O, A)>,
}

impl<O, A, N> Converges<O, A, N> {
    /// The demand on the states that `read` finds in notes.
    pub fn new(read: fn(&N) -> Option<u64>) -> Converges<O, A, N> {
        Converges { read, states: BTreeMap::new(), words: PhantomData }
    }

    /// A running node that has noted no state since it booted.
    fn silent(&self, reach: &Reach) -> Option<NodeId> {
        reach.running().iter().find(|node| self.states.get(node) == Some(&None))
    }

    /// Two nodes that can talk both ways and have noted different states.
    fn apart(&self, reach: &Reach) -> Option<(NodeId, NodeId)> {
        let neighbours = |node: NodeId| reach.both_ways(node).iter().map(move |other| (node, other));
        let state = |node| self.states.get(&node).copied().flatten();
        let differ = |one, other| state(one).zip(state(other)).is_some_and(|(one, other)| one != other);
        reach.running().iter().flat_map(neighbours).find(|(one, other)| differ(*one, *other))
    }
}

impl<O, A, N> Clone for Converges<O, A, N> {
    fn clone(&self) -> Self {
        Converges { read: self.read, states: self.states.clone(), words: PhantomData }
    }
}

impl<O: Op, A: Answer, N: Note> Net for Converges<O, A, N> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn see(&mut self, _: Moment, seen: Seen<'_, O, A, N>) -> Checked {
        match seen {
            Seen::Noted(node, note) => {
                if let Some(state) = (self.read)(note) {
                    self.states.insert(node, Some(state));
                }
            }
            Seen::Stopped(node, _) => {
                if let Some(state) = self.states.get_mut(&node) {
                    *state = None;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        demand != Demand::Convergence || (self.silent(reach).is_none() && self.apart(reach).is_none())
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        if demand != Demand::Convergence {
            return Owed::Nothing;
        }
        let (message, nodes): (String, NodeSet) = if let Some(node) = self.silent(reach) {
            (format!("{node} has noted no state since it booted"), [node].into_iter().collect())
        } else if let Some((one, other)) = self.apart(reach) {
            (format!("{one} and {other} can talk and have different states"), [one, other].into_iter().collect())
        } else {
            return Owed::Nothing;
        };
        Owed::Lacks(Lack { invariant: Invariant::CONVERGENCE, message, nodes })
    }

    fn tally(&self) -> Tally {
        Tally { undecided: self.states.is_empty().into(), ..Tally::default() }
    }
}
