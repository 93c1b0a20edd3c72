//! Running the clients: each invokes an operation, waits for its completion, pauses, and goes on until the storm is over.

use env::{
    Bytes, Client, ClientEffects, ClientId, Completion, Fingerprint, NodeId, Operation, Output, Process, Random,
    RequestId,
};

use super::host::Alarm;
use super::{Engine, Happening, Step};
use crate::digest::Tag;
use crate::milestones::Milestone;
use crate::network::{Fate, Link, Marks};
use crate::plan::Plan;
use crate::rng::{Consumer, Stream, split};
use crate::system::System;
use crate::trace::{Actor, Trace, What};

type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

/// A client and what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct ClientHost<C> {
    pub(super) id: ClientId,
    client: C,
    alarm: Alarm,
    /// How many operations it has invoked.
    seq: u64,
    /// Whether the last of them has not ended, and whether it is a write.
    outstanding: Option<IsWrite>,
    /// Its choices.
    random: Stream,
    /// The latencies of what it sends.
    link_random: Stream,
}

#[derive(Clone, Copy, Debug)]
struct IsWrite(bool);

impl<C> ClientHost<C> {
    pub(super) fn new(plan: &Plan, id: ClientId, client: C) -> ClientHost<C> {
        ClientHost {
            id,
            client,
            alarm: Alarm::default(),
            seq: 0,
            outstanding: None,
            random: Stream::new(plan.seed, Consumer::Client(id)),
            link_random: Stream::new(plan.seed, Consumer::ClientLinks(id)),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.outstanding.is_none()
    }
}

/// Tells the choice to send a request twice from other uses of the same draw.
const RESEND: u64 = 0x7265_7365;

impl<S: System, T: Trace> Engine<'_, S, T> {
    /// The id of the probe of the calm phase; those of the workload are below it.
    pub(super) fn probe_id(&self) -> ClientId {
        ClientId(self.plan.workload.clients + 1)
    }

    pub(super) fn operations_outstanding(&self) -> u64 {
        let probe = self.probe_id();
        self.clients.iter().filter(|client| client.id != probe && !client.is_idle()).count() as u64
    }

    /// A client of the workload waits before it invokes its next operation.
    pub(super) fn pause_client(&mut self, client: usize) {
        if !self.calm.is_storm() {
            return;
        }
        let client = &mut self.clients[client];
        let pause = self.generator.pause(&mut client.random);
        self.queue.push(self.now + pause, Happening::Invoke { client: client.id });
    }

    pub(super) fn invoke(&mut self, id: ClientId) -> Step {
        if !self.calm.is_storm() {
            return Ok(());
        }
        let client = &mut self.clients[index(id)];
        let operation = self.generator.next(id, &mut client.random);
        self.invoke_operation(id, operation)
    }

    /// The probe of the calm phase writes.
    pub(super) fn invoke_probe(&mut self) -> Step {
        let id = self.probe_id();
        if self.clients.len() < id.0 as usize {
            self.clients.push(ClientHost::new(self.plan, id, self.system.client(self.plan, id)));
        }
        let number = self.clients[index(id)].seq + 1;
        let value = Bytes::from(&*format!("probe-{number}."));
        self.invoke_operation(id, Operation::Put { key: Bytes::from("probe"), value })
    }

    fn invoke_operation(&mut self, id: ClientId, operation: Operation) -> Step {
        let at = self.moment();
        let client = &mut self.clients[index(id)];
        client.seq += 1;
        client.outstanding = Some(IsWrite(!operation.is_read()));
        let request = RequestId { client: id, seq: client.seq };
        self.digest.event(Tag::Invocation, self.now, id.0.into(), client.seq);
        self.digest.operation(&operation);
        tell!(self, Actor::Client(id), What::Invocation, "{request} {operation}");
        self.checker.invoked(at, request, &operation);
        self.with_client(id, |client, now, random, effects| client.invoke(operation, now, random, effects))
    }

    pub(super) fn response_arrives(&mut self, from: NodeId, to: ClientId, marks: Marks, response: Response<S>) -> Step {
        self.touch_marked(marks);
        self.stats.responses += 1;
        self.digest.event(Tag::Response, self.now, to.0.into(), response.fingerprint() ^ u64::from(from.0) << 56);
        if to == self.operator.id {
            // What it says differs from system to system; the operator goes by what nodes do.
            tell!(self, Actor::Operator, What::Response, "<- {from} {response:?}");
            return Ok(());
        }
        tell!(self, Actor::Client(to), What::Response, "<- {from} {response:?}");
        self.with_client(to, |client, now, random, effects| client.receive(from, response, now, random, effects))
    }

    /// Whether a queued wake-up is one. If the client has put it off meanwhile, it is queued anew.
    pub(super) fn client_wake_is_due(&mut self, id: ClientId, ticket: u32) -> bool {
        let client = &mut self.clients[index(id)];
        if !client.alarm.comes_up(ticket) {
            return false;
        }
        let is_due = client.alarm.wanted.is_some_and(|wanted| wanted <= self.now);
        if !is_due {
            self.arm_client(id);
        }
        is_due
    }

    pub(super) fn wake_client(&mut self, id: ClientId) -> Step {
        self.clients[index(id)].alarm.wanted = None;
        self.digest.event(Tag::ClientWake, self.now, id.0.into(), 0);
        self.with_client(id, |client, now, random, effects| client.wake(now, random, effects))
    }

    fn arm_client(&mut self, id: ClientId) {
        let alarm = &mut self.clients[index(id)].alarm;
        if let Some(wanted) = alarm.wanted.filter(|wanted| *wanted != env::Instant::NEVER) {
            let due = wanted.max(self.now);
            if let Some(ticket) = alarm.arm(due) {
                self.queue.push(due, Happening::ClientWake { client: id, ticket });
            }
        }
    }

    /// Lets a client do something, and carries out what it wants done. Its clock is true time.
    fn with_client(
        &mut self,
        id: ClientId,
        act: impl FnOnce(&mut S::Client, env::Instant, &mut dyn Random, &mut ClientEffects<Request<S>>),
    ) -> Step {
        let mut effects = self.client_scratch.take();
        let host = &mut self.clients[index(id)];
        self.running = Some(Actor::Client(id));
        act(&mut host.client, self.now, &mut host.random, &mut effects);
        assert!(effects.completion.is_none() || !host.is_idle(), "{id} completes an operation that it has not begun");
        self.running = None;
        for (to, request) in effects.sends.drain(..) {
            self.send_request(id, to, request);
        }
        if let Some(wanted) = effects.wake_at.take() {
            self.clients[index(id)].alarm.wanted = Some(wanted);
            self.arm_client(id);
        }
        let completion = effects.completion.take();
        self.client_scratch.put(effects);
        match completion {
            Some(completion) => self.complete(id, &completion),
            None => Ok(()),
        }
    }

    fn send_request(&mut self, from: ClientId, to: NodeId, request: Request<S>) {
        let drawn = self.clients[index(from)].link_random.next_u64();
        let resend = self.plan.workload.resend;
        if from != self.probe_id() && resend.holds(split(drawn, RESEND)) {
            self.put_on_link(from, to, request.clone(), split(drawn, !RESEND));
        }
        self.put_on_link(from, to, request, drawn);
    }

    /// Sends a request; what happens to it is decided by `drawn`.
    pub(super) fn put_on_link(&mut self, from: ClientId, to: NodeId, request: Request<S>, drawn: u64) {
        if to.index() >= self.hosts.len() || to.0 == 0 {
            tell!(self, Actor::Client(from), What::Dropped, "-/-> {to} {request:?}: there is no {to}");
            return;
        }
        match self.network.send(Link::ToNode { client: from, node: to }, self.now, drawn) {
            Fate::Once(arrival) => {
                self.queue.push(arrival.at, Happening::Request { from, to, marks: arrival.marks, request });
            }
            Fate::Twice(first, second) => {
                let copy = request.clone();
                self.queue.push(first.at, Happening::Request { from, to, marks: first.marks, request });
                self.queue.push(second.at, Happening::Request { from, to, marks: second.marks, request: copy });
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks);
                tell!(self, Actor::Client(from), What::Dropped, "-/-> {to} {request:?}");
            }
        }
    }

    fn complete(&mut self, id: ClientId, completion: &Completion) -> Step {
        let at = self.moment();
        let client = &mut self.clients[index(id)];
        let is_write = client.outstanding.take().is_some_and(|IsWrite(is_write)| is_write);
        let request = RequestId { client: id, seq: client.seq };
        self.digest.event(Tag::Completion, self.now, id.0.into(), client.seq);
        self.digest.completion(completion);
        tell!(self, Actor::Client(id), What::Completion, "{request} {}", CompletionText(completion));
        self.calm.something_changed();
        if is_write && matches!(completion, Completion::Ok(Output::Written | Output::Swapped)) {
            self.stats.writes_acknowledged += 1;
        }
        self.checker.completed(at, request, completion)?;
        if id == self.probe_id() {
            return self.probe_ended(completion);
        }
        let operations = &mut self.stats.operations;
        match completion {
            Completion::Ok(_) => operations.ok += 1,
            Completion::Fail => operations.fail += 1,
            Completion::Info => {
                operations.info += 1;
                self.watch.reach(Milestone::OperationInDoubt);
            }
        }
        self.pause_client(index(id));
        Ok(())
    }
}

fn index(client: ClientId) -> usize {
    client.0 as usize - 1
}

struct CompletionText<'a>(&'a Completion);

impl std::fmt::Display for CompletionText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Completion::Ok(output) => write!(f, "ok: {output}"),
            Completion::Fail => f.write_str("fail: it did not happen"),
            Completion::Info => f.write_str("info: it may have happened"),
        }
    }
}
