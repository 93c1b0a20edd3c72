//! The puller goes on past failures, in storms too, and its judge sees when it does not.

mod common;

use std::time::Duration;

use common::{Draw, Told, caught, quiet, run_twice, storm, weathers};
use env::{Completion, NodeId, Operation, Output, Random};
use sim::{Engine, Fault, Plan, Profile, Target};
use systems::peers::{Ask, Behaviour, Counts, Kind, PULLER, PeerSync, PeersJudge, Rules, SyncReport};

/// The puller and three peers; a client at home on each of these, and two that have peers pulled.
const NODES: u8 = 4;
const HOMES: &[(u32, u8)] = &[(1, 1), (2, 2), (3, 3), (4, 4), (5, 1)];

/// A client of a peer fills its catalogue, with few names, so that peers have some in common; one of the puller pulls.
fn drawn(draw: &mut Draw) -> (u32, Operation) {
    let client = 1 + draw.below(5) as u32;
    let kind = Kind::ALL[draw.below(3) as usize];
    let name = format!("{}{}", kind.name(), draw.below(6));
    let (pulls, drawn) = (client == 1 || client == 5, draw.below(12));
    let ask = match drawn {
        0 if pulls => Ask::List(None),
        1..=3 if pulls => Ask::SyncOne(NodeId(2 + draw.below(3) as u8)),
        _ if pulls => Ask::SyncAll,
        0..=8 => Ask::add(kind, &name, if draw.below(4) == 0 { "other" } else { "usual" }),
        9 => Ask::Behave(Behaviour::Honest),
        _ => {
            let behaviours = [
                Behaviour::Garbage,
                Behaviour::WrongCounts,
                Behaviour::Refuse,
                Behaviour::StopAfter(1),
                Behaviour::Honest,
            ];
            Ask::Behave(behaviours[draw.below(5) as usize])
        }
    };
    (client, ask.operation())
}

fn plan(seed: u64) -> Plan {
    plan_under(Profile::Chaos, seed)
}

fn plan_under(profile: Profile, seed: u64) -> Plan {
    storm(seed, profile, NODES, HOMES, 5, 100, drawn)
}

#[test]
fn the_puller_weathers_partitions_and_crashes_on_the_event_engine() {
    let ok = weathers(Engine::Event, &PeerSync::default(), 0..300, plan);
    assert!(ok > 300 * 40, "only {ok} operations were done");
}

#[test]
fn the_puller_weathers_partitions_and_crashes_on_turmoil() {
    let ok = weathers(Engine::Turmoil, &PeerSync::default(), 0..12, plan);
    assert!(ok > 12 * 40, "only {ok} operations were done");
}

#[test]
fn the_puller_weathers_wrong_clocks_and_failing_disks() {
    for profile in [Profile::Clock, Profile::Disk, Profile::Swarm] {
        weathers(Engine::Event, &PeerSync::default(), 0..100, |seed| plan_under(profile, seed));
    }
}

#[test]
fn equal_plans_come_to_equal_ends() {
    for engine in Engine::ALL {
        for seed in 0..3 {
            run_twice(*engine, &PeerSync::default(), &plan(seed));
        }
    }
}

#[test]
fn a_puller_that_stops_at_the_first_failure_is_caught() {
    let rules = Rules { continues_past_failure: false, ..Rules::default() };
    let (count, first) = caught(&PeerSync::with_rules(rules), 0..20, plan);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("the report is of n2") && first.contains(", the peers are n2 n3 n4"), "{first}");
}

#[test]
fn a_puller_that_adds_what_it_has_is_caught() {
    let rules = Rules { skips_known_entries: false, ..Rules::default() };
    let (count, first) = caught(&PeerSync::with_rules(rules), 0..20, plan);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("n1 has two entries of one kind and name"), "{first}");
}

#[test]
fn a_puller_that_takes_half_a_catalogue_for_all_of_it_is_caught() {
    let rules = Rules { takes_whole_catalogues_only: false, ..Rules::default() };
    let (count, first) = caught(&PeerSync::with_rules(rules), 0..20, plan);
    assert!(count > 5, "{count} of 20");
    assert!(first.contains("says that it has pulled") && first.contains("and lacks"), "{first}");
}

#[test]
fn a_puller_that_believes_what_is_announced_is_caught() {
    let rules = Rules { checks_counts: false, ..Rules::default() };
    let (count, first) = caught(&PeerSync::with_rules(rules), 0..20, plan);
    assert!(count > 10, "{count} of 20");
    assert!(first.contains("n1 says that it added"), "{first}");
}

/// Pulls all peers, on behalf of c1.
fn pull(told: &mut Told<'_>) -> SyncReport {
    let Completion::Ok(output) = told.ask(1, &Ask::SyncAll.operation()) else { panic!("the run is not answered") };
    SyncReport::read(&output).expect("a report")
}

/// Client `client` fills the catalogue of the peer that it is at home on.
fn fill(told: &mut Told<'_>, client: u32, organizations: u64, peers: u64) {
    for (kind, count) in [(Kind::Organization, organizations), (Kind::Peer, peers)] {
        for number in 0..count {
            let add = Ask::add(kind, &format!("{}-{client}-{number}", kind.name()), "usual");
            assert_eq!(told.ask(client, &add.operation()), Completion::Ok(Output::Written));
        }
    }
}

fn catalogue(told: &mut Told<'_>) -> Vec<String> {
    let Completion::Ok(Output::Value(Some(text))) = told.ask(1, &Ask::List(None).operation()) else {
        panic!("no list")
    };
    std::str::from_utf8(&text).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn a_peer_that_is_offline_keeps_nothing_from_the_others_and_is_pulled_the_next_time() {
    for engine in Engine::ALL {
        let (system, plan) = (PeerSync::default(), quiet(NODES, HOMES));
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
        let (system, plan) = (PeerSync::default(), quiet(NODES, HOMES));
        let mut told = Told::of(*engine, &system, &plan);
        fill(&mut told, 2, 1, 1);
        fill(&mut told, 3, 2, 5);
        told.inject(Fault::Crash { target: Target::Node(NodeId(2)) });
        assert_eq!(told.ask(1, &Ask::SyncOne(NodeId(2)).operation()), Completion::Fail);
        assert!(catalogue(&mut told).is_empty());
        assert!(matches!(told.ask(1, &Ask::SyncOne(NodeId(3)).operation()), Completion::Ok(_)));
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
            let (system, plan) = (PeerSync::default(), quiet(NODES, HOMES));
            let mut told = Told::of(*engine, &system, &plan);
            fill(&mut told, 3, 2, 5);
            fill(&mut told, 4, 1, 0);
            told.ask(3, &Ask::Behave(behaviour).operation());
            let report = pull(&mut told);
            assert_eq!(report.failed().collect::<Vec<_>>(), [(NodeId(3), error)]);
            assert_eq!(report.totals, Counts { organizations: 1, peers: 0, orderers: 0 });
            told.ask(3, &Ask::Behave(Behaviour::Honest).operation());
            assert_eq!(pull(&mut told).totals, Counts { organizations: 2, peers: 5, orderers: 0 });
            told.finish();
        }
    }
}
