//! What is to be run again, however it was said.

use std::error::Error;

use ::zoo::{Bug, bug_of_system};
use explore::{Comparison, Origin, Replay, Repro, shell};
use sim::{Plan, expand};

use crate::args::RunArgs;
use crate::called;
use crate::kept::Kept;
use crate::what::What;

/// What is to be run, and what was said of it before.
pub(crate) struct Asked {
    pub(crate) origin: Origin,
    pub(crate) bug: Option<Bug>,
    pub(crate) plan: Plan,
    /// What holds the plan, if it is more than a seed.
    pub(crate) repro: Option<Repro>,
}

impl Asked {
    pub(crate) fn read(what: &What, run: &RunArgs) -> Result<Asked, Box<dyn Error>> {
        let (name, repro) = match what {
            What::Seed(seed) => {
                let plan = expand(*seed, run.profile(), &run.overrides())?;
                return Ok(Asked { origin: run.origin(), bug: run.bug, plan, repro: None });
            }
            What::File(file) => (file.display().to_string(), Repro::load(file)),
            What::Token(token) => ("token".into(), Repro::from_token(token)),
        };
        let told = |error: String| format!("{name}: {error}");
        if let Some(option) = run.said_by_a_repro().first() {
            return Err(told(format!("a repro says all that is run: leave {option} out, or give a seed")).into());
        }
        let repro = repro.map_err(|error| told(error.to_string()))?;
        let bug = bug_of_system(&repro.system).map_err(|error| told(error.to_string()))?;
        Ok(Asked { origin: repro.origin(), bug, plan: repro.plan.clone(), repro: Some(repro) })
    }

    /// What was said of it before and what came of it now.
    pub(crate) fn comparison(&self, replay: &Replay) -> Option<Comparison> {
        self.repro.as_ref().map(|repro| repro.compare(&replay.outcome, replay.failure.as_ref()))
    }

    /// The command that shows it again. What was pasted is kept in a file by now, if it could be.
    pub(crate) fn replay_command(&self, what: &What, run: &RunArgs, kept: &Kept) -> String {
        let file = match (what, &kept.saved) {
            (What::Seed(seed), _) => return run.replay_command(*seed),
            (What::Token(token), None | Some(Err(_))) => {
                return called::command(&format!("replay {}", token.split_whitespace().collect::<String>()));
            }
            (What::Token(_), Some(Ok(folder))) => folder.repro(),
            // The line is good wherever it is pasted.
            (What::File(file), _) => std::path::absolute(file).unwrap_or_else(|_| file.clone()),
        };
        called::command(&format!("replay {}", shell::word(&file.display().to_string())))
    }
}
