//! Plain async programs as systems under test, on the turmoil engine.
//!
//! An [`AsyncSystem`] is two async functions on tokio's timers, [`net`](crate::net) and [`fs`](crate::fs): a server, one
//! for each node of the plan, and a client, as many as the plan's workload has; with a net around their notes, and an
//! operator, if it is to have one. Neither is a state machine and neither knows of `env::Process`. docs/bring-your-own.md is
//! the way in.
//!
//! Schedule, ledger, digest, verdicts and trace are those of any run; the world is `world.rs`: each host (`station.rs`) is a
//! kernel and a process of `crate::os`, and `fabric.rs` is the network between them. `support.rs` says which faults are
//! refused, and why.
//!
//! Always true:
//! - equal functions, plan and version give an equal digest: there is one thread, time is tokio's paused clock, and all
//!   randomness grows from the plan's seed. A function that reads anything else (a clock, a hash map's order, a static)
//!   breaks this;
//! - notes, observations, operations and completions are taken in in the order in which they happened, and a broken
//!   rule ends the run within the millisecond.
//!
//! Left out: the content of packets is the programs' own and is not traced. A function that never awaits never returns, and
//! neither does the run.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use env::Shown;
use kv_types::{Operation, Output};
use sim::world::{Run, foresee, read_operation, without_refused};
use sim::{
    Actor, Aim, Answer, Beside, Bounds, Checks, Cut, Engine, FaultKind, Generator, IntoSubject, Invariant,
    LinearizableStore, Live, Moment, Net, Note, Op, OperationRead, OperatorAction, Outcome, Overrides, Plan, PlanError,
    Profile, Recorder, Seed, Seen, SettingsRead, StoreOperations, Subject, SubjectId, Unwatched, Value, expand,
};

mod fabric;
mod host;
mod operations;
mod operator;
mod state;
mod station;
mod support;
#[cfg(test)]
mod tests;
mod user;
mod world;

pub use host::Host;
use operator::Operates;
pub use operator::Operator;
pub use user::User;
use world::ProgramsWorld;

type Running = Pin<Box<dyn Future<Output = crate::Result>>>;
type Server<N> = Arc<dyn Fn(Host<N>) -> Running + Send + Sync>;
type Client<O, A, N> = Arc<dyn Fn(User<N, O, A>) -> Running + Send + Sync>;
type ClientOf<N> = Client<<N as Net>::Op, <N as Net>::Output, <N as Net>::Note>;
type Workload<O> = Arc<dyn Fn(&Plan) -> Box<dyn Generator<O>> + Send + Sync>;

/// A net around programs; its words may be sent from task to task.
pub trait HostsNet: Net<Op: Send, Output: Send, Note: Send> {}

impl<N: Net<Op: Send, Output: Send, Note: Send>> HostsNet for N {}

/// A system of plain async functions, with the net around its runs.
pub struct AsyncSystem<N: Net> {
    id: SubjectId,
    version: Option<String>,
    server: Server<N::Note>,
    client: ClientOf<N>,
    workload: Workload<N::Op>,
    net: Arc<dyn Fn(&Plan) -> N + Send + Sync>,
    suits: Arc<dyn Fn(&mut Plan) + Send + Sync>,
    sends_datagrams: bool,
    operates: Option<Operates>,
}

impl<N: Net> Clone for AsyncSystem<N> {
    fn clone(&self) -> Self {
        let AsyncSystem { id, version, server, client, workload, net, suits, sends_datagrams, operates } = self;
        AsyncSystem {
            sends_datagrams: *sends_datagrams,
            operates: operates.clone(),
            id: id.clone(),
            version: version.clone(),
            server: server.clone(),
            client: client.clone(),
            workload: workload.clone(),
            net: net.clone(),
            suits: suits.clone(),
        }
    }
}

impl<N: Note + Send> AsyncSystem<Unwatched<Operation, Output, N>> {
    /// A system of this name, of these servers and clients. The clients ask for operations on a key-value store.
    /// Nothing is required yet but that its clients come to an end, and that its servers stay up once it is calm.
    ///
    /// `server` is called once for each node, and again after each restart: its memory is gone by then, its files are
    /// as the stop has left them. A server that returns has stopped, and is started again after 200 ms.
    ///
    /// `client` is called once for each client. One that returns an error is called again after 200 ms while the storm
    /// goes on.
    ///
    /// # Panics
    /// If the name is none: see [`SubjectId::new`].
    pub fn new<S, SF, C, CF>(id: impl Into<SubjectId>, server: S, client: C) -> Self
    where
        S: Fn(Host<N>) -> SF + Send + Sync + 'static,
        SF: Future<Output = crate::Result> + 'static,
        C: Fn(User<N>) -> CF + Send + Sync + 'static,
        CF: Future<Output = crate::Result> + 'static,
    {
        AsyncSystem::asking(id, server, client, |plan| Box::new(StoreOperations::new(&plan.workload)))
    }
}

impl<O: Op + Send, A: Answer + Send, N: Note + Send> AsyncSystem<Unwatched<O, A, N>> {
    /// A system as [`new`](AsyncSystem::new) makes it, but its clients ask for operations of its own, which `workload`
    /// draws.
    ///
    /// # Panics
    /// If the name is none: see [`SubjectId::new`].
    pub fn asking<S, SF, C, CF>(
        id: impl Into<SubjectId>,
        server: S,
        client: C,
        workload: impl Fn(&Plan) -> Box<dyn Generator<O>> + Send + Sync + 'static,
    ) -> Self
    where
        S: Fn(Host<N>) -> SF + Send + Sync + 'static,
        SF: Future<Output = crate::Result> + 'static,
        C: Fn(User<N, O, A>) -> CF + Send + Sync + 'static,
        CF: Future<Output = crate::Result> + 'static,
    {
        AsyncSystem {
            id: id.into(),
            version: None,
            server: Arc::new(move |host| Box::pin(server(host))),
            client: Arc::new(move |user| Box::pin(client(user))),
            workload: Arc::new(workload),
            net: Arc::new(|_| Unwatched::default()),
            suits: Arc::new(|_| {}),
            sends_datagrams: false,
            operates: None,
        }
    }
}

impl<N: HostsNet> AsyncSystem<N> {
    /// Adds a net that watches, after the earlier nets. `make` makes one that has seen nothing, once a run.
    #[must_use]
    pub fn watched_by<M>(self, make: impl Fn(&Plan) -> M + Send + Sync + 'static) -> AsyncSystem<(N, M)>
    where
        M: Beside<N>,
    {
        let AsyncSystem { id, version, server, client, workload, net, suits, sends_datagrams, operates } = self;
        let net = Arc::new(move |plan: &Plan| (net(plan), make(plan)));
        AsyncSystem { id, version, server, client, workload, net, suits, sends_datagrams, operates }
    }

    /// Requires this rule of the notes of hosts and clients, in order. `make` makes a rule that has seen nothing, once
    /// a run. A rule that answers with an error has been broken: the run ends there, as a violation of
    /// [`SystemRule`](Invariant::SYSTEM_RULE) that names the actor of the note.
    #[must_use]
    pub fn rule<M, R>(self, make: M) -> AsyncSystem<(N, impl Beside<N>)>
    where
        M: Fn() -> R + Send + Sync + 'static,
        R: FnMut(Moment, Actor, &N::Note) -> Result<(), String> + Clone + 'static,
    {
        self.watched_by(move |_| {
            let mut rule = make();
            Checks::new(Invariant::SYSTEM_RULE, move |at, seen: Seen<'_, N::Op, N::Output, N::Note>| {
                let (who, note) = match seen {
                    Seen::Noted(node, note) => (Actor::Node(node), note),
                    Seen::ClientNoted(client, note) => (Actor::Client(client), note),
                    _ => return Ok(()),
                };
                rule(at, who, note).map_err(|message| format!("{who} noted {}: {message}", Shown(note)))
            })
        })
    }

    /// Names the version of the code under test, which reports show beside that of the simulator.
    #[must_use]
    pub fn version(self, version: impl Into<String>) -> AsyncSystem<N> {
        AsyncSystem { version: Some(version.into()), ..self }
    }

    /// Says that its hosts send datagrams, which may be doubled on their way; what TCP carries is not.
    #[must_use]
    pub fn sending_datagrams(self) -> AsyncSystem<N> {
        AsyncSystem { sends_datagrams: true, ..self }
    }

    /// Gives it an operator, who is asked for what the plan says: to add, to remove or to replace a member, to transfer the
    /// leadership, to take a snapshot. The function runs on a host of its own, which nothing cuts off, once for each time
    /// that the operator asks; it asks the leader, as the system's net knows it ([`Net::standing`]), and asks again until
    /// the net has seen the effect or the function has returned `Ok`.
    #[must_use]
    pub fn operator<F>(self, operate: impl Fn(Operator, OperatorAction) -> F + Send + Sync + 'static) -> AsyncSystem<N>
    where
        F: Future<Output = crate::Result> + 'static,
    {
        let operates: Operates = Arc::new(move |operator, action| Box::pin(operate(operator, action)));
        AsyncSystem { operates: Some(operates), ..self }
    }

    /// Changes every plan that a seed expands to, before it is run: its workload's mix, most likely, to operations that
    /// the client knows.
    #[must_use]
    pub fn suited(mut self, change: impl Fn(&mut Plan) + Send + Sync + 'static) -> AsyncSystem<N> {
        self.suits = Arc::new(change);
        self
    }
}

impl<N: HostsNet + Net<Op = Operation, Output = Output>> AsyncSystem<N> {
    /// Requires that clients see one linearizable key-value store: that some order of their operations explains every
    /// completion. A run that does not is a violation of [`Linearizability`](Invariant::LINEARIZABILITY).
    #[must_use]
    pub fn linearizable(self) -> AsyncSystem<(N, LinearizableStore<N::Note>)> {
        self.watched_by(|_| LinearizableStore::default())
    }
}

impl<N: HostsNet> Subject for AsyncSystem<N> {
    fn id(&self) -> SubjectId {
        self.id.clone()
    }

    fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    fn engines(&self) -> &'static [Engine] {
        &[Engine::Turmoil]
    }

    fn refuses(&self, _: Engine, fault: FaultKind) -> Option<&'static str> {
        support::refusal(fault, self.sends_datagrams, self.operates.is_some())
    }

    fn aims(&self) -> Vec<Aim> {
        N::aims()
    }

    /// The plan of [`expand`], made to [suit](AsyncSystem::suited), without the faults that cannot be done to plain
    /// programs.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        let mut plan = expand(seed, profile, overrides, &self.aims())?;
        (self.suits)(&mut plan);
        without_refused(self, plan, profile)
    }

    /// Programs have no settings of their own in a plan.
    fn read_settings(&self, settings: &Value) -> Result<SettingsRead, String> {
        SettingsRead::of::<()>(settings)
    }

    fn read_operation(&self, operation: &Value) -> Result<OperationRead, String> {
        read_operation::<N::Op>(operation)
    }

    fn run(
        &self,
        _: Engine,
        plan: &Plan,
        bounds: Bounds<'_>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Cut> {
        foresee(plan, 0, Engine::Turmoil, &bounds.limits).map_err(Cut::Foreseen)?;
        let recorder = recorder.map(|recorder| recorder as &mut dyn Recorder);
        Run::new(plan, bounds, recorder).go(&mut ProgramsWorld::new(self, plan, false))
    }

    fn live<'a>(&'a self, _: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        Live::of(plan, ProgramsWorld::new(self, plan, true), recorder)
    }
}

impl<N: HostsNet> IntoSubject for AsyncSystem<N> {
    fn into_subject(self) -> Arc<dyn Subject> {
        Arc::new(self)
    }
}
