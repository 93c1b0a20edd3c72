//! The clients' state machines, and the events that they wait for.

use std::mem;
use std::ops::ControlFlow;
use std::rc::Rc;

use env::{Client, ClientId, Completion, Instant, Networked, NodeId, Random};
use sim::world::{ClientHost, EffectsOf, Link, OperationSource, Queue, index, operator_id, probe_id, resent};
use sim::{Actor, System};

use super::commands::{Command, Commands};
use super::links::{Answered, Arrivals, ClientLinks};
use super::{Op, Request, Response};
use crate::machines::report::Report;
use crate::machines::sending::Sending;
use crate::machines::state::RunState;

/// The host goes on, or a client has panicked.
type Going = ControlFlow<()>;

/// All clients, and their common parts.
pub(super) struct Clients<S: System<Process: Networked>> {
    system: Rc<S>,
    state: Rc<RunState>,
    commands: Rc<Commands<Request<S>, Op<S>>>,
    arrivals: Arrivals<Response<S>>,
    sending: Sending<ClientLinks<Request<S>, Response<S>, Op<S>>>,
    /// By the client's number, less one.
    clients: Vec<ClientHost<S::Client>>,
    operations: OperationSource<Op<S>>,
    due: Queue<Due>,
    is_storm: bool,
    /// Filled again and again, to keep its allocations.
    effects: EffectsOf<S::Client>,
}

/// An event of the clock that a client waits for.
#[derive(Clone, Copy, Debug)]
enum Due {
    Invoke { client: ClientId },
    Wake { client: ClientId, ticket: u32 },
}

impl<S: System<Process: Networked>> Clients<S> {
    /// The clients of the workload, each in the pause before its first operation.
    pub(super) fn new(system: Rc<S>, state: &Rc<RunState>, commands: &Rc<Commands<Request<S>, Op<S>>>) -> Clients<S> {
        let arrivals = Arrivals::default();
        let links = ClientLinks::new(state, S::Process::WIRE_VERSION, commands, &arrivals);
        let plan = &state.plan;
        let operations = OperationSource::new(plan.seed, &plan.workload, || system.workload(plan));
        let mut clients = Clients {
            system,
            state: Rc::clone(state),
            commands: Rc::clone(commands),
            arrivals,
            sending: Sending::new(Rc::clone(state), links),
            clients: Vec::new(),
            operations,
            due: Queue::empty(),
            is_storm: true,
            effects: EffectsOf::<S::Client>::default(),
        };
        for id in (1..=state.plan.workload.clients).map(ClientId) {
            clients.make(id);
            clients.pause(id);
        }
        clients
    }

    /// Carries out commands, hands over answers, and handles the events that are due.
    pub(super) fn catch_up(&mut self) -> Going {
        self.sending.release();
        while let Some(command) = self.commands.take() {
            self.obey(command)?;
        }
        loop {
            let arrived = self.arrivals.borrow_mut().pop_front();
            let Some(answered) = arrived else { break };
            self.answered(answered)?;
        }
        while self.due.next_at().is_some_and(|at| at <= self.state.now.get()) {
            match self.due.pop() {
                Some((_, Due::Invoke { client })) => self.invoke_next(client)?,
                Some((_, Due::Wake { client, ticket })) => self.wake(client, ticket)?,
                None => break,
            }
        }
        Going::Continue(())
    }

    /// The next time at which an event is due by the clock alone; `None` if never.
    pub(super) fn next_due(&self) -> Option<Instant> {
        [self.due.next_at(), self.sending.next_due()].into_iter().flatten().min()
    }

    fn obey(&mut self, command: Command<Request<S>, Op<S>>) -> Going {
        match command {
            Command::Invoke { client, operation } => {
                if client == probe_id(&self.state.plan) && index(client) == self.clients.len() {
                    self.make(client);
                }
                self.invoke(client, operation)
            }
            Command::Send { from, to, request, drawn } => {
                self.put_on_link(from, to, &request, drawn);
                Going::Continue(())
            }
            Command::StormOver => {
                self.is_storm = false;
                Going::Continue(())
            }
        }
    }

    fn make(&mut self, id: ClientId) {
        let client = self.system.client(&self.state.plan, id);
        self.clients.push(ClientHost::new(&self.state.plan, id, client));
    }

    /// A client of the workload waits before it invokes its next operation.
    fn pause(&mut self, id: ClientId) {
        if self.is_storm
            && let Some(at) = self.operations.next_at(id, self.state.now.get())
        {
            self.due_at(at, Due::Invoke { client: id });
        }
    }

    /// In a later tick in any case: a client that always wants to go on at once must not stop time.
    fn due_at(&mut self, at: Instant, what: Due) {
        self.due.push(at.max(Instant(self.state.now.get().0 + 1)), what);
    }

    fn invoke_next(&mut self, id: ClientId) -> Going {
        if !self.is_storm {
            return Going::Continue(());
        }
        let operation = self.operations.next(id);
        self.invoke(id, operation)
    }

    fn invoke(&mut self, id: ClientId, operation: Op<S>) -> Going {
        let host = &mut self.clients[index(id)];
        assert!(!mem::replace(&mut host.is_busy, true), "{id} is to begin an operation while another is outstanding");
        self.state.report(Report::Invoked { client: id, operation: Rc::new(operation.clone()) });
        self.with_client(id, |client, now, random, effects| client.invoke(operation, now, random, effects))
    }

    fn answered(&mut self, answered: Answered<Response<S>>) -> Going {
        let Answered { from, to, number, response } = answered;
        let marks = self.state.take_marks(number);
        let is_operator = to == operator_id(&self.state.plan);
        let is_client = to.0 > 0 && index(to) < self.clients.len();
        if !is_operator && !is_client {
            // The answer is for no client of this run: it is dropped.
            return Going::Continue(());
        }
        let said = self.state.said(&response);
        self.state.report(Report::Response { from, to, marks, said });
        if is_operator {
            // Answers differ from system to system; the operator goes by the actions of nodes.
            return Going::Continue(());
        }
        self.with_client(to, |client, now, random, effects| client.receive(from, response, now, random, effects))
    }

    fn wake(&mut self, id: ClientId, ticket: u32) -> Going {
        let alarm = &mut self.clients[index(id)].alarm;
        if !alarm.comes_up(ticket) {
            return Going::Continue(());
        }
        if alarm.wanted.is_none_or(|wanted| wanted > self.state.now.get()) {
            self.arm(id);
            return Going::Continue(());
        }
        alarm.wanted = None;
        self.state.report(Report::ClientWoke { client: id });
        self.with_client(id, |client, now, random, effects| client.wake(now, random, effects))
    }

    fn arm(&mut self, id: ClientId) {
        let alarm = &mut self.clients[index(id)].alarm;
        if let Some(wanted) = alarm.wanted.filter(|wanted| *wanted != Instant::NEVER)
            && let Some(ticket) = alarm.arm(wanted)
        {
            self.due_at(wanted, Due::Wake { client: id, ticket });
        }
    }

    /// Runs `act` on a client, and carries out its effects.
    fn with_client(
        &mut self,
        id: ClientId,
        act: impl FnOnce(&mut S::Client, Instant, &mut dyn Random, &mut EffectsOf<S::Client>),
    ) -> Going {
        let now = self.state.now.get();
        let host = &mut self.clients[index(id)];
        let mut effects = mem::take(&mut self.effects);
        let acted = self.state.code_under_test(Actor::Client(id), || host.act(now, &mut effects, act));
        if let Err(message) = acted {
            self.state.report(Report::Panicked { who: Actor::Client(id), message });
            return Going::Break(());
        }
        for (to, request) in effects.sends.drain(..) {
            self.send(id, to, &request);
        }
        if let Some(wanted) = effects.wake_at.take() {
            self.clients[index(id)].alarm.wanted = Some(wanted);
            self.arm(id);
        }
        if let Some(completion) = effects.completion.take() {
            self.complete(id, completion);
        }
        self.effects = effects;
        Going::Continue(())
    }

    fn send(&mut self, from: ClientId, to: NodeId, request: &Request<S>) {
        let drawn = self.clients[index(from)].link_random.next_u64();
        if from != probe_id(&self.state.plan)
            && let Some(drawn) = resent(&self.state.plan.workload, drawn)
        {
            self.put_on_link(from, to, request, drawn);
        }
        self.put_on_link(from, to, request, drawn);
    }

    fn put_on_link(&mut self, from: ClientId, to: NodeId, request: &Request<S>, drawn: u64) {
        if !self.state.has_node(to) {
            let why = "there is no such node";
            return self.state.report(Report::Dropped { by: Actor::Client(from), frames: 1, why });
        }
        self.sending.send(Link::ToNode { client: from, node: to }, drawn, request);
    }

    fn complete(&mut self, id: ClientId, completion: Completion<<S::Client as Client>::Output>) {
        self.clients[index(id)].is_busy = false;
        self.state.report(Report::Completed { client: id, completion: Rc::new(completion) });
        if id != probe_id(&self.state.plan) {
            self.pause(id);
        }
    }
}
