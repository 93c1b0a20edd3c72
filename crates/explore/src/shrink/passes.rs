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

use std::ops::Deref;
use std::rc::Rc;

use sim::{Moment, Plan, SettingsRead, Subject, TimedFault, TimedOperation, Value};

use removal::Removal;

/// One way to make plans smaller.
pub(super) trait Pass {
    /// Its name, shown as the present step.
    fn name(&self) -> &'static str;

    /// Starts over on this plan; its run failed at `failed_at` if that is known.
    fn begin(&mut self, best: &Plan, failed_at: Option<Moment>);

    /// The next candidate: the best plan so far with one thing changed. `None` when there is none left.
    fn next(&mut self, best: &Plan) -> Option<Plan>;

    /// True if it would try nothing else if it began again on the same plan.
    fn is_done(&self) -> bool {
        true
    }

    /// True if the last candidate is the best plan from now on.
    fn answered(&mut self, accepted: bool);
}

/// Reads the values in a plan that only its system can read: a subject does.
pub trait Values {
    /// The simpler operations that may do for this one of the script.
    fn simpler_operations(&self, operation: &Value) -> Vec<Value>;

    /// The settings, with those that may do in their place; `None` if nothing is known of them.
    fn settings(&self, settings: &Value) -> Option<SettingsRead>;
}

impl<'s, S: Deref<Target = dyn Subject + 's>> Values for S {
    fn simpler_operations(&self, operation: &Value) -> Vec<Value> {
        self.read_operation(operation).map_or(Vec::new(), |read| read.simpler)
    }

    fn settings(&self, settings: &Value) -> Option<SettingsRead> {
        self.read_settings(settings).ok()
    }
}

/// All of them, in stages: one begins when those before it find nothing more, and they go on beside it.
pub(super) fn stages<'a>(values: &Rc<dyn Values + 'a>) -> Vec<Vec<Box<dyn Pass + 'a>>> {
    let fewer: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(cut::Cut::default()),
        Box::new(settings::Settings::certain()),
        Box::new(Removal::new("faults", schedule)),
        Box::new(operations::Fewer::new(Rc::clone(values))),
        Box::new(Removal::new("operations", script)),
        Box::new(machines::Machines::default()),
        Box::new(machines::Clients::default()),
        Box::new(settings::Settings::usual()),
        Box::new(settings::Own::new(Rc::clone(values))),
    ];
    let fewer_with_luck: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(Removal::with_other_draws("faults, with other draws", schedule)),
        Box::new(Removal::with_other_draws("operations, with other draws", script)),
    ];
    let values = Rc::clone(values);
    // Of each item that is left, and so only when few are.
    let milder: Vec<Box<dyn Pass + 'a>> = vec![
        Box::new(milder::Milder::new("simpler faults", faults::simpler)),
        Box::new(milder::Milder::new("simpler operations", move |best, item, alternative| {
            operations::simpler(&*values, best, item, alternative)
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
