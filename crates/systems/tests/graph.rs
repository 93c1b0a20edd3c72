//! The graph as its clients see it, and the verdicts of its judge on planted bugs.

mod common;

use std::time::Duration;

use common::{Told, caught_in_storms, quiet, serves_drawn_operations};
use env::{ClientId, Completion, NodeId};
use sim::{Engine, Fault, Machines, Plan, Profile, Subject, System, Target, TimedFault, TimedOperation};
use systems::graph::{
    Bug, Edit, GraphEdge, GraphJudge, Kind, Operation, Output, Path, Query, Register, RelayGraph, UpdateId, Write,
    relay,
};

/// Three nodes of the graph and the relay; a client at home on each node.
const NODES: u8 = 4;
const HOMES: &[(u32, u8)] = &[(1, 1), (2, 2), (3, 3)];

fn with(bug: Bug) -> RelayGraph {
    RelayGraph::default().with_bug(bug)
}

/// Runs a plan that must pass.
fn passes(system: &RelayGraph, plan: &Plan) {
    let verdict = Engine::Event.run(system, plan).verdict;
    assert!(verdict.is_pass(), "{verdict}");
}

/// The verdict on a plan that must not pass.
fn caught(system: &RelayGraph, plan: &Plan) -> String {
    let verdict = Engine::Event.run(system, plan).verdict;
    assert!(!verdict.is_pass(), "{} passes", system.id());
    verdict.to_string()
}

#[test]
fn a_merge_that_goes_by_arrival_is_caught() {
    let (count, first) = caught_in_storms(&Machines(with(Bug::LastArrivalWins)), Profile::Chaos);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("hold the same updates and not the same state"), "{first}");
}

/// Two nodes write one register at the same time, again and again.
fn ties() -> Plan {
    let mut plan = quiet(NODES, HOMES);
    let write = |at: u64, client: u32| {
        let edit = Edit::set_node("a", &at.to_string(), &client.to_string());
        TimedOperation::new(at * 100_000_000, ClientId(client), &Operation::from(edit))
    };
    plan.workload.script = Some((1..=60).flat_map(|at| [write(at, 1), write(at, 2)]).collect());
    plan
}

#[test]
fn ties_that_arrival_decides_are_caught_and_those_that_the_origin_decides_are_none() {
    let found = caught(&with(Bug::Untied), &ties());
    assert!(found.contains("hold the same updates and not the same state"), "{found}");
    passes(&RelayGraph::default(), &ties());
}

/// Two edits of each node, the second of them while n2 is cut off from the relay.
fn edited_offline() -> Plan {
    let mut plan = quiet(NODES, HOMES);
    let edit = |at_ms: u64, client: u32| {
        let edit = Edit::set_node("a", &at_ms.to_string(), &client.to_string());
        TimedOperation::new(at_ms * 1_000_000, ClientId(client), &Operation::from(edit))
    };
    plan.workload.script = Some([1_000, 3_000].iter().flat_map(|at| [1, 2, 3].map(|of| edit(*at, of))).collect());
    let fault = Fault::Isolate { target: Target::Node(NodeId(2)) };
    plan.schedule = vec![TimedFault::new(2_000, fault).lasting(2_000)];
    plan.storm_ms = plan.storm_ms.max(5_000);
    plan
}

#[test]
fn a_node_that_pushes_once_is_caught_by_a_partition() {
    passes(&RelayGraph::default(), &edited_offline());
    let found = caught(&with(Bug::PushesOnce), &edited_offline());
    assert!(found.contains("lacks n2#2"), "{found}");
    let (count, first) = caught_in_storms(&Machines(with(Bug::PushesOnce)), Profile::Chaos);
    assert!(count > 10, "{count} of 20: {first}");
}

#[test]
fn a_node_that_acknowledges_before_it_has_synced_is_caught_by_a_crash() {
    let (count, first) = caught_in_storms(&Machines(with(Bug::AcknowledgesBeforeSync)), Profile::Disk);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("is acknowledged, and no node has made an update of it"), "{first}");
}

fn done(told: &mut Told<'_>, client: u32, edit: Edit) {
    assert_eq!(told.ask(client, &Operation::from(edit)), Completion::Ok(Output::Done));
}

fn query(told: &mut Told<'_>, client: u32, query: Query) -> Output {
    let operation = Operation::from(query);
    match told.ask(client, &operation) {
        Completion::Ok(output) => output,
        other => panic!("{operation} ends with {other:?}"),
    }
}

fn nodes_seen(told: &mut Told<'_>, client: u32) -> usize {
    query(told, client, Query::nodes()).nodes().expect("nodes").len()
}

#[test]
fn an_edit_made_offline_is_acknowledged_and_arrives_on_reconnection() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(RelayGraph::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        let cut = told.inject(Fault::Isolate { target: Target::Node(NodeId(2)) });
        done(&mut told, 2, Edit::node("partition-test", "event", [("test", "partition")]));
        told.pass(Duration::from_secs(2));
        assert_eq!((nodes_seen(&mut told, 1), nodes_seen(&mut told, 2)), (0, 1));
        let health = query(&mut told, 2, Query::Health).health().expect("health");
        assert_eq!((health.node, health.connected, health.pending), (NodeId(2), false, 1));

        told.end(cut);
        told.pass(Duration::from_secs(3));
        assert_eq!((nodes_seen(&mut told, 1), nodes_seen(&mut told, 3)), (1, 1));
        let health = query(&mut told, 2, Query::Health).health().expect("health");
        assert_eq!((health.connected, health.pending), (true, 0));
        told.finish();
    }
}

#[test]
fn an_edge_between_nodes_of_other_machines_is_seen_everywhere_soon() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(RelayGraph::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        done(&mut told, 1, Edit::node("a", "agent", []));
        done(&mut told, 2, Edit::edge("a-b", "collaborates_with", "a", "b", [("since", "1833")]));
        done(&mut told, 1, Edit::node("b", "agent", []));
        told.pass(Duration::from_secs(1));
        let asked = Query::Edges { kind: Some("collaborates_with".into()), from: Some("a".into()) };
        let [id, kind, from, to] = ["a-b", "collaborates_with", "a", "b"].map(String::from);
        let edge = GraphEdge { id, kind, from, to, properties: [("since".into(), "1833".into())].into() };
        for client in [1, 2, 3] {
            assert_eq!(query(&mut told, client, asked.clone()), Output::Edges(vec![edge.clone()]));
        }

        let judge = told.judge::<GraphJudge>();
        assert_eq!((judge.updates().count(), judge.visible_everywhere().count(), judge.lost().count()), (3, 3, 0));
        let latencies = judge.sync_latencies();
        assert_eq!(latencies.sorted().len(), 6);
        assert!(latencies.p50() > Duration::ZERO && latencies.p99() < Duration::from_millis(100), "{latencies:?}");
        told.finish();
    }
}

#[test]
fn history_and_counts_are_a_nodes_own_and_clearing_the_history_leaves_the_graph() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(RelayGraph::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        done(&mut told, 1, Edit::node("a", "agent", [("name", "Ada")]));
        done(&mut told, 2, Edit::remove_node("a"));
        done(&mut told, 2, Edit::node("b", "agent", []));
        told.pass(Duration::from_secs(1));
        let history = query(&mut told, 3, Query::History).history().expect("a history");
        let updates: Vec<UpdateId> = history.iter().map(|change| change.update).collect();
        assert_eq!(updates, [(1, 1), (2, 1), (2, 2)].map(|(node, seq)| UpdateId { origin: NodeId(node), seq }));
        let path = Path { kind: Kind::Node, id: "a".into(), register: Register::Property("name".into()) };
        assert_eq!(history[0].writes[1], Write { path, value: "Ada".into() });

        done(&mut told, 3, Edit::ClearHistory);
        // Durable updates outlive a power loss.
        let down = told.inject(Fault::Crash { target: Target::Node(NodeId(3)) });
        told.end(down);
        told.pass(Duration::from_secs(1));
        let stats = query(&mut told, 3, Query::Stats).stats().expect("counts");
        assert_eq!((stats.nodes, stats.updates, stats.history), (1, 3, 0));
        assert_eq!(query(&mut told, 1, Query::Stats).stats().expect("counts").history, 3);
        told.finish();
    }
}

#[test]
fn nodes_that_cannot_reach_the_relay_go_on_and_meet_when_it_is_back() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(RelayGraph::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        let down = told.inject(Fault::Crash { target: Target::Node(relay(&plan.cluster)) });
        for (client, _) in HOMES {
            done(&mut told, *client, Edit::node(&format!("of-{client}"), "agent", []));
        }
        told.pass(Duration::from_secs(2));
        assert_eq!(nodes_seen(&mut told, 1), 1);
        told.end(down);
        told.pass(Duration::from_secs(2));
        assert_eq!([1, 2, 3].map(|client| nodes_seen(&mut told, client)), [3, 3, 3]);
        told.finish();
    }
}

#[test]
fn clients_without_a_script_edit_the_graph_and_query_it() {
    serves_drawn_operations(&Machines(RelayGraph::default()), NODES, HOMES);
}

#[test]
fn a_plan_with_another_systems_operation_is_refused() {
    let mut plan = quiet(NODES, HOMES);
    let put = kv_types::Operation::Put { key: "nodes/a".into(), value: "type=agent".into() };
    plan.workload.script = Some(vec![TimedOperation::new(0, ClientId(1), &put)]);
    let error = Machines(RelayGraph::default()).check(Engine::Event, &plan).expect_err("a put").to_string();
    let right = "unknown variant `put`, expected `edit` or `query`";
    assert_eq!(error, format!("operation 1 of the script is none of this system: {right}"));
}
