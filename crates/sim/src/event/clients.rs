//! Running the clients: each invokes an operation, waits for its completion, pauses, and goes on until the storm is
//! over.

use env::{Client, ClientId, Instant, NodeId, Process, Random};

use super::network::Fate;
use super::{EventWorld, Happening};
use crate::client::{ClientHost, EffectsOf, index, resent};
use crate::disturbance::{Link, Marks};
use crate::run::{self, Run, Step, tell};
use crate::system::System;
use crate::trace::{Actor, Trace, What};

type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

impl<S: System, T: Trace> Run<'_, T, EventWorld<'_, S>> {
    /// A client of the workload waits before it invokes its next operation.
    pub(super) fn pause_client(&mut self, id: ClientId) {
        if !self.is_storm() {
            return;
        }
        if let Some(at) = self.world.operations.next_at(id, self.now) {
            self.queue.push(at, run::Happening::World(Happening::Invoke { client: id }));
        }
    }

    pub(super) fn client_goes_on(&mut self, id: ClientId) -> Step {
        if !self.is_storm() {
            return Ok(());
        }
        let operation = self.world.operations.next(id);
        self.invoke_operation(id, operation)
    }

    pub(super) fn invoke_operation(&mut self, id: ClientId, operation: <S::Client as Client>::Op) -> Step {
        if self.world.clients.len() < id.0 as usize {
            // The probe of the calm phase, for the first time.
            self.world.clients.push(ClientHost::new(self.plan, id, self.world.system.client(self.plan, id)));
        }
        self.invoked(id, &operation)?;
        self.world.clients[index(id)].is_busy = true;
        self.with_client(id, |client, now, random, effects| client.invoke(operation, now, random, effects))
    }

    pub(super) fn response_arrives(&mut self, from: NodeId, to: ClientId, marks: Marks, response: Response<S>) -> Step {
        self.response_delivered(from, to, marks, &response);
        if to == self.operator_id() {
            return Ok(());
        }
        self.with_client(to, |client, now, random, effects| client.receive(from, response, now, random, effects))
    }

    /// Whether a queued wake-up is due. If the client has put it off meanwhile, it is queued anew.
    pub(super) fn client_wake_is_due(&mut self, id: ClientId, ticket: u32) -> bool {
        let client = &mut self.world.clients[index(id)];
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
        self.world.clients[index(id)].alarm.wanted = None;
        self.client_wakes(id);
        self.with_client(id, |client, now, random, effects| client.wake(now, random, effects))
    }

    fn arm_client(&mut self, id: ClientId) {
        let alarm = &mut self.world.clients[index(id)].alarm;
        if let Some(wanted) = alarm.wanted.filter(|wanted| *wanted != Instant::NEVER) {
            let due = wanted.max(self.now);
            if let Some(ticket) = alarm.arm(due) {
                self.queue.push(due, run::Happening::World(Happening::ClientWake { client: id, ticket }));
            }
        }
    }

    /// Runs `act` on a client, and carries out its effects. The client's clock is true time.
    fn with_client(
        &mut self,
        id: ClientId,
        act: impl FnOnce(&mut S::Client, Instant, &mut dyn Random, &mut EffectsOf<S::Client>),
    ) -> Step {
        let mut effects = self.world.client_scratch.take();
        let host = &mut self.world.clients[index(id)];
        self.running = Some(Actor::Client(id));
        host.act(self.now, &mut effects, act);
        self.running = None;
        for (to, request) in effects.sends.drain(..) {
            self.send_request(id, to, request);
        }
        if let Some(wanted) = effects.wake_at.take() {
            self.world.clients[index(id)].alarm.wanted = Some(wanted);
            self.arm_client(id);
        }
        let completion = effects.completion.take();
        self.world.client_scratch.put(effects);
        let Some(completion) = completion else { return Ok(()) };
        self.world.clients[index(id)].is_busy = false;
        self.completed(id, &completion)?;
        if id != self.probe_id() {
            self.pause_client(id);
        }
        Ok(())
    }

    fn send_request(&mut self, from: ClientId, to: NodeId, request: Request<S>) {
        let drawn = self.world.clients[index(from)].link_random.next_u64();
        if from != self.probe_id()
            && let Some(drawn) = resent(&self.plan.workload, drawn)
        {
            self.put_on_link(from, to, request.clone(), drawn);
        }
        self.put_on_link(from, to, request, drawn);
    }

    /// Sends a request; `drawn` decides its fate.
    pub(super) fn put_on_link(&mut self, from: ClientId, to: NodeId, request: Request<S>, drawn: u64) {
        if to.index() >= self.machines.len() || to.0 == 0 {
            tell!(self, Actor::Client(from), What::Dropped, "-/-> {to} {request:?}: there is no {to}");
            return;
        }
        let happening = |marks, request| run::Happening::World(Happening::Request { from, to, marks, request });
        match self.world.network.send(Link::ToNode { client: from, node: to }, self.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, request)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, request.clone()));
                self.queue.push(second.at, happening(second.marks, request));
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks, Actor::Client(from), format_args!("{to} {request:?}"));
            }
        }
    }
}
