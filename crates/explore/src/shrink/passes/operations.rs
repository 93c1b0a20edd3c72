//! Fewer operations where they only add up to a snapshot, and simpler ones: short values, one key, and a plain write where
//! nothing hangs on what was there.

use env::{Bytes, Operation};
use history::Moment;
use sim::Plan;

use super::Pass;
use super::milder::Form;

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

/// The simpler forms of the script's operations.
pub(super) fn simpler(best: &Plan, item: usize, alternative: usize) -> Form {
    let Some(timed) = best.workload.script.as_ref().and_then(|script| script.get(item)) else { return Form::NoItem };
    let Some(operation) = forms(&timed.operation).into_iter().nth(alternative) else { return Form::NoneLeft };
    let mut plan = Box::new(best.clone());
    if let Some(script) = &mut plan.workload.script {
        script[item].operation = operation;
    }
    Form::Plan(plan)
}

fn forms(operation: &Operation) -> Vec<Operation> {
    let mut forms = Vec::new();
    if let Operation::Append { key, value } | Operation::Cas { key, value: Some(value), .. } = operation {
        forms.push(Operation::Put { key: key.clone(), value: value.clone() });
    }
    if let Operation::Put { value, .. } | Operation::Append { value, .. } | Operation::Cas { value: Some(value), .. } =
        operation
    {
        let short = shortened(value);
        if short.len() < value.len() {
            forms.push(with_value(operation, &short));
        }
    }
    if operation.key()[..] != *b"k0" {
        forms.push(with_key(operation, &"k0".into()));
    }
    forms
}

/// A value without what only fills it up: the generator's end in dots, and one of them keeps values apart.
fn shortened(value: &Bytes) -> Bytes {
    let bare = value.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    Bytes::from(&value[..value.len().min(bare + 1)])
}

fn with_value(operation: &Operation, new: &Bytes) -> Operation {
    let mut operation = operation.clone();
    if let Operation::Put { value, .. } | Operation::Append { value, .. } | Operation::Cas { value: Some(value), .. } =
        &mut operation
    {
        *value = new.clone();
    }
    operation
}

fn with_key(operation: &Operation, new: &Bytes) -> Operation {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::Get { key }
        | Operation::Put { key, .. }
        | Operation::Append { key, .. }
        | Operation::Delete { key }
        | Operation::Cas { key, .. } => *key = new.clone(),
    }
    operation
}
