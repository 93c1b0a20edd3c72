//! A system that does the same and says less.

use std::error::Error;

use env::{Client, ClientId, Effects, Event, Instant, Networked, Process, Random, RequestId};
use raft_types::Observation;
use sim::{
    Boot, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed, SubjectId,
    System,
};

/// The system `S`, but its nodes do not report the reads that they serve.
///
/// A system that does not report something is not judged by it (docs/invariants.md). So of this one's reads nothing is
/// known but the clients' answers: the linearizability of their history finds a wrong read, or nothing does. Nodes,
/// clients, messages and files are those of `S`, and a run goes as it would with `S` as long as no rule is broken.
#[derive(Clone, Debug)]
pub struct Quiet<S>(pub S);

/// A node of [`Quiet`].
#[derive(Clone, Debug)]
pub struct QuietProcess<P>(P);

impl<S: System<Process: Networked + Process<Note = Observation>>> System for Quiet<S> {
    type Process = QuietProcess<S::Process>;
    type Client = S::Client;
    type Settings = S::Settings;
    type Net = S::Net;

    fn id(&self) -> SubjectId {
        self.0.id().with_setting("reads", "untold")
    }

    fn version(&self) -> Option<&str> {
        self.0.version()
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str> {
        self.0.refuses(engine, fault)
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        self.0.plan(seed, profile, overrides)
    }

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Self::Process, Box<dyn Error>> {
        let Boot { cluster, settings, node, start, disk, now, random, effects } = boot;
        quietly(effects, |effects| self.0.boot(Boot { cluster, settings, node, start, disk, now, random, effects }))
            .map(QuietProcess)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> S::Client {
        self.0.client(plan, client)
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<<S::Client as Client>::Op>> {
        self.0.workload(plan)
    }

    fn probe(&self, number: u64) -> Option<<S::Client as Client>::Op> {
        self.0.probe(number)
    }

    fn net(&self, plan: &Plan) -> S::Net {
        self.0.net(plan)
    }

    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<<Self::Process as Process>::Request> {
        self.0.operator_request(from, action)
    }
}

impl<P: Networked + Process<Note = Observation>> Networked for QuietProcess<P> {
    const WIRE_VERSION: u16 = P::WIRE_VERSION;
}

impl<P: Process<Note = Observation>> Process for QuietProcess<P> {
    type Message = P::Message;
    type Request = P::Request;
    type Response = P::Response;
    type Note = Observation;

    fn handle(&mut self, event: Event<Self>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Self>) {
        quietly(effects, |effects| self.0.handle(of_event(event), now, random, effects));
    }
}

/// Has `act` write its effects, and leaves out the observations of reads.
fn quietly<P: Process<Note = Observation>, A>(
    effects: &mut Effects<QuietProcess<P>>,
    act: impl FnOnce(&mut Effects<P>) -> A,
) -> A {
    let mut loud = of_process(std::mem::take(effects));
    let answer = act(&mut loud);
    loud.notes.retain(|note| !matches!(note, Observation::ReadServed { .. }));
    *effects = of_process(loud);
    answer
}

/// The same effects as those of another process that sends and answers alike.
pub(crate) fn of_process<P, Q>(effects: Effects<P>) -> Effects<Q>
where
    P: Process,
    Q: Process<Message = P::Message, Response = P::Response, Note = P::Note>,
{
    let Effects { disk, sync, notes, sends, replies, wake_at, halt } = effects;
    Effects { disk, sync, notes, sends, replies, wake_at, halt }
}

/// The same event as one of another process that is told and asked alike.
pub(crate) fn of_event<P, Q>(event: Event<P>) -> Event<Q>
where
    P: Process,
    Q: Process<Message = P::Message, Request = P::Request>,
{
    match event {
        Event::Message { from, message } => Event::Message { from, message },
        Event::Request { client, request } => Event::Request { client, request },
        Event::Wake => Event::Wake,
        Event::Synced(sync) => Event::Synced(sync),
        Event::SyncFailed(sync, error) => Event::SyncFailed(sync, error),
    }
}
