//! A campaign: one seed after another, on several threads, until there are enough.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, Subject};

use crate::budget::Budget;
use crate::cost::{CpuClock, WallClock};
use crate::crew;
use crate::failure::Failure;
use crate::report::Report;
use crate::runner::{Runner, Unfinished};
use crate::sentry::Sentry;
use crate::twice::{self, Trailed};

/// The runs to do.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The engine that runs them.
    pub engine: Engine,
    /// The first seed; the others follow one by one.
    pub first_seed: Seed,
    /// How many at most.
    pub seeds: u64,
    /// No seed is begun after so long; `None` for no limit.
    pub time: Option<Duration>,
    /// The faults that may be injected, and how often.
    pub profile: Profile,
    /// The settings that are not left to the seeds.
    pub overrides: Overrides,
    /// How many threads are to run them; [`threads`](Campaign::threads) says how many are.
    pub jobs: usize,
    /// True if each seed is run twice, to see that it is the same run both times; else the first one is.
    pub verify: bool,
    /// The most that each run may take.
    pub budget: Budget,
}

/// Why a campaign has no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// Its plans cannot be run.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// It was to run more seeds than there are.
    #[error("there are {left} seeds from {first} on, and not {seeds}: give fewer, or a lower first seed")]
    Seeds {
        /// The first seed.
        first: Seed,
        /// How many there are from it on.
        left: u64,
        /// How many were asked for.
        seeds: u64,
    },
    /// The machine gives no thread to run them on.
    #[error("the machine gives no thread to run seeds on: {0}")]
    Thread(io::Error),
    /// A run has no verdict.
    #[error("seed {seed}: {unfinished}")]
    Unfinished {
        /// Its seed.
        seed: Seed,
        /// Why not.
        unfinished: Unfinished,
    },
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

/// A run that is under way may go on for so long after the campaign was stopped.
const GRACE: Duration = Duration::from_secs(1);

/// The result of one seed, on its way to the report.
struct Ended {
    seed: Seed,
    run: Result<(Outcome, Option<Failure>), Unfinished>,
}

impl Campaign {
    /// Runs the seeds until all are done, the time is over, or `stop` is set from outside. `progress` is called on
    /// this thread, after each run and at least every tenth of a second; it can end the campaign too. In any case the
    /// runs under way are finished; after a stop, only those that are in a second.
    ///
    /// # Errors
    /// If there are not so many seeds, the overrides make a plan that cannot be run, or there is no thread, nothing has
    /// been run. Otherwise a run has no verdict, for the reason given.
    pub fn run(
        &self,
        subject: &dyn Subject,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Report, CampaignError> {
        self.run_plans(subject, &|seed| subject.plan(seed, self.profile, &self.overrides), stop, progress)
    }

    /// Runs seeds as [`run`](Campaign::run) does, with plans that are made from them otherwise. The profile then only
    /// decides the report's blind spots.
    ///
    /// # Errors
    /// As [`run`](Campaign::run).
    pub fn run_plans(
        &self,
        subject: &dyn Subject,
        plans: Plans<'_>,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Report, CampaignError> {
        self.check_seeds()?;
        subject.check(self.engine, &plans(self.first_seed)?)?;
        let wall = WallClock::start();
        let mut report = Report::new(self, subject);
        let (next, enough) = (AtomicU64::new(0), AtomicBool::new(false));
        let shared = Shared { campaign: self, subject, plans, next, stop, enough };
        let mut unfinished = None;
        let mut tell = |ended: Option<Ended>| {
            let failure = ended.and_then(|ended| match ended.run {
                Ok((outcome, failure)) => {
                    report.add(ended.seed, &outcome, failure.clone());
                    failure
                }
                Err(Unfinished::Stopped) => {
                    report.given_up += 1;
                    None
                }
                Err(error) => {
                    unfinished.get_or_insert((ended.seed, error));
                    None
                }
            });
            report.wall = wall.elapsed();
            let is_time_over = self.time.is_some_and(|time| report.wall >= time);
            let is_ended = progress(&Progress { report: &report, failure: failure.as_ref() }).is_break();
            if is_time_over || is_ended || unfinished.is_some() {
                shared.enough.store(true, Ordering::Relaxed);
            }
        };
        let worker = || {
            let shared = &shared;
            move |ended: &SyncSender<Ended>| shared.run_seeds(ended)
        };
        let cpu = crew::run(self.threads(), &shared.enough, worker, &mut tell).map_err(CampaignError::Thread)?;
        if let Some((seed, unfinished)) = unfinished {
            return Err(CampaignError::Unfinished { seed, unfinished });
        }
        (report.cpu, report.threads, report.wall) = (cpu.iter().sum(), cpu.len(), wall.elapsed());
        report.stopped = stop.load(Ordering::Relaxed) && report.seeds < self.seeds;
        report.finish();
        Ok(report)
    }

    /// How many threads run them, if the machine gives so many: no more than there are seeds, and a few for each
    /// processor.
    pub fn threads(&self) -> usize {
        crew::threads(self.jobs, self.seeds)
    }

    /// Checks that there are as many seeds as are asked for. All that there are may always be asked for.
    ///
    /// # Errors
    /// How many there are.
    pub fn check_seeds(&self) -> Result<(), CampaignError> {
        let (first, seeds) = (self.first_seed, self.seeds);
        let behind = u64::MAX - first.0;
        if seeds == u64::MAX || seeds.saturating_sub(1) <= behind {
            return Ok(());
        }
        Err(CampaignError::Seeds { first, left: behind + 1, seeds })
    }
}

/// The state that all threads of a campaign share.
struct Shared<'a> {
    campaign: &'a Campaign,
    subject: &'a dyn Subject,
    plans: Plans<'a>,
    /// How many seeds were taken.
    next: AtomicU64,
    stop: &'a AtomicBool,
    /// True once the time limit or `progress` ends the campaign early.
    enough: AtomicBool,
}

impl Shared<'_> {
    /// One thread's work: takes the next seed, runs it, hands over the result. Returns the CPU time it took. A seed
    /// that was taken is always run, so that the seeds run are without gaps.
    fn run_seeds(&self, ended: &SyncSender<Ended>) -> Duration {
        let campaign = self.campaign;
        let cpu = CpuClock::start();
        let sentry = Sentry::new().stopped_by(self.stop, GRACE);
        let runner = Runner::new(campaign.engine, self.subject).within(campaign.budget).watched(&sentry);
        while !self.stop.load(Ordering::Relaxed) && !self.enough.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = campaign.first_seed.0.checked_add(number).filter(|_| number < campaign.seeds) else {
                break;
            };
            let (seed, plan) = (Seed(seed), (self.plans)(Seed(seed)));
            let twice = campaign.verify || number == 0;
            let run = plan
                .map_err(Unfinished::Refused)
                .and_then(|plan| if twice { run_twice(&runner, &plan) } else { run_once(&runner, &plan) });
            if ended.send(Ended { seed, run }).is_err() {
                break;
            }
        }
        cpu.elapsed()
    }
}

fn run_once(runner: &Runner<'_>, plan: &Plan) -> Result<(Outcome, Option<Failure>), Unfinished> {
    let outcome = runner.run(plan)?;
    let failure = Failure::of(plan.seed, &outcome);
    Ok((outcome, failure))
}

fn run_twice(runner: &Runner<'_>, plan: &Plan) -> Result<(Outcome, Option<Failure>), Unfinished> {
    let first = Trailed::run(runner, plan, None)?;
    let second = Trailed::run(runner, plan, None)?;
    let failure = twice::difference(runner, plan, &first, &second);
    let failure = failure.or_else(|| Failure::of(plan.seed, &first.outcome));
    Ok((first.outcome, failure))
}
