//! Raft's net around plain async programs.

extern crate stormglass_raft_rules as raft_rules;

use std::time::Duration;

use env::{Completion, NodeId, NodeSet};
use hosts::{AsyncSystem, Host, User};
use kv_types::{Operation, Output};
use raft_rules::{DURABILITY, ELECTION_SAFETY, NO_ACKNOWLEDGED_WRITE_LOST, RaftNet};
use raft_types::{EntryId, Observation, Term};
use sim::{Engine, Fault, Invariant, Mix, Plan, Seed, Standard, Subject, Target, TimedFault, Verdict};

/// Three nodes, two clients, two seconds, and these faults.
fn plan(schedule: Vec<TimedFault>) -> Plan {
    let mut plan = Standard::Chaos5.plan(&[]);
    (plan.seed, plan.cluster.nodes, plan.workload.clients, plan.storm_ms) = (Seed(7), 3, 2, 2_000);
    plan.schedule = schedule;
    plan
}

fn net(plan: &Plan) -> RaftNet<Operation, Output> {
    let founders = NodeSet::first(plan.cluster.nodes);
    RaftNet::new(founders, Duration::from_millis(plan.cluster.suspicion_min_ms))
        .answering(Operation::is_read, |output| matches!(output, Output::Written | Output::Swapped))
}

async fn does_nothing(_: Host<Observation>) -> turmoil::Result {
    std::future::pending().await
}

async fn idles(mut user: User<Observation>) -> turmoil::Result {
    while user.next().await.is_some() {
        user.complete(Completion::Fail);
    }
    Ok(())
}

async fn believes(mut user: User<Observation>) -> turmoil::Result {
    while user.next().await.is_some() {
        user.complete(Completion::Ok(Output::Written));
    }
    Ok(())
}

/// The rule that a run breaks.
fn broken(system: &dyn Subject, plan: &Plan) -> Invariant {
    let verdict = system.run_checked(Engine::Turmoil, plan).expect("a plan for programs").verdict;
    let Verdict::Violation(violation) = verdict else { panic!("{verdict}") };
    violation.invariant
}

#[test]
fn hosts_that_note_observations_are_judged_by_the_invariants() {
    async fn usurps(host: Host<Observation>) -> turmoil::Result {
        tokio::time::sleep(Duration::from_millis(100 * u64::from(host.id().0))).await;
        host.note(Observation::BecameLeader { term: Term(1), last: EntryId::ZERO });
        std::future::pending().await
    }
    let system = AsyncSystem::new("usurpers", usurps, idles).watched_by(net);
    assert_eq!(broken(&system, &plan(Vec::new())), ELECTION_SAFETY);
}

#[test]
fn an_acknowledged_write_must_be_an_entry_of_the_log() {
    let mut plan = plan(Vec::new());
    plan.workload.mix = Mix::NONE.with_put(1);
    let system = AsyncSystem::new("believers", does_nothing, believes);
    assert!(system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs").verdict.is_pass());
    assert_eq!(broken(&system.watched_by(net), &plan), NO_ACKNOWLEDGED_WRITE_LOST, "no host has applied anything");
}

#[test]
fn notes_that_are_durable_by_a_hosts_word_must_be_there_after_a_power_loss() {
    /// Never reads back in which term it was.
    async fn forgets(host: Host<Observation>) -> turmoil::Result {
        let (snapshot, last) = (EntryId::ZERO, EntryId::ZERO);
        host.note(Observation::Recovered { term: Term(0), voted_for: None, snapshot, last, state: 0 });
        host.note(Observation::BecameFollower { term: Term(4), leader: None });
        host.synced();
        std::future::pending().await
    }
    let fault = Fault::Crash { target: Target::Node(NodeId(1)) };
    let plan = plan(vec![TimedFault::new(400, fault).lasting(100).with_pick(7)]);
    assert_eq!(broken(&AsyncSystem::new("forgetful", forgets, idles).watched_by(net), &plan), DURABILITY);
}
