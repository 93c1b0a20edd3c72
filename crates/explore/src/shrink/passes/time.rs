//! Less time: operations and faults come closer together, and at round times.

use sim::Moment;
use sim::Plan;

use super::Pass;

const NS_PER_MS: u64 = 1_000_000;

/// Takes time out between one planned operation or fault and the next.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// The number of the gap.
    gap: usize,
    /// The part of it that is taken out: all, a half, a quarter.
    part: u32,
}

impl Pass for Gaps {
    fn name(&self) -> &'static str {
        "time"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        *self = Gaps::default();
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let times = times_ms(best);
        loop {
            let to_ms = *times.get(self.gap)?;
            let from_ms = self.gap.checked_sub(1).map_or(0, |before| times[before]);
            let less_ms = (to_ms - from_ms) >> self.part;
            if less_ms > 0 && self.part < 3 {
                return Some(earlier_from(best, to_ms, less_ms));
            }
            *self = Gaps { gap: self.gap + 1, part: 0 };
        }
    }

    fn answered(&mut self, accepted: bool) {
        // All that is left of the gap was one too many then, and may be again.
        if !accepted {
            self.part += 1;
        }
    }
}

/// When something happens by plan, the end of the storm last, in whole milliseconds.
fn times_ms(plan: &Plan) -> Vec<u64> {
    let operations = plan.workload.script.iter().flatten().map(|timed| timed.at_ns / NS_PER_MS);
    let mut times: Vec<u64> = plan.schedule.iter().map(|timed| timed.at_ms).chain(operations).collect();
    times.push(plan.storm_ms);
    times.sort_unstable();
    times.dedup();
    times
}

/// The plan in which everything from `from_ms` on is so much earlier.
fn earlier_from(plan: &Plan, from_ms: u64, less_ms: u64) -> Plan {
    let mut plan = plan.clone();
    for timed in plan.schedule.iter_mut().filter(|timed| timed.at_ms >= from_ms) {
        timed.at_ms -= less_ms;
    }
    for timed in plan.workload.script.iter_mut().flatten().filter(|timed| timed.at_ns / NS_PER_MS >= from_ms) {
        timed.at_ns -= less_ms * NS_PER_MS;
    }
    plan.storm_ms -= less_ms;
    plan
}

/// Has operations begin at whole milliseconds, all of them or one by one.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// 0 for all of them, else the number of the one.
    next: usize,
}

impl Pass for Round {
    fn name(&self) -> &'static str {
        "round times"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.next = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let mut candidate = best.clone();
        let script = candidate.workload.script.as_mut()?;
        let some = match self.next {
            0 => &mut script[..],
            one => std::slice::from_mut(script.get_mut(one - 1)?),
        };
        for timed in some {
            timed.at_ns -= timed.at_ns % NS_PER_MS;
        }
        Some(candidate)
    }

    fn answered(&mut self, _: bool) {
        self.next += 1;
    }
}
