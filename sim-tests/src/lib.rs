//! The common ground of this crate's tests: campaigns on either engine, a system that says less, and the laws of every parser.
#![forbid(unsafe_code)]

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use explore::{Budget, Campaign, Report};
use sim::{Engine, Overrides, Profile, Seed, System};

pub mod parsers;
mod quiet;

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
pub fn run<S: System + Send>(campaign: &Campaign, system: &S) -> Report {
    let never = AtomicBool::new(false);
    campaign.run(system, &never, &mut |_| ControlFlow::Continue(())).expect("profiles make sound plans")
}

/// Runs seeds up to the first failure.
///
/// # Panics
/// If its overrides make plans that cannot be run.
pub fn run_to_first_failure<S: System + Send>(campaign: &Campaign, system: &S) -> Report {
    let never = AtomicBool::new(false);
    let mut stop_at_first = |progress: &explore::Progress<'_>| match progress.failure {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    };
    campaign.run(system, &never, &mut stop_at_first).expect("profiles make sound plans")
}
