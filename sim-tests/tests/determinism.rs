//! The test that comes before every other: the same plan is the same run. If this fails, no other result means anything.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use explore::{Campaign, Report};
use sim::{Line, Overrides, Profile, Recorder, Seed, expand, run, run_recorded};
use stormglass::RaftKv;

/// The trace as the command prints it.
#[derive(Default)]
struct Text(String);

impl Recorder for Text {
    fn record(&mut self, line: &Line<'_>) {
        self.0.push_str(&line.to_string());
        self.0.push('\n');
    }
}

#[test]
fn one_plan_gives_one_digest_in_one_process() {
    for profile in Profile::ALL {
        for seed in 0..20 {
            let plan = expand(Seed(seed), *profile, &Overrides::default()).expect("profiles make sound plans");
            let (first, second) = (run(&RaftKv::default(), &plan), run(&RaftKv::default(), &plan));
            assert_eq!(first.digest, second.digest, "{profile} {}", Seed(seed));
            assert_eq!(first.stats, second.stats, "{profile} {}", Seed(seed));
        }
    }
}

#[test]
fn recording_changes_nothing_and_two_recordings_are_equal_byte_for_byte() {
    for seed in 0..5 {
        let plan = expand(Seed(seed), Profile::Swarm, &Overrides::default()).expect("profiles make sound plans");
        let (mut first, mut second) = (Text::default(), Text::default());
        let recorded = run_recorded(&RaftKv::default(), &plan, &mut first);
        run_recorded(&RaftKv::default(), &plan, &mut second);
        assert_eq!(recorded.digest, run(&RaftKv::default(), &plan).digest, "{}", Seed(seed));
        assert!(first.0 == second.0, "two traces of {} differ", Seed(seed));
        assert!(first.0.lines().count() > 1_000, "a storm of {} lines is none", first.0.lines().count());
    }
}

#[test]
fn different_seeds_are_different_runs() {
    let digest = |seed| {
        let plan = expand(Seed(seed), Profile::Calm, &Overrides::default()).expect("profiles make sound plans");
        run(&RaftKv::default(), &plan).digest
    };
    assert_ne!(digest(1), digest(2));
}

#[test]
fn a_campaign_says_the_same_whatever_the_number_of_threads() {
    let campaign = |jobs| -> Report {
        Campaign {
            first_seed: Seed(1_000),
            seeds: 60,
            time: None,
            profile: Profile::Swarm,
            overrides: Overrides::default(),
            jobs,
            verify: false,
        }
        .run(&RaftKv::default(), &AtomicBool::new(false), &mut |_| ControlFlow::Continue(()))
        .expect("profiles make sound plans")
    };
    let (one, three) = (campaign(1), campaign(3));
    assert_eq!(one.digest, three.digest);
    assert_eq!(one.stats, three.stats);
    assert_eq!(one.failures, three.failures);
    assert_eq!(one.faults, three.faults);
    assert_eq!(one.milestones, three.milestones);
}
