//! A property tried by proptest: its strategy draws the plans, and its own regression file keeps those that failed.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::Arc;

use explore::panics::on_run_thread;
use explore::strategy::{Plans, plans};
use explore::{Asked, Evidence, Failure, Fingerprint, Origin, Runner, Shrunk, Unfinished};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};
use sim::Plan;

use super::{Asks, Property, SEEDS_DEFAULT};
use crate::telling::{fail, shown};

/// So many smaller plans are tried at most, and for so long.
const SHRINKS_MAX: u32 = 3_000;
const SHRINK_MS_MAX: u32 = 20_000;

impl Property {
    /// Tries it by proptest, on as many of these plans of its system as it has seeds: first those that failed before,
    /// which the regression file beside the source of the test keeps, and then drawn ones. Proptest draws the same
    /// plans every time, unless `PROPTEST_RNG_SEED` gives another seed. The smallest plan that fails in the same way is
    /// told and saved with the first.
    ///
    /// `of` is given plans of the profile and of the size of this property, and changes them further. A profile of the
    /// configuration is ignored here.
    ///
    /// ```
    /// use raft_kv::RaftKv;
    /// use stormglass::Property;
    ///
    /// Property::of(RaftKv::default()).seeds(5).cases(|plans| plans.nodes(3..=5));
    /// ```
    ///
    /// # Panics
    /// If a run fails; see [`check`](Property::check). If the property makes its plans by a
    /// [function](Property::plans): proptest draws them here.
    #[track_caller]
    pub fn cases(&self, of: impl FnOnce(Plans) -> Plans) {
        let plans = &of(self.usual_plans().unwrap_or_else(|error| fail(format!("error: {error}"))));
        let (asked, this) = self.asked().unwrap_or_else(|error| fail(format!("error: {error}")));
        let this = &Property { asks: Asks { profile: String::new(), ..this.asks.clone() }, ..this };
        let origin = Origin { profile: plans.profile_of_all(), nodes: None, ..this.origin() };
        match asked {
            Asked::All { .. } => {
                // Proptest counts its cases: a time that takes the place of the seeds does not.
                let seeds = this.options.seeds.or(self.options.seeds).unwrap_or(SEEDS_DEFAULT);
                let cases = TestRunner::new(config(seeds, Location::caller().file()));
                let found = on_run_thread(|| {
                    search(&Runner::new(origin.engine, &*this.subject).within(this.budget()), &origin, plans, cases)
                });
                if let Some(evidence) = found.unwrap_or_else(|error| fail(format!("error: {error}"))) {
                    fail(shown(&evidence, &this.asks(), None));
                }
            }
            Asked::Seed(seed) => {
                let plan = plans.of(seed).unwrap_or_else(|error| fail(format!("error: {error}")));
                this.run_again(&origin, &plan, None);
            }
            Asked::Repro { file, repro } => {
                this.run_repro(&repro, file.as_deref());
            }
        }
    }

    /// The plans of its profile and size.
    fn usual_plans(&self) -> Result<Plans, &'static str> {
        if self.plans.is_some() {
            return Err(
                "proptest draws the plans of `cases`: leave out `plans`, and change what is drawn by `changed`",
            );
        }
        let plans = plans(Arc::clone(&self.subject)).profile(self.options.profile.unwrap_or_default());
        Ok(match self.nodes {
            Some(nodes) => plans.nodes(nodes..=nodes),
            None => plans,
        })
    }
}

fn config(cases: u64, source: &'static str) -> Config {
    let usual = Config::default();
    Config {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        source_file: Some(source),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        max_shrink_iters: SHRINKS_MAX,
        max_shrink_time: SHRINK_MS_MAX,
        rng_seed: if usual.rng_seed == RngSeed::Random { RngSeed::Fixed(0) } else { usual.rng_seed },
        ..usual
    }
}

/// The evidence of the first case that fails, and of the smallest that fails as it does; `None` if none does.
fn search(
    runner: &Runner<'_>,
    origin: &Origin,
    plans: &Plans,
    mut cases: TestRunner,
) -> Result<Option<Evidence>, String> {
    let first: RefCell<Option<(Plan, Failure)>> = None.into();
    let unfinished: RefCell<Option<Unfinished>> = None.into();
    let outcome = cases.run(plans, |plan| {
        let outcome = runner.run(&plan).map_err(|error| {
            let case = TestCaseError::fail(error.to_string());
            unfinished.replace(Some(error));
            case
        })?;
        let Some(failure) = Failure::of(plan.seed, &outcome) else { return Ok(()) };
        let mut first = first.borrow_mut();
        let (_, is_like) = first.get_or_insert_with(|| (plan, failure.clone()));
        if Fingerprint::of(&failure) == Fingerprint::of(is_like) {
            return Err(TestCaseError::fail(failure.message));
        }
        // Another failure: a smaller plan that shows it is no smaller one of the first.
        Ok(())
    });
    let smallest = match outcome {
        Ok(()) => return Ok(None),
        Err(TestError::Fail(_, plan)) => plan,
        Err(TestError::Abort(reason)) => return Err(reason.to_string()),
    };
    if let Some(unfinished) = unfinished.into_inner() {
        return Err(unfinished.to_string());
    }
    let Some((plan, failure)) = first.into_inner() else { return Ok(None) };
    let evidence = Evidence::gather(runner, origin, &plan, &failure).map_err(|error| error.to_string())?;
    let shrunk = Shrunk::between(runner, &plan, &smallest);
    Ok(Some(match shrunk {
        Some(shrunk) => evidence.with_shrunk(&shrunk),
        None => evidence,
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use env::NodeSet;
    use explore::strategy::plans;
    use raft_types::Membership;
    use sim::{Engine, Profile, Seed};

    use super::*;
    use raft_kv::RaftKv;

    /// Half of an even cluster commits.
    #[derive(Clone, Debug)]
    struct Half;

    impl raft::Rules for Half {
        fn commit_quorum(&self, membership: &Membership, holders: NodeSet) -> bool {
            2 * holders.intersection(membership.voters).len() >= membership.voters.len()
        }

        fn asserts_invariants(&self) -> bool {
            false
        }
    }

    impl kv::Rules for Half {}

    #[test]
    fn the_plans_are_of_the_profile_and_the_size_of_the_property() {
        let property = Property::of(RaftKv::default()).profile(Profile::Disk).nodes(5);
        property.clone().seeds(1).cases(|plans| {
            assert_eq!(plans.profile_of_all(), Some(Profile::Disk));
            assert_eq!(plans.of(Seed(3)), property.plan(Seed(3)));
            plans
        });
        let made = property.plans(|_| unreachable!("no plan is made"));
        assert!(made.usual_plans().expect_err("two sources").starts_with("proptest draws the plans of `cases`: "));
    }

    #[test]
    fn what_failed_is_made_smaller_and_tried_first_the_next_time() {
        let folder = tempfile::tempdir().expect("a folder for it");
        let file = folder.path().join("cases.proptest-regressions");
        let path: &'static str = Box::leak(file.to_str().expect("letters").to_string().into_boxed_str());
        let property = Property::of(RaftKv::with_bug("half", Half));
        let (origin, strategy) = (property.origin(), plans(Arc::clone(&property.subject)).nodes(4..=6));
        let find = |seed| {
            let persistence = Some(Box::new(FileFailurePersistence::Direct(path)) as _);
            let config = Config { failure_persistence: persistence, ..config(50, file!()) };
            let cases = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..config });
            let runner = Runner::new(Engine::Event, &*property.subject);
            search(&runner, &origin, &strategy, cases).expect("no abort").expect("half is no majority")
        };
        let first = find(1);
        let kept = fs::read_to_string(&file).expect("it is kept");
        assert!(kept.lines().any(|line| line.starts_with("cc ")), "{kept}");
        let screen = first.screen(None, "x", explore::Layout::of_test());
        assert!(screen.contains("\nshrunk "), "{screen}");
        // With other draws it would begin with another plan.
        assert_eq!(find(2).failure, first.failure);
    }
}
