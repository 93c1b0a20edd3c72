//! Two nodes believe that they hold the role: only one of them may act on it.

use env::Completion;
use stormglass::scenario::{Knob, Knobs};
use stormglass::{Cluster, StoryError, expect, expect_eq, get, put, secs};
use systems::pair::COORDINATORS;

use super::handle::{PairCalls, other};

pub(super) fn network_partition(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let old = c.wait_for_primary()?;
    c.wait_until_passive(other(old))?;
    c.put("x", "before")?;
    c.isolate(old)?;
    let cut_at = c.now();
    let stranded = c.at(old).begin(put("x", "of the old primary"))?;
    c.wait_until_primary(other(old))?;
    let took = c.now() - cut_at;
    c.measures().time("failover", took);
    c.at(other(old)).put("x", "of the new primary")?;
    let read = c.at(old).begin(get("x"))?;
    let left = knobs.time(Knob::PartitionTime).saturating_sub(c.now() - cut_at);
    c.run_for(left)?;
    for asked in [stranded, read] {
        let is_answered = matches!(c.completion(asked), Some(Completion::Ok(_)));
        expect(!is_answered, "the primary that is cut off answers nothing")?;
    }
    c.heal()?;
    c.wait_until_passive(old)?;
    expect_eq(c.primary()?, other(old), "the primary, when the network has healed")?;
    c.wait_for_backend()
}

pub(super) fn paused_primary(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let old = c.wait_for_primary()?;
    c.wait_until_passive(other(old))?;
    c.put("x", "before")?;
    c.pause(old)?;
    // The writes wait in the paused primary's socket: it finds them first when it goes on.
    let stale: Vec<_> = (0..3).map(|n| c.at(old).begin(put(&format!("stale-{n}"), "1"))).collect::<Result<_, _>>()?;
    c.wait_until_primary(other(old))?;
    for number in 0..3 {
        c.put(&format!("new-{number}"), "1")?;
    }
    c.resume(old)?;
    c.run_for(secs(2))?;
    for pending in stale {
        let is_taken = matches!(c.completion(pending), Some(Completion::Ok(_)));
        expect(!is_taken, "a primary whose lease has run out takes no write")?;
    }
    c.wait_until_passive(old)?;
    for number in 0..3 {
        expect_eq(
            c.get(&format!("new-{number}"))?,
            Some("1".into()),
            "the value that the new primary has acknowledged",
        )?;
    }
    expect_eq(c.judge_of_pair()?.fail_overs(), 1, "how often the role has moved")
}

pub(super) fn no_coordination(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let old = c.wait_for_primary()?;
    c.wait_until_passive(other(old))?;
    c.put("x", "before")?;
    c.kill_all(COORDINATORS.into_iter().take(2))?;
    c.wait_for("an end of the lease", secs(15), |c| c.primary().is_err())?;
    let write = c.begin(put("x", "during"))?;
    c.run_for(secs(5))?;
    expect(c.is_pending(write), "no member serves without a lease")?;
    c.bring_all_online()?;
    c.wait_for_primary()?;
    c.finish_ok(write)?;
    c.wait_for_backend()
}
