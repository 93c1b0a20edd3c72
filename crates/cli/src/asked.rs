//! What is to be run again, however it was said.

use std::error::Error;
use std::io;

use ::zoo::{Bug, bug_of_system};
use explore::artefacts::Saved;
use explore::{Comparison, Origin, Replay, Repro, shell};
use sim::{Plan, expand};

use crate::args::{REPLAY, RunArgs};
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
            What::Input => ("-".into(), Repro::read(&mut io::stdin().lock())),
            What::Token(token) => ("token".into(), Repro::from_token(token)),
        };
        let told = |error: String| format!("{name}: {error}");
        let refused = |option: &str, why: &str| told(format!("{why}: leave {option} out, or give a seed"));
        if let Some(option) = run.said_by_a_plan().first() {
            return Err(refused(option, "the plan says that already").into());
        }
        let mut repro = repro.map_err(|error| told(error.to_string()))?;
        match (&repro.outcome, run.said_by_a_repro().first()) {
            (Some(_), Some(option)) => return Err(refused(option, "a repro says all that is run").into()),
            (Some(_), None) => {}
            (None, _) => run.complete(&mut repro),
        }
        let bug = bug_of_system(&repro.system).map_err(|error| told(error.to_string()))?;
        Ok(Asked { origin: repro.origin(), bug, plan: repro.plan.clone(), repro: Some(repro) })
    }

    /// What was said of it before and what came of it now.
    pub(crate) fn comparison(&self, replay: &Replay) -> Option<Comparison> {
        self.repro.as_ref().and_then(|repro| repro.compare(&replay.outcome, replay.failure.as_ref()))
    }

    /// The command that shows it again. What was pasted is kept in a file by now, if it could be.
    pub(crate) fn replay_command(&self, what: &What, run: &RunArgs, saved: &Saved) -> String {
        match (what, saved) {
            (What::Seed(seed), _) => run.replay_command(*seed),
            (What::File(file), _) => format!("{REPLAY} {}", shell::word(&file.display().to_string())),
            (What::Token(_) | What::Input, Ok(folder)) => format!("{REPLAY} {}", folder.repro().display()),
            (What::Input, Err(_)) => {
                format!("{REPLAY} {}", self.repro.as_ref().map_or("-".into(), Repro::token))
            }
            (What::Token(token), Err(_)) => format!("{REPLAY} {}", token.split_whitespace().collect::<String>()),
        }
    }
}
