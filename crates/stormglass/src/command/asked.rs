//! The run that the user asked for: of a seed, a file, a token or standard input.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use explore::{Budget, CampaignError, Comparison, Origin, Registry, Replay, Repro, Runner, Sentry, Unfinished, shell};
use sim::{Plan, Subject};

use crate::command::args::RunArgs;
use crate::command::called;
use crate::command::kept::Kept;
use crate::command::what::What;

/// The run that was asked for, with the result that a repro says it had.
pub(crate) struct Asked {
    pub(crate) origin: Origin,
    pub(crate) subject: Arc<dyn Subject>,
    pub(crate) plan: Plan,
    /// The repro that holds the plan; `None` for a seed.
    pub(crate) repro: Option<Repro>,
    /// The most that its run may take.
    pub(crate) budget: Budget,
}

impl Asked {
    pub(crate) fn read(what: &What, run: &RunArgs, systems: &Registry) -> Result<Asked, Box<dyn Error>> {
        let (name, repro) = match what {
            What::Seed(seed) => {
                let subject = run.subject(systems)?;
                let origin = run.origin(&*subject);
                let plan = subject.plan(*seed, run.profile(), &run.overrides())?;
                subject.check(origin.engine, &plan)?;
                let budget = Budget::of_own_plans(run.limits());
                return Ok(Asked { origin, subject, plan, repro: None, budget });
            }
            What::File(file) => (file.display().to_string(), Repro::load(file)),
            What::Input => ("-".into(), Repro::read(&mut io::stdin().lock())),
            What::Token(token) => ("token".into(), Repro::from_token(token)),
        };
        let told = |error: String| format!("{name}: {error}");
        let refused = |option: &str, why: &str| told(format!("{why}: leave {option} out, or give a seed"));
        if let Some(option) = run.said_by_a_plan() {
            return Err(refused(option, "a plan has its faults and nodes already").into());
        }
        let mut repro = repro.map_err(|error| told(error.to_string()))?;
        match (&repro.outcome, run.said_by_a_repro()) {
            (Some(_), Some(option)) => return Err(refused(option, "a repro has its engine and system already").into()),
            (Some(_), None) => {}
            (None, _) => run.complete(&mut repro, systems)?,
        }
        let id = repro.system.clone().unwrap_or_else(|| systems.usual());
        let subject = systems.make(&id).map_err(|error| told(error.to_string()))?;
        if repro.outcome.is_none() {
            repro.engine = run.engine_of_plan(repro.engine, &*subject);
        }
        subject.check(repro.engine, &repro.plan).map_err(|error| told(error.to_string()))?;
        let (origin, plan, budget) = (repro.origin(&*subject), repro.plan.clone(), repro.budget(run.limits()));
        Ok(Asked { origin, subject, plan, repro: Some(repro), budget })
    }

    /// Gives a run of a plan from elsewhere up where the process takes more memory than the run may by its own count. A
    /// run of a seed goes by its own count alone, as in the campaign that found it.
    pub(crate) fn sentry(&self) -> Sentry<'static> {
        match &self.repro {
            None => Sentry::new(),
            Some(_) => Sentry::new().of_memory(self.budget.limits.heap),
        }
    }

    /// The runner of the plan, within its budget.
    pub(crate) fn runner<'a>(&'a self, sentry: &'a Sentry<'a>) -> Runner<'a> {
        Runner::new(self.origin.engine, &*self.subject).within(self.budget).watched(sentry)
    }

    /// The result that the repro says against the result of this replay.
    pub(crate) fn comparison(&self, replay: &Replay) -> Option<Comparison> {
        self.repro.as_ref().and_then(|repro| repro.compare(&replay.outcome, replay.failure.as_ref()))
    }

    /// The command that shows it again, with the options that its result depends on. A token that was pasted
    /// is kept in a file by now, if it could be.
    pub(crate) fn replay_command(&self, what: &What, run: &RunArgs, kept: &Kept) -> String {
        let kept_in = kept.saved.as_ref().and_then(|saved| saved.as_ref().ok());
        let (again, is_as_given) = match (what, kept_in) {
            (What::Seed(seed), _) => return run.replay_command(*seed),
            // The line is good wherever it is pasted.
            (What::File(file), _) => (path(&std::path::absolute(file).unwrap_or_else(|_| file.clone())), true),
            (What::Token(_) | What::Input, Some(folder)) => (path(&folder.repro()), false),
            (What::Token(token), None) => (token.split_whitespace().collect(), true),
            (What::Input, None) => (self.repro.as_ref().map_or("-".into(), Repro::token), false),
        };
        // A file or a token that was made of such a plan names engine and system itself.
        let is_plan_alone = is_as_given && self.repro.as_ref().is_some_and(|repro| repro.outcome.is_none());
        let ran_by = if is_plan_alone { run.ran_by() } else { String::new() };
        called::command(&format!("replay {again}{ran_by}{}", run.limits_given()))
    }
}

fn path(file: &Path) -> String {
    shell::word(&file.display().to_string())
}

/// The reason why a run has no result, and the option that would let it go on.
pub(crate) fn unfinished(unfinished: &Unfinished) -> String {
    match unfinished {
        Unfinished::Exceeded { limit, .. } => format!("{unfinished}: --{limit} raises the limit"),
        Unfinished::OutOfTime(_) => format!("{unfinished}: give more --time"),
        _ => unfinished.to_string(),
    }
}

/// The same of a campaign.
pub(crate) fn no_report(error: &CampaignError) -> String {
    match error {
        CampaignError::Unfinished { seed, unfinished: run } => format!("seed {seed}: {}", unfinished(run)),
        _ => error.to_string(),
    }
}
