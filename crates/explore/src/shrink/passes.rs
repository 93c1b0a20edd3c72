//! The ways to make a plan smaller, in the order in which they are tried.
//!
//! The greatest savings come first: the time behind the failure, then chance (a network and disks that always take the
//! same time, so that a later removal moves nothing else), then whole faults, operations and nodes. Only when none of
//! those can be spared are they made milder and simpler, and is time taken out between them.

mod cut;
mod faults;
mod machines;
mod milder;
mod operations;
mod removal;
mod settings;
mod time;

use sim::{Moment, Plan, TimedFault, TimedOperation, Value};

use removal::Removal;

/// One way to make plans smaller.
pub(super) trait Pass {
    /// Its name, shown as the present step.
    fn name(&self) -> &'static str;

    /// Starts over on this plan; its run failed at `failed_at` if that is known.
    fn begin(&mut self, best: &Plan, failed_at: Option<Moment>);

    /// The next candidate: the best plan so far with one thing changed. `None` when there is none left.
    fn next(&mut self, best: &Plan) -> Option<Plan>;

    /// Whether it would try nothing else if it began again on the same plan.
    fn is_done(&self) -> bool {
        true
    }

    /// Whether the last candidate is the best plan from now on.
    fn answered(&mut self, accepted: bool);
}

/// The simpler operations that may do for one of a script.
pub(super) type Simpler<'a> = &'a dyn Fn(&Value) -> Vec<Value>;

/// All of them, in stages: one begins when those before it find nothing more, and they go on beside it.
pub(super) fn stages<'a>(simpler: Simpler<'a>) -> Vec<Vec<Box<dyn Pass + 'a>>> {
    let fewer: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(cut::Cut::default()),
        Box::new(settings::Settings::certain()),
        Box::new(Removal::new("faults", schedule)),
        Box::new(operations::Fewer::default()),
        Box::new(Removal::new("operations", script)),
        Box::new(machines::Machines::default()),
        Box::new(machines::Clients::default()),
        Box::new(settings::Settings::usual()),
    ];
    let fewer_with_luck: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(Removal::with_other_draws("faults, with other draws", schedule)),
        Box::new(Removal::with_other_draws("operations, with other draws", script)),
    ];
    // Of each item that is left, and so only when few are.
    let milder: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(milder::Milder::new("simpler faults", faults::simpler)),
        Box::new(milder::Milder::new("simpler operations", move |best, item, alternative| {
            operations::simpler(simpler, best, item, alternative)
        })),
        Box::new(time::Gaps::default()),
        Box::new(time::Round::default()),
    ];
    vec![fewer, fewer_with_luck, milder]
}

fn schedule(plan: &mut Plan) -> Option<&mut Vec<TimedFault>> {
    Some(&mut plan.schedule)
}

fn script(plan: &mut Plan) -> Option<&mut Vec<TimedOperation>> {
    plan.workload.script.as_mut()
}
