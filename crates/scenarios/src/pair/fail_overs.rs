//! The role moves: its holder dies, or is demoted.

use stormglass::scenario::{Knob, Knobs};
use stormglass::story::Load;
use stormglass::{Cluster, StoryError, expect, expect_eq, secs};

use super::handle::{PairCalls, other};
use crate::keys;

pub(super) fn basic(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let old = c.wait_for_primary()?;
    c.wait_until_passive(other(old))?;
    c.wait_for_backend()?;
    let killed_at = c.now();
    c.kill(old)?;
    c.wait_until_primary(other(old))?;
    let took = c.now() - killed_at;
    c.measures().time("failover", took);
    c.wait_for_backend()?;
    c.bring_online(old)?;
    c.wait_until_passive(old)?;
    expect_eq(c.primary()?, other(old), "the primary, with the old one back")?;
    c.wait_for_backend()?;
    let status = c.status()?;
    c.measures().text("status", status);
    Ok(())
}

pub(super) fn graceful(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let first = c.wait_for_primary()?;
    c.wait_until_passive(other(first))?;
    c.start_load(Load { clients: 2, ..Load::default() })?;
    c.run_for(secs(2))?;
    c.load_so_far().note("before", c.measures());
    for (name, to) in [("handed_over", other(first)), ("handed_back", first)] {
        let asked_at = c.now();
        c.demote()?;
        c.wait_until_primary(to)?;
        let took = c.now() - asked_at;
        c.measures().time(name, took);
        expect(took < secs(5), "no member waits for a lease of 10 s to run out")?;
        c.wait_until_passive(other(to))?;
        c.run_for(secs(1))?;
    }
    let load = c.stop_load()?;
    load.note("under_demotions", c.measures());
    expect_eq(load.fail + load.info, 0, "the number of operations that were not answered")?;
    expect_eq(c.judge_of_pair()?.fail_overs(), 2, "how often the role has moved")?;
    c.wait_for_backend()
}

pub(super) fn rapid(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    c.wait_for_primary()?;
    let rounds = knobs.of(Knob::Iterations);
    let mut times = Vec::new();
    for _ in 0..rounds {
        let old = c.wait_for_primary()?;
        c.wait_until_passive(other(old))?;
        let killed_at = c.now();
        c.kill(old)?;
        c.wait_until_primary(other(old))?;
        times.push(c.now() - killed_at);
        c.bring_online(old)?;
        c.run_for(knobs.time(Knob::WaitTime))?;
        expect_eq(c.passive()?, old, "the passive, after a while")?;
        c.wait_for_backend()?;
    }
    times.sort_unstable();
    c.measures().count("failovers", times.len() as u64);
    c.measures().time("failover_median", times[times.len() / 2]);
    c.measures().time("failover_longest", times[times.len() - 1]);
    expect_eq(c.judge_of_pair()?.fail_overs(), rounds, "how often the role has moved")
}

pub(super) fn data_integrity(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let rounds = knobs.of(Knob::Iterations);
    c.wait_for_primary()?;
    keys::write(c, "round-0", 3)?;
    for round in 1..=rounds {
        let old = c.wait_for_primary()?;
        c.wait_until_passive(other(old))?;
        // By turns a crash, and a pause that outlasts the lease while a client writes to the paused primary.
        if round % 2 == 1 {
            c.crash(old)?;
            c.wait_until_primary(other(old))?;
            keys::write(c, &format!("round-{round}"), 3)?;
            c.bring_online(old)?;
        } else {
            c.pause(old)?;
            let stale = c.at(old).begin(stormglass::put("stale", &format!("{round}")))?;
            c.wait_until_primary(other(old))?;
            keys::write(c, &format!("round-{round}"), 3)?;
            c.resume(old)?;
            c.finish(stale)?;
        }
        c.wait_until_passive(old)?;
        for earlier in 0..=round {
            keys::read(c, &format!("round-{earlier}"), 3)?;
        }
    }
    let acknowledged = c.judge_of_pair()?.acknowledged() as u64;
    c.measures().count("acknowledged", acknowledged);
    let passive = c.passive()?;
    c.wait_for("the passive's store as the primary's", secs(5), |c| {
        c.judge_of_pair().is_ok_and(|judge| judge.applied(passive) == judge.accepted())
    })
}
