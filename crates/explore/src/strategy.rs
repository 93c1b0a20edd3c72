//! Plans for proptest: drawn as seeds expand to them, and shrunk in the shrinker's steps.
//!
//! Proptest keeps a case that failed by its own random state, so a regression file brings back the plan it began with,
//! as long as profiles and expansion stay the same. To keep a plan for ever, keep its repro.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use env::Random;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sim::{Overrides, Plan, Profile, Seed, TimedFault, Value, Workload, expand, validate};

use crate::shrink::Shrinker;

/// Makes plans: see [`plans`].
#[derive(Clone)]
pub struct Plans {
    profile: Profile,
    nodes: Option<(u8, u8)>,
    change: Option<Change>,
}

/// What the author of a test changes about every plan.
type Change = Arc<dyn Fn(&mut Plan) + Send + Sync>;

/// Plans under the default profile, of any size, changed in no way.
pub fn plans() -> Plans {
    Plans { profile: Profile::default(), nodes: None, change: None }
}

impl Plans {
    /// What may go wrong.
    pub fn profile(self, profile: Profile) -> Plans {
        Plans { profile, ..self }
    }

    /// How many nodes the cluster begins with, drawn evenly. No smaller one is tried when shrinking.
    ///
    /// # Panics
    /// If that leaves no size from 1 to 63.
    pub fn nodes(self, sizes: impl RangeBounds<u8>) -> Plans {
        let low = match sizes.start_bound() {
            Bound::Included(low) => *low,
            Bound::Excluded(low) => low.saturating_add(1),
            Bound::Unbounded => 1,
        };
        let high = match sizes.end_bound() {
            Bound::Included(high) => *high,
            Bound::Excluded(high) => high.saturating_sub(1),
            Bound::Unbounded => 63,
        };
        assert!(1 <= low && low <= high && high <= 63, "a cluster of {low} to {high} nodes: give sizes from 1 to 63");
        Plans { nodes: Some((low, high)), ..self }
    }

    /// What else is to be as the test wants it, the workload for one. Called once for each plan, before it is run.
    pub fn workload(self, change: impl Fn(&mut Workload) + Send + Sync + 'static) -> Plans {
        self.changed(move |plan| change(&mut plan.workload))
    }

    /// The same of the schedule of faults.
    pub fn schedule(self, change: impl Fn(&mut Vec<TimedFault>) + Send + Sync + 'static) -> Plans {
        self.changed(move |plan| change(&mut plan.schedule))
    }

    /// The same of the whole plan.
    pub fn changed(self, change: impl Fn(&mut Plan) + Send + Sync + 'static) -> Plans {
        let before = self.change;
        let both = move |plan: &mut Plan| {
            if let Some(before) = &before {
                before(plan);
            }
            change(plan);
        };
        Plans { change: Some(Arc::new(both)), ..self }
    }

    /// The profile that they are all of; `None` if the test makes something else of them.
    pub fn profile_of_all(&self) -> Option<Profile> {
        Some(self.profile).filter(|_| self.change.is_none())
    }

    /// Whether a smaller plan is still what the test wants: its size, and nothing left that its own changes would change.
    fn allow(&self, plan: &Plan) -> bool {
        let is_of_size = self.nodes.is_none_or(|(low, _)| plan.cluster.nodes >= low);
        let is_as_wanted = self.change.as_ref().is_none_or(|change| {
            let mut changed = plan.clone();
            change(&mut changed);
            changed == *plan
        });
        is_of_size && is_as_wanted
    }

    /// The plan that grows from one seed. Equal seeds, equal plans.
    ///
    /// # Errors
    /// What is wrong with the plan that the test's own changes made.
    pub fn of(&self, seed: Seed) -> Result<Plan, sim::PlanError> {
        let nodes = self.nodes.map(|(low, high)| {
            // One of the sizes by the seed itself, which is spread well enough.
            let mut bits = Bits(env::mix(seed.0, 0x6e6f_6465));
            bits.between(low.into(), high.into()) as u8
        });
        let mut plan = expand(seed, self.profile, &Overrides { nodes }, &[])?;
        if let Some(change) = &self.change {
            change(&mut plan);
        }
        validate(&plan)?;
        Ok(plan)
    }
}

/// A plan that a seed expands to has no script, and so no operations to make simpler.
fn no_simpler(_: &Value) -> Vec<Value> {
    Vec::new()
}

/// One draw.
struct Bits(u64);

impl Random for Bits {
    fn next_u64(&mut self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans").field("profile", &self.profile).field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl Strategy for Plans {
    type Tree = PlanTree;
    type Value = Plan;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Plans> {
        let seed = Seed(proptest::num::u64::ANY.new_tree(runner)?.current());
        let plan = self.of(seed).map_err(|error| error.to_string())?;
        let shrinker = Shrinker::new(plan.clone(), None, &no_simpler);
        Ok(PlanTree { plans: self.clone(), shrinker, current: plan, is_proposed: false })
    }
}

/// A plan and the smaller ones that may fail like it.
#[derive(Debug)]
pub struct PlanTree {
    plans: Plans,
    shrinker: Shrinker<'static>,
    current: Plan,
    /// Whether the current plan is what the shrinker proposed last, and it waits for an answer.
    is_proposed: bool,
}

impl PlanTree {
    fn propose(&mut self) -> bool {
        while let Some(candidate) = self.shrinker.propose() {
            if self.plans.allow(&candidate) {
                self.current = candidate;
                self.is_proposed = true;
                return true;
            }
            self.shrinker.reject();
        }
        self.current = self.shrinker.best().clone();
        self.is_proposed = false;
        false
    }
}

impl ValueTree for PlanTree {
    type Value = Plan;

    fn current(&self) -> Plan {
        self.current.clone()
    }

    /// The current plan fails: it is the best from here on.
    fn simplify(&mut self) -> bool {
        if self.is_proposed {
            self.shrinker.accept(self.current.clone(), None);
        }
        self.propose()
    }

    /// The current plan does not fail.
    fn complicate(&mut self) -> bool {
        if !self.is_proposed {
            return false;
        }
        self.shrinker.reject();
        self.propose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::test_runner::{Config, TestError};
    use sim::FaultKind;

    use super::*;

    fn runner() -> TestRunner {
        let config = Config { failure_persistence: None, cases: 300, max_shrink_iters: 5_000, ..Config::default() };
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()))
    }

    #[test]
    fn a_failing_plan_is_shrunk_to_what_it_takes() {
        let strategy = plans().profile(Profile::Chaos).nodes(3..=5);
        let has = |plan: &Plan, kind| plan.schedule.iter().any(|timed| timed.fault.kind() == kind);
        let failed = runner().run(&strategy, |plan| {
            assert!((3..=5).contains(&plan.cluster.nodes));
            let fails = has(&plan, FaultKind::Bridge) && has(&plan, FaultKind::Pause);
            if fails { Err(proptest::test_runner::TestCaseError::fail("both")) } else { Ok(()) }
        });
        let Err(TestError::Fail(_, plan)) = failed else { panic!("some plan has both: {failed:?}") };
        assert_eq!(plan.schedule.len(), 2, "{:?}", plan.schedule);
        assert_eq!((plan.cluster.nodes, plan.workload.clients), (3, 0));
    }

    #[test]
    fn what_a_test_wants_is_so_in_every_plan() {
        let strategy = plans()
            .workload(|workload| workload.keys = 1)
            .schedule(|schedule| schedule.retain(|timed| timed.fault.kind() != FaultKind::BitFlip));
        let all = runner().run(&strategy, |plan| {
            assert_eq!(plan.workload.keys, 1);
            assert!(plan.schedule.iter().all(|timed| timed.fault.kind() != FaultKind::BitFlip));
            Ok(())
        });
        all.expect("both hold");
    }

    #[test]
    fn what_a_test_wants_is_so_in_the_smallest_plan_too() {
        let is_power = |timed: &TimedFault| matches!(timed.fault.kind(), FaultKind::Crash | FaultKind::TornWrite);
        let strategy =
            plans().workload(|workload| workload.keys = 7).schedule(move |schedule| schedule.retain(is_power));
        let failed = runner().run(&strategy, |plan| {
            let fails = plan.schedule.len() > 1;
            if fails { Err(proptest::test_runner::TestCaseError::fail("two")) } else { Ok(()) }
        });
        let Err(TestError::Fail(_, plan)) = failed else { panic!("some plan has two: {failed:?}") };
        // A killed process would be milder than lost power, and one key fewer than seven.
        assert!(plan.schedule.len() == 2 && plan.schedule.iter().all(is_power), "{:?}", plan.schedule);
        assert_eq!(plan.workload.keys, 7);
    }

    #[test]
    fn a_change_that_makes_no_plan_is_said() {
        let error = plans().changed(|plan| plan.cluster.heartbeat_ms = 0).of(Seed(1)).expect_err("no heartbeat");
        assert!(error.to_string().contains("heartbeat_ms is 0"), "{error}");
    }
}
