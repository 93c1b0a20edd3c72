//! From a plan that fails to a smaller one that fails in the same way.
//!
//! First the operations of the clients are written down as a script. Then the [`Shrinker`] proposes, each proposal is
//! run, and the search goes on from one that fails with the same [`Fingerprint`]. In the end each fault that is left is
//! taken out once more, to say which were needed ([`Blame`]). Where all was tried they all are; where the time was over
//! before, only this tells the needed faults from the rest, so a tenth of the time is kept for it.
//!
//! Always true:
//! - the plan that comes out fails with the fingerprint of the one that went in;
//! - nothing but the time limit depends on the machine: with time enough, equal input has equal output.

mod blame;
mod passes;
mod script;
mod shrinker;
mod size;

use std::ops::ControlFlow;
use std::time::Duration;

use sim::{Outcome, Plan, Seed};

use crate::cost::CpuClock;
use crate::failure::{Failure, FailureKind};
use crate::fingerprint::Fingerprint;
use crate::runner::{Runner, Unfinished};
use crate::sentry::Sentry;

pub use blame::{Blame, Without};
pub use passes::Values;
pub use script::scripted;
pub use shrinker::Shrinker;
pub use size::Size;

/// A failing plan, as small as it became.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shrunk {
    /// The smallest plan found.
    pub plan: Plan,
    /// The outcome of its run.
    pub outcome: Outcome,
    /// The failure of its run: the same as with the plan at the beginning.
    pub failure: Failure,
    /// The size at the beginning.
    pub before: Size,
    /// The size now.
    pub after: Size,
    /// The part of each of its faults in the failure.
    pub blame: Vec<Blame>,
    /// How many plans were run.
    pub runs: u64,
    /// The CPU time that took.
    pub cpu: Duration,
    /// True if everything was tried; false if the time was over before.
    pub is_complete: bool,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Shrinking {
    /// How many plans were run.
    pub runs: u64,
    /// The present step.
    pub step: &'static str,
    /// The size at the beginning.
    pub before: Size,
    /// The size now.
    pub now: Size,
}

/// The run that is to be made smaller may take so long, however little time there is for the rest.
const FIRST_RUN: Duration = Duration::from_secs(1);

/// Makes a failing plan smaller, for at most `limit` of this thread's CPU time, which is looked at within each run.
/// `watch` is told of every run, and can end it too. `None` if the plan does not fail.
///
/// # Errors
/// Why the plan's own run has no verdict. Of smaller plans those that take more than they may are no better.
pub fn shrink(
    runner: &Runner<'_>,
    plan: &Plan,
    limit: Duration,
    watch: &mut dyn FnMut(&Shrinking) -> ControlFlow<()>,
) -> Result<Option<Shrunk>, Unfinished> {
    let cpu = CpuClock::start();
    let sentry = |limit| runner.sentry.cloned().unwrap_or_default().timed(cpu, limit);
    let (first, searching, blaming) = (sentry(limit.max(FIRST_RUN)), sentry(limit - limit / 10), sentry(limit));
    let Some(search) = Search::begin(&runner.watched(&first), plan)? else { return Ok(None) };
    let mut search = search.watched(&searching);
    search.write_script();
    let mut shrinker = Shrinker::new(search.plan.clone(), search.failure.at, runner.subject);
    let (mut is_complete, mut is_stopped) = (true, false);
    while let Some(candidate) = shrinker.propose() {
        if search.improves(&candidate) {
            shrinker.accept(candidate, search.failure.at);
        } else {
            shrinker.reject();
        }
        is_stopped = watch(&search.progress(shrinker.step())).is_break();
        if is_stopped || search.is_over() {
            is_complete = false;
            break;
        }
    }
    Ok(Some(search.watched(&blaming).ended(cpu, is_complete, is_stopped)))
}

/// The best plan so far and its outcome.
struct Search<'a> {
    runner: Runner<'a>,
    fingerprint: Fingerprint,
    plan: Plan,
    outcome: Outcome,
    failure: Failure,
    before: Size,
    runs: u64,
}

impl<'a> Search<'a> {
    fn begin(runner: &Runner<'a>, plan: &Plan) -> Result<Option<Search<'a>>, Unfinished> {
        let outcome = runner.run(plan)?;
        Ok(Failure::of(plan.seed, &outcome).map(|failure| {
            let (fingerprint, before) = (Fingerprint::of(&failure), Size::of(plan, &outcome));
            Search { runner: *runner, fingerprint, plan: plan.clone(), outcome, failure, before, runs: 1 }
        }))
    }

    fn watched<'b>(self, sentry: &'b Sentry<'b>) -> Search<'b>
    where
        'a: 'b,
    {
        let runner: Runner<'b> = self.runner;
        Search { runner: runner.watched(sentry), ..self }
    }

    /// True if there is no time left.
    fn is_over(&self) -> bool {
        self.runner.sentry.is_some_and(Sentry::is_over)
    }

    /// Writes down the operations of this run as a script, in place of the drawn ones. It stays the same run where the
    /// engine knows the exact time of each operation; where it does not, another seed may have to make up for it.
    fn write_script(&mut self) {
        const SEEDS_TRIED: u64 = 8;
        if self.plan.workload.script.is_some() || self.is_over() {
            return;
        }
        self.runs += 1;
        let Ok((_, history)) = self.runner.run_for_history(&self.plan) else { return };
        let mut scripted = scripted(&self.plan, &history);
        for _ in 0..SEEDS_TRIED {
            if self.is_over() || self.improves(&scripted) {
                return;
            }
            scripted.seed = Seed(scripted.seed.0.wrapping_add(1));
        }
    }

    /// Runs a plan; it is the best one from here on if it fails in the same way, and no later than the one at the
    /// beginning: with fewer faults it may take longer to come to the same, and be the longer story.
    fn improves(&mut self, candidate: &Plan) -> bool {
        let Ok((outcome, failure)) = self.run(candidate) else { return false };
        let Some(failure) = failure.filter(|failure| Fingerprint::of(failure) == self.fingerprint) else {
            return false;
        };
        // Other failures, such as one of liveness, take their time to show.
        if failure.kind == FailureKind::Safety && outcome.stats.events > self.before.events {
            return false;
        }
        (self.plan, self.outcome, self.failure) = (candidate.clone(), outcome, failure);
        true
    }

    fn run(&mut self, plan: &Plan) -> Result<(Outcome, Option<Failure>), Unfinished> {
        self.runs += 1;
        let outcome = self.runner.run(plan)?;
        let failure = Failure::of(plan.seed, &outcome);
        Ok((outcome, failure))
    }

    /// The best plan's fate without each of its faults, as far as there is time to see.
    fn blame(&mut self, is_stopped: bool) -> Vec<Blame> {
        (0..self.plan.schedule.len())
            .map(|number| {
                if is_stopped || self.is_over() {
                    return Blame { number, without: Without::Untried };
                }
                let mut without = self.plan.clone();
                without.schedule.remove(number);
                let without = match self.run(&without) {
                    Ok((_, failure)) => Without::of(failure.as_ref(), &self.fingerprint),
                    Err(_) => Without::Untried,
                };
                Blame { number, without }
            })
            .collect()
    }

    fn ended(mut self, cpu: CpuClock, is_complete: bool, is_stopped: bool) -> Shrunk {
        let blame = self.blame(is_stopped);
        let Search { plan, outcome, failure, before, runs, .. } = self;
        let after = Size::of(&plan, &outcome);
        Shrunk { plan, outcome, failure, before, after, blame, runs, cpu: cpu.elapsed(), is_complete }
    }

    fn progress(&self, step: &'static str) -> Shrinking {
        Shrinking { runs: self.runs, step, before: self.before, now: Size::of(&self.plan, &self.outcome) }
    }
}

impl Shrunk {
    /// The result of a shrinker that was driven elsewhere; `None` if one of the plans does not fail.
    pub fn between(runner: &Runner<'_>, first: &Plan, smallest: &Plan) -> Option<Shrunk> {
        let cpu = CpuClock::start();
        let before = Search::begin(runner, first).ok()??.before;
        let search = Search::begin(runner, smallest).ok()??;
        Some(Search { before, ..search }.ended(cpu, true, false))
    }

    /// The result on one line: `1834 -> 41 events: 3 nodes, 2 operations, kill n1, isolate leader`.
    pub fn line(&self) -> String {
        /// More than these make no story on one line.
        const FAULTS_NAMED: usize = 5;
        let Size { nodes, faults, operations, events, .. } = self.after;
        let mut parts = vec![counted(nodes.into(), "node"), counted(operations, "operation")];
        if faults <= FAULTS_NAMED {
            parts.extend(self.plan.schedule.iter().map(|timed| timed.fault.to_string()));
        } else {
            parts.push(counted(faults as u64, "fault"));
        }
        format!("{} -> {events} events: {}", self.before.events, parts.join(", "))
    }
}

/// `1 node`, `2 nodes`.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
