//! Properties of clusters under proptest, which draws the plans and shrinks them in the shrinker's steps.
//!
//! A plan that failed once is kept beside this file, in `properties.proptest-regressions`, and tried first from then
//! on.

use sim::{Engine, FaultKind, Mix, Profile, Workload};
use sim_tests::{Seeds, on_both_engines, raft_kv};
use stormglass::{Plans, Property};

on_both_engines!(clusters_of_three_to_five_survive_chaos, one_hot_key_stays_linearizable, nothing_but_lost_power);

const CASES: Seeds = Seeds { event: 150, turmoil: 12 };

fn holds(engine: Engine, plans: impl FnOnce(Plans) -> Plans) {
    Property::of(raft_kv()).engine(engine).seeds(CASES.on(engine)).cases(plans);
}

fn clusters_of_three_to_five_survive_chaos(engine: Engine) {
    holds(engine, |plans| plans.profile(Profile::Chaos).nodes(3..=5));
}

fn one_hot_key_stays_linearizable(engine: Engine) {
    let is_hot = |workload: &mut Workload| {
        workload.keys = 1;
        workload.mix = Mix::NONE.with_get(2).with_put(1).with_append(1).with_delete(1).with_cas(2);
    };
    holds(engine, |plans| plans.workload(is_hot));
}

fn nothing_but_lost_power(engine: Engine) {
    let is_power = |kind| matches!(kind, FaultKind::Crash | FaultKind::TornWrite | FaultKind::CrashLoop);
    holds(engine, |plans| plans.schedule(move |schedule| schedule.retain(|timed| is_power(timed.fault.kind()))));
}
