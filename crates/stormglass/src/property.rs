//! A property of a system that must hold of every run, whichever seed the run grows from.

use std::fmt;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use explore::panics::on_run_thread;
use explore::{
    Asked, Budget, Campaign, Comparison, Evidence, Failure, GivenLimits, Options, Origin, Replay, Report, Repro,
    Runner, Sentry, Unfinished,
};
use sim::{Engine, IntoSubject, Line, LogLevel, Outcome, Overrides, Plan, PlanError, Profile, Recorder, Seed, Subject};

use crate::telling::{fail, say, shown};

#[cfg(feature = "proptest")]
mod cases;
mod configured;
mod corpus;

use configured::Asks;

/// A failing test is made smaller for so much CPU time, unless the configuration gives another.
const SHRINK_MAX: Duration = Duration::from_secs(10);
/// The count of seeds that a property is tried on, unless a test or the configuration gives one.
const SEEDS_DEFAULT: u64 = 200;

/// The property that a system survives every storm: a fuzzing test, in one line.
///
/// ```
/// use raft_kv::RaftKv;
/// use stormglass::{Profile, Property};
///
/// Property::of(RaftKv::default()).profile(Profile::Chaos).seeds(5).check();
/// ```
///
/// The environment can ask for other runs than these, in the same way of every test:
/// - `STORMGLASS_SEED=0x1f3a` runs that seed alone, as the last line of a failing test does;
/// - `STORMGLASS_SEEDS=5000` runs at least so many;
/// - `STORMGLASS_REPRO=FILE`, or a token, runs that plan, on the engine that it was recorded on;
/// - `STORMGLASS_PROFILE=disk`, and a variable for each budget, come before the values in the code of the test.
///
/// `STORMGLASS_OUT=FOLDER` says where the files of a failed run go. A variable that is empty counts as not set, and one
/// that begins so and means nothing fails the test: it was mistyped. The file `stormglass.toml` at the root of the
/// workspace has the same keys, for values that neither the environment nor the code of the test gives. The line that a
/// failing test prints names each value of the environment or the file that its run depends on. Where `STORMGLASS_SEED`
/// or `STORMGLASS_REPRO` is set, as in such a line, profile and limits of the file have no effect.
#[derive(Clone)]
#[must_use = "nothing is run before `check` or `run`"]
pub struct Property {
    subject: Arc<dyn Subject>,
    engine: Engine,
    /// The function that makes plans; `None` for plans of a profile.
    plans: Option<Arc<dyn Fn(Seed) -> Plan + Send + Sync>>,
    nodes: Option<u8>,
    twice: bool,
    options: Options,
    /// The variables, each with a space behind it, that ask for the values which the configuration gave this run: those
    /// of the environment, and those of the file unless a printed line asked for the run.
    asks: Asks,
}

impl Property {
    /// The property that this system survives 200 seeds of profile `swarm` on the event engine.
    ///
    /// A system that the event engine cannot run is run on its own engine.
    pub fn of(system: impl IntoSubject) -> Property {
        let subject = system.into_subject();
        Property {
            engine: usual_engine(&*subject),
            subject,
            plans: None,
            nodes: None,
            twice: false,
            options: Options::default(),
            asks: Asks::default(),
        }
    }

    /// The engine that runs it.
    pub fn engine(self, engine: Engine) -> Property {
        Property { engine, ..self }
    }

    /// The profile: the faults that may be injected.
    pub fn profile(self, profile: Profile) -> Property {
        let options = Options { profile: Some(profile), ..self.options };
        Property { plans: None, options, ..self }
    }

    /// Plans that are made from seeds by this function, instead of by a profile. It makes the same of the same seed.
    pub fn plans(self, plans: impl Fn(Seed) -> Plan + Send + Sync + 'static) -> Property {
        Property { plans: Some(Arc::new(plans)), ..self }
    }

    /// The count of nodes that the cluster begins with; without it, the seed draws one. Plans that are
    /// [made otherwise](Property::plans) keep theirs.
    pub fn nodes(self, nodes: u8) -> Property {
        Property { nodes: Some(nodes), ..self }
    }

    /// How many seeds it is tried on, from 0.
    pub fn seeds(self, seeds: u64) -> Property {
        Property { options: Options { seeds: Some(seeds), ..self.options }, ..self }
    }

    /// Runs each seed twice, and demands that it is the same run.
    pub fn twice(self) -> Property {
        Property { twice: true, ..self }
    }

    /// How much a run may take, instead of the usual: 2,000,000 operations, 256 MiB, and as many events as its plan
    /// says (`events_max`); of a plan that `STORMGLASS_REPRO` brings in, 50,000,000 events. A run that takes more has
    /// stalled; one of `STORMGLASS_REPRO` fails in one line that names the limit.
    pub fn limits(self, limits: GivenLimits) -> Property {
        Property { options: Options { limits, ..self.options }, ..self }
    }

    /// Runs the seeds up to the first one that fails.
    ///
    /// # Panics
    /// If one fails. By then its screen is on standard error, its repro and its history are in `target/stormglass` of
    /// the workspace, or in the folder that `STORMGLASS_OUT` names, and the last line printed runs this one seed of
    /// this one test again.
    pub fn check(&self) {
        self.check_and(|_| ());
    }

    /// As [`check`](Property::check), and calls `holds` with the report of all runs, to assert more of it. `holds` is
    /// not called where the environment wants one run.
    ///
    /// # Panics
    /// If a run fails, or `holds` panics.
    pub fn check_and(&self, holds: impl FnOnce(&Report)) {
        let (asked, this) = self.asked().unwrap_or_else(|error| fail(format!("error: {error}")));
        match asked {
            Asked::All { .. } => {
                let report = this.run_campaign(&this.campaign(), ControlFlow::Break(()));
                if let Some(failure) = report.failures.first() {
                    this.fail_by(failure);
                }
                holds(&report);
            }
            Asked::Seed(seed) => this.run_seed(seed),
            Asked::Repro { file, repro } => {
                this.run_repro(&repro, file.as_deref());
            }
        }
    }

    /// Ends the test with this failure of one of its seeds.
    fn fail_by(&self, failure: &Failure) -> ! {
        let (origin, plan) = (self.origin(), self.plan(failure.seed).expect("it was run"));
        let evidence = on_run_thread(|| {
            let runner = Runner::new(origin.engine, &*self.subject).within(self.budget());
            gather(&runner, &origin, &plan, failure, self.options.shrink.unwrap_or(SHRINK_MAX))
        });
        fail(evidence.map_or_else(|error| format!("error: {error}"), |evidence| shown(&evidence, &self.asks(), None)));
    }

    fn run_seed(&self, seed: Seed) {
        let plan = self.plan(seed).unwrap_or_else(|error| fail(format!("error: {error}")));
        self.run_again(&self.origin(), &plan, None);
    }

    fn run_repro(&self, repro: &Repro, file: Option<&str>) -> Passed {
        if let Some(recorded) = repro.system.as_ref().filter(|recorded| **recorded != self.subject.id()) {
            say(&format!("note: the repro is of {recorded}, and runs here on {}", self.subject.id()));
        }
        let origin = repro.origin(&*self.subject);
        self.run_again(&origin, &repro.plan, Some((repro, file)))
    }

    /// Runs all the seeds, however they end, or those that the environment asks for, and returns their report.
    ///
    /// # Panics
    /// If the environment asks for a run that is not there.
    pub fn run(&self) -> Report {
        let go_on = ControlFlow::Continue(());
        let (asked, this) = self.asked().unwrap_or_else(|error| fail(format!("error: {error}")));
        match asked {
            Asked::All { .. } => this.run_campaign(&this.campaign(), go_on),
            Asked::Seed(seed) => this.run_campaign(&this.campaign_of(seed), go_on),
            Asked::Repro { repro, .. } => {
                let budget = repro.budget(this.options.limits);
                let Repro { engine, plan, .. } = *repro;
                let seed = plan.seed;
                let this = this.engine(engine).plans(move |_| plan.clone());
                this.run_campaign(&Campaign { budget, ..this.campaign_of(seed) }, go_on)
            }
        }
    }

    /// The campaign over its seeds, once it is configured.
    fn campaign(&self) -> Campaign {
        let (seeds, time) = (self.options.seeds.unwrap_or(u64::MAX), self.options.time);
        Campaign { seeds, time, ..self.campaign_of(Seed(0)) }
    }

    /// The campaign over one seed.
    fn campaign_of(&self, seed: Seed) -> Campaign {
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        Campaign {
            engine: self.engine,
            first_seed: seed,
            seeds: 1,
            time: None,
            // Plans that are made otherwise need not show any kind of fault.
            profile: self.profile_of_plans().unwrap_or(Profile::Calm),
            overrides: self.overrides(),
            jobs: self.options.jobs.map_or_else(processors, |jobs| usize::try_from(jobs).unwrap_or(usize::MAX)),
            verify: self.twice,
            budget: self.budget(),
        }
    }

    fn budget(&self) -> Budget {
        Budget::of_own_plans(self.options.limits)
    }

    fn run_campaign(&self, campaign: &Campaign, at_failure: ControlFlow<()>) -> Report {
        let never = AtomicBool::new(false);
        let plans = |seed| self.expanded(seed);
        let report = campaign.run_plans(&*self.subject, &plans, &never, &mut |progress| {
            progress.failure.map_or(ControlFlow::Continue(()), |_| at_failure)
        });
        report.unwrap_or_else(|error| fail(format!("error: {error}")))
    }

    fn plan(&self, seed: Seed) -> Result<Plan, PlanError> {
        let plan = self.expanded(seed)?;
        self.subject.check(self.engine, &plan).map(|()| plan)
    }

    /// The plan of a seed, unchecked.
    fn expanded(&self, seed: Seed) -> Result<Plan, PlanError> {
        match &self.plans {
            Some(make) => Ok(make(seed)),
            None => self.subject.plan(seed, self.options.profile.unwrap_or_default(), &self.overrides()),
        }
    }

    fn profile_of_plans(&self) -> Option<Profile> {
        self.plans.is_none().then(|| self.options.profile.unwrap_or_default())
    }

    fn overrides(&self) -> Overrides {
        Overrides::nodes(self.nodes)
    }

    fn origin(&self) -> Origin {
        let is_of_profile = self.profile_of_plans().is_some();
        Origin {
            profile: self.profile_of_plans(),
            nodes: self.nodes.filter(|_| is_of_profile),
            ..Origin::of(&*self.subject, self.engine)
        }
    }

    /// Runs one plan, prints its result, and fails if it does. `recorded` is the repro that it comes from, and the
    /// repro's file.
    fn run_again(&self, origin: &Origin, plan: &Plan, recorded: Option<(&Repro, Option<&str>)>) -> Passed {
        let budget = recorded.map_or(self.budget(), |(repro, _)| repro.budget(self.options.limits));
        let replayed = on_run_thread(|| {
            // A plan that a test makes takes no more than the test wants.
            let sentry = recorded.map_or(Sentry::new(), |_| Sentry::new().of_memory(budget.limits.heap));
            let runner = Runner::new(origin.engine, &*self.subject).within(budget).watched(&sentry);
            let replay = explore::replay(&runner, plan, &mut Silent)?;
            let evidence = replay.failure.as_ref().map(|failure| Evidence::of(origin, plan, &replay, failure));
            Ok((replay, evidence))
        });
        let (replay, evidence) = replayed.unwrap_or_else(|unfinished: Unfinished| {
            let is_exceeded = matches!(unfinished, Unfinished::Exceeded { .. });
            fail(format!("error: {unfinished}{}", if is_exceeded { ": Property::limits raises the limit" } else { "" }))
        });
        let Replay { outcome, failure, .. } = &replay;
        let comparison = recorded.and_then(|(repro, _)| {
            let comparison = repro.compare(outcome, failure.as_ref())?;
            let is_other = repro.system.as_ref().is_some_and(|recorded| *recorded != self.subject.id());
            // A system that was mended is another one.
            let is_mended = failure.is_none() && !comparison.is_reproduced();
            Some(if is_other || is_mended { comparison.of_another_system() } else { comparison })
        });
        if let Some(comparison) = &comparison {
            say(&comparison.to_string());
        }
        match evidence {
            None => say(&format!("PASS\n{}", origin.line(&plan.seed.to_string()))),
            Some(evidence) => {
                let asks = if recorded.is_some() { self.asks.limits.clone() } else { self.asks() };
                fail(shown(&evidence, &asks, recorded.map(|(_, file)| file)))
            }
        }
        Passed { outcome: replay.outcome, comparison }
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Property { subject, engine, options, .. } = self;
        write!(f, "Property({} on {engine}, {options:?})", subject.id())
    }
}

/// A run of one plan that has passed.
struct Passed {
    outcome: Outcome,
    /// The comparison with the recorded run; `None` if none is recorded.
    comparison: Option<Comparison>,
}

/// The evidence of a failure, with the smaller run, if it was shrunk.
fn gather(
    runner: &Runner<'_>,
    origin: &Origin,
    plan: &Plan,
    failure: &Failure,
    shrink_max: Duration,
) -> Result<Evidence, Unfinished> {
    let evidence = Evidence::gather(runner, origin, plan, failure)?;
    if shrink_max.is_zero() {
        return Ok(evidence);
    }
    Ok(match explore::shrink(runner, plan, shrink_max, &mut |_| ControlFlow::Continue(())) {
        Ok(Some(shrunk)) => evidence.with_shrunk(&shrunk),
        // Where the same plan ran differently a second time, or takes too long, there is nothing to go by.
        Ok(None) | Err(_) => evidence,
    })
}

/// The first engine that a subject runs on.
pub(crate) fn usual_engine(subject: &dyn Subject) -> Engine {
    subject.engines().first().copied().unwrap_or_default()
}

/// Records nothing.
struct Silent;

impl Recorder for Silent {
    fn record(&mut self, _: &Line<'_>) {}

    fn log_level(&self) -> LogLevel {
        LogLevel::Off
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use sim::expand;

    use super::*;
    use raft_kv::RaftKv;

    #[test]
    fn all_seeds_are_run_and_each_is_told() {
        let report = Property::of(RaftKv::default()).profile(Profile::Calm).nodes(3).seeds(3).run();
        assert_eq!((report.seeds, report.passed()), (3, 3));
    }

    #[test]
    fn plans_may_be_made_by_a_function() {
        let storm = |seed| {
            let mut plan = expand(seed, Profile::Calm, &Overrides::default(), &[]).expect("a valid plan");
            plan.workload.clients = 0;
            plan
        };
        let property = Property::of(RaftKv::default()).plans(storm).seeds(2);
        property.check_and(|report| assert_eq!(report.stats.operations.total(), 0));
    }

    #[test]
    fn what_must_hold_of_all_runs_is_asked_at_the_end() {
        let property = Property::of(RaftKv::default()).profile(Profile::Calm).seeds(2);
        let asked =
            panic::catch_unwind(AssertUnwindSafe(|| property.check_and(|_| panic::resume_unwind(Box::new(7_u8)))));
        assert_eq!(asked.expect_err("it was asked").downcast_ref::<u8>(), Some(&7));
    }

    #[test]
    fn a_cluster_that_cannot_be_fails_in_one_line() {
        let panic = panic::catch_unwind(|| Property::of(RaftKv::default()).nodes(0).check()).expect_err("none");
        let text = panic.downcast_ref::<String>().expect("a text");
        assert_eq!(text, "error: a cluster of 0 nodes: give 1 to 63");
    }
}
