//! The end of a run: the reason for it, the verdict, and the outcome.

use super::meter::CutBy;
use super::{Run, World};
use crate::bounds::Cut;
use crate::digest::Tag;
use crate::net::{InvariantKind, Seen, Violation};
use crate::outcome::{Outcome, Verdict};
use crate::trace::{Actor, What};

/// Why a run ends.
pub enum Stop {
    /// The run is complete.
    Over,
    /// An invariant was broken or a demand not met.
    Violation(Box<Violation>),
    /// The code under test panicked, and its world caught that.
    Panic(Actor, String),
    /// The run took too many events.
    Stalled(String),
    /// The bounds of the run do not let it go on.
    Cut(CutBy),
}

impl From<Box<Violation>> for Stop {
    fn from(violation: Box<Violation>) -> Stop {
        Stop::Violation(violation)
    }
}

/// The result of one event: the run goes on, or it ends.
pub type Step = Result<(), Stop>;

impl Run<'_> {
    /// The outcome of a run that has ended with `stop`, or the cut that ended it.
    pub(super) fn ended(self, world: &dyn World, stop: Stop) -> Result<Outcome, Cut> {
        if let Some(aftermath) = self.aftermath {
            return Ok(aftermath.outcome);
        }
        match stop {
            Stop::Cut(CutBy::Deadline) => Err(Cut::Stopped { at: self.moment(), held: self.held(world) }),
            Stop::Cut(CutBy::Exceeded(exceeded)) => {
                let outcome = Box::new(self.ends_with(world, stop));
                Err(Cut::Exceeded { exceeded, outcome })
            }
            stop => Ok(self.ends_with(world, stop)),
        }
    }

    /// The outcome of a run that ends with `stop`.
    pub fn ends_with(self, world: &dyn World, stop: Stop) -> Outcome {
        let verdict = self.verdict(stop);
        self.outcome(world, verdict)
    }

    fn verdict(&self, stop: Stop) -> Verdict {
        match stop {
            Stop::Over => Verdict::Pass,
            Stop::Violation(violation) => Verdict::Violation(*violation),
            Stop::Panic(who, message) => self.panicked(who, message),
            Stop::Stalled(message) => self.stalled(message),
            Stop::Cut(CutBy::Exceeded(exceeded)) => self.stalled(exceeded.to_string()),
            Stop::Cut(CutBy::Deadline) => self.stalled("it was stopped from outside".into()),
        }
    }

    fn stalled(&self, message: String) -> Verdict {
        Verdict::Stalled { message, at: self.moment() }
    }

    fn panicked(&self, who: Actor, message: String) -> Verdict {
        let node = if let Actor::Node(node) = who { Some(node) } else { None };
        Verdict::Panic { node, message, at: self.moment() }
    }

    /// A run that is given up for being late may have given a wrong answer before: the wrong answer comes first.
    pub(crate) fn graver(&mut self, world: &mut dyn World, stop: Stop) -> Stop {
        let is_late = match &stop {
            Stop::Violation(violation) => violation.invariant.kind() == InvariantKind::Liveness,
            Stop::Stalled(_) => true,
            Stop::Over | Stop::Panic(..) | Stop::Cut(_) => false,
        };
        if !is_late || self.is_settled() {
            return stop;
        }
        world.net_mut().see(self.moment(), Seen::GivenUp).map_or_else(Stop::from, |()| stop)
    }

    pub(crate) fn outcome(mut self, world: &dyn World, verdict: Verdict) -> Outcome {
        self.conclude(world, verdict)
    }

    /// The outcome if the run ends here.
    pub(super) fn conclude(&mut self, world: &dyn World, verdict: Verdict) -> Outcome {
        let mut stats = self.stats;
        stats.sim_ns = self.now.0;
        stats.pending_peak = world.queue_size().peak as u64;
        stats.operations.info += self.operations_outstanding();
        let tally = world.net().tally();
        stats.histories_undecided = tally.undecided;
        let mut milestones = tally.milestones;
        milestones.add(&self.reached.milestones(world.sees_files()));
        tell!(self, Actor::Run, What::Phase, "{verdict}");
        self.digest.event(Tag::Phase, self.now, 0, stats.events);
        Outcome {
            verdict,
            idle: if world.clients_left().is_some() || stats.demands_waived > 0 { None } else { tally.idle },
            digest: self.digest.value(),
            stats,
            faults: self.faults.ledger.clone(),
            milestones,
        }
    }
}
