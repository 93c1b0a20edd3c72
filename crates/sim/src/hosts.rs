//! Plain async programs as systems under test, on the turmoil engine.
//!
//! An [`AsyncSystem`] is two async functions on `turmoil::net`, `turmoil::fs` and tokio's timers, and a rule: a server,
//! of which each node of the plan runs one, a client, of which the workload has as many as the plan says, and what must
//! hold of what they note. Neither is a state machine and neither knows of `env::Process`. docs/bring-your-own.md is
//! the way in.
//!
//! Schedule, ledger, digest, verdicts and trace are those of any run (`run`); the world is a smaller one (`world.rs`):
//! a program can be stopped, restarted, cut off and kept waiting for the network from outside, and nothing else.
//! `support.rs` says which faults that leaves and why the others are refused.
//!
//! Always true:
//! - equal functions, plan and version give an equal digest: there is one thread, time is tokio's paused clock, and all
//!   randomness grows from the plan's seed. A function that reads anything else (a clock, a hash map's order, a static)
//!   breaks this;
//! - what is noted, observed, begun and completed is taken in in the order in which it happened, and a broken rule ends
//!   the run within the millisecond.
//!
//! Left out: what programs send one another is theirs and is not traced, so messages, requests and syncs are not
//! counted. A function that never awaits never returns, and neither does the run.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use history::Moment;

use crate::bounds::{Bounds, Cut};
use crate::engine::Engine;
use crate::expand::{Overrides, expand};
use crate::foresight::foresee;
use crate::live::Live;
use crate::outcome::Outcome;
use crate::plan::{FaultKind, Plan, Seed};
use crate::profile::Profile;
use crate::run::Run;
use crate::subject::{IntoSubject, Subject, SubjectId, without_refused};
use crate::system::Terms;
use crate::trace::{Actor, Recorder, Told};
use crate::validate::PlanError;

mod caught;
mod host;
mod stage;
mod support;
#[cfg(test)]
mod tests;
mod user;
mod wires;
mod world;

pub use host::Host;
pub use user::User;
use world::HostsWorld;

type Running = Pin<Box<dyn Future<Output = turmoil::Result>>>;
type Server<N> = Arc<dyn Fn(Host<N>) -> Running + Send + Sync>;
type Client<N> = Arc<dyn Fn(User<N>) -> Running + Send + Sync>;
type Rule<N> = Box<dyn FnMut(Moment, Actor, &N) -> Result<(), String>>;

/// A system of plain async functions. `N` is what they note of what they do, in their own words.
pub struct AsyncSystem<N> {
    id: SubjectId,
    server: Server<N>,
    client: Client<N>,
    rule: Arc<dyn Fn() -> Rule<N> + Send + Sync>,
    suits: Arc<dyn Fn(&mut Plan) + Send + Sync>,
    is_replicated_log: bool,
    is_linearizable: bool,
}

impl<N> Clone for AsyncSystem<N> {
    fn clone(&self) -> Self {
        let AsyncSystem { id, server, client, rule, suits, is_replicated_log, is_linearizable } = self;
        AsyncSystem {
            id: id.clone(),
            server: server.clone(),
            client: client.clone(),
            rule: rule.clone(),
            suits: suits.clone(),
            is_replicated_log: *is_replicated_log,
            is_linearizable: *is_linearizable,
        }
    }
}

impl<N: Debug + Send + 'static> AsyncSystem<N> {
    /// A system of this name, of these servers and clients, of which nothing is required yet but that its clients come to an
    /// end.
    ///
    /// `server` is called once for each node, and again after each restart: its memory is gone by then, its files are
    /// what the stop has left of them. A server that returns has stopped, and is started again after 200 ms.
    ///
    /// `client` is called once for each client. One that returns an error is called again after 200 ms while the storm
    /// goes on.
    ///
    /// # Panics
    /// If the name is none: see [`SubjectId::new`].
    pub fn new<S, SF, C, CF>(id: impl Into<SubjectId>, server: S, client: C) -> AsyncSystem<N>
    where
        S: Fn(Host<N>) -> SF + Send + Sync + 'static,
        SF: Future<Output = turmoil::Result> + 'static,
        C: Fn(User<N>) -> CF + Send + Sync + 'static,
        CF: Future<Output = turmoil::Result> + 'static,
    {
        AsyncSystem {
            id: id.into(),
            server: Arc::new(move |host| Box::pin(server(host))),
            client: Arc::new(move |user| Box::pin(client(user))),
            rule: Arc::new(|| Box::new(|_, _, _| Ok(()))),
            suits: Arc::new(|_| {}),
            is_replicated_log: false,
            is_linearizable: false,
        }
    }

    /// Requires this of what hosts and clients note, in order. `make` makes a rule that has seen nothing, once a run. A
    /// rule that answers with an error has been broken: the run ends there, as a violation of
    /// [`SystemRule`](history::Invariant::SystemRule) that says who noted it.
    #[must_use]
    pub fn rule<M, R>(mut self, make: M) -> AsyncSystem<N>
    where
        M: Fn() -> R + Send + Sync + 'static,
        R: FnMut(Moment, Actor, &N) -> Result<(), String> + 'static,
    {
        self.rule = Arc::new(move || Box::new(make()));
        self
    }

    /// Changes every plan that a seed expands to, before it is run: its workload's mix, most likely, to operations that the
    /// client knows.
    #[must_use]
    pub fn suited(mut self, change: impl Fn(&mut Plan) + Send + Sync + 'static) -> AsyncSystem<N> {
        self.suits = Arc::new(change);
        self
    }

    /// Says that the system is a replicated log and tells all it does to it by [`Host::observe`] and [`Host::synced`]:
    /// clients' completions are then judged by what hosts have observed. Without this only hosts are.
    #[must_use]
    pub fn replicated_log(mut self) -> AsyncSystem<N> {
        self.is_replicated_log = true;
        self
    }

    /// Requires that clients see one linearizable key-value store: that some order of their operations explains every
    /// completion. A run that does not is a violation of [`Linearizability`](history::Invariant::Linearizability).
    #[must_use]
    pub fn linearizable(mut self) -> AsyncSystem<N> {
        self.is_linearizable = true;
        self
    }

    /// Hosts may say that they keep a log, of which all are founders then.
    fn terms(&self, plan: &Plan) -> Terms {
        let AsyncSystem { is_replicated_log: answers_from_log, is_linearizable, .. } = *self;
        Terms { answers_from_log, is_linearizable, ..Terms::of_replicated_store(&plan.cluster) }
    }
}

/// Files and messages of programs are not known, so the limit of the heap is for operations alone.
impl<N: Debug + Send + 'static> Subject for AsyncSystem<N> {
    fn id(&self) -> SubjectId {
        self.id.clone()
    }

    fn engines(&self) -> &'static [Engine] {
        &[Engine::Turmoil]
    }

    fn refuses(&self, _: Engine, fault: FaultKind) -> Option<&'static str> {
        support::refusal(fault)
    }

    /// That of [`expand`], made to [suit](AsyncSystem::suited), without the faults that cannot be done to plain programs.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        let mut plan = expand(seed, profile, overrides)?;
        (self.suits)(&mut plan);
        without_refused(self, plan, profile)
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
        Run::new(self.terms(plan), plan, HostsWorld::new(self, plan, false), Told::to(recorder), bounds).go()
    }

    fn live<'a>(&'a self, _: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        Live::of(self.terms(plan), plan, HostsWorld::new(self, plan, true), recorder)
    }
}

impl<N: Debug + Send + 'static> IntoSubject for AsyncSystem<N> {
    fn into_subject(self) -> Arc<dyn Subject> {
        Arc::new(self)
    }
}
