//! Simpler forms of the schedule's faults.

use env::NodeId;
use sim::Plan;

use super::milder::Form;

/// The simpler forms of the schedule's faults.
pub(super) fn simpler(best: &Plan, item: usize, alternative: usize) -> Form {
    let Some(timed) = best.schedule.get(item) else { return Form::NoItem };
    let last = NodeId(best.cluster.nodes + best.cluster.spares);
    let Some(simpler) = timed.simpler(last).into_iter().nth(alternative) else { return Form::NoneLeft };
    let mut plan = Box::new(best.clone());
    plan.schedule[item] = simpler;
    Form::Plan(plan)
}
