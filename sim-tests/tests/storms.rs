//! Storms that the cluster must weather: a fixed budget of seeds under every profile, every checker on.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use explore::{Campaign, Report};
use sim::{Overrides, Profile, Seed};
use stormglass::RaftKv;

fn weather(profile: Profile, seeds: u64, nodes: Option<u8>) -> Report {
    let campaign = Campaign {
        first_seed: Seed(0),
        seeds,
        time: None,
        profile,
        overrides: Overrides { nodes },
        jobs: 2,
        verify: false,
    };
    let report = campaign
        .run(&RaftKv::default(), &AtomicBool::new(false), &mut |_| ControlFlow::Continue(()))
        .expect("profiles make sound plans");
    let failures: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("{} {}: {}", failure.seed, failure.headline(), failure.message))
        .collect();
    assert!(failures.is_empty(), "{profile}: {failures:#?}");
    report
}

#[test]
fn calm_seas() {
    let report = weather(Profile::Calm, 50, None);
    assert!(report.stats.operations.ok > 1_000, "{:?}", report.stats.operations);
    assert_eq!(report.stats.operations.info, 0, "without a fault every operation has a known end");
}

#[test]
fn partitions_and_crashes() {
    weather(Profile::Chaos, 300, None);
}

#[test]
fn failing_disks() {
    weather(Profile::Disk, 300, None);
}

#[test]
fn wrong_clocks() {
    weather(Profile::Clock, 300, None);
}

#[test]
fn changing_members() {
    weather(Profile::Membership, 300, None);
}

#[test]
fn swarms_of_faults_leave_no_blind_spot() {
    let report = weather(Profile::Swarm, 2_000, None);
    assert_eq!(report.blind_spots(), [], "what never happened was never tested");
}

#[test]
fn clusters_of_every_size() {
    for nodes in 1..=9 {
        weather(Profile::Swarm, 40, Some(nodes));
    }
}
