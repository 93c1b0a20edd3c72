//! A story: one cluster, driven step by step through a handle, in simulated time.
//!
//! ```
//! use raft_kv::RaftKv;
//! use stormglass::{Story, expect, put, secs};
//!
//! Story::of(RaftKv::default(), 0x1f3a).nodes(5).tell(|c| {
//!     let leader = c.wait_for_leader()?;
//!     let follower = c.follower_of(leader)?;
//!     c.partition([leader, follower])?; // the other three elect
//!     let write = c.at(leader).begin(put("x", "1"))?;
//!     c.run_for(secs(5))?;
//!     expect(c.is_pending(write), "a minority acknowledges nothing")?;
//!     c.heal()?;
//!     c.wait_until_converged()
//! });
//! ```
//!
//! A story's steps are faults and clients' operations, never pokes into a node. It asks its questions of the handle,
//! which knows the notes of the nodes. It reads the same on either engine and must hold of every seed.
//!
//! Always true:
//! - every invariant is checked while the story goes on, and when it is told all is healed and the demands of the calm
//!   phase are made: progress and convergence;
//! - equal seed, story, engine and version make the same run;
//! - the steps of a story can be written down as a plan, which is how a failing one is saved, replayed and shrunk.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use env::NodeSet;
use explore::{Asked, Budget, Evidence, Failure, Origin, Runner, asked};
use sim::{Engine, IntoSubject, Outcome, Plan, Recorder, Seed, Subject, Verdict};
use sim::{Invariant, Violation};

use crate::property::usual_engine;
use crate::telling::{fail, shown};

mod cast;
mod checks;
mod clients;
mod cluster;
mod error;
mod faults;
mod health;
mod load;
mod measures;
mod offline;
mod waits;

use cast::Cast;
pub use cast::more_clients_at_home;
pub use checks::{expect, expect_eq};
pub use clients::{Ask, At, Pending, append, cas, delete, get, put};
pub use cluster::Cluster;
pub use error::StoryError;
pub use health::Health;
pub use load::{Load, LoadReport};
pub use measures::{Measure, Measures};
pub use offline::Offline;

/// A failing story is made smaller for so much CPU time.
const SHRINK_MAX: Duration = Duration::from_secs(5);

/// So many seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// So many milliseconds.
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A story before it is told: its system, its engine and its plan.
#[derive(Clone)]
#[must_use = "nothing is run before it is told"]
pub struct Story {
    subject: Arc<dyn Subject>,
    engine: Engine,
    plan: Plan,
}

/// A story that was told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Told {
    /// How the run came out.
    pub outcome: Outcome,
    /// The story's measures, in its order.
    pub measures: Measures,
    /// The steps of the story, as a plan that can be run without it.
    pub plan: Plan,
}

impl Story {
    /// A story about five nodes of this system, on the event engine; on its own engine, if the event engine cannot run
    /// it.
    pub fn of(system: impl IntoSubject, seed: impl Into<Seed>) -> Story {
        let subject = system.into_subject();
        Story { engine: usual_engine(&*subject), subject, plan: sim::blank(seed.into(), 5, 0) }
    }

    /// How many nodes the cluster begins with.
    pub fn nodes(self, nodes: u8) -> Story {
        self.given(|plan| plan.cluster.nodes = nodes)
    }

    /// The engine that runs it.
    pub fn engine(self, engine: Engine) -> Story {
        Story { engine, ..self }
    }

    /// Changes the plan that the story begins with: its cluster, links, disks. Its clients join afterwards.
    pub fn given(mut self, change: impl FnOnce(&mut Plan)) -> Story {
        change(&mut self.plan);
        self
    }

    /// Tells it.
    ///
    /// # Panics
    /// If anything is wrong. By then the failure's screen is on standard error, its files are in `target/stormglass` of
    /// the workspace, or in the folder that `STORMGLASS_OUT` names, and the last line printed runs this one seed of
    /// this one test again. The environment can ask for another seed: `STORMGLASS_SEED=0x1f3a`.
    pub fn tell(mut self, story: impl FnOnce(&mut Cluster<'_>) -> Result<(), StoryError>) -> Told {
        match asked() {
            Ok(Asked::All { .. }) => {}
            Ok(Asked::Seed(seed)) => self.plan.seed = seed,
            Ok(Asked::Repro { .. }) => {
                fail("error: STORMGLASS_REPRO: this test tells a story of its own: give STORMGLASS_SEED".into())
            }
            Err(error) => fail(format!("error: {error}")),
        }
        let told = self.run(story);
        if let Some(failure) = self.failure(&told) {
            fail(shown(&self.evidence(&told, &failure), "", None));
        }
        told
    }

    /// Tells it, and returns the result.
    ///
    /// # Panics
    /// If the plan that was [given](Story::given) cannot be run.
    pub fn run(&self, story: impl FnOnce(&mut Cluster<'_>) -> Result<(), StoryError>) -> Told {
        self.run_recorded(None, story)
    }

    /// Tells it to a recorder as well.
    ///
    /// # Panics
    /// As [`run`](Story::run).
    pub fn run_recorded(
        &self,
        recorder: Option<&mut dyn Recorder>,
        story: impl FnOnce(&mut Cluster<'_>) -> Result<(), StoryError>,
    ) -> Told {
        let mut plan = self.plan.clone();
        let cast = Cast::join(&mut plan);
        self.subject.check(self.engine, &plan).unwrap_or_else(|error| panic!("a story cannot begin so: {error}"));
        // The cast shortens the recorder's lifetime to that of the run.
        let recorder = recorder.map(|recorder| recorder as &mut dyn Recorder);
        let live = self.subject.live(self.engine, &plan, recorder);
        let mut cluster = Cluster::new(live, &plan, cast);
        let told = catch_unwind(AssertUnwindSafe(|| cluster.boot().and_then(|()| story(&mut cluster))));
        let ended = match told {
            Ok(ended) => ended,
            // A panic of the simulator, and no assertion of the story.
            Err(panic) if cluster.live.is_broken() => resume_unwind(panic),
            // A failed assertion of the story counts as a failed expectation.
            Err(panic) => Err(StoryError::Unexpected(text_of(&*panic))),
        };
        cluster.close(ended)
    }

    /// The failure of a telling; `None` if it passed.
    pub fn failure(&self, told: &Told) -> Option<Failure> {
        // A run without a leader is no failure here: a system without a log elects none.
        if told.outcome.verdict.is_pass() { None } else { Failure::of(self.plan.seed, &told.outcome) }
    }

    /// The evidence of a failed telling, made smaller if its steps fail without the story too.
    pub fn evidence(&self, told: &Told, failure: &Failure) -> Evidence {
        let origin = Origin::of(&*self.subject, self.engine);
        let evidence = Evidence::gather(&self.runner(), &origin, &told.plan, failure);
        let evidence = evidence.expect("nothing bounds a story but its own length");
        let is_of_story = [Some(Invariant::EXPECTATION), Some(Invariant::DEADLINE)].contains(&failure.invariant);
        let shrunk = if is_of_story { None } else { self.shrunk(&told.plan, failure) };
        shrunk.map_or(evidence.clone(), |shrunk| evidence.with_shrunk(&shrunk))
    }

    /// The runner of a story's plan.
    fn runner(&self) -> Runner<'_> {
        Runner::new(self.engine, &*self.subject).within(Budget::NONE)
    }

    fn shrunk(&self, plan: &Plan, failure: &Failure) -> Option<explore::Shrunk> {
        let go_on = &mut |_: &explore::Shrinking| std::ops::ControlFlow::Continue(());
        let shrunk = explore::shrink(&self.runner(), plan, SHRINK_MAX, go_on).ok()??;
        (shrunk.failure.invariant == failure.invariant).then_some(shrunk)
    }
}

/// The verdict on a run whose story ended with this error.
fn verdict(error: &StoryError, at: sim::Moment) -> Verdict {
    let invariant = if matches!(error, StoryError::Late { .. }) { Invariant::DEADLINE } else { Invariant::EXPECTATION };
    let (message, nodes) = (error.to_string(), NodeSet::EMPTY);
    Verdict::Violation(Violation::new(invariant, at, nodes, message))
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).into());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "the story panicked".into())
}
