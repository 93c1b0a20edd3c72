//! Edits on connected nodes.

use env::NodeId;
use stormglass::scenario::{Knob, Knobs};
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, secs};
use systems::graph::{Edit, Query};

use super::handle::{EDITORS, GraphCalls};

pub(super) fn basic_synchronization(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.edit(EDITORS[0], Edit::node("test-1", "agent", [("name", "Test Agent")]))?;
    c.wait_until_seen(1)?;
    for node in EDITORS {
        expect_eq(c.nodes_on(node)?, vec!["test-1".into()], "the graph at a node")?;
    }
    Ok(())
}

pub(super) fn concurrent_updates(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    for node in EDITORS {
        c.begin_edit(node, Edit::node(&format!("of-{node}"), "agent", []))?;
        c.begin_edit(node, Edit::node("shared", "agent", [("owner", &*node.to_string())]))?;
    }
    // The edits are concurrent: no node has seen another's.
    c.wait_until_seen(6)?;
    let owner = c.query(EDITORS[0], Query::node("shared"))?;
    for node in EDITORS {
        expect_eq(c.nodes_on(node)?.len(), 4, "how many nodes a node of the graph has")?;
        let here = c.query(node, Query::node("shared"))?;
        expect_eq(here, owner.clone(), "the element that all nodes wrote at once")?;
    }
    Ok(())
}

pub(super) fn cross_node_edges(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let [creator, linker, asker] = EDITORS;
    c.edit(creator, Edit::node("a", "agent", []))?;
    c.edit(creator, Edit::node("b", "agent", []))?;
    c.edit(linker, Edit::edge("a-b", "collaborates_with", "a", "b", []))?;
    c.wait_until_seen(3)?;
    let from_a = Query::Edges { kind: Some("collaborates_with".into()), from: Some("a".into()) };
    for node in [asker, creator, linker] {
        let edges = c.query(node, from_a.clone())?.edges().unwrap_or_default();
        expect_eq(edges.len(), 1, "how many edges from a there are")?;
        expect_eq(&*edges[0].to, "b", "the edge's end")?;
    }
    Ok(())
}

pub(super) fn high_volume(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let count = knobs.of(Knob::Operations);
    let begun_at = c.now();
    create(c, count)?;
    let took = c.now() - begun_at;
    c.wait_until_seen(count)?;
    let seen_after = c.now() - begun_at;
    let rate = count as f64 / took.as_secs_f64();
    let lost = c.judge_of_graph()?.lost().count() as u64;
    c.measures().rate("throughput", rate);
    c.measures().time("seen_everywhere_after", seen_after);
    c.measures().count("lost", lost);
    for node in EDITORS {
        expect_eq(c.nodes_on(node)?.len() as u64, count, "how many nodes a node of the graph has")?;
    }
    expect(rate >= 50.0, "three nodes take 50 edits a second")?;
    expect_eq(lost, 0, "the number of edits that were lost")
}

pub(super) fn sync_latency(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let count = knobs.of(Knob::Operations);
    for number in 0..count {
        let node = EDITORS[number as usize % EDITORS.len()];
        c.edit(node, Edit::node(&format!("node-{number}"), "event", []))?;
        let pause = c.draw(0, 100);
        c.run_for(millis(pause))?;
    }
    c.wait_until_seen(count)?;
    let latencies = c.judge_of_graph()?.sync_latencies();
    let lost = c.judge_of_graph()?.lost().count() as u64;
    c.measures().time("sync_latency_p50", latencies.p50());
    c.measures().time("sync_latency_p95", latencies.p95());
    c.measures().time("sync_latency_p99", latencies.p99());
    c.measures().count("lost", lost);
    expect_eq(latencies.sorted().len() as u64, count * 2, "how often an edit came to another node")?;
    expect(latencies.p50() < millis(500), "half of the edits are seen within 500 ms")?;
    expect(latencies.p95() < secs(1), "95 of a hundred within a second")?;
    expect(latencies.p99() < secs(2), "99 of a hundred within two")
}

pub(super) fn node_api(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let [first, second, _] = EDITORS;
    c.edit(first, Edit::node("a", "agent", [("name", "Ada")]))?;
    c.edit(first, Edit::node("e", "event", []))?;
    c.wait_until_seen(2)?;
    let agents = Query::Nodes { kind: Some("agent".into()) };
    let agents = c.query(second, agents)?.nodes().unwrap_or_default();
    expect_eq(agents.len(), 1, "how many agents there are")?;
    expect_eq(agents[0].properties.get("name").map(String::as_str), Some("Ada"), "the agent's name")?;
    let health = c.query(second, Query::Health)?.health();
    expect(health.is_some_and(|health| health.connected && health.pending == 0), "the node is healthy")?;
    expect_eq(history_len(c, second)?, Some(2), "how many changes its history has")?;
    c.edit(second, Edit::ClearHistory)?;
    expect_eq(history_len(c, second)?, Some(0), "how many changes it has after it was cleared")?;
    let stats = c.query(second, Query::Stats)?.stats();
    expect_eq(
        stats.map(|stats| (stats.nodes, stats.updates)),
        Some((2, 2)),
        "the node's counts, cleared history or not",
    )
}

/// Creates `count` nodes, on all three machines at once.
fn create(c: &mut Cluster<'_>, count: u64) -> Result<(), StoryError> {
    let mut pending = Vec::new();
    for number in 0..count {
        let node = EDITORS[number as usize % EDITORS.len()];
        pending.push(c.begin_edit(node, Edit::node(&format!("node-{number}"), "event", []))?);
        // Each node has two clients at work.
        if pending.len() >= 2 * EDITORS.len() {
            let oldest = pending.remove(0);
            c.finish_ok(oldest)?;
        }
    }
    pending.into_iter().try_for_each(|pending| c.finish_ok(pending).map(|_| ()))
}

fn history_len(c: &mut Cluster<'_>, node: NodeId) -> Result<Option<usize>, StoryError> {
    Ok(c.query(node, Query::History)?.history().map(|history| history.len()))
}
