//! A hunt for one bug: runs seed after seed until one fails, and then shrinks its plan.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sim::{Plan, Subject};

use crate::campaign::{Campaign, CampaignError, Progress};
use crate::failure::Failure;
use crate::runner::Runner;
use crate::sentry::Sentry;
use crate::shrink::{Shrinking, Shrunk, shrink};

/// The result of a hunt.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The number of seeds up to the first failure; if none failed, of those that were run.
    pub seeds: u64,
    /// Their CPU time, without shrinking.
    pub cpu: Duration,
    /// The first run that failed.
    pub caught: Option<Caught>,
}

/// A run that failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Caught {
    /// Its plan.
    pub plan: Plan,
    /// The failure of its run.
    pub failure: Failure,
    /// The same failure, shrunk; `None` if it was not to be, or could not be.
    pub shrunk: Option<Shrunk>,
}

/// How far a hunt has come.
#[derive(Debug)]
pub enum Hunting<'a> {
    /// Nothing has failed yet.
    Searching(&'a Progress<'a>),
    /// A run has failed, and its plan is being shrunk.
    Shrinking(&'a Shrinking),
}

/// Runs the campaign's seeds up to the first failure in their order, and shrinks that for at most `limit` of CPU time,
/// if it is to be shrunk.
///
/// # Errors
/// As [`Campaign::run`].
pub fn hunt(
    campaign: &Campaign,
    subject: &dyn Subject,
    stop: &AtomicBool,
    limit: Option<Duration>,
    watch: &mut dyn FnMut(&Hunting<'_>) -> ControlFlow<()>,
) -> Result<Hunted, CampaignError> {
    let report = campaign.run(subject, stop, &mut |progress| match progress.failure {
        Some(_) => ControlFlow::Break(()),
        None => watch(&Hunting::Searching(progress)),
    })?;
    let Some(failure) = report.failures.into_iter().next() else {
        return Ok(Hunted { seeds: report.seeds, cpu: report.cpu, caught: None });
    };
    let plan = subject.plan(failure.seed, campaign.profile, &campaign.overrides)?;
    let sentry = Sentry::new().stopped_by(stop, Duration::ZERO);
    let runner = Runner::new(campaign.engine, subject).within(campaign.budget).watched(&sentry);
    let shrunk = limit.and_then(|limit| {
        let shrunk = shrink(&runner, &plan, limit, &mut |shrinking| watch(&Hunting::Shrinking(shrinking)));
        // One that is stopped, or for which there is no time, is told as it was found.
        shrunk.ok().flatten()
    });
    let seeds = failure.seed.0.wrapping_sub(campaign.first_seed.0) + 1;
    Ok(Hunted { seeds, cpu: report.cpu, caught: Some(Caught { plan, failure, shrunk }) })
}
