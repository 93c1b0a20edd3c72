//! A stale read is caught by the history of the clients, and by nothing else.
//!
//! The nodes here do not report the reads that they serve ([`Quiet`]), so that Linearizable Reads has nothing to judge,
//! and a wrong read is left to the linearizability of the clients' history. In `net.rs` the same is caught sooner by
//! the observations of the nodes.

use std::time::Duration;

use env::Instant;
use raft::{Config, ConfirmedRound};
use raft_kv::RaftKv;
use sim::{
    Engine, Fault, Invariant, Machines, Overrides, Plan, Profile, Seed, Target, TimedFault, Verdict, Violation,
    validate,
};
use sim_tests::{Quiet, Seeds, campaign, on_both_engines, outcome, raft_kv, run_to_first_failure};
use stormglass::{Property, each_seed};

on_both_engines!(
    reads_without_a_quorum_are_caught_by_what_clients_see,
    a_lease_from_the_receipt_of_answers_is_caught_when_its_leader_was_paused,
    a_lease_that_never_ends_is_caught_by_what_clients_see,
    right_leases_raise_no_alarm_when_their_leaders_are_paused,
    right_reads_raise_no_alarm,
    nodes_that_say_less_do_the_same,
);

#[derive(Clone, Debug)]
struct ReadsWithoutQuorum;

impl raft::Rules for ReadsWithoutQuorum {
    fn read_needs_quorum(&self) -> bool {
        false
    }
}

impl kv::Rules for ReadsWithoutQuorum {}

fn reads_without_a_quorum_are_caught_by_what_clients_see(engine: Engine) {
    let system = Machines(Quiet(RaftKv::with_bug("reads-without-quorum", ReadsWithoutQuorum)));
    let seeds = Seeds { event: 2_000, turmoil: 300 };
    let report = run_to_first_failure(&campaign(engine, Profile::Swarm, seeds.on(engine)), &system);
    let failure = report.failures.first().unwrap_or_else(|| panic!("{} seeds noticed nothing", report.seeds));
    let plan = raft_kv().plan(failure.seed, Profile::Swarm, &Overrides::default()).expect("it was run");
    match outcome(engine, &system, &plan).verdict {
        Verdict::Violation(violation) => assert_is_explained(&violation, failure.seed),
        other => panic!("{}: {other}, but {} before", failure.seed, failure.message),
    }
}

/// A lease that counts from the receipt of the answers: those that a leader finds after a pause were true some time
/// ago. Without the pauses none of the plans here shows it.
#[derive(Clone, Debug)]
struct LeaseFromReceipt;

impl raft::Rules for LeaseFromReceipt {
    fn lease_until(&self, round: &ConfirmedRound, config: &Config) -> Instant {
        round.confirmed_at + config.lease_length()
    }
}

impl kv::Rules for LeaseFromReceipt {}

fn a_lease_from_the_receipt_of_answers_is_caught_when_its_leader_was_paused(engine: Engine) {
    assert_caught_under_pauses(engine, LeaseFromReceipt);
}

/// A lease that goes on while the leader is paused or cut off from its followers, until it steps down for it.
#[derive(Clone, Debug)]
struct LeaseWithoutEnd;

impl raft::Rules for LeaseWithoutEnd {
    fn lease_until(&self, round: &ConfirmedRound, _: &Config) -> Instant {
        round.sent_at + Duration::from_secs(3_600)
    }
}

impl kv::Rules for LeaseWithoutEnd {}

fn a_lease_that_never_ends_is_caught_by_what_clients_see(engine: Engine) {
    assert_caught_under_pauses(engine, LeaseWithoutEnd);
}

/// How many seeds' plans with pauses are run at most. About one or two in a hundred show a lease that is counted from
/// the receipt of answers.
const PAUSES: Seeds = Seeds { event: 400, turmoil: 300 };

fn assert_caught_under_pauses(engine: Engine, rules: impl kv::Rules + Send + Sync + 'static) {
    let system = Machines(Quiet(RaftKv::with_bug("of-this-test", rules)));
    for seed in (0..PAUSES.on(engine)).map(Seed) {
        match outcome(engine, &system, &with_pauses(seed)).verdict {
            Verdict::Pass => {}
            Verdict::Violation(violation) => return assert_is_explained(&violation, seed),
            other => panic!("{seed}: {other}"),
        }
    }
    panic!("{} seeds noticed nothing", PAUSES.on(engine));
}

fn right_leases_raise_no_alarm_when_their_leaders_are_paused(engine: Engine) {
    let system = Quiet(RaftKv::default());
    Property::of(system).engine(engine).plans(with_pauses).seeds(PAUSES.on(engine)).check();
}

/// A cluster that reads by lease, with a leader that is paused again and again: for long enough to lose its followers,
/// and not so long that it steps down for it. It is cut off before it goes on: else it would receive the vote that
/// deposed it before any read that could be stale.
fn with_pauses(seed: Seed) -> Plan {
    let mut plan = raft_kv().plan(seed, Profile::Calm, &Overrides::nodes(3)).expect("a valid plan");
    let (cluster, workload) = (&mut plan.cluster, &mut plan.workload);
    cluster.leases = true;
    cluster.suspicion_max_ms = 4 * cluster.suspicion_min_ms;
    // Many reads of few keys, so that one comes in time, and reads a fresh write.
    (workload.clients, workload.keys) = (8, 2);
    (workload.pause_min_us, workload.pause_max_us) = (0, 20_000);
    plan.events_max *= 10;

    let (min_ms, max_ms) = (cluster.suspicion_min_ms, cluster.suspicion_max_ms);
    // The last one is over by then. It is a bit more, so that the next pause finds heartbeats elsewhere on their way.
    let every_ms = 4 * max_ms + 7;
    for number in 1..plan.storm_ms / every_ms {
        let at_ms = number * every_ms;
        let lasting = |lasts_ms, at_ms, fault| TimedFault::new(at_ms, fault).lasting(lasts_ms).with_pick(number);
        plan.schedule.extend([
            lasting(2 * min_ms, at_ms, Fault::Pause { target: Target::Leader }),
            lasting(2 * max_ms, at_ms + min_ms / 2, Fault::Isolate { target: Target::Leader }),
        ]);
    }
    validate(&plan).expect("a valid plan");
    plan
}

fn right_reads_raise_no_alarm(engine: Engine) {
    let seeds = Seeds { event: 300, turmoil: 20 };
    Property::of(Quiet(RaftKv::default())).engine(engine).seeds(seeds.on(engine)).check();
}

/// The premise of the tests here.
fn nodes_that_say_less_do_the_same(engine: Engine) {
    each_seed(5, |seed| {
        let plan = raft_kv().plan(seed, Profile::Swarm, &Overrides::default()).expect("profiles make sound plans");
        let (loud, quiet) = (raft_kv(), Machines(Quiet(RaftKv::default())));
        assert_eq!(outcome(engine, &quiet, &plan).stats, outcome(engine, &*loud, &plan).stats, "{seed}");
    });
}

/// The violation names the key, its reads and writes, and the contradiction, on lines that fit a terminal.
fn assert_is_explained(violation: &Violation, seed: Seed) {
    assert_eq!(violation.invariant, Invariant::LINEARIZABILITY, "{seed}: {violation}");
    assert!(violation.message.starts_with("key k"), "{seed}: {violation}");
    let explanation = violation.explanation.as_ref().expect("a history that is not linearizable is explained");
    assert!(explanation.starts_with("key k"), "{seed}: {explanation}");
    assert!(explanation.lines().all(|line| line.chars().count() <= 80), "{seed}: {explanation}");
}
