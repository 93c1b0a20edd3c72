//! The operations of a run's clients, as a script.

use env::ClientId;
use sim::{Plan, RecordedHistory, TimedOperation};

/// The plan with a script of this history's operations, so that no operation hangs on a draw any more. On the event
/// engine that is the same run; on turmoil, where a history has its times from the ticks, it is much like it.
pub fn scripted(plan: &Plan, history: &RecordedHistory) -> Plan {
    let mut plan = plan.clone();
    let clients = u64::from(plan.workload.clients);
    // The probe of the calm phase is a process too, and no client of the workload.
    let calls = history.calls().iter().filter(|call| call.process <= clients);
    let timed = calls.map(|call| {
        let at_ns = call.invoked.time.map_or(0, |time| time.0);
        TimedOperation::of_value(at_ns, ClientId(call.process as u32), call.input.clone())
    });
    let mut script: Vec<TimedOperation> = timed.collect();
    keep_apart(&mut script);
    plan.workload.script = Some(script);
    plan
}

/// An engine that goes on in ticks tells of all operations of one at its end. They keep their order by a nanosecond
/// each.
fn keep_apart(script: &mut [TimedOperation]) {
    for place in (1..script.len()).rev() {
        let later_ns = script[place].at_ns;
        let earlier = &mut script[place - 1];
        if earlier.at_ns >= later_ns {
            earlier.at_ns = later_ns.saturating_sub(1);
        }
    }
}
