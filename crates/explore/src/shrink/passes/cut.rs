//! The part of a plan behind its failure, cut off: it did not lead to the failure.

use sim::Moment;
use sim::Plan;

use super::Pass;

/// Ends the storm where the run failed; where that is not known or did not do, halfway.
#[derive(Debug, Default)]
pub(super) struct Cut {
    failed_ms: Option<u64>,
    tried: Tried,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tried {
    #[default]
    Nothing,
    Failure,
    Half,
    LastQuarter,
}

impl Pass for Cut {
    fn name(&self) -> &'static str {
        "the time after the failure"
    }

    fn begin(&mut self, best: &Plan, failed_at: Option<Moment>) {
        let failed_ms = failed_at.map(|at| at.time.0 / 1_000_000);
        *self = Cut { failed_ms: failed_ms.filter(|ms| *ms < best.storm_ms), tried: Tried::Nothing };
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        loop {
            let (tried, storm_ms) = match self.tried {
                Tried::Nothing => (Tried::Failure, self.failed_ms.map(|ms| ms + 1)),
                Tried::Failure => (Tried::Half, Some(best.storm_ms / 2)),
                Tried::Half => (Tried::LastQuarter, Some(best.storm_ms - best.storm_ms / 4)),
                Tried::LastQuarter => return None,
            };
            self.tried = tried;
            if let Some(storm_ms) = storm_ms.filter(|ms| *ms < best.storm_ms) {
                return Some(ended_at(best, storm_ms));
            }
        }
    }

    fn answered(&mut self, accepted: bool) {
        if accepted && self.tried != Tried::Failure {
            self.tried = Tried::Failure;
        }
    }
}

/// The plan with a storm that ends at `storm_ms`, and with nothing behind it.
fn ended_at(plan: &Plan, storm_ms: u64) -> Plan {
    let mut plan = plan.clone();
    plan.storm_ms = storm_ms;
    plan.schedule.retain(|timed| timed.at_ms < storm_ms);
    if let Some(script) = &mut plan.workload.script {
        script.retain(|timed| timed.at_ns < storm_ms * 1_000_000);
    }
    plan
}
