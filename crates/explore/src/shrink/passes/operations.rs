//! Fewer operations where they only add up to a snapshot, and simpler ones.

use sim::Moment;
use sim::Plan;

use super::milder::Form;
use super::{Pass, Simpler};

/// One operation in so many, with snapshots that much more often.
#[derive(Debug, Default)]
pub(super) struct Fewer {
    tried: usize,
}

impl Pass for Fewer {
    fn name(&self) -> &'static str {
        "operations between snapshots"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.tried = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let one_in = *[16, 8, 4, 2].get(self.tried)?;
        let mut candidate = best.clone();
        let script = candidate.workload.script.as_mut()?;
        let mut number = 0;
        script.retain(|_| {
            number += 1;
            number % one_in == 1
        });
        candidate.cluster.snapshot_every = (candidate.cluster.snapshot_every / one_in).max(1);
        // Were none left out, this would be no smaller.
        if script.len() == best.workload.script.as_ref()?.len() { None } else { Some(candidate) }
    }

    fn answered(&mut self, accepted: bool) {
        if !accepted {
            self.tried += 1;
        }
    }
}

/// The simpler forms of the script's operations, as their system knows them.
pub(super) fn simpler(simpler: Simpler<'_>, best: &Plan, item: usize, alternative: usize) -> Form {
    let Some(timed) = best.workload.script.as_ref().and_then(|script| script.get(item)) else { return Form::NoItem };
    let Some(operation) = simpler(&timed.operation).into_iter().nth(alternative) else { return Form::NoneLeft };
    let mut plan = Box::new(best.clone());
    if let Some(script) = &mut plan.workload.script {
        script[item].operation = operation;
    }
    Form::Plan(plan)
}
