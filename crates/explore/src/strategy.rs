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
use sim::{IntoSubject, Overrides, Plan, PlanError, Profile, Seed, Subject, TimedFault, Workload, validate};

use crate::shrink::Shrinker;

/// Makes plans: see [`plans`].
#[derive(Clone)]
pub struct Plans {
    subject: Arc<dyn Subject>,
    profile: Profile,
    nodes: Option<(u8, u8)>,
    change: Option<Change>,
}

/// A test's own change of every plan.
type Change = Arc<dyn Fn(&mut Plan) + Send + Sync>;

/// Plans of this system under the default profile, of any size, changed in no way.
pub fn plans(system: impl IntoSubject) -> Plans {
    Plans { subject: system.into_subject(), profile: Profile::default(), nodes: None, change: None }
}

impl Plans {
    /// The profile of the plans: the kinds of faults.
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

    /// Changes the workload of each plan. `change` is called once for each plan, before it is run.
    pub fn workload(self, change: impl Fn(&mut Workload) + Send + Sync + 'static) -> Plans {
        self.changed(move |plan| change(&mut plan.workload))
    }

    /// Changes the schedule of faults of each plan, likewise.
    pub fn schedule(self, change: impl Fn(&mut Vec<TimedFault>) + Send + Sync + 'static) -> Plans {
        self.changed(move |plan| change(&mut plan.schedule))
    }

    /// Changes the whole of each plan, likewise.
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

    /// The profile of all these plans; `None` if the test changes them.
    pub fn profile_of_all(&self) -> Option<Profile> {
        Some(self.profile).filter(|_| self.change.is_none())
    }

    /// True if a smaller plan still fits the test: its size is allowed, and the test's own changes change nothing more.
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
    /// If the test's own changes make a plan that cannot be run.
    pub fn of(&self, seed: Seed) -> Result<Plan, PlanError> {
        let nodes = self.nodes.map(|(low, high)| {
            // One of the sizes by the seed itself, which is spread well enough.
            let mut bits = Bits(env::mix(seed.0, 0x6e6f_6465));
            bits.between(low.into(), high.into()) as u8
        });
        let mut plan = self.subject.plan(seed, self.profile, &Overrides::nodes(nodes))?;
        if let Some(change) = &self.change {
            change(&mut plan);
        }
        validate(&plan)?;
        self.subject.read_settings(&plan.settings).map_err(|why| PlanError::Settings { why })?;
        Ok(plan)
    }
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
        f.debug_struct("Plans")
            .field("subject", &self.subject.id())
            .field("profile", &self.profile)
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}

impl Strategy for Plans {
    type Tree = PlanTree;
    type Value = Plan;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Plans> {
        let seed = Seed(proptest::num::u64::ANY.new_tree(runner)?.current());
        let plan = self.of(seed).map_err(|error| error.to_string())?;
        let shrinker = Shrinker::new(plan.clone(), None, Arc::clone(&self.subject));
        Ok(PlanTree { plans: self.clone(), shrinker, current: plan, is_proposed: false })
    }
}

/// A plan and the smaller ones that may fail like it.
#[derive(Debug)]
pub struct PlanTree {
    plans: Plans,
    shrinker: Shrinker<'static>,
    current: Plan,
    /// True if the current plan is the shrinker's last proposal, and the shrinker waits for an answer.
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
