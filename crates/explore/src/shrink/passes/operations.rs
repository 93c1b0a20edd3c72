//! Fewer operations where they only add up to a snapshot, and simpler ones.

use std::rc::Rc;

use sim::Moment;
use sim::Plan;

use super::milder::Form;
use super::{Pass, Values};

/// One operation in so many, with settings that suit so few: snapshots come that much more often.
pub(super) struct Fewer<'a> {
    values: Rc<dyn Values + 'a>,
    tried: usize,
}

impl<'a> Fewer<'a> {
    pub(super) fn new(values: Rc<dyn Values + 'a>) -> Fewer<'a> {
        Fewer { values, tried: 0 }
    }
}

impl Pass for Fewer<'_> {
    fn name(&self) -> &'static str {
        "one operation in many"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.tried = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let (one_in, settings) = self.values.settings(&best.settings)?.for_one_in.into_iter().nth(self.tried)?;
        let mut candidate = best.clone();
        candidate.settings = settings;
        let script = candidate.workload.script.as_mut()?;
        let mut number = 0;
        script.retain(|_| {
            number += 1;
            number % one_in == 1
        });
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
pub(super) fn simpler(values: &dyn Values, best: &Plan, item: usize, alternative: usize) -> Form {
    let Some(timed) = best.workload.script.as_ref().and_then(|script| script.get(item)) else { return Form::NoItem };
    let Some(operation) = values.simpler_operations(&timed.operation).into_iter().nth(alternative) else {
        return Form::NoneLeft;
    };
    let mut plan = Box::new(best.clone());
    if let Some(script) = &mut plan.workload.script {
        script[item].operation = operation;
    }
    Form::Plan(plan)
}
