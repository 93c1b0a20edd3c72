//! What is known of one failed run: enough to show it, to keep it and to run it again.

use std::path::Path;

use check::History;
use sim::{Plan, System};

use crate::artefacts::{self, Saved};
use crate::failure::Failure;
use crate::origin::Origin;
use crate::replay::Replay;
use crate::repro::Repro;
use crate::runner::{Runner, Unfinished};
use crate::screen::Screen;
use crate::shrink::Shrunk;

/// A failed run with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What was wrong.
    pub failure: Failure,
    /// What was run.
    pub origin: Origin,
    /// What runs it again.
    pub repro: Repro,
    /// What its clients saw.
    pub history: History,
    /// What it was shrunk to, if it was.
    shrunk: Option<Smaller>,
}

/// The same failure, smaller.
#[derive(Clone, Debug)]
struct Smaller {
    /// `1834 -> 41 events: 3 nodes, ...`.
    line: String,
    repro: Repro,
}

impl Evidence {
    /// Gathers it by running the plan once more: nothing is recorded while fuzzing.
    ///
    /// # Errors
    /// Why that run has no verdict.
    pub fn gather<S: System>(
        runner: &Runner<'_, S>,
        origin: &Origin,
        plan: &Plan,
        failure: &Failure,
    ) -> Result<Evidence, Unfinished> {
        let (outcome, history) = runner.run_for_history(plan)?;
        let replay = Replay { outcome, failure: Some(failure.clone()), history };
        Ok(Evidence::of(origin, plan, &replay, failure))
    }

    /// That of a replay which showed this failure.
    pub fn of(origin: &Origin, plan: &Plan, replay: &Replay, failure: &Failure) -> Evidence {
        Evidence {
            failure: failure.clone(),
            origin: origin.clone(),
            repro: Repro::of(origin, plan, &replay.outcome, Some(failure)),
            history: replay.history.clone(),
            shrunk: None,
        }
    }

    /// Adds what the failure was shrunk to.
    pub fn with_shrunk(mut self, shrunk: &Shrunk) -> Evidence {
        // Its seed does not expand to it any more.
        let origin = Origin { profile: None, nodes: None, ..self.origin.clone() };
        let repro = Repro::of(&origin, &shrunk.plan, &shrunk.outcome, Some(&shrunk.failure));
        self.shrunk = Some(Smaller { line: shrunk.line(), repro });
        self
    }

    /// Saves it below `root`, in a folder that is named after it.
    ///
    /// # Errors
    /// Which file could not be written, and why.
    pub fn save(&self, root: &Path) -> Saved {
        let shrunk = self.shrunk.as_ref().map(|shrunk| &shrunk.repro);
        artefacts::save(root, &self.origin.folder(&self.failure), &self.repro, shrunk, &self.history)
    }

    /// The last lines of standard error; `reproduce` is the command that shows it again.
    pub fn screen(&self, saved: Option<&Saved>, reproduce: &str) -> String {
        // Of the smaller one: it shows the same, and has a better chance to be short.
        let token = self.shrunk.as_ref().map_or(&self.repro, |shrunk| &shrunk.repro).short_token();
        let shrunk = self.shrunk.as_ref().map(|shrunk| shrunk.line.as_str());
        let (failure, origin) = (&self.failure, &self.origin);
        Screen { failure, origin, saved, shrunk, token: token.as_deref(), reproduce }.to_string()
    }
}
