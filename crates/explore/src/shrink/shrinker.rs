//! The search for a smaller plan, one step at a time.

use std::collections::VecDeque;
use std::rc::Rc;

use sim::{Moment, Plan, validate};

use super::passes::{self, Pass, Values};

/// Proposes smaller and smaller plans, and goes on from those that are accepted.
///
/// It runs nothing itself: its driver runs each proposal and answers whether the failure was still the same. So the
/// command, which has seen the run, and proptest, which has not, take the same steps.
///
/// Always true:
/// - a proposal is [valid](sim::validate()), and never equal to the best plan so far;
/// - every sequence of answers comes to an end: each pass makes something smaller or simpler that no other one gives
///   back without making something else smaller for good (snapshots come more often only with fewer operations).
pub struct Shrinker<'a> {
    best: Plan,
    /// When the best plan's run failed, if that is known.
    failed_at: Option<Moment>,
    /// Those that take part.
    passes: Vec<Box<dyn Pass + 'a>>,
    /// Those that join them later.
    stages: VecDeque<Vec<Box<dyn Pass + 'a>>>,
    /// The pass that goes on.
    at: usize,
    /// True if it has begun on the best plan.
    has_begun: bool,
    /// True if it has made a difference.
    has_helped: bool,
    /// How many passes in a row have made no difference.
    idle: usize,
}

impl<'a> Shrinker<'a> {
    /// Begins at `plan`; its run failed at `failed_at` if that is known. Its subject reads the `values` in it.
    pub fn new(plan: Plan, failed_at: Option<Moment>, values: impl Values + 'a) -> Shrinker<'a> {
        let values: Rc<dyn Values + 'a> = Rc::new(values);
        let mut stages = VecDeque::from(passes::stages(&values));
        let passes = stages.pop_front().unwrap_or_default();
        Shrinker { best: plan, failed_at, passes, stages, at: 0, has_begun: false, has_helped: false, idle: 0 }
    }

    /// The smallest plan so far.
    pub fn best(&self) -> &Plan {
        &self.best
    }

    /// The name of the present step.
    pub fn step(&self) -> &'static str {
        self.passes.get(self.at).map_or("", |pass| pass.name())
    }

    /// The next plan to try; `None` when none is left. To be answered by [`accept`](Shrinker::accept) or
    /// [`reject`](Shrinker::reject).
    pub fn propose(&mut self) -> Option<Plan> {
        loop {
            if self.idle == self.passes.len() {
                self.at = self.passes.len();
                self.passes.extend(self.stages.pop_front()?);
            }
            let pass = &mut self.passes[self.at];
            if !self.has_begun {
                pass.begin(&self.best, self.failed_at);
                self.has_begun = true;
            }
            while let Some(candidate) = pass.next(&self.best) {
                if candidate != self.best && validate(&candidate).is_ok() {
                    return Some(candidate);
                }
                pass.answered(false);
            }
            self.idle = if self.has_helped || !pass.is_done() { 0 } else { self.idle + 1 };
            self.has_helped = false;
            self.at = (self.at + 1) % self.passes.len();
            self.has_begun = false;
        }
    }

    /// The proposed plan fails in the same way, at `failed_at` if that is known: it is the best from here on.
    pub fn accept(&mut self, proposed: Plan, failed_at: Option<Moment>) {
        self.best = proposed;
        self.failed_at = failed_at;
        self.has_helped = true;
        self.passes[self.at].answered(true);
    }

    /// The proposed plan passes, or fails in another way.
    pub fn reject(&mut self) {
        self.passes[self.at].answered(false);
    }
}

impl std::fmt::Debug for Shrinker<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shrinker").field("step", &self.step()).field("best", &self.best).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use env::{ClientId, NodeId};
    use kv_types::Operation;
    use serde::{Deserialize, Serialize};
    use sim::{Fault, Overrides, Profile, Seed, SettingsRead, Target, TimedOperation, Value, expand};

    use super::*;

    fn plan(seed: u64) -> Plan {
        expand(Seed(seed), Profile::Swarm, &Overrides::default(), &[]).expect("seeds make valid plans")
    }

    /// The settings of a store that takes snapshots.
    #[derive(Clone, Serialize, Deserialize)]
    struct Snapshots {
        every: u64,
    }

    impl Default for Snapshots {
        fn default() -> Snapshots {
            Snapshots { every: 1_000 }
        }
    }

    impl sim::Settings for Snapshots {
        fn check(&self) -> Result<(), String> {
            Ok(())
        }

        fn for_one_in(&self, n: u64) -> Snapshots {
            Snapshots { every: (self.every / n).max(1) }
        }
    }

    struct Store;

    impl Values for Store {
        fn simpler_operations(&self, operation: &Value) -> Vec<Value> {
            let operation: Operation = serde_json::from_value(operation.clone()).expect("an operation on a store");
            let simpler = sim::Op::simpler(&operation);
            simpler.iter().map(|simpler| serde_json::to_value(simpler).expect("plain values")).collect()
        }

        fn settings(&self, settings: &Value) -> Option<SettingsRead> {
            Some(SettingsRead::of::<Snapshots>(settings).expect("settings of a store"))
        }
    }

    /// Shrinks by the plans alone, with no run; returns the smallest plan, and how many were tried.
    fn shrunk(plan: Plan, fails: impl Fn(&Plan) -> bool) -> (Plan, usize) {
        assert!(fails(&plan), "{plan:?} does not fail to begin with");
        let mut shrinker = Shrinker::new(plan, None, Store);
        let mut tried = 0;
        while let Some(candidate) = shrinker.propose() {
            tried += 1;
            validate(&candidate).expect("a proposal is valid");
            assert_ne!(&candidate, shrinker.best(), "{} proposes what there is", shrinker.step());
            if fails(&candidate) { shrinker.accept(candidate, None) } else { shrinker.reject() }
        }
        (shrinker.best().clone(), tried)
    }

    #[test]
    fn of_many_faults_those_that_it_takes_are_left_and_simplest() {
        let mut checked = 0;
        for seed in 0..40 {
            let fails = |plan: &Plan| {
                let down = |timed: &sim::TimedFault| matches!(timed.fault, Fault::Crash { .. } | Fault::Kill { .. });
                let cut = |timed: &sim::TimedFault| matches!(timed.fault, Fault::Isolate { .. });
                plan.schedule.iter().any(down) && plan.schedule.iter().any(cut) && plan.cluster.nodes >= 3
            };
            let plan = plan(seed);
            if !fails(&plan) || plan.schedule.len() < 5 {
                continue;
            }
            checked += 1;
            let (smallest, tried) = shrunk(plan, fails);
            let mut faults: Vec<Fault> = smallest.schedule.iter().map(|timed| timed.fault.clone()).collect();
            faults.sort_by_key(Fault::kind);
            let named = |fault: &Fault| matches!(fault.targets(), [Target::Node(NodeId(1..=3))]);
            assert!(matches!(faults[..], [Fault::Isolate { .. }, Fault::Kill { .. }]), "{faults:?}");
            assert!(faults.iter().all(named), "{faults:?}");
            assert!(smallest.schedule.iter().all(|timed| timed.pick == 0 && timed.lasts_ms.is_none_or(|ms| ms == 0)));
            assert_eq!((smallest.cluster.nodes, smallest.cluster.spares, smallest.workload.clients), (3, 0, 0));
            assert!(smallest.storm_ms <= 2, "{} ms", smallest.storm_ms);
            assert!(tried < 1_000, "{tried} plans tried");
        }
        assert!(checked >= 5, "only {checked} plans hold what it takes");
    }

    #[test]
    fn whatever_the_answers_it_comes_to_an_end() {
        for seed in 0..60 {
            // Answers without rhyme or reason, but the same for the same plan; one in so many is yes.
            let one_in = 1 + seed % 4;
            let mut first = plan(seed);
            first.configure(|snapshots: &mut Snapshots| snapshots.every = 50);
            // With a script there are passes that take something back from one another.
            let append = |number: u64| {
                let client = ClientId(1 + (number % u64::from(first.workload.clients)) as u32);
                let operation = Operation::Append { key: "k1".into(), value: "c1-1...".into() };
                TimedOperation::new(number * 10_000_001, client, &operation)
            };
            first.workload.script = (seed % 2 == 0).then(|| (0..60).map(append).collect());
            let fails = |plan: &Plan| {
                let text = format!("{plan:?}");
                *plan == first || text.bytes().fold(seed, |hash, byte| env::mix(hash, byte.into())) % one_in == 0
            };
            let (_, tried) = shrunk(first.clone(), fails);
            assert!(tried < 20_000, "{}: {tried} plans tried", Seed(seed));
        }
    }

    #[test]
    fn a_setting_of_the_system_goes_back_to_its_default_where_it_does_not_matter() {
        let mut unusual = plan(1);
        unusual.configure(|snapshots: &mut Snapshots| snapshots.every = 7);
        let (smallest, _) = shrunk(unusual.clone(), |_| true);
        assert_eq!(smallest.settings::<Snapshots>().map(|snapshots| snapshots.every), Ok(1_000));
        let (smallest, _) = shrunk(unusual.clone(), |plan| plan.settings == unusual.settings);
        assert_eq!(smallest.settings, unusual.settings);
    }

    #[test]
    fn what_lies_behind_the_failure_is_cut_off_first() {
        let plan = plan(3);
        let failed_at = Moment { time: env::Instant(plan.storm_ms * 1_000_000 / 3), event: 100 };
        let mut shrinker = Shrinker::new(plan.clone(), Some(failed_at), Store);
        let proposed = shrinker.propose().expect("there is something to cut");
        assert_eq!(proposed.storm_ms, plan.storm_ms / 3 + 1);
        assert!(proposed.schedule.iter().all(|timed| timed.at_ms < proposed.storm_ms));
    }
}
