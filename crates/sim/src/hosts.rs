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

use check::Moment;

use crate::bounds::{Bounds, Cut};
use crate::engine::{Engine, uncut};
use crate::expand::{Overrides, expand};
use crate::foresight::foresee;
use crate::outcome::Outcome;
use crate::plan::{Plan, Seed};
use crate::profile::Profile;
use crate::run::Run;
use crate::trace::{Actor, Off, On, Recorder, Trace};
use crate::validate::{PlanError, validate};

mod caught;
mod host;
mod program;
mod stage;
mod support;
#[cfg(test)]
mod tests;
mod user;
mod wires;
mod world;

pub use host::Host;
use program::Programs;
pub use user::User;
use world::HostsWorld;

type Running = Pin<Box<dyn Future<Output = turmoil::Result>>>;
type Server<N> = Arc<dyn Fn(Host<N>) -> Running + Send + Sync>;
type Client<N> = Arc<dyn Fn(User<N>) -> Running + Send + Sync>;
type Rule<N> = Box<dyn FnMut(Moment, Actor, &N) -> Result<(), String>>;

/// A system of plain async functions. `N` is what they note of what they do, in their own words.
pub struct AsyncSystem<N> {
    server: Server<N>,
    client: Client<N>,
    rule: Arc<dyn Fn() -> Rule<N> + Send + Sync>,
    is_replicated_log: bool,
    is_linearizable: bool,
}

impl<N> Clone for AsyncSystem<N> {
    fn clone(&self) -> Self {
        let AsyncSystem { server, client, rule, is_replicated_log, is_linearizable } = self;
        AsyncSystem {
            server: server.clone(),
            client: client.clone(),
            rule: rule.clone(),
            is_replicated_log: *is_replicated_log,
            is_linearizable: *is_linearizable,
        }
    }
}

impl<N: Debug + Send + 'static> AsyncSystem<N> {
    /// A system of these servers and clients, of which nothing is required yet but that its clients come to an end.
    ///
    /// `server` is called once for each node, and again after each restart: its memory is gone by then, its files are
    /// what the stop has left of them. A server that returns has stopped, and is started again after 200 ms.
    ///
    /// `client` is called once for each client. One that returns an error is called again after 200 ms while the storm
    /// goes on.
    pub fn new<S, SF, C, CF>(server: S, client: C) -> AsyncSystem<N>
    where
        S: Fn(Host<N>) -> SF + Send + Sync + 'static,
        SF: Future<Output = turmoil::Result> + 'static,
        C: Fn(User<N>) -> CF + Send + Sync + 'static,
        CF: Future<Output = turmoil::Result> + 'static,
    {
        AsyncSystem {
            server: Arc::new(move |host| Box::pin(server(host))),
            client: Arc::new(move |user| Box::pin(client(user))),
            rule: Arc::new(|| Box::new(|_, _, _| Ok(()))),
            is_replicated_log: false,
            is_linearizable: false,
        }
    }

    /// Requires this of what hosts and clients note, in order. `make` makes a rule that has seen nothing, once a run. A
    /// rule that answers with an error has been broken: the run ends there, as a violation of
    /// [`SystemRule`](check::Invariant::SystemRule) that says who noted it.
    #[must_use]
    pub fn rule<M, R>(mut self, make: M) -> AsyncSystem<N>
    where
        M: Fn() -> R + Send + Sync + 'static,
        R: FnMut(Moment, Actor, &N) -> Result<(), String> + 'static,
    {
        self.rule = Arc::new(move || Box::new(make()));
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
    /// completion. A run that does not is a violation of [`Linearizability`](check::Invariant::Linearizability).
    #[must_use]
    pub fn linearizable(mut self) -> AsyncSystem<N> {
        self.is_linearizable = true;
        self
    }

    /// The plan of the profile `chaos` that `seed` expands to, without the faults that cannot be done to plain
    /// programs. Its fields may be changed: the workload's mix, most likely, to operations that the client knows.
    pub fn plan(&self, seed: Seed) -> Plan {
        let mut plan = expand(seed, Profile::Chaos, &Overrides::default()).expect("seeds alone make valid plans");
        plan.schedule.retain(|timed| support::refusal(timed.fault.kind()).is_none());
        plan
    }

    /// Runs a plan to its end or to the first thing that is wrong.
    ///
    /// # Errors
    /// What is wrong with the plan, or which of its faults cannot be done to plain programs.
    ///
    /// # Panics
    /// If the engine has a bug. A panic of a server or a client is a verdict.
    pub fn run(&self, plan: &Plan) -> Result<Outcome, PlanError> {
        self.run_traced(plan, Off, Bounds::NONE).map(uncut)
    }

    /// Runs a plan as [`run`](AsyncSystem::run) does, with the same outcome, and records what happens.
    ///
    /// # Errors
    /// As [`run`](AsyncSystem::run).
    ///
    /// # Panics
    /// As [`run`](AsyncSystem::run).
    pub fn run_recorded(&self, plan: &Plan, recorder: &mut dyn Recorder) -> Result<Outcome, PlanError> {
        self.run_traced(plan, On(recorder), Bounds::NONE).map(uncut)
    }

    /// Runs a plan as [`run`](AsyncSystem::run) does, with the same outcome, or as far as its bounds allow. The files of
    /// programs and their messages are not known, so the limit of the heap is for operations alone.
    ///
    /// # Errors
    /// As [`run`](AsyncSystem::run); and, of a valid plan, which bound its run does not keep to.
    ///
    /// # Panics
    /// As [`run`](AsyncSystem::run).
    pub fn run_within(&self, plan: &Plan, bounds: Bounds<'_>) -> Result<Result<Outcome, Cut>, PlanError> {
        self.run_traced(plan, Off, bounds)
    }

    fn run_traced<T: Trace>(
        &self,
        plan: &Plan,
        trace: T,
        bounds: Bounds<'_>,
    ) -> Result<Result<Outcome, Cut>, PlanError> {
        validate(plan)?;
        support::validate(&plan.schedule)?;
        if let Err(foreseen) = foresee(plan, 0, Engine::Turmoil, &bounds.limits) {
            return Ok(Err(Cut::Foreseen(foreseen)));
        }
        let programs = Programs { is_linearizable: self.is_linearizable };
        Ok(Run::new(&programs, plan, HostsWorld::new(self, plan), trace, bounds).go())
    }
}
