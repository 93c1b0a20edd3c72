//! A campaign: one seed after another, on several threads, until there are enough.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, System, expand};

use crate::cost::{CpuClock, WallClock};
use crate::failure::Failure;
use crate::panics::RUN_THREAD;
use crate::report::Report;

/// Which runs to do.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// What runs them.
    pub engine: Engine,
    /// The first seed; the others follow one by one.
    pub first_seed: Seed,
    /// How many at most.
    pub seeds: u64,
    /// No seed is begun after so long; `None` for no limit.
    pub time: Option<Duration>,
    /// What may happen.
    pub profile: Profile,
    /// What is not left to the seeds.
    pub overrides: Overrides,
    /// How many threads run them, at least 1.
    pub jobs: usize,
    /// Whether each seed is run twice, to see that it is the same run both times.
    pub verify: bool,
}

/// How far a campaign has come.
#[derive(Debug)]
pub struct Progress<'a> {
    /// All that is known so far; the order of its failures is not yet that of the seeds.
    pub report: &'a Report,
    /// A failure that has just come in.
    pub failure: Option<&'a Failure>,
}

/// How plans are made from seeds.
pub type Plans<'a> = &'a (dyn Fn(Seed) -> Result<Plan, PlanError> + Sync);

/// How often progress is reported when no run ends.
const TICK: Duration = Duration::from_millis(100);

/// One run's result on its way to the report.
struct Finished {
    seed: Seed,
    outcome: Outcome,
    failure: Option<Failure>,
}

impl Campaign {
    /// Runs the seeds until all are done, the time is over, or `stop` is set by someone else. `progress` is called on
    /// this thread, after each run and at least every tenth of a second; it can end the campaign too.
    ///
    /// # Errors
    /// If the overrides make a plan that cannot be run; nothing has been run then.
    pub fn run<S>(
        &self,
        system: &S,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Report, PlanError>
    where
        S: System + Send,
    {
        self.run_plans(system, &|seed| expand(seed, self.profile, &self.overrides), stop, progress)
    }

    /// Runs seeds as [`run`](Campaign::run) does, with plans that are made from them otherwise. The profile is then only
    /// what the report's blind spots are told by.
    ///
    /// # Errors
    /// If the first plan cannot be run; nothing has been run then.
    ///
    /// # Panics
    /// If a later one cannot.
    #[expect(clippy::disallowed_methods, reason = "runs share nothing, so threads cannot reach one another's")]
    pub fn run_plans<S>(
        &self,
        system: &S,
        plans: Plans<'_>,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Report, PlanError>
    where
        S: System + Send,
    {
        plans(self.first_seed)?;
        let wall = WallClock::start();
        let mut report = Report::new(self.profile, self.first_seed);
        let next = AtomicU64::new(0);
        // What ends the campaign early from within: the time limit, or whoever watches.
        let enough = AtomicBool::new(false);
        let is_over = &|| stop.load(Ordering::Relaxed) || enough.load(Ordering::Relaxed);
        let (sender, finished) = mpsc::sync_channel(4 * self.jobs.max(1));

        report.cpu = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.max(1))
                .map(|_| {
                    let (system, sender, next) = (system.clone(), sender.clone(), &next);
                    let thread = thread::Builder::new().name(RUN_THREAD.into());
                    let worker = thread.spawn_scoped(scope, move || self.work(&system, plans, next, is_over, &sender));
                    worker.expect("the machine has room for as many threads as were asked for")
                })
                .collect();
            // The channel ends when the last worker does.
            drop(sender);
            loop {
                let failure = match finished.recv_timeout(TICK) {
                    Ok(Finished { seed, outcome, failure }) => {
                        report.add(seed, &outcome, failure.clone());
                        failure
                    }
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                report.wall = wall.elapsed();
                let time_over = self.time.is_some_and(|time| report.wall >= time);
                let ended = progress(&Progress { report: &report, failure: failure.as_ref() }).is_break();
                if time_over || ended {
                    enough.store(true, Ordering::Relaxed);
                }
            }
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .sum()
        });
        report.wall = wall.elapsed();
        report.stopped = stop.load(Ordering::Relaxed) && report.seeds < self.seeds;
        report.finish();
        Ok(report)
    }

    /// One thread's work: takes the next seed, runs it, hands over what came of it. Returns the CPU time it took. A seed
    /// that was taken is always run, so that the seeds run are without gaps.
    fn work<S: System>(
        &self,
        system: &S,
        plans: Plans<'_>,
        next: &AtomicU64,
        is_over: &(dyn Fn() -> bool + Sync),
        finished: &mpsc::SyncSender<Finished>,
    ) -> Duration {
        let cpu = CpuClock::start();
        while !is_over() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.seeds {
                break;
            }
            let seed = Seed(self.first_seed.0.wrapping_add(number));
            let plan = plans(seed).unwrap_or_else(|error| panic!("the plan of seed {seed} cannot be run: {error}"));
            let outcome = self.engine.run(system, &plan);
            let again = self.verify.then(|| self.engine.run(system, &plan));
            let differs = again.and_then(|again| Failure::of_digests(seed, &outcome, &again));
            let failure = differs.or_else(|| Failure::of(seed, &outcome));
            if finished.send(Finished { seed, outcome, failure }).is_err() {
                break;
            }
        }
        cpu.elapsed()
    }
}
