//! Nodes, and the relay, that were away for a while.

use stormglass::scenario::{Knob, Knobs};
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, secs};
use systems::graph::{Edit, Query};

use super::handle::{EDITORS, GraphCalls};

pub(super) fn network_partition(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let [first, cut_off, _] = EDITORS;
    c.isolate(cut_off)?;
    c.edit(first, Edit::node("partition-test", "event", [("test", "partition")]))?;
    c.run_for(knobs.time(Knob::PartitionTime))?;
    expect_eq(c.nodes_on(cut_off)?, vec![], "the graph at a node that no update can reach")?;
    let health = c.query(cut_off, Query::Health)?.health();
    expect_eq(health.map(|health| health.connected), Some(false), "the flag `connected` of the node that is cut off")?;
    c.heal()?;
    let back_at = c.now();
    c.run_for(secs(3))?;
    expect_eq(c.nodes_on(cut_off)?, vec!["partition-test".into()], "the graph at the node 3 s after its reconnection")?;
    c.wait_until_seen(1)?;
    let took = c.now() - back_at;
    c.measures().time("checked_after", took);
    Ok(())
}

/// Both sides edit the same property. The later edit holds, and an edit of another property stays beside it.
pub(super) fn offline_edits(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let [online, offline, witness] = EDITORS;
    c.edit(online, Edit::node("doc", "page", [("title", "first")]))?;
    c.wait_until_seen(1)?;
    c.isolate(offline)?;
    c.edit(offline, Edit::set_node("doc", "title", "offline"))?;
    c.edit(offline, Edit::set_node("doc", "reviewed", "yes"))?;
    // Clocks are right, but not to the millisecond.
    c.run_for(millis(100))?;
    c.edit(online, Edit::set_node("doc", "title", "online, later"))?;
    c.heal()?;
    c.wait_until_seen(4)?;
    for node in [online, offline, witness] {
        let doc = c.query(node, Query::node("doc"))?.node();
        let properties = doc.map(|doc| doc.properties).unwrap_or_default();
        let of = |name: &str| properties.get(name).map(String::as_str);
        expect_eq(of("title"), Some("online, later"), "the title, by the later edit")?;
        expect_eq(of("reviewed"), Some("yes"), "the property that only the offline node has edited")?;
    }
    Ok(())
}

pub(super) fn kill_and_restart(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let victim = c.pick(&EDITORS).ok_or(StoryError::Nobody("node"))?;
    let others: Vec<_> = EDITORS.into_iter().filter(|node| *node != victim).collect();
    c.edit(victim, Edit::node("before", "event", []))?;
    // The node loses power right after the acknowledgement: a kill would leave the page cache.
    c.crash(victim)?;
    for number in 0..10 {
        let node = others[number % others.len()];
        c.edit(node, Edit::node(&format!("meanwhile-{number}"), "event", []))?;
    }
    c.bring_online(victim)?;
    c.wait_until_seen(11)?;
    for node in EDITORS {
        expect_eq(c.nodes_on(node)?.len(), 11, "how many nodes a node of the graph has")?;
    }
    Ok(())
}

pub(super) fn relay_restart(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let relay = c.nodes().iter().last().ok_or(StoryError::Nobody("relay"))?;
    c.crash(relay)?;
    for node in EDITORS {
        c.edit(node, Edit::node(&format!("of-{node}"), "event", []))?;
    }
    c.run_for(secs(2))?;
    expect_eq(c.nodes_on(EDITORS[0])?.len(), 1, "how many nodes it has, without the relay to bring the others'")?;
    c.bring_online(relay)?;
    c.wait_until_seen(3)?;
    let health = c.query(relay, Query::Health)?.health();
    expect(health.is_some_and(|health| health.connected), "the relay says that it is in touch")?;
    expect_eq(c.nodes_on(EDITORS[0])?.len(), 3, "how many nodes it has when the relay is back")
}
