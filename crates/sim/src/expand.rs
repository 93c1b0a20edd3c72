//! Expansion: from a seed and a profile to a plan.
//!
//! Always true of it:
//! - equal seed, profile and overrides make equal plans, on any machine;
//! - each concern (cluster, hardware, workload, schedule) draws from a stream of its own, so that a new draw for one
//!   leaves the plans of all seeds as they were in every other respect;
//! - its plans are [valid](crate::validate()).
//!
//! The settings of the system are left at their defaults: a system draws its own, from the stream
//! [`Draw::of_system`].

use std::collections::BTreeMap;

use env::{NodeId, Random, Ratio};

use crate::draw::{Concern, Draw};
use crate::nemesis::{self, Aim, Recipe};
use crate::plan::{Calm, Cluster, DiskModel, FaultKind, LinkModel, Mix, Plan, Seed, Value, Workload};
use crate::profile::Profile;
use crate::validate::{PlanError, validate};

/// The settings that the caller decides instead of the seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overrides {
    /// How many voters the cluster begins with; `None` leaves it to the seed.
    pub nodes: Option<u8>,
}

impl Overrides {
    /// So many voters; `None` leaves their number to the seed.
    pub fn nodes(nodes: impl Into<Option<u8>>) -> Overrides {
        Overrides { nodes: nodes.into() }
    }
}

/// The plan that `seed` expands to. The bursts of its storm are after these aims, and those of
/// [any system](crate::aims::GENERAL); a system gives the aims of its [net](crate::Net::aims).
///
/// # Errors
/// If an override makes a plan that cannot be run; seeds alone never do.
pub fn expand(seed: Seed, profile: Profile, overrides: &Overrides, aims: &[Aim]) -> Result<Plan, PlanError> {
    let recipe = Recipe::draw(seed, profile, aims);
    let hardware = Hardware::draw(&mut Draw::new(seed, Concern::Hardware));
    let mut cluster = draw_cluster(&mut Draw::new(seed, Concern::Cluster), &recipe, hardware, overrides)?;
    let workload = draw_workload(&mut Draw::new(seed, Concern::Workload), hardware);
    let schedule = nemesis::schedule(seed, &recipe, &cluster);
    if recipe.drift_max_ppm.is_some() {
        cluster.leases = true;
    }
    let mut plan = Plan {
        seed,
        cluster,
        settings: Value::Null,
        link: hardware.link(),
        disk: hardware.disk(),
        workload,
        schedule,
        storm_ms: recipe.storm_ms,
        calm: calm(recipe.quiet_tail),
        events_max: 0,
    };
    plan.events_max = events_max(&plan);
    if let Err(PlanError::LeaseUnsound { .. }) = validate(&plan) {
        // More drifts overlap than the lease allows for.
        plan.cluster.leases = false;
    }
    validate(&plan)?;
    Ok(plan)
}

/// How fast network and disks are when nothing is wrong, and the timeouts that suit them.
#[derive(Clone, Copy)]
struct Hardware {
    latency_us: (u64, u64),
    sync_us: (u64, u64),
    suspicion_ms: (u64, u64),
    heartbeat_ms: u64,
}

impl Hardware {
    /// Within a rack; across a data centre (for quoted figures); there with slow disks; across a country.
    const LOCAL: Hardware = Hardware { latency_us: (50, 500), sync_us: (20, 400), ..Hardware::USUAL };
    const USUAL: Hardware =
        Hardware { latency_us: (1_000, 10_000), sync_us: (100, 1_000), suspicion_ms: (150, 300), heartbeat_ms: 50 };
    const SLOW_DISK: Hardware = Hardware { sync_us: (2_000, 20_000), heartbeat_ms: 40, ..Hardware::USUAL };
    const WIDE: Hardware =
        Hardware { latency_us: (5_000, 60_000), sync_us: (100, 5_000), suspicion_ms: (400, 800), heartbeat_ms: 100 };

    fn draw(draw: &mut Draw) -> Hardware {
        draw.weighted(&[(Hardware::LOCAL, 2), (Hardware::USUAL, 5), (Hardware::SLOW_DISK, 3), (Hardware::WIDE, 1)])
    }

    fn link(self) -> LinkModel {
        LinkModel { latency_min_us: self.latency_us.0, latency_max_us: self.latency_us.1 }
    }

    fn disk(self) -> DiskModel {
        DiskModel { sync_min_us: self.sync_us.0, sync_max_us: self.sync_us.1 }
    }
}

fn draw_cluster(
    draw: &mut Draw,
    recipe: &Recipe,
    hardware: Hardware,
    overrides: &Overrides,
) -> Result<Cluster, PlanError> {
    let drawn = draw.weighted(&[(3, 45), (5, 30), (4, 12), (1, 3), (2, 3), (6, 4), (7, 3)]);
    let spares = draw.between(1, 4) as u8;
    let nodes = overrides.nodes.unwrap_or(drawn);
    if nodes == 0 {
        return Err(PlanError::NoNodes);
    }
    if nodes > NodeId::MAX.0 {
        return Err(PlanError::TooManyNodes { nodes, spares: 0 });
    }
    let grows = recipe.has(FaultKind::AddMember) || recipe.has(FaultKind::ReplaceMember);
    let cluster = Cluster {
        nodes,
        spares: if grows { spares.min(63_u8.saturating_sub(nodes)) } else { 0 },
        clock_drift_max_ppm: recipe.drift_max_ppm.unwrap_or(0),
        // Now and then the first to suspect a failure does so long before the last, and before a leader that hears
        // nothing steps down: two lead at once for long.
        suspicion_max_ms: hardware.suspicion_ms.0 * draw.weighted(&[(2, 5), (4, 1)]),
        ..default_cluster(hardware)
    };
    Ok(cluster)
}

fn draw_workload(draw: &mut Draw, hardware: Hardware) -> Workload {
    // Each weight on or off, and of its own size; something is always read and written.
    let mut weight = |weights: &[u32]| draw.pick(weights);
    let mix = Mix {
        get: weight(&[2, 4, 8]),
        put: weight(&[1, 2, 4, 8]),
        append: weight(&[0, 2, 4, 8]),
        delete: weight(&[0, 1, 2]),
        cas: weight(&[0, 1, 2, 4]),
    };
    let pause_max_us = draw.magnitude(5_000, 300_000);
    let value_bytes_max = draw.pick(&[0, 16, 64]);
    // A client that tries again before an answer can have come doubles the load that delayed it.
    let retry_ms = draw.pick(&[100, 250, 600]).max(6 * hardware.latency_us.1 / 1_000);
    Workload {
        clients: draw.weighted(&[(1, 1), (2, 2), (3, 3), (5, 4), (8, 2), (16, 1)]),
        keys: draw.weighted(&[(1, 2), (2, 2), (4, 4), (10, 4), (100, 1)]),
        pause_min_us: draw.pick(&[0, pause_max_us / 2]),
        pause_max_us,
        mix,
        value_bytes_min: draw.between(0, value_bytes_max.into()) as u32,
        value_bytes_max,
        follower_reads: Ratio::percent(draw.pick(&[0, 10, 50, 100])),
        resend: Ratio::percent(draw.weighted(&[(0, 5), (2, 2), (25, 2)])),
        retry_ms,
        timeout_ms: draw.pick(&[1_000, 2_500, 6_000]).max(4 * retry_ms),
        homes: BTreeMap::new(),
        script: None,
    }
}

/// The cluster that figures are quoted under, but for its size.
pub(crate) fn usual_cluster(nodes: u8) -> Cluster {
    Cluster { nodes, ..default_cluster(Hardware::USUAL) }
}

/// The network and the disks that figures are quoted under.
pub(crate) fn usual_hardware() -> (LinkModel, DiskModel) {
    (Hardware::USUAL.link(), Hardware::USUAL.disk())
}

fn default_cluster(hardware: Hardware) -> Cluster {
    Cluster {
        nodes: 5,
        spares: 0,
        suspicion_min_ms: hardware.suspicion_ms.0,
        suspicion_max_ms: hardware.suspicion_ms.1,
        heartbeat_ms: hardware.heartbeat_ms,
        leases: false,
        clock_drift_max_ppm: 0,
    }
}

/// Five clients, about 100 operations a second among them.
pub(crate) fn default_workload() -> Workload {
    Workload {
        clients: 5,
        keys: 10,
        pause_min_us: 0,
        pause_max_us: 35_000,
        mix: Mix::NONE.with_get(4).with_put(3).with_append(1).with_delete(1).with_cas(1),
        value_bytes_min: 8,
        value_bytes_max: 32,
        follower_reads: Ratio::percent(10),
        resend: Ratio::NEVER,
        retry_ms: 250,
        timeout_ms: 2_500,
        homes: BTreeMap::new(),
        script: None,
    }
}

/// Bounds that a correct system keeps by far: they are there to tell slow from never.
pub(crate) fn calm(quiet_tail: bool) -> Calm {
    Calm { quiet_tail, progress_ms: 20_000, convergence_ms: 20_000 }
}

/// Many times the events that a run of this plan takes, by a rough count: a run of more events is a livelock.
pub(crate) fn events_max(plan: &Plan) -> u64 {
    let (cluster, workload) = (&plan.cluster, &plan.workload);
    let nodes = u64::from(cluster.nodes + cluster.spares);
    let seconds = (plan.storm_ms + plan.calm.progress_ms + plan.calm.convergence_ms).div_ceil(1_000);
    let heartbeats = nodes * 1_000 / cluster.heartbeat_ms;
    let operation_us = (workload.pause_min_us + workload.pause_max_us) / 2 + 2 * plan.link.latency_min_us;
    let operations = u64::from(workload.clients) * 1_000_000 / operation_us.max(100);
    let a_second = (heartbeats + operations) * nodes * 4 + 1_000;
    seconds.saturating_mul(a_second).saturating_mul(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_seeds_of_each_profile_expand_to_valid_plans() {
        for profile in Profile::ALL {
            for seed in 0..10_000 {
                let plan = expand(Seed(seed), *profile, &Overrides::default(), &[]);
                let plan = plan.unwrap_or_else(|error| panic!("{profile} {}: {error}", Seed(seed)));
                for timed in &plan.schedule {
                    let kind = timed.fault.kind();
                    assert!(profile.fault_kinds().contains(&kind), "{profile} {} has {kind}", Seed(seed));
                }
            }
        }
    }

    #[test]
    fn equal_seeds_expand_to_equal_plans_and_others_to_others() {
        for seed in 0..200 {
            let plan = |seed| expand(Seed(seed), Profile::Swarm, &Overrides::default(), &[]);
            assert_eq!(plan(seed), plan(seed));
            assert_ne!(plan(seed), plan(seed + 1));
        }
    }

    #[test]
    fn an_override_leaves_what_it_is_not_about_as_it_was() {
        for seed in 0..200 {
            let plan = |nodes| expand(Seed(seed), Profile::Swarm, &Overrides { nodes }, &[]).expect("a valid plan");
            let (drawn, overridden) = (plan(None), plan(Some(9)));
            assert_eq!(overridden.cluster.nodes, 9);
            assert_eq!(drawn.workload, overridden.workload);
            assert_eq!((drawn.link, drawn.disk), (overridden.link, overridden.disk));
            assert_eq!(drawn.storm_ms, overridden.storm_ms);
            assert_eq!(drawn.cluster.suspicion_max_ms, overridden.cluster.suspicion_max_ms);
        }
    }

    #[test]
    fn every_size_from_1_to_63_can_be_asked_for() {
        for nodes in 1..=63 {
            for profile in Profile::ALL {
                let plan = expand(Seed(nodes.into()), *profile, &Overrides::nodes(nodes), &[]);
                assert_eq!(plan.map(|plan| plan.cluster.nodes), Ok(nodes));
            }
        }
        let wrong = [(0, "0 nodes: give 1 to 63"), (64, "at most 63"), (255, "at most 63")];
        for (seed, (nodes, said)) in (0..100).flat_map(|seed| wrong.map(|wrong| (seed, wrong))) {
            let plan = expand(Seed(seed), Profile::Swarm, &Overrides::nodes(nodes), &[]);
            let error = plan.expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn leases_are_used_and_only_where_clocks_allow() {
        let leased = (0..2_000).filter(|seed| {
            let plan = expand(Seed(*seed), Profile::Swarm, &Overrides::default(), &[]).expect("a valid plan");
            plan.cluster.leases
        });
        let count = leased.count();
        assert!((500..800).contains(&count), "{count} of 2000");
    }

    /// A pasted seed stands for its plan. When this plan changes on purpose, say so in the commit.
    #[test]
    fn the_plan_of_a_seed_does_not_change_by_accident() {
        let plan = expand(Seed(0x1f3a), Profile::Swarm, &Overrides::default(), &[]).expect("a valid plan");
        let json = serde_json::to_string(&plan).expect("a plan is plain data");
        let hash = json.bytes().fold(0, |hash, byte| env::mix(hash, byte.into()));
        assert_eq!(hash, 0x60a1_9d9a_aca0_f6c4, "{json}");
    }
}
