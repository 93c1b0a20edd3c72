//! Clients that write, retry and read, and the state machines that serve them.

use env::{ClientId, Completion, NodeId, Random, RequestId};
use raft_rules::Role;
use raft_types::Observation;

use crate::node::{Entry, Node};
use crate::rules::Bug;
use crate::world::{CLIENTS, Client, Step, Waits, World};

impl World {
    pub(crate) fn apply(&mut self, id: NodeId) -> Step {
        let executes_retries = self.has(Bug::RetryExecuted);
        while self.n(id).is_up && self.n(id).applied.index.0 < self.n(id).commit {
            let node = self.n(id);
            let Some(entry) = node.files.at(node.applied.index.0 + 1).copied() else { return Ok(()) };
            let executed = node.machine.apply(entry.request, !executes_retries);
            node.applied = entry.id;
            let (state, request) = (node.machine.digest(), entry.request);
            self.seen.retried |= request.is_some() && !executed;
            self.observe(id, Observation::Applied { entry: entry.id, state, request, executed })?;
            self.answer_waiting(id, entry)?;
        }
        self.serve_reads(id)
    }

    pub(crate) fn answer_waiting(&mut self, id: NodeId, applied: Entry) -> Step {
        for number in 0..CLIENTS {
            let client = self.clients[number as usize];
            let request = RequestId { client: ClientId(number), seq: client.seq };
            let Some(Waits { proposed: Some((at, index)), .. }) = client.waits else { continue };
            let is_its = applied.request == Some(request) || self.has(Bug::CompletedByIndex);
            if at == id && index == applied.id.index.0 && is_its {
                self.observe(id, Observation::WriteAcknowledged { request, entry: Some(applied.id) })?;
                self.complete(number, &Completion::Ok(true))?;
            }
        }
        Ok(())
    }

    pub(crate) fn complete(&mut self, number: u32, completion: &Completion<bool>) -> Step {
        let client = &mut self.clients[number as usize];
        client.waits = None;
        let request = RequestId { client: ClientId(number), seq: client.seq };
        self.told.push_back(format!("{:6} {request} {completion:?}", self.moment.event));
        self.checker.completed(self.moment, request, completion)
    }

    pub(crate) fn client_acts(&mut self, id: NodeId) -> Step {
        let number = self.draws.below(u64::from(CLIENTS)) as u32;
        let request = |client: Client| RequestId { client: ClientId(number), seq: client.seq };
        let client = &mut self.clients[number as usize];
        let Some(waits) = client.waits else {
            let is_read = self.draws.one_in(2);
            client.seq += 1;
            client.waits = Some(Waits { is_read, confirmed: None, proposed: None });
            let request = request(*client);
            let operation = if is_read { "reads" } else { "writes" };
            self.told.push_back(format!("{:6} {request} {operation}", self.moment.event));
            self.checker.invoked(request, is_read);
            return Ok(());
        };
        if self.draws.one_in(12) {
            return self.complete(number, if waits.is_read { &Completion::Fail } else { &Completion::Info });
        }
        if !self.n(id).is_up {
            return Ok(());
        }
        if waits.is_read {
            self.confirm_read(id, number);
            return self.serve_reads(id);
        }
        if self.n(id).role == Role::Leader {
            // A retry goes into the log once more.
            let request = request(self.clients[number as usize]);
            let index = self.propose(id, Some(request), None)?;
            if let Some(waits) = &mut self.clients[number as usize].waits {
                waits.proposed = Some((id, index));
            }
        }
        Ok(())
    }

    /// The leader of the highest term confirms a read at its commit index, if it has committed an entry of its own; an
    /// oracle tells that it is the one.
    pub(crate) fn confirm_read(&mut self, id: NodeId, number: u32) {
        let highest = self.nodes.iter().map(|node| node.files.term).max().unwrap_or_default();
        let confirms = |node: &Node| {
            let own = node.files.id_at(node.commit).is_some_and(|entry| entry.term == node.term());
            node.is_up && node.role == Role::Leader && node.files.term == highest && own
        };
        let own = &self.nodes[id.index()];
        let index = if self.has(Bug::DeposedLeaderReads) {
            (own.role == Role::Leader).then_some(own.commit)
        } else {
            self.nodes.iter().find(|node| confirms(node)).map(|node| node.commit)
        };
        if let (Some(index), Some(waits)) = (index, &mut self.clients[number as usize].waits) {
            waits.confirmed = Some((id, index));
        }
    }

    pub(crate) fn serve_reads(&mut self, id: NodeId) -> Step {
        for number in 0..CLIENTS {
            let client = self.clients[number as usize];
            let Some(Waits { confirmed: Some((at, index)), .. }) = client.waits else { continue };
            let applied = self.n(id).applied.index;
            if at == id && self.n(id).is_up && (applied.0 >= index || self.has(Bug::ReadBeforeApplied)) {
                self.seen.follower_read |= self.n(id).role != Role::Leader;
                let request = RequestId { client: ClientId(number), seq: client.seq };
                self.observe(id, Observation::ReadServed { request, applied })?;
                self.complete(number, &Completion::Ok(false))?;
            }
        }
        Ok(())
    }
}
