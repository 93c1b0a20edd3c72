//! Properties of clusters under proptest, which draws the plans and shrinks them in the shrinker's steps.
//!
//! A plan that failed once is kept beside this file, in `properties.proptest-regressions`, and tried first from then
//! on.

use sim::{Engine, FaultKind, Mix, Profile};
use sim_tests::{Seeds, on_both_engines, raft_kv};
use stormglass::{Plans, Property, plans};

on_both_engines!(clusters_of_three_to_five_survive_chaos, one_hot_key_stays_linearizable, nothing_but_lost_power);

const CASES: Seeds = Seeds { event: 150, turmoil: 12 };

fn holds(engine: Engine, plans: &Plans) {
    Property::of(raft_kv()).engine(engine).seeds(CASES.on(engine)).cases(plans);
}

fn clusters_of_three_to_five_survive_chaos(engine: Engine) {
    holds(engine, &plans().profile(Profile::Chaos).nodes(3..=5));
}

fn one_hot_key_stays_linearizable(engine: Engine) {
    let hot = plans().workload(|workload| {
        workload.keys = 1;
        workload.mix = Mix { get: 2, put: 1, append: 1, delete: 1, cas: 2 };
    });
    holds(engine, &hot);
}

fn nothing_but_lost_power(engine: Engine) {
    let is_power = |kind| matches!(kind, FaultKind::Crash | FaultKind::TornWrite | FaultKind::CrashLoop);
    holds(engine, &plans().schedule(move |schedule| schedule.retain(|timed| is_power(timed.fault.kind()))));
}
