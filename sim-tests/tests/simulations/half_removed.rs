//! A leader that removes itself and cannot reach all nodes that this takes: it makes room for one that can.
//!
//! The cluster is a bridge that stays: the leader and the third node hear only the one in the middle. Without the
//! leader the two others can go on. With it none can, for its removal needs both of them. docs/zoo.md has the
//! consequences of one majority of all voters, counted together.

use ::zoo::Bug;
use raft_rules::RaftMilestone;
use scenarios::raft_kv_with;
use sim::Invariant;
use sim::{Engine, Fault, Overrides, Plan, Profile, Seed, Target, TimedFault, Verdict, validate};
use sim_tests::{Seeds, on_both_engines, outcome, raft_kv};

on_both_engines!(it_steps_down, a_majority_of_the_union_keeps_it_in_office);

const SEEDS: Seeds = Seeds { event: 20, turmoil: 2 };

fn it_steps_down(engine: Engine) {
    for seed in (0..SEEDS.on(engine)).map(Seed) {
        let outcome = outcome(engine, &*raft_kv(), &removed_on_a_bridge(seed));
        assert!(outcome.verdict.is_pass(), "{seed}: {}", outcome.verdict);
        assert_eq!(outcome.stats.demands_waived, 0, "{seed}: two of three that hear one another can go on");
        for reached in [RaftMilestone::JointConfiguration, RaftMilestone::LeaderSteppedDown].map(RaftMilestone::name) {
            assert!(outcome.milestones.of(reached) > 0, "{seed}: never: {reached}");
        }
    }
}

fn a_majority_of_the_union_keeps_it_in_office(engine: Engine) {
    let subject = raft_kv_with(Bug::JointUnionCounterReads);
    for seed in (0..SEEDS.on(engine)).map(Seed) {
        match outcome(engine, &*subject, &removed_on_a_bridge(seed)).verdict {
            Verdict::Violation(violation) => {
                assert_eq!(violation.invariant, Invariant::PROGRESS, "{seed}: {violation}")
            }
            other => panic!("{seed}: {other}"),
        }
    }
}

fn removed_on_a_bridge(seed: Seed) -> Plan {
    let mut plan = raft_kv().plan(seed, Profile::Calm, &Overrides::nodes(3)).expect("a valid plan");
    plan.storm_ms = 5_000;
    let fault = |at_ms, lasts_ms, fault| TimedFault::new(at_ms, fault).lasting(lasts_ms).with_pick(seed.0);
    plan.schedule = vec![
        fault(2_000, None, Fault::Bridge { middle: Target::Follower }),
        fault(3_000, Some(0), Fault::RemoveMember { target: Target::Leader }),
    ];
    validate(&plan).expect("a valid plan");
    plan
}
