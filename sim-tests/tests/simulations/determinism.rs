//! The test that comes before every other: the same plan is the same run. If this fails, no other result means
//! anything.

use std::thread;

use explore::{Campaign, Report};
use sim::{Engine, Line, Overrides, Profile, Recorder, Seed};
use sim_tests::{Seeds, campaign, on_both_engines, outcome, raft_kv, recorded, run};
use stormglass::each_seed;

on_both_engines!(
    one_plan_gives_one_digest_in_one_process,
    recording_changes_nothing_and_two_recordings_are_equal_byte_for_byte,
    different_seeds_are_different_runs,
    a_campaign_says_the_same_whatever_the_number_of_threads,
    a_run_is_the_same_beside_others_in_other_threads,
);

/// The trace as the command prints it.
#[derive(Default)]
struct Text(String);

impl Recorder for Text {
    fn record(&mut self, line: &Line<'_>) {
        self.0.push_str(&line.to_string());
        self.0.push('\n');
    }
}

fn plan(profile: Profile, seed: Seed) -> sim::Plan {
    raft_kv().plan(seed, profile, &Overrides::default()).expect("profiles make sound plans")
}

fn one_plan_gives_one_digest_in_one_process(engine: Engine) {
    let seeds = Seeds { event: 20, turmoil: 2 };
    for profile in Profile::ALL {
        each_seed(seeds.on(engine), |seed| {
            let plan = plan(*profile, seed);
            let run = || outcome(engine, &*raft_kv(), &plan);
            let (first, second) = (run(), run());
            assert_eq!(first.digest, second.digest, "{profile} {seed}");
            assert_eq!(first.stats, second.stats, "{profile} {seed}");
        });
    }
}

fn recording_changes_nothing_and_two_recordings_are_equal_byte_for_byte(engine: Engine) {
    each_seed(5, |seed| {
        let plan = plan(Profile::Swarm, seed);
        let (mut first, mut second) = (Text::default(), Text::default());
        let first_run = recorded(engine, &*raft_kv(), &plan, &mut first);
        recorded(engine, &*raft_kv(), &plan, &mut second);
        assert_eq!(first_run.digest, outcome(engine, &*raft_kv(), &plan).digest, "{seed}");
        assert!(first.0 == second.0, "two traces of {seed} differ");
        assert!(first.0.lines().count() > 1_000, "a storm of {} lines is none", first.0.lines().count());
    });
}

fn different_seeds_are_different_runs(engine: Engine) {
    let digest = |seed| outcome(engine, &*raft_kv(), &plan(Profile::Calm, Seed(seed))).digest;
    assert_ne!(digest(1), digest(2));
}

fn a_campaign_says_the_same_whatever_the_number_of_threads(engine: Engine) {
    let seeds = Seeds { event: 60, turmoil: 9 };
    let on = |jobs| -> Report {
        let first_seed = Seed(1_000);
        run(&Campaign { first_seed, jobs, ..campaign(engine, Profile::Swarm, seeds.on(engine)) }, &*raft_kv())
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(one.digest, three.digest);
    assert_eq!(one.stats, three.stats);
    assert_eq!(one.failures, three.failures);
    assert_eq!(one.faults, three.faults);
    assert_eq!(one.milestones, three.milestones);
}

#[expect(clippy::disallowed_methods, reason = "the test is that threads reach nothing of one another")]
fn a_run_is_the_same_beside_others_in_other_threads(engine: Engine) {
    let digest = move |seed| outcome(engine, &*raft_kv(), &plan(Profile::Swarm, Seed(seed))).digest;
    let alone = digest(7);
    let beside: Vec<_> = [6, 7, 8, 7].into_iter().map(|seed| thread::spawn(move || (seed, digest(seed)))).collect();
    for run in beside {
        let (seed, digest) = run.join().expect("a run that ends");
        assert!(seed != 7 || digest == alone, "{digest:016x}, {alone:016x} when alone");
    }
}
