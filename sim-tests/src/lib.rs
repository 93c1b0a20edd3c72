//! The common ground of this crate's tests: campaigns on either engine, a system that says less and one that is
//! observed, and the laws of every parser.
#![forbid(unsafe_code)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use explore::{Budget, Campaign, Report};
use sim::{Bounds, Engine, Outcome, Overrides, Plan, Profile, Recorder, Seed, Subject};

mod observed;
pub mod parsers;
mod quiet;

pub use observed::{Observed, ObservedNode};
pub use quiet::{Quiet, QuietProcess};

/// Makes two tests of a function that takes an [`Engine`]: `event::NAME` and `turmoil::NAME`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* $test:ident),* $(,)?) => {
        mod event {
            $($(#[$attribute])* #[test] fn $test() { super::$test(sim::Engine::Event); })*
        }
        mod turmoil {
            $($(#[$attribute])* #[test] fn $test() { super::$test(sim::Engine::Turmoil); })*
        }
    };
}

/// How many seeds to run: the engines differ in speed by a factor of ten to fifty.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// On the event engine.
    pub event: u64,
    /// On the turmoil engine.
    pub turmoil: u64,
}

impl Seeds {
    /// As many as are meant for this engine.
    pub fn on(self, engine: Engine) -> u64 {
        match engine {
            Engine::Event => self.event,
            Engine::Turmoil => self.turmoil,
        }
    }
}

/// The Raft cluster. Tests share the engines that the library was compiled with: each `RaftKv` of theirs would be
/// compiled with engines of its own.
///
/// # Panics
/// Never: it is registered.
pub fn raft_kv() -> Arc<dyn Subject> {
    let systems = scenarios::systems();
    systems.make(&systems.usual()).expect("it is registered")
}

/// The outcome of a plan.
///
/// # Panics
/// If it cannot be run.
pub fn outcome(engine: Engine, subject: &dyn Subject, plan: &Plan) -> Outcome {
    subject.run_checked(engine, plan).unwrap_or_else(|error| panic!("{}: {error}", plan.seed))
}

/// The outcome of a plan whose run is told to a recorder.
///
/// # Panics
/// If it cannot be run.
pub fn recorded(engine: Engine, subject: &dyn Subject, plan: &Plan, recorder: &mut dyn Recorder) -> Outcome {
    subject.check(engine, plan).unwrap_or_else(|error| panic!("{}: {error}", plan.seed));
    subject.run(engine, plan, Bounds::NONE, Some(recorder)).expect("nothing bounds it")
}

/// A campaign from seed 0 on two threads.
pub fn campaign(engine: Engine, profile: Profile, seeds: u64) -> Campaign {
    Campaign {
        engine,
        first_seed: Seed(0),
        seeds,
        time: None,
        profile,
        overrides: Overrides::default(),
        jobs: 2,
        verify: false,
        budget: Budget::default(),
    }
}

/// Runs all seeds of a campaign.
///
/// # Panics
/// If its overrides make plans that cannot be run.
pub fn run(campaign: &Campaign, subject: &dyn Subject) -> Report {
    let never = AtomicBool::new(false);
    campaign.run(subject, &never, &mut |_| ControlFlow::Continue(())).expect("profiles make sound plans")
}

/// Runs seeds up to the first failure.
///
/// # Panics
/// If its overrides make plans that cannot be run.
pub fn run_to_first_failure(campaign: &Campaign, subject: &dyn Subject) -> Report {
    let never = AtomicBool::new(false);
    let mut stop_at_first = |progress: &explore::Progress<'_>| match progress.failure {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    };
    campaign.run(subject, &never, &mut stop_at_first).expect("profiles make sound plans")
}
