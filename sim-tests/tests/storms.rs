//! Storms that the cluster must weather: a fixed budget of seeds under every profile, every checker on, on both
//! engines.

use explore::{Campaign, Report};
use sim::{Engine, Overrides, Profile};
use sim_tests::{Seeds, campaign, on_both_engines, run};
use stormglass::RaftKv;

on_both_engines!(
    calm_seas,
    partitions_and_crashes,
    failing_disks,
    wrong_clocks,
    changing_members,
    swarms_of_faults_leave_no_blind_spot,
    clusters_of_every_size,
);

fn weather(campaign: &Campaign) -> Report {
    let report = run(campaign, &RaftKv::default());
    let failures: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("{} {}: {}", failure.seed, failure.headline(), failure.message))
        .collect();
    assert!(failures.is_empty(), "{} on {}: {failures:#?}", campaign.profile, campaign.engine);
    assert_eq!(report.stats.histories_undecided, 0, "{} on {}", campaign.profile, campaign.engine);
    report
}

/// What most profiles get.
const SEEDS: Seeds = Seeds { event: 300, turmoil: 20 };

fn calm_seas(engine: Engine) {
    let seeds = Seeds { event: 50, turmoil: 10 };
    let report = weather(&campaign(engine, Profile::Calm, seeds.on(engine)));
    assert!(report.stats.operations.ok > 20 * seeds.on(engine), "{:?}", report.stats.operations);
    assert_eq!(report.stats.operations.info, 0, "without a fault every operation has a known end");
}

fn partitions_and_crashes(engine: Engine) {
    weather(&campaign(engine, Profile::Chaos, SEEDS.on(engine)));
}

fn failing_disks(engine: Engine) {
    weather(&campaign(engine, Profile::Disk, SEEDS.on(engine)));
}

fn wrong_clocks(engine: Engine) {
    weather(&campaign(engine, Profile::Clock, SEEDS.on(engine)));
}

fn changing_members(engine: Engine) {
    weather(&campaign(engine, Profile::Membership, SEEDS.on(engine)));
}

fn swarms_of_faults_leave_no_blind_spot(engine: Engine) {
    let seeds = Seeds { event: 2_000, turmoil: 300 };
    let report = weather(&campaign(engine, Profile::Swarm, seeds.on(engine)));
    assert_eq!(report.blind_spots(), [], "what never happened was never tested");
}

fn clusters_of_every_size(engine: Engine) {
    let seeds = Seeds { event: 40, turmoil: 3 };
    for nodes in 1..=9 {
        let overrides = Overrides { nodes: Some(nodes) };
        weather(&Campaign { overrides, ..campaign(engine, Profile::Swarm, seeds.on(engine)) });
    }
}
