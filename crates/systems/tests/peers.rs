//! The puller as its clients see it, and the verdicts of its judge on planted bugs.

mod common;

use std::time::Duration;

use common::{Told, caught_in_storms, quiet, serves_drawn_operations};
use env::{Completion, NodeId};
use sim::{Engine, Fault, Machines, Profile, Target};
use systems::peers::{
    Behaviour, Bug, Counts, Entry, Kind, Operation, Output, PULLER, PeerSync, PeersJudge, SyncReport,
};

/// The puller and three peers; a client at home on each peer, and two on the puller.
const NODES: u8 = 4;
const HOMES: &[(u32, u8)] = &[(1, 1), (2, 2), (3, 3), (4, 4), (5, 1)];

/// How many of 20 storms find this bug, and the first of these verdicts.
fn caught(bug: Bug) -> (usize, String) {
    caught_in_storms(&Machines(PeerSync::default().with_bug(bug)), Profile::Chaos)
}

#[test]
fn a_puller_that_stops_at_the_first_failure_is_caught() {
    let (count, first) = caught(Bug::StopsAtFailure);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("the report is of n2") && first.contains(", the peers are n2 n3"), "{first}");
}

#[test]
fn a_puller_that_adds_what_it_has_is_caught() {
    let (count, first) = caught(Bug::AddsWhatItHas);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("n1 has two entries of one kind and name"), "{first}");
}

#[test]
fn a_puller_that_takes_half_a_catalogue_for_all_of_it_is_caught() {
    let (count, first) = caught(Bug::TakesHalfCatalogues);
    assert!(count > 5, "{count} of 20");
    assert!(first.contains("says that it has pulled") && first.contains("and lacks"), "{first}");
}

#[test]
fn a_puller_that_believes_what_is_announced_is_caught() {
    let (count, first) = caught(Bug::BelievesCounts);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("n1 says that it added"), "{first}");
}

/// Pulls all peers, on behalf of c1.
fn pull(told: &mut Told<'_>) -> SyncReport {
    let Completion::Ok(output) = told.ask(1, &Operation::SyncAll) else { panic!("the run is not answered") };
    output.report().expect("a report")
}

/// Client `client` fills the catalogue of the peer that it is at home on.
fn fill(told: &mut Told<'_>, client: u32, organizations: u64, peers: u64) {
    for (kind, count) in [(Kind::Organization, organizations), (Kind::Peer, peers)] {
        for number in 0..count {
            let add = Operation::add(kind, &format!("{}-{client}-{number}", kind.name()), "usual");
            assert_eq!(told.ask(client, &add), Completion::Ok(Output::Done));
        }
    }
}

fn catalogue(told: &mut Told<'_>) -> Vec<Entry> {
    let Completion::Ok(output) = told.ask(1, &Operation::list()) else { panic!("the list is not answered") };
    output.entries().expect("entries")
}

#[test]
fn a_peer_that_is_offline_keeps_nothing_from_the_others_and_is_pulled_the_next_time() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(PeerSync::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        fill(&mut told, 2, 1, 1);
        fill(&mut told, 3, 2, 5);
        fill(&mut told, 4, 1, 3);
        let down = told.inject(Fault::Kill { target: Target::Node(NodeId(2)) });
        let report = pull(&mut told);
        let success: Vec<bool> = report.results.iter().map(|result| result.success).collect();
        assert_eq!(success, [false, true, true]);
        assert_eq!(report.results[0].error, "unreachable: no answer within 300 ms");
        assert_eq!(report.results[1].added(), Counts { organizations: 2, peers: 5, orderers: 0 });
        assert_eq!(report.results[2].added(), Counts { organizations: 1, peers: 3, orderers: 0 });
        assert_eq!(report.totals, Counts { organizations: 3, peers: 8, orderers: 0 });

        told.end(down);
        told.pass(Duration::from_secs(1));
        let again = pull(&mut told);
        assert_eq!(again.failed().count(), 0);
        assert_eq!(again.totals, Counts { organizations: 1, peers: 1, orderers: 0 });
        assert_eq!(catalogue(&mut told).len(), 13);
        let judge = told.judge::<PeersJudge>();
        assert_eq!((judge.reports().len(), judge.catalogue_len(PULLER)), (2, 13));
        told.finish();
    }
}

#[test]
fn the_single_form_fails_with_its_peer_and_adds_nothing() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(PeerSync::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        fill(&mut told, 2, 1, 1);
        fill(&mut told, 3, 2, 5);
        told.inject(Fault::Crash { target: Target::Node(NodeId(2)) });
        assert_eq!(told.ask(1, &Operation::SyncOne(NodeId(2))), Completion::Fail);
        assert!(catalogue(&mut told).is_empty());
        assert!(matches!(told.ask(1, &Operation::SyncOne(NodeId(3))), Completion::Ok(_)));
        assert_eq!(catalogue(&mut told).len(), 7);
        told.finish();
    }
}

#[test]
fn each_way_to_fail_has_its_own_error_and_adds_nothing() {
    let ways = [
        (Behaviour::StopAfter(0), "unreachable: no answer within 300 ms"),
        (Behaviour::StopAfter(2), "died half-way: 2 of 4 pages came"),
        (Behaviour::Garbage, "unreadable catalogue: length of a catalogue makes no sense at byte 0"),
        (
            Behaviour::WrongCounts,
            "inconsistent catalogue: 2 organizations, 6 peers, 0 orderers were announced, \
             2 organizations, 5 peers, 0 orderers came",
        ),
        (Behaviour::Refuse, "refused: this peer is not to be pulled"),
    ];
    for engine in Engine::ALL {
        for (behaviour, error) in ways {
            let (system, plan) = (Machines(PeerSync::default()), quiet(NODES, HOMES));
            let mut told = Told::of(*engine, &system, &plan);
            fill(&mut told, 3, 2, 5);
            fill(&mut told, 4, 1, 0);
            told.ask(3, &Operation::Behave(behaviour));
            let report = pull(&mut told);
            assert_eq!(report.failed().collect::<Vec<_>>(), [(NodeId(3), error)]);
            assert_eq!(report.totals, Counts { organizations: 1, peers: 0, orderers: 0 });
            told.ask(3, &Operation::Behave(Behaviour::Honest));
            assert_eq!(pull(&mut told).totals, Counts { organizations: 2, peers: 5, orderers: 0 });
            told.finish();
        }
    }
}

#[test]
fn each_node_answers_for_its_own_entries_and_notes() {
    for engine in Engine::ALL {
        let (system, plan) = (Machines(PeerSync::default()), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        fill(&mut told, 2, 1, 1);
        let name = || "peers-2-0".to_owned();
        let peers = told.ask(2, &Operation::List { kind: Some(Kind::Peer) });
        let entry = Entry { kind: Kind::Peer, name: name(), value: "usual".into() };
        assert_eq!(peers, Completion::Ok(Output::Entries(vec![entry])));
        let get = Operation::Get { kind: Kind::Peer, name: name() };
        assert_eq!(told.ask(2, &get), Completion::Ok(Output::Value(Some("usual".into()))));
        assert_eq!(told.ask(1, &get), Completion::Ok(Output::Value(None)));
        let note = Operation::Note { name: "n".into(), value: "x".into() };
        assert_eq!(told.ask(1, &note), Completion::Ok(Output::Done));
        let get_note = Operation::GetNote { name: "n".into() };
        assert_eq!(told.ask(1, &get_note), Completion::Ok(Output::Value(Some("x".into()))));
        assert_eq!(told.ask(1, &Operation::add(Kind::Peer, "p", "x")), Completion::Fail, "the puller takes no entry");
        assert_eq!(told.ask(2, &Operation::SyncAll), Completion::Fail, "a peer pulls nobody");
        told.finish();
    }
}

#[test]
fn clients_without_a_script_fill_catalogues_and_pull_them() {
    serves_drawn_operations(&Machines(PeerSync::default()), NODES, HOMES);
}
