//! Nodes that can talk come to equal state.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use env::{NodeId, NodeSet};

use super::{Answer, Checked, Demand, Invariant, Lack, Moment, Net, Note, Op, Owed, Reach, Seen};

/// Demands that nodes which can talk come to equal state once the cluster is calm. `read` gives the digest of a node's
/// state that a note tells, `None` if it tells none; a node's state is the last that it has noted.
pub struct Converges<O, A, N> {
    read: fn(&N) -> Option<u64>,
    states: BTreeMap<NodeId, u64>,
    words: PhantomData<fn() -> (O, A)>,
}

impl<O, A, N> Converges<O, A, N> {
    /// The demand on the states that `read` finds in notes.
    pub fn new(read: fn(&N) -> Option<u64>) -> Converges<O, A, N> {
        Converges { read, states: BTreeMap::new(), words: PhantomData }
    }

    /// Two nodes that can talk both ways and have noted different states.
    fn apart(&self, reach: &Reach) -> Option<(NodeId, NodeId)> {
        let neighbours = |node: NodeId| reach.both_ways(node).iter().map(move |other| (node, other));
        reach.running().iter().flat_map(neighbours).find(|(one, other)| self.states.get(one) != self.states.get(other))
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
        if let Seen::Noted(node, note) = seen
            && let Some(state) = (self.read)(note)
        {
            self.states.insert(node, state);
        }
        Ok(())
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        demand != Demand::Convergence || self.apart(reach).is_none()
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        let apart = if demand == Demand::Convergence { self.apart(reach) } else { None };
        let Some((one, other)) = apart else { return Owed::Nothing };
        let message = format!("{one} and {other} can talk and have different states");
        let nodes: NodeSet = [one, other].into_iter().collect();
        Owed::Lacks(Lack { invariant: Invariant::CONVERGENCE, message, nodes })
    }
}
