//! Storms that the cluster must survive: a fixed budget of seeds under every profile, every checker on, on both
//! engines.

use sim::{Engine, Profile};
use sim_tests::{Seeds, on_both_engines, raft_kv};
use stormglass::{Property, Report};

on_both_engines!(
    calm_seas,
    partitions_and_crashes,
    failing_disks,
    wrong_clocks,
    changing_members,
    swarms_of_faults_leave_no_blind_spot,
    clusters_of_every_size,
);

/// The seeds of most profiles.
const SEEDS: Seeds = Seeds { event: 300, turmoil: 20 };

fn cluster(engine: Engine, profile: Profile, seeds: Seeds) -> Property {
    Property::of(raft_kv()).engine(engine).profile(profile).seeds(seeds.on(engine))
}

fn weathers(engine: Engine, profile: Profile) {
    cluster(engine, profile, SEEDS).check_and(is_decided);
}

/// The history of every key was found linearizable or not.
fn is_decided(report: &Report) {
    assert_eq!(report.stats.histories_undecided, 0);
}

fn calm_seas(engine: Engine) {
    cluster(engine, Profile::Calm, Seeds { event: 50, turmoil: 10 }).check_and(|report| {
        is_decided(report);
        assert!(report.stats.operations.ok > 20 * report.seeds, "{:?}", report.stats.operations);
        assert_eq!(report.stats.operations.info, 0, "without a fault every operation has a known end");
    });
}

fn partitions_and_crashes(engine: Engine) {
    weathers(engine, Profile::Chaos);
}

fn failing_disks(engine: Engine) {
    weathers(engine, Profile::Disk);
}

fn wrong_clocks(engine: Engine) {
    weathers(engine, Profile::Clock);
}

fn changing_members(engine: Engine) {
    weathers(engine, Profile::Membership);
}

fn swarms_of_faults_leave_no_blind_spot(engine: Engine) {
    cluster(engine, Profile::Swarm, Seeds { event: 2_000, turmoil: 300 }).check_and(|report| {
        is_decided(report);
        assert_eq!(report.blind_spots(), [], "a fault or milestone that never happened was never tested");
    });
}

fn clusters_of_every_size(engine: Engine) {
    for nodes in 1..=9 {
        cluster(engine, Profile::Swarm, Seeds { event: 40, turmoil: 3 }).nodes(nodes).check_and(is_decided);
    }
}
