//! Running the clients: each invokes an operation, waits for its completion, pauses, and goes on until the storm is
//! over.

use env::{Client, ClientId, Instant, NodeId, Process, Random};

use super::network::Fate;
use super::{EventWorld, Happening};
use crate::client::{ClientHost, EffectsOf, index, resent};
use crate::disturbance::{Link, Marks};
use crate::run::{Run, Step, tell};
use crate::system::System;
use crate::trace::{Actor, What};

type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

impl<S: System> EventWorld<'_, S> {
    /// A client of the workload waits before it invokes its next operation.
    pub(super) fn pause_client(&mut self, run: &mut Run<'_>, id: ClientId) {
        if !run.is_storm() {
            return;
        }
        if let Some(at) = self.operations.next_at(id, run.now) {
            self.queue.push(at, Happening::Invoke { client: id });
        }
    }

    pub(super) fn client_goes_on(&mut self, run: &mut Run<'_>, id: ClientId) -> Step {
        if !run.is_storm() {
            return Ok(());
        }
        let operation = self.operations.next(id);
        self.invoke_operation(run, id, operation)
    }

    pub(super) fn invoke_operation(
        &mut self,
        run: &mut Run<'_>,
        id: ClientId,
        operation: <S::Client as Client>::Op,
    ) -> Step {
        if self.clients.len() < id.0 as usize {
            // The probe of the calm phase, for the first time.
            self.clients.push(ClientHost::new(run.plan, id, self.system.client(run.plan, id)));
        }
        run.invoked(self, id, &operation)?;
        self.clients[index(id)].is_busy = true;
        self.with_client(run, id, |client, now, random, effects| client.invoke(operation, now, random, effects))
    }

    pub(super) fn response_arrives(
        &mut self,
        run: &mut Run<'_>,
        from: NodeId,
        to: ClientId,
        marks: Marks,
        response: Response<S>,
    ) -> Step {
        run.response_delivered(from, to, marks, &response);
        if to == run.operator_id() {
            return Ok(());
        }
        self.with_client(run, to, |client, now, random, effects| client.receive(from, response, now, random, effects))
    }

    /// True if a queued wake-up is due. If the client has put it off meanwhile, it is queued anew.
    pub(super) fn client_wake_is_due(&mut self, run: &mut Run<'_>, id: ClientId, ticket: u32) -> bool {
        let client = &mut self.clients[index(id)];
        if !client.alarm.comes_up(ticket) {
            return false;
        }
        let is_due = client.alarm.wanted.is_some_and(|wanted| wanted <= run.now);
        if !is_due {
            self.arm_client(run, id);
        }
        is_due
    }

    pub(super) fn wake_client(&mut self, run: &mut Run<'_>, id: ClientId) -> Step {
        self.clients[index(id)].alarm.wanted = None;
        run.client_wakes(id);
        self.with_client(run, id, |client, now, random, effects| client.wake(now, random, effects))
    }

    fn arm_client(&mut self, run: &mut Run<'_>, id: ClientId) {
        let alarm = &mut self.clients[index(id)].alarm;
        if let Some(wanted) = alarm.wanted.filter(|wanted| *wanted != Instant::NEVER) {
            let due = wanted.max(run.now);
            if let Some(ticket) = alarm.arm(due) {
                self.queue.push(due, Happening::ClientWake { client: id, ticket });
            }
        }
    }

    /// Runs `act` on a client, and carries out its effects. The client's clock is true time.
    fn with_client(
        &mut self,
        run: &mut Run<'_>,
        id: ClientId,
        act: impl FnOnce(&mut S::Client, Instant, &mut dyn Random, &mut EffectsOf<S::Client>),
    ) -> Step {
        let mut effects = self.client_scratch.take();
        let host = &mut self.clients[index(id)];
        let now = run.now;
        run.code_under_test(Actor::Client(id), || host.act(now, &mut effects, act));
        for (to, request) in effects.sends.drain(..) {
            self.send_request(run, id, to, request);
        }
        if let Some(wanted) = effects.wake_at.take() {
            self.clients[index(id)].alarm.wanted = Some(wanted);
            self.arm_client(run, id);
        }
        let completion = effects.completion.take();
        self.client_scratch.put(effects);
        let Some(completion) = completion else { return Ok(()) };
        self.clients[index(id)].is_busy = false;
        run.completed(self, id, &completion)?;
        if id != run.probe_id() {
            self.pause_client(run, id);
        }
        Ok(())
    }

    fn send_request(&mut self, run: &mut Run<'_>, from: ClientId, to: NodeId, request: Request<S>) {
        let drawn = self.clients[index(from)].link_random.next_u64();
        if from != run.probe_id()
            && let Some(drawn) = resent(&run.plan.workload, drawn)
        {
            self.put_on_link(run, from, to, request.clone(), drawn);
        }
        self.put_on_link(run, from, to, request, drawn);
    }

    /// Sends a request; `drawn` decides its fate.
    pub(super) fn put_on_link(
        &mut self,
        run: &mut Run<'_>,
        from: ClientId,
        to: NodeId,
        request: Request<S>,
        drawn: u64,
    ) {
        if to.index() >= run.machines.len() || to.0 == 0 {
            tell!(run, Actor::Client(from), What::Dropped, "-/-> {to} {request:?}: there is no {to}");
            return;
        }
        let happening = |marks, request| Happening::Request { from, to, marks, request };
        match self.network.send(&run.disturbances, Link::ToNode { client: from, node: to }, run.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, request)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, request.clone()));
                self.queue.push(second.at, happening(second.marks, request));
            }
            Fate::Lost(marks) => {
                run.lost_on_link(marks, Actor::Client(from), format_args!("{to} {request:?}"));
            }
        }
    }
}
