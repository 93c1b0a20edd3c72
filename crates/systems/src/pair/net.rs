//! The net around a pair: Raft's around its coordinators, the pair's own rules, and one store for all clients.

use std::any::Any;
use std::time::Duration;

use env::{Completion, NodeId, NodeSet};
use raft_rules::RaftNet;
use sim::{
    Aim, Checked, Cluster, Demand, Invariant, Lack, LinearizableStore, Moment, Net, OperatorAction, Owed, Reach, Seen,
    Standing, Tally,
};

use super::judge::PairJudge;
use super::note::Note;
use super::operation::{Operation, Output};
use super::{coordinators, members};
use crate::judge::Judge;

/// Watches a run of a [`LeasePair`](super::LeasePair).
///
/// The coordinators are a Raft cluster and are held to the demands of Raft's net. No client is answered from their log;
/// the members are judged by their notes ([`PairJudge`]), and clients must see one linearizable store.
#[derive(Clone, Debug)]
pub struct PairNet {
    raft: RaftNet<Operation, Output, Note>,
    store: LinearizableStore<Note>,
    judge: PairJudge,
}

impl PairNet {
    pub(super) fn new(cluster: &Cluster) -> PairNet {
        PairNet {
            raft: RaftNet::new(coordinators(), Duration::from_millis(cluster.suspicion_min_ms)),
            store: LinearizableStore::default(),
            judge: PairJudge::default(),
        }
    }

    /// Shows the judge of the store the operations on it, and the end of the run. A demotion changes no key.
    fn store_sees(&mut self, at: Moment, seen: Seen<'_, Operation, Output, Note>) -> Checked {
        match seen {
            Seen::Invoked(request, Operation::Store(operation)) => {
                self.store.see(at, Seen::Invoked(request, operation))
            }
            Seen::Completed(request, completion) => {
                let completion = match completion {
                    Completion::Ok(Output::Demoted) => return Ok(()),
                    Completion::Ok(Output::Store(output)) => Completion::Ok(output.clone()),
                    Completion::Fail => Completion::Fail,
                    Completion::Info => Completion::Info,
                };
                self.store.see(at, Seen::Completed(request, &completion))
            }
            Seen::Over => self.store.see(at, Seen::Over),
            Seen::GivenUp => self.store.see(at, Seen::GivenUp),
            _ => Ok(()),
        }
    }
}

impl Net for PairNet {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn aims() -> Vec<Aim> {
        RaftNet::<Operation, Output, Note>::aims()
    }

    fn see(&mut self, at: Moment, seen: Seen<'_, Operation, Output, Note>) -> Checked {
        self.raft.see(at, seen)?;
        self.store_sees(at, seen)?;
        self.judge.judge(at, seen)
    }

    /// The leader is that of the coordinators, which decide; all nodes are members of the pair.
    fn standing(&self) -> Standing {
        let standing = self.raft.standing();
        Standing { members: NodeSet::EMPTY, voters: standing.members, ..standing }
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        self.raft.is_met(demand, reach) && (demand != Demand::Convergence || self.judge.lack(reach).is_none())
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        self.raft.owes(demand, reach).or(|| match demand {
            Demand::Service => Owed::Nothing,
            Demand::Probe if self.judge.can_serve(reach) => Owed::Lacks(Lack {
                invariant: Invariant::PROGRESS,
                message: "no write is answered".into(),
                nodes: members(),
            }),
            Demand::Probe => Owed::Waived,
            Demand::Convergence => self.judge.lack(reach).map_or(Owed::Nothing, Owed::state),
        })
    }

    /// The disk of a coordinator may be lost as Raft allows it. A member's disk may not: no quorum holds its records.
    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        if coordinators().contains(node) { self.raft.may_lose(at, node, intact) } else { Some(false) }
    }

    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String> {
        self.raft.may_ask(action, sound)
    }

    fn asked(&mut self, at: Moment, action: OperatorAction) {
        self.raft.asked(at, action);
    }

    fn is_done(&self, action: OperatorAction) -> bool {
        self.raft.is_done(action)
    }

    fn performed(&mut self) -> Option<(NodeId, OperatorAction)> {
        self.raft.performed()
    }

    fn tally(&self) -> Tally {
        self.raft.tally().and(&self.store.tally())
    }

    fn parts(&self) -> Vec<&dyn Any> {
        let mut parts: Vec<&dyn Any> = vec![self, &self.judge];
        parts.extend(self.raft.parts());
        parts.extend(self.store.parts());
        parts
    }
}
