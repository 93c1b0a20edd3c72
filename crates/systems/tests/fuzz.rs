//! Each system on the plans of its own seeds: none raises a false alarm, and every planted bug is found.

use std::time::Duration;

use sim::{Engine, Machines, Overrides, Plan, PlanError, Profile, Seed, Subject, Verdict};
use systems::graph::{self, RelayGraph};
use systems::pair::{self, LeasePair};
use systems::peers::{self, PeerSync};

fn plan_of(subject: &dyn Subject, profile: Profile, seed: u64) -> Plan {
    let plan = subject.plan(Seed(seed), profile, &Overrides::default()).expect("a seed makes a plan");
    for engine in subject.engines() {
        subject.check(*engine, &plan).expect("a plan of the subject can be run");
    }
    plan
}

/// Runs `seeds` seeds of every profile. All runs must pass, with more operations done than not.
fn raises_no_false_alarm(subject: &dyn Subject, engine: Engine, seeds: u64) {
    let (mut failures, mut done, mut asked) = (Vec::new(), 0, 0);
    for (profile, seed) in Profile::ALL.iter().flat_map(|profile| (0..seeds).map(move |seed| (*profile, seed))) {
        let plan = plan_of(subject, profile, seed);
        let outcome = subject.run_checked(engine, &plan).expect("it was checked");
        done += outcome.stats.operations.ok;
        asked += outcome.stats.operations.total();
        if !outcome.verdict.is_pass() {
            failures.push(format!("{profile} {}: {}", plan.seed, outcome.verdict));
        }
    }
    let subject = subject.id();
    assert!(failures.is_empty(), "{} runs of {subject} failed on {engine}:\n{}", failures.len(), failures.join("\n"));
    assert!(done > asked / 2, "{subject} did only {done} of {asked} operations on {engine}");
}

#[test]
fn a_correct_pair_raises_no_false_alarm() {
    raises_no_false_alarm(&Machines(LeasePair::default()), Engine::Event, 12);
    raises_no_false_alarm(&Machines(LeasePair::default()), Engine::Turmoil, 1);
    // A shorter lease runs out the more often.
    raises_no_false_alarm(&Machines(LeasePair::default().ttl(Duration::from_secs(3))), Engine::Event, 6);
}

#[test]
fn a_correct_graph_raises_no_false_alarm() {
    raises_no_false_alarm(&Machines(RelayGraph::default()), Engine::Event, 60);
    raises_no_false_alarm(&Machines(RelayGraph::default()), Engine::Turmoil, 6);
}

#[test]
fn a_correct_puller_raises_no_false_alarm() {
    raises_no_false_alarm(&Machines(PeerSync::default()), Engine::Event, 60);
    raises_no_false_alarm(&Machines(PeerSync::default()), Engine::Turmoil, 6);
}

/// Runs up to 200 seeds under chaos and under disk faults, until a rule is broken or equal state is not reached.
fn is_found(subject: &dyn Subject) {
    let finds = |profile, seed| {
        let plan = plan_of(subject, profile, seed);
        let verdict = subject.run_checked(Engine::Event, &plan).expect("it was checked").verdict;
        matches!(verdict, Verdict::Violation(_))
    };
    let is_found = (0..200).any(|seed| finds(Profile::Chaos, seed) || finds(Profile::Disk, seed));
    assert!(is_found, "nothing is found of {}", subject.id());
}

#[test]
fn every_planted_bug_is_found() {
    pair::Bug::ALL.iter().for_each(|bug| is_found(&Machines(LeasePair::default().with_bug(*bug))));
    graph::Bug::ALL.iter().for_each(|bug| is_found(&Machines(RelayGraph::default().with_bug(*bug))));
    peers::Bug::ALL.iter().for_each(|bug| is_found(&Machines(PeerSync::default().with_bug(*bug))));
}

#[test]
fn equal_seeds_make_equal_plans_and_these_come_to_equal_ends() {
    let subjects: [&dyn Subject; 3] =
        [&Machines(LeasePair::default()), &Machines(RelayGraph::default()), &Machines(PeerSync::default())];
    for subject in subjects {
        let plan = plan_of(subject, Profile::Swarm, 7);
        assert_eq!(plan, plan_of(subject, Profile::Swarm, 7));
        assert_ne!(plan, plan_of(subject, Profile::Swarm, 8));
        for engine in subject.engines() {
            let digest = || subject.run_checked(*engine, &plan).expect("it was checked").digest;
            assert_eq!(digest(), digest(), "{} on {engine}", subject.id());
        }
    }
}

#[test]
fn a_number_of_nodes_that_a_system_cannot_have_is_refused_with_the_right_one() {
    let planned = |subject: &dyn Subject, nodes| {
        let plan = subject.plan(Seed(1), Profile::Chaos, &Overrides::nodes(nodes));
        plan.map(|plan| plan.cluster.nodes).map_err(|error: PlanError| error.to_string())
    };
    let (pair, graph, peers) =
        (Machines(LeasePair::default()), Machines(RelayGraph::default()), Machines(PeerSync::default()));
    assert_eq!(planned(&pair, 5), Ok(5));
    assert_eq!(planned(&pair, 4), Err("lease-pair is a cluster of 5 nodes, not of 4".into()));
    assert_eq!([2, 9].map(|nodes| planned(&graph, nodes)), [Ok(2), Ok(9)]);
    assert_eq!(planned(&graph, 1), Err("relay-graph is a cluster of 2 or more nodes, not of 1".into()));
    assert_eq!([2, 9].map(|nodes| planned(&peers, nodes)), [Ok(2), Ok(9)]);
    assert_eq!(planned(&peers, 0), Err("peer-sync is a cluster of 2 or more nodes, not of 0".into()));
}
