//! A runner of plans: a subject on an engine, within a budget.

use std::fmt;

use history::Deadline;
use sim::{Bounds, Cut, Engine, HistoryRecorder, Outcome, Plan, PlanError, RecordedHistory, Recorder, Subject, Trail};

use crate::budget::Budget;
use crate::sentry::{Over, Sentry};

/// A subject on an engine, and the budget of its runs.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// The engine that runs it.
    pub engine: Engine,
    /// The system under test.
    pub subject: &'a dyn Subject,
    /// The most that a run may take by its own count.
    pub budget: Budget,
    /// The sentry that may give a run up from outside; `None` if there is none.
    pub sentry: Option<&'a Sentry<'a>>,
}

/// Why a run has no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfinished {
    /// Its plan cannot be run.
    #[error("its plan cannot be run: {0}")]
    Refused(#[from] PlanError),
    /// It takes more than it may.
    #[error("{said}")]
    Exceeded {
        /// The thing that grew, by how much, and the limit, in one line.
        said: String,
        /// The limit's name: `events`, `operations` or `heap`.
        limit: &'static str,
    },
    /// It has had its CPU time.
    #[error("{0}")]
    OutOfTime(String),
    /// The run was stopped.
    #[error("the run was stopped")]
    Stopped,
}

impl fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Runner { engine, subject, budget, .. } = self;
        write!(f, "Runner({} on {engine}, {budget:?})", subject.id())
    }
}

impl<'a> Runner<'a> {
    /// Within the usual budget of plans that are made here.
    pub fn new(engine: Engine, subject: &'a dyn Subject) -> Runner<'a> {
        Runner { engine, subject, budget: Budget::default(), sentry: None }
    }

    /// Within another budget.
    #[must_use]
    pub fn within(self, budget: Budget) -> Runner<'a> {
        Runner { budget, ..self }
    }

    /// Under the eyes of a sentry.
    #[must_use]
    pub fn watched(self, sentry: &'a Sentry<'a>) -> Runner<'a> {
        Runner { sentry: Some(sentry), ..self }
    }

    /// Runs a plan.
    ///
    /// # Errors
    /// Why the run has no verdict.
    pub fn run(&self, plan: &Plan) -> Result<Outcome, Unfinished> {
        self.run_bounded(plan, None, None)
    }

    /// Runs a plan, with the same outcome, and records it.
    ///
    /// # Errors
    /// Why the run has no verdict.
    pub fn run_recorded(&self, plan: &Plan, recorder: &mut dyn Recorder) -> Result<Outcome, Unfinished> {
        self.run_bounded(plan, None, Some(recorder))
    }

    /// The outcome of a plan, and the history that its clients see.
    pub(crate) fn run_for_history(&self, plan: &Plan) -> Result<(Outcome, RecordedHistory), Unfinished> {
        let mut recorder = HistoryRecorder::default();
        let outcome = self.run_recorded(plan, &mut recorder)?;
        Ok((outcome, recorder.into_history()))
    }

    pub(crate) fn run_bounded(
        &self,
        plan: &Plan,
        trail: Option<&Trail>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Unfinished> {
        self.subject.check(self.engine, plan)?;
        let is_over = || self.sentry.is_some_and(Sentry::is_over);
        let bounds = Bounds { limits: self.budget.limits, deadline: Deadline::new(&is_over), trail };
        let run = self.subject.run(self.engine, plan, bounds, recorder);
        let run = if self.budget.blames_run { run.or_else(Cut::blamed) } else { run };
        run.map_err(|cut| self.unfinished(&cut))
    }

    fn unfinished(&self, cut: &Cut) -> Unfinished {
        match (cut, self.sentry.and_then(Sentry::over)) {
            (Cut::Stopped { .. }, None | Some(Over::Stopped)) => Unfinished::Stopped,
            (Cut::Stopped { at, .. }, Some(over @ Over::Time(_))) => {
                Unfinished::OutOfTime(format!("the run reaches only {at}: {over}"))
            }
            (Cut::Stopped { at, held }, Some(over @ Over::Memory { .. })) => {
                let said = format!("{over}, after {} events at {}; the run holds {held}", at.event, at.time);
                Unfinished::Exceeded { said, limit: "heap" }
            }
            (cut, _) => Unfinished::Exceeded { said: cut.to_string(), limit: cut.limit().unwrap_or_default() },
        }
    }
}
