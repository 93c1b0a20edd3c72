//! The evidence of one failed run: enough to show it, to keep it and to run it again.

use sim::{Plan, RecordedHistory};

use crate::artefacts::{self, Root, Saved};
use crate::failure::Failure;
use crate::origin::Origin;
use crate::replay::Replay;
use crate::repro::Repro;
use crate::runner::{Runner, Unfinished};
use crate::screen::{Layout, Screen};
use crate::shrink::Shrunk;

/// A failed run with all that is kept of it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The failure.
    pub failure: Failure,
    /// The origin of the run.
    pub origin: Origin,
    /// The file that runs it again.
    pub repro: Repro,
    /// The operations of its clients.
    pub history: RecordedHistory,
    /// The smaller run that fails alike, if it was shrunk.
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
    pub fn gather(
        runner: &Runner<'_>,
        origin: &Origin,
        plan: &Plan,
        failure: &Failure,
    ) -> Result<Evidence, Unfinished> {
        let (outcome, history) = runner.run_for_history(plan)?;
        let replay = Replay { outcome, failure: Some(failure.clone()), history };
        Ok(Evidence::of(origin, plan, &replay, failure))
    }

    /// The evidence of a replay which showed this failure.
    pub fn of(origin: &Origin, plan: &Plan, replay: &Replay, failure: &Failure) -> Evidence {
        Evidence {
            failure: failure.clone(),
            origin: origin.clone(),
            repro: Repro::of(origin, plan, &replay.outcome, Some(failure)),
            history: replay.history.clone(),
            shrunk: None,
        }
    }

    /// Adds the smaller run that fails alike.
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
    /// A file could not be written: its path, and the reason.
    pub fn save(&self, root: &Root) -> Saved {
        let shrunk = self.shrunk.as_ref().map(|shrunk| &shrunk.repro);
        artefacts::save(root, &self.origin.folder(&self.failure), &self.repro, shrunk, &self.history)
    }

    /// The smallest run that shows the failure, as a token: there may be a smaller one where it was saved.
    pub fn token(&self, saved: Option<&Saved>) -> String {
        let known = || self.shrunk.as_ref().map_or(&self.repro, |shrunk| &shrunk.repro).token();
        saved.and_then(|saved| saved.as_ref().ok()).map_or_else(known, |folder| folder.token().into())
    }

    /// Its screen; `reproduce` is the command that shows it again.
    pub fn screen(&self, saved: Option<&Saved>, reproduce: &str, layout: Layout) -> String {
        self.told("FAIL", saved, reproduce, layout)
    }

    /// Its screen where the failure was hoped for: that of a planted bug.
    pub fn caught_screen(&self, saved: Option<&Saved>, reproduce: &str, layout: Layout) -> String {
        self.told("CAUGHT", saved, reproduce, layout)
    }

    fn told(&self, verdict: &'static str, saved: Option<&Saved>, reproduce: &str, layout: Layout) -> String {
        let token = &self.token(saved);
        let shrunk = self.shrunk.as_ref().map(|shrunk| shrunk.line.as_str());
        let (failure, origin) = (&self.failure, &self.origin);
        Screen { verdict, failure, origin, saved, shrunk, token, reproduce, layout }.to_string()
    }
}
